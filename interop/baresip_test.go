// Two real phones: baresip registers, calls, talks and hangs up through each server, over UDP, TCP, IPv4 and IPv6.

package interop

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBaresip(t *testing.T) {
	needPrograms(t, "baresip")
	for _, s := range servers() {
		t.Run(s.name(), func(t *testing.T) {
			talk(t, start(t, s, debianScript))
		})
	}
	t.Run("viaduct-builtin", func(t *testing.T) { talk(t, start(t, viaduct{}, builtinScript)) })
}

// talk lets two phones call each other over each transport and family.
func talk(t *testing.T, through *running) {
	for _, transport := range []string{"udp", "tcp"} {
		for _, ipv6 := range []bool{false, true} {
			name := transport + map[bool]string{false: "-ipv4", true: "-ipv6"}[ipv6]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := through.address(ipv6)
				alice := startBaresip(t, "alice-"+name, server, transport, "manual")
				bob := startBaresip(t, "bob-"+name, server, transport, "auto")
				alice.talksTo(t, bob, alice)
				alice.talksTo(t, bob, bob)
			})
		}
	}
}

// baresip is one phone under remote control.
type baresip struct {
	*process
	user    string
	server  netip.AddrPort
	control *control
}

// baresipConfig: no sound hardware, for the bridge hands what a phone hears back as what it says, and no ring tone may
// take it first; no address but loopback; no name server. What is not named is not loaded.
const baresipConfig = `poll_method epoll
sip_listen %[1]s
net_interface %[2]s
dns_server 127.0.0.1:9
call_local_timeout 30
call_max_calls 4
audio_player aubridge,bridge
audio_source aubridge,bridge
audio_path /nonexistent
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports %[3]d-%[4]d
statmode_default off
module_path %[5]s
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
module ctrl_tcp.so
ctrl_tcp_listen %[6]s
`

// startBaresip returns when the phone is registered.
func startBaresip(t *testing.T, user string, server netip.AddrPort, transport, answer string) *baresip {
	t.Helper()
	return startBaresipIn(t, t.TempDir(), user, server, transport, answer, "")
}

// startBaresipIn starts it in a folder of the test's, with lines of configuration before the usual ones: the first of a name counts.
func startBaresipIn(t *testing.T, folder, user string, server netip.AddrPort, transport, answer, more string) *baresip {
	t.Helper()
	own := netip.AddrPortFrom(server.Addr(), freePorts(t, 2)) // the second is for TLS, which baresip always opens
	media := freePorts(t, 8)
	control := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))
	files := map[string]string{
		"config": more + fmt.Sprintf(baresipConfig, own, own.Addr(), media, media+7, baresipModules(t), control),
		"accounts": fmt.Sprintf("<sip:%s@%s;transport=%s>;regint=60;answermode=%s\n",
			user, server, transport, answer),
		"contacts": "",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	phone := &baresip{user: user, server: server}
	phone.process = launch(t, folder, user, exec.Command("baresip", "-s", "-f", folder)) // -s: trace SIP, for a failure
	if !eventually(5*time.Second, func() bool { return phone.hasEnded() || isBound("tcp", control) }) || phone.hasEnded() {
		t.Fatalf("%s does not start: %s", user, phone.tail())
	}
	phone.control = dialControl(t, control)
	if !eventually(5*time.Second, func() bool { return strings.Contains(phone.ask(t, "reginfo", ""), "OK") }) {
		t.Fatalf("%s is not registered: %s", user, phone.tail())
	}
	return phone
}

// baresipModules is the folder of Debian's package, which bears no version.
func baresipModules(t *testing.T) string {
	for _, folder := range []string{"/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"} {
		if _, err := os.Stat(folder); err == nil {
			return folder
		}
	}
	missing(t, "baresip's modules are not installed (make deps)")
	return ""
}

// talksTo calls the other phone, which answers by itself; both must hear the other before one of them hangs up.
func (b *baresip) talksTo(t *testing.T, other, quitter *baresip) {
	t.Helper()
	b.ask(t, "dial", fmt.Sprintf("sip:%s@%s", other.user, b.server))
	for _, phone := range []*baresip{b, other} {
		phone.expect(t, "CALL_ESTABLISHED", "CALL_RTPESTAB")
	}
	quitter.ask(t, "hangup", "")
	for _, phone := range []*baresip{b, other} {
		phone.expect(t, "CALL_CLOSED")
	}
}

// ask gives a command and returns the answer's text.
func (b *baresip) ask(t *testing.T, command, parameters string) string {
	t.Helper()
	answer, err := b.control.ask(command, parameters)
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s", b.user, command, err, b.tail())
	}
	return answer
}

// expect waits for these events, in any order.
func (b *baresip) expect(t *testing.T, events ...string) {
	t.Helper()
	if missed := b.control.expect(8*time.Second, events); len(missed) > 0 {
		t.Fatalf("%s: no %s\n%s", b.user, strings.Join(missed, ", "), b.tail())
	}
}
