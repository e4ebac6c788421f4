package proxy

import (
	"strings"
	"testing"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// comeBack receives what was sent to bob as if he had sent it back, with
// another Via on top and what change makes of it.
func (b *bench) comeBack(sent *sip.Message, branch string, change func(string) string) *sip.Message {
	b.t.Helper()
	text := strings.Replace(sent.Text, "\r\nVia:", "\r\nVia: SIP/2.0/UDP 127.0.0.3;branch=z9hG4bK"+branch+"\r\nVia:", 1)
	text = strings.Replace(text, "Max-Forwards: 69", "Max-Forwards: 68", 1)
	if change != nil {
		text = change(text)
	}
	m, err := sip.Parse(text)
	if err != nil {
		b.t.Fatal(err)
	}
	b.proxy.Transactions.Receive(m, &transport.Inbound{Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: bob}})
	return m
}

func TestLoop(t *testing.T) {
	for method, want := range map[string]string{"INVITE": "482", "INFO": "482"} {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.receive(caller, b.request(method, ""))
			b.comeBack(b.messages(bob)[0], "1", nil) // from bob now, and that may matter
			sent := b.messages(bob)
			b.comeBack(sent[len(sent)-1], "2", nil)
			expect(t, method+" comes back a second time: bob gets", b.take(bob), want)
		})
	}
}

// What changes on its way round is a spiral, and goes on (section 16.3).
func TestSpiral(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"Request-URI": func(s string) string {
			return strings.Replace(s, "sip:bob@127.0.0.3:5060", "sip:carol@127.0.0.3:5060", 1)
		},
		"Route": func(s string) string { return strings.Replace(s, "From:", "Route: <sip:127.0.0.1;lr>\r\nFrom:", 1) },
		"Proxy-Authorization": func(s string) string {
			return strings.Replace(s, "From:", "Proxy-Authorization: Digest a=b\r\nFrom:", 1)
		},
		"any other field": func(s string) string { return strings.Replace(s, "From:", "X-Seen: yes\r\nFrom:", 1) },
		"CSeq":            func(s string) string { return strings.Replace(s, "CSeq: 1", "CSeq: 2", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, []Target{to(bob)}, func(b *bench) {
				b.receive(caller, b.request("INFO", ""))
				b.comeBack(b.messages(bob)[0], "1", nil)
				b.comeBack(b.messages(bob)[0], "2", change)
				expect(t, "bob gets", b.take(bob), "INFO")
			})
		})
	}
}

// A Record-Route that each round adds, and the hops that it counts, do not
// hide a loop; a branch parameter that only looks like ours makes none.
func TestLoopIsSeenBehindRecordRoute(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.rr = &RecordRoute{Params: ";lr"}
		b.receive(caller, b.request("INFO", ""))
		b.comeBack(b.messages(bob)[0], "1", nil)
		b.comeBack(b.messages(bob)[0], "2", nil)
		expect(t, "bob gets", b.take(bob), "482")
	})
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INFO", "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1.12345678.0.12345678\r\n"))
		expect(t, "bob gets", b.take(bob), "INFO")
	})
}
