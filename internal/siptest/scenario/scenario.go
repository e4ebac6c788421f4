// Package scenario plays a script between phones, in fake time on the network
// in memory. What it must give is a golden file: the ladder, and what the
// script printed.
//
//	scenario.Play(t, "fork", `listen=udp:127.0.0.15:5060 …`, func(s *scenario.Scene) {
//		alice, bob := s.Phone("alice"), s.Phone("bob")
//		call := alice.Invite("sip:bob@example.test")
//		bob.Reply(bob.Expect("INVITE"), 200)
//		call.Ack(alice.Expect("200"))
//	})
//
// `go test -update` writes the golden files anew.
package scenario

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/siptest"
	"viaduct/server"
	"viaduct/wire"
)

// Server is where the server listens: the script's listen line must say so.
var Server = netip.MustParseAddrPort("127.0.0.15:5060")

// addresses of the phones. They call names, as sip:bob@example.test, which go
// to the server.
var addresses = map[string]netip.AddrPort{
	"alice": netip.MustParseAddrPort("127.0.0.10:5060"),
	"bob":   netip.MustParseAddrPort("127.0.0.21:5060"),
	"carol": netip.MustParseAddrPort("127.0.0.22:5060"),
	"dave":  netip.MustParseAddrPort("127.0.0.23:5060"),
	"erin":  netip.MustParseAddrPort("127.0.0.24:5060"),
}

// Scene is a server among phones.
type Scene struct {
	*siptest.Network
	T      *testing.T
	Server *server.Server

	printed lines
}

// lines takes what the server prints; it may be read at any time.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// ears are the server's sockets on the network.
type ears struct{ *siptest.Endpoint }

func (e ears) Listen(t wire.Transport, local netip.AddrPort) (netip.AddrPort, error) {
	if local != Server || t != wire.UDP {
		e.Endpoint.Listen(t, local)
	}
	return local, nil
}
func (ears) IsOpen(uint64) bool { return true }
func (ears) Start()             {}
func (ears) Close()             {}

// Play runs a script among the phones that play uses, and compares what comes
// of it with testdata/NAME.txt.
func Play(t *testing.T, name, script string, play func(s *Scene)) {
	t.Helper()
	ladder, printed := run(t, script, play)
	if printed != "" {
		ladder += "\nprinted:\n" + printed
	}
	if !t.Failed() {
		compare(t, filepath.Join("testdata", name+".txt"), ladder)
	}
}

// Run is Play without a golden file. It gives what was printed.
func Run(t *testing.T, script string, play func(s *Scene)) string {
	t.Helper()
	_, printed := run(t, script, play)
	return printed
}

// run gives the ladder and what was printed.
func run(t *testing.T, script string, play func(s *Scene)) (ladder, printed string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { ladder, printed = runInFakeTime(t, script, play) })
	return ladder, printed
}

func runInFakeTime(t *testing.T, script string, play func(s *Scene)) (ladder, printed string) {
	t.Helper()
	s := &Scene{Network: siptest.NewNetwork(t), T: t}
	s.Name(Server, "proxy")
	endpoint := s.Attach(nil, wire.UDP, Server)
	config := server.Config{Script: filepath.Join(t.TempDir(), "test.cfg"), Out: &s.printed, Network: ears{endpoint}}
	if err := os.WriteFile(config.Script, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.Server, err = server.New(config); err != nil {
		t.Fatal(err)
	}
	endpoint.Handle(s.Server.Handler())
	ctx, end := context.WithCancel(t.Context())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- s.Server.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	// t.Fatal of a phone ends this goroutine: the server must end all the same.
	defer func() {
		end()
		<-done
		if t.Failed() {
			t.Logf("the ladder is\n%s\nprinted:\n%s", s.Ladder(), s.printed.String())
		}
	}()
	play(s)
	synctest.Wait()
	return s.Ladder(), s.Printed()
}

// Phone attaches alice, bob, carol, dave or erin.
func (s *Scene) Phone(name string) *siptest.Phone {
	address, ok := addresses[name]
	if !ok {
		s.T.Fatalf("there is no phone for %s", name)
	}
	return s.Network.Phone(name, address, Server)
}

// Printed gives what the script printed so far.
func (s *Scene) Printed() string {
	synctest.Wait()
	return s.printed.String()
}

// Wait lets time pass.
func (s *Scene) Wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

var update = flag.Bool("update", false, "write the golden files of scenarios anew")

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it):\n%s", err, got)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant, as in %s,\n%s", got, path, want)
	}
}
