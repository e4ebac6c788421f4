// The systems that are played: viaduct, within the test, and Debian's Kamailio.

package conformance

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"viaduct/script/syntax"
	"viaduct/server"
	"viaduct/wire"
)

// domains are those of the messages, and so names of the server.
var domains = []string{"example.com", "example.net", "example.org", "chair-dnrc.example.com", "host.example.net",
	"registrar.example.com", "company.com", "2001:db8::10", "2001:db8::10:5070", "2001:db8::192.0.2.1"}

// users are those that the messages address, each with the callee as contact.
var users = []string{"user", "vivekg", "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "sips%3Auser%40example.com",
	"user;par=u%40example.net", "kumiko", "t.watson", "remote-target", "UserB"}

// system is a SIP server.
type system interface {
	name() string
	// start runs it with a script at an address, over UDP and TCP, until the end of the test.
	start(t *testing.T, script string, at netip.AddrPort)
	// adapt makes viaduct's own script one of the system's.
	adapt(script string) string
}

// viaduct runs in the test's own process, on real sockets.
type viaduct struct{}

func (viaduct) name() string               { return "viaduct" }
func (viaduct) adapt(script string) string { return script }

func (viaduct) start(t *testing.T, script string, at netip.AddrPort) {
	t.Helper()
	config := server.Config{Script: script, Out: io.Discard, Grace: time.Millisecond, Tap: onlyLoopback{t}}
	for _, transport := range []string{"udp", "tcp"} {
		config.Listen = append(config.Listen, &syntax.Listen{
			Address: syntax.Address{Proto: transport, Host: at.Addr().String(), Port: int(at.Port())}})
	}
	s, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// onlyLoopback fails a test in which something would leave this machine: all hosts in the messages are elsewhere.
type onlyLoopback struct{ t *testing.T }

func (o onlyLoopback) Packet(p *wire.Packet) {
	if p.Outgoing && !p.Flow.Remote.Addr().IsLoopback() {
		o.t.Errorf("sent to %v:\n%s", p.Flow.Remote, p.Text)
	}
}

// kamailio is Debian's, with one worker, so that it answers in order.
type kamailio struct{}

func (kamailio) name() string { return "Kamailio 5.6.3" }

// adapt takes out what only viaduct has, and loads the module of $rU, which viaduct needs not.
func (kamailio) adapt(script string) string {
	script = strings.Replace(script, "modparam(\"rr\", \"sign\", 1)\n", "", 1)
	return strings.Replace(script, "loadmodule \"siputils\"\n", "loadmodule \"siputils\"\nloadmodule \"pv\"\n", 1)
}

func (kamailio) start(t *testing.T, script string, at netip.AddrPort) {
	t.Helper()
	folder := t.TempDir()
	command := exec.Command("kamailio", "-f", script, "-DD", "-E", "-n", "1", "-N", "1", "-a", "no", "-m", "64", "-M", "8",
		"-Y", folder, "-w", folder, "-P", filepath.Join(folder, "kamailio.pid"),
		"-l", "udp:"+at.String(), "-l", "tcp:"+at.String())
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its children end with it
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(3 * time.Second): // now and then it waits a minute for a child
			_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s", text[max(0, len(text)-3000):])
		}
	})
}

// kamailioIsWanted tells whether Kamailio shall be played, and fails where it must be but is missing.
func kamailioIsWanted(t *testing.T) bool {
	t.Helper()
	if os.Getenv("VIADUCT_INTEROP") != "1" {
		return false
	}
	version, err := exec.Command("kamailio", "-v").Output()
	if err == nil && !strings.Contains(string(version), "kamailio 5.6.3") {
		err = errors.New("it is another version")
	}
	switch {
	case err == nil:
		return true
	case os.Getenv("VIADUCT_NO_SKIP") == "1":
		t.Fatalf("Kamailio 5.6.3 is not here: %v", err)
	}
	t.Logf("Kamailio 5.6.3 is not here, its column is not looked at: %v", err)
	return false
}

// scripts writes the two scripts of a system and gives their paths.
func scripts(t *testing.T, s system, calleeAt netip.Addr) (builtin, relay string) {
	t.Helper()
	names := ""
	for _, domain := range domains {
		names += "alias=\"" + domain + "\"\n"
	}
	text := strings.Replace(server.BuiltinScript, "alias=\"localhost\"\n", "alias=\"localhost\"\n"+names, 1)
	relayText, err := os.ReadFile("testdata/relay.cfg")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	builtin, relay = filepath.Join(folder, "builtin.cfg"), filepath.Join(folder, "relay.cfg")
	for path, text := range map[string]string{
		builtin: s.adapt(text),
		relay:   strings.ReplaceAll(string(relayText), "CALLEE", calleeAt.String()+":5060"),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return builtin, relay
}
