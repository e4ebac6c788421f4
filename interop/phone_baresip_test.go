// Our phone and baresip: each calls the other through each server; both hear each other, hold, dial digits and transfer.

package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	ua "viaduct/phone"
	"viaduct/wire"
)

func replacePeer(script, peer string) string { return strings.ReplaceAll(script, "PEER", peer) }

func TestPhoneAndBaresip(t *testing.T) {
	needPrograms(t, "baresip")
	for _, s := range servers() {
		through := start(t, s, debianScript)
		for _, transport := range []string{"udp", "tcp"} {
			for _, ipv6 := range []bool{false, true} {
				name := transport + map[bool]string{false: "-ipv4", true: "-ipv6"}[ipv6]
				t.Run(s.name()+"/"+name, func(t *testing.T) {
					t.Parallel()
					server := through.address(ipv6)
					ours := startDesk(t, "ours-"+name, server, wire.ParseTransport(transport), func(c *ua.Config) { c.AutoAnswer = 100 * time.Millisecond })
					theirs := startBaresip(t, "theirs-"+name, server, transport, "auto")
					ours.callsBaresip(theirs)
					ours.isCalledBy(theirs)
				})
			}
		}
		t.Run(s.name()+"/transfer", func(t *testing.T) {
			t.Parallel()
			ours := startDesk(t, "ours-transfer", through.ipv4, wire.UDP, nil)
			third := startDesk(t, "third", through.ipv4, wire.UDP, func(c *ua.Config) { c.AutoAnswer = 100 * time.Millisecond })
			theirs := startBaresip(t, "theirs-transfer", through.ipv4, "udp", "auto")
			ours.isTransferredBy(theirs, third)
			ours.transfers(theirs, third)
		})
	}
}

// callsBaresip: baresip answers by itself.
func (d *desk) callsBaresip(b *baresip) {
	d.t.Helper()
	d.do("dial " + b.user + "; expect answered")
	b.expect(d.t, "CALL_ESTABLISHED", "CALL_RTPESTAB")
	d.do("wait 300ms; dtmf 5 100ms rfc4733; hold; expect onhold; wait 200ms; resume; expect offhold; wait 300ms; hangup; expect ended")
	b.expect(d.t, "CALL_CLOSED")
	d.heard()
}

// isCalledBy: we answer by ourselves.
func (d *desk) isCalledBy(b *baresip) {
	d.t.Helper()
	b.ask(d.t, "dial", fmt.Sprintf("sip:%s@%s", strings.Replace(b.user, "theirs", "ours", 1), b.server))
	d.do("expect incoming; expect answered")
	b.expect(d.t, "CALL_ESTABLISHED", "CALL_RTPESTAB")
	b.ask(d.t, "sndcode", "7") // before the hold: its audio bridge does not start again after one
	d.do("expect digit 7")
	b.ask(d.t, "hold", "")
	d.do("expect held")
	b.ask(d.t, "resume", "")
	d.do("expect resumed; wait 300ms")
	b.ask(d.t, "hangup", "")
	d.do("expect ended")
	b.expect(d.t, "CALL_CLOSED")
	d.heard()
}

// transfers: we send baresip to a third phone.
func (d *desk) transfers(b *baresip, third *desk) {
	d.t.Helper()
	d.do("dial " + b.user + "; expect answered; transfer third; expect transferred 200; expect ended")
	// Nothing is heard of baresip now: its audio bridge serves one call, and that was the other one.
	third.do("expect incoming; expect answered; wait 300ms; hangup; expect ended")
}

// isTransferredBy: baresip sends us to a third phone.
func (d *desk) isTransferredBy(b *baresip, third *desk) {
	d.t.Helper()
	d.do("dial " + b.user + "; expect answered")
	b.expect(d.t, "CALL_ESTABLISHED")
	b.ask(d.t, "transfer", fmt.Sprintf("sip:third@%s", b.server))
	d.do("expect transferring; expect ringing; expect answered")
	third.do("expect incoming; expect answered; wait 300ms; hangup; expect ended")
	third.heard()
	d.do("expect ended")
}
