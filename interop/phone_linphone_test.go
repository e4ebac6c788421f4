// Our phone and linphone (Debian's linphone-cli): each calls the other through each server.

package interop

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	ua "viaduct/phone"
	"viaduct/wire"
)

// linphoneConfig: one UDP socket on loopback, nothing looked up, nobody registered yet.
const linphoneConfig = `[sip]
sip_port=%[1]d
sip_tcp_port=-1
sip_tls_port=-1
bind_address=127.0.0.1
guess_hostname=0
contact=sip:%[2]s@127.0.0.1:%[1]d
[rtp]
audio_rtp_port=%[3]d
[sound]
echocancellation=0
%[4]s`

// startLinphone starts linphonec, which takes commands from its standard input and answers calls by itself.
func startLinphone(t *testing.T, user string) (commands io.Writer, p *process) {
	t.Helper()
	return startLinphoneIn(t, t.TempDir(), user, "-a", "")
}

// startLinphoneIn starts it in a folder of the test's, with an option and more lines of configuration.
func startLinphoneIn(t *testing.T, folder, user, option, more string) (commands io.Writer, p *process) {
	t.Helper()
	for _, name := range []string{".local/share/linphone", ".config/linphone"} { // it does not make them itself
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))
	config := filepath.Join(folder, "linphonerc")
	if err := os.WriteFile(config, fmt.Appendf(nil, linphoneConfig, at.Port(), user, freePorts(t, 2), more), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("env", "HOME="+folder, "linphonec", "-c", config, option)
	commands, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p = launch(t, folder, user, command)
	if !eventually(8*time.Second, func() bool { return p.hasEnded() || isBound("udp", at) }) || p.hasEnded() {
		t.Fatalf("linphone does not start: %s", p.tail())
	}
	fmt.Fprintln(commands, "soundcard use files") // there is no sound card
	return commands, p
}

func TestPhoneAndLinphone(t *testing.T) {
	needPrograms(t, "linphonec")
	for _, s := range servers() {
		through := start(t, s, debianScript)
		t.Run(s.name(), func(t *testing.T) {
			t.Parallel()
			ours := startDesk(t, "ours-linphone", through.ipv4, wire.UDP, func(c *ua.Config) { c.AutoAnswer = 100 * time.Millisecond })
			commands, p := startLinphone(t, "linphone")
			ours.reachesLinphone(commands, p, "linphone", through.ipv4)
			ours.do("wait 200ms; dtmf 5 100ms rfc4733; dtmf 6; hold; expect onhold; resume; expect offhold; hangup; expect ended")
			fmt.Fprintf(commands, "call sip:ours-linphone@%v\n", through.ipv4)
			ours.do("expect incoming; expect answered; wait 200ms; hangup; expect ended")
			fmt.Fprintf(commands, "call sip:ours-linphone@%v\n", through.ipv4)
			ours.do("expect incoming; expect answered; wait 200ms")
			fmt.Fprintln(commands, "terminate")
			ours.do("expect ended")
			fmt.Fprintln(commands, "unregister\nquit")
		})
	}
}

// reachesLinphone registers it and calls it until it answers: linphonec tells in words only whether it is registered.
func (d *desk) reachesLinphone(commands io.Writer, p *process, user string, server netip.AddrPort) {
	d.t.Helper()
	fmt.Fprintf(commands, "register sip:%[1]s@%[2]v sip:%[2]v\n", user, server)
	if !eventually(10*time.Second, func() bool {
		d.do("dial " + user)
		return d.Do(d.t.Context(), ua.Step{Word: "expect", Text: "answered", Time: 2 * time.Second}) == nil
	}) {
		d.t.Fatalf("linphone does not answer: %s\n%s", p.tail(), d.story())
	}
}
