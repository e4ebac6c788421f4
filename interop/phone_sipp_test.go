// Our phone and SIPp: each calls the other, through each server and directly.

package interop

import (
	"fmt"
	"net/netip"
	"os/exec"
	"testing"
	"time"

	ua "viaduct/phone"
	"viaduct/wire"
)

// withSIPp are scenes of SIPp with what our phone does in them, as caller and as callee.
var withSIPp = []struct{ call, caller, callee string }{
	{"call", "dial PEER; expect ringing; expect answered; wait 200ms; hangup; expect ended", "expect incoming; answer; expect answered; expect ended"},
	{"callee-ends", "dial PEER; expect answered; expect ended", "expect incoming; answer; expect answered; wait 200ms; hangup; expect ended"},
	{"cancel", "dial PEER; expect ringing; cancel; expect ended 487", "expect incoming; expect ended 487"},
	{"busy", "dial PEER; expect ended 486", ""}, // SIPp's caller wants no ringing before the 486
	{"reinvite", "", "expect incoming; answer; expect answered; expect ended"},
}

func TestPhoneAndSIPp(t *testing.T) {
	needPrograms(t, "sipp")
	for _, s := range servers() {
		through := start(t, s, debianScript)
		for _, scene := range withSIPp {
			for _, transport := range []string{"udp", "tcp"} {
				if scene.caller != "" {
					t.Run(fmt.Sprintf("%s/%s/%s/we call", s.name(), scene.call, transport), func(t *testing.T) {
						t.Parallel()
						weCallSIPp(t, through, scene.call, scene.caller, transport)
					})
				}
				if scene.callee != "" {
					t.Run(fmt.Sprintf("%s/%s/%s/SIPp calls", s.name(), scene.call, transport), func(t *testing.T) {
						t.Parallel()
						sippCallsUs(t, through, scene.call, scene.callee, transport)
					})
				}
			}
		}
	}
}

func weCallSIPp(t *testing.T, through *running, call, script, transport string) {
	sc := scenario{name: "phone-out-" + call + "-" + transport, call: call, transport: transport}
	peer := &phone{scenario: sc, role: "callee", folder: t.TempDir(), server: through.ipv4,
		address: netip.AddrPortFrom(through.ipv4.Addr(), freePort(t))}
	peer.register(t)
	peer.await(t)
	d := startDesk(t, "caller"+sc.userSuffix(), through.ipv4, wire.ParseTransport(transport), nil)
	d.do(replacePeer(script, peer.waits()))
	peer.finish(t, through)
}

func sippCallsUs(t *testing.T, through *running, call, script, transport string) {
	sc := scenario{name: "phone-in-" + call + "-" + transport, call: call, transport: transport}
	peer := &phone{scenario: sc, role: caller, folder: t.TempDir(), server: through.ipv4,
		address: netip.AddrPortFrom(through.ipv4.Addr(), freePort(t))}
	d := startDesk(t, peer.waits(), through.ipv4, wire.ParseTransport(transport), nil)
	peer.begin(t)
	d.do(script)
	peer.finish(t, through)
}

// TestPhoneAndSIPpDirectly plays SIPp's own scenarios without a server.
func TestPhoneAndSIPpDirectly(t *testing.T) {
	needPrograms(t, "sipp")
	nobody := netip.AddrPort{}
	t.Run("we call", func(t *testing.T) {
		t.Parallel()
		port, folder := freePort(t), t.TempDir()
		at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		peer := launch(t, folder, "uas", exec.Command("sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", fmt.Sprint(port), "-m", "1", "-nostdin", "-timeout", sippTimeout))
		if !eventually(5*time.Second, func() bool { return isBound("udp", at) }) {
			t.Fatal(peer.tail())
		}
		d := startDesk(t, "308", nobody, wire.UDP, nil)
		d.do(fmt.Sprintf("dial sip:service@%v; expect ringing; expect answered; wait 100ms; hangup; expect ended", at))
		if err, inTime := peer.wait(longest); err != nil || !inTime {
			t.Errorf("%v\n%s\n%s", err, peer.tail(), d.story())
		}
	})
	t.Run("SIPp calls", func(t *testing.T) {
		t.Parallel()
		d := startDesk(t, "service", nobody, wire.UDP, func(c *ua.Config) { c.AutoAnswer, c.Lines = 100*time.Millisecond, 50 })
		peer := launch(t, t.TempDir(), "uac", exec.Command("sipp", d.address.String(), "-sn", "uac", "-i", "127.0.0.1", "-p", fmt.Sprint(freePort(t)),
			"-m", "20", "-r", "20", "-d", "300", "-nostdin", "-timeout", sippTimeout))
		if err, inTime := peer.wait(longest); err != nil || !inTime {
			t.Errorf("%v\n%s\n%s", err, peer.tail(), d.story())
		}
	})
}
