package ladder

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"viaduct/sip"
	"viaduct/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The elements of the tests.
var (
	caller  = netip.MustParseAddrPort("127.168.1.10:5060")
	proxy   = netip.MustParseAddrPort("127.168.1.15:5060")
	callee  = netip.MustParseAddrPort("127.168.1.11:5060")
	second  = netip.MustParseAddrPort("127.168.1.12:5062")
	ours    = Names{proxy: "viaduct"}
	newYear = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
)

// tape records packets as the tap of one element sees them.
type tape struct {
	t       testing.TB
	packets []wire.Packet
	now     time.Duration
}

// pass adds a packet. The first line of the message is start, its CSeq cseq,
// and via lists the branches, the topmost first.
func (r *tape) pass(local netip.AddrPort, arrow string, remote netip.AddrPort, start, cseq, via string) {
	r.t.Helper()
	if !strings.HasPrefix(start, "SIP/2.0 ") {
		start += " SIP/2.0"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\r\n", start)
	for branch := range strings.FieldsSeq(via) {
		fmt.Fprintf(&b, "Via: SIP/2.0/UDP 127.0.0.1;branch=%s\r\n", branch)
	}
	tag := ""
	if strings.Contains(start, "SIP/2.0 1") || strings.Contains(start, "SIP/2.0 2") || strings.HasPrefix(start, "BYE") {
		tag = ";tag=2"
	}
	fmt.Fprintf(&b, "From: <sip:308@h>;tag=1\r\nTo: <sip:309@h>%s\r\nCall-ID: 1\r\nCSeq: %s\r\n", tag, cseq)
	if strings.HasSuffix(cseq, "INVITE") && (strings.HasPrefix(start, "INVITE") || strings.HasPrefix(start, "SIP/2.0 200")) {
		b.WriteString("Content-Type: application/sdp\r\n\r\nv=0\r\n")
	} else {
		b.WriteString("\r\n")
	}
	m, err := sip.Parse(b.String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.now += 5 * time.Millisecond
	r.packets = append(r.packets, wire.Packet{
		Time: newYear.Add(r.now), Flow: wire.Flow{Transport: wire.UDP, Local: local, Remote: remote},
		Outgoing: arrow == "->", Text: b.String(), Message: m,
	})
}

// callThroughProxy is seen at the proxy.
func callThroughProxy(t testing.TB) []wire.Packet {
	r := &tape{t: t}
	r.pass(proxy, "<-", caller, "INVITE sip:309@h", "1 INVITE", "a1")
	r.pass(proxy, "->", caller, "SIP/2.0 100 Trying", "1 INVITE", "a1")
	r.pass(proxy, "->", callee, "INVITE sip:309@h", "1 INVITE", "p1 a1")
	r.pass(proxy, "->", callee, "INVITE sip:309@h", "1 INVITE", "p1 a1")
	r.pass(proxy, "<-", callee, "SIP/2.0 180 Ringing", "1 INVITE", "p1 a1")
	r.pass(proxy, "->", caller, "SIP/2.0 180 Ringing", "1 INVITE", "a1")
	r.now += 2 * time.Second
	r.pass(proxy, "<-", callee, "SIP/2.0 200 OK", "1 INVITE", "p1 a1")
	r.pass(proxy, "->", caller, "SIP/2.0 200 OK", "1 INVITE", "a1")
	r.pass(caller, "->", callee, "ACK sip:309@h", "1 ACK", "a2")
	r.pass(proxy, "<-", caller, "BYE sip:309@h", "2 BYE", "a3")
	r.pass(proxy, "->", callee, "BYE sip:309@h", "2 BYE", "p3 a3")
	r.pass(proxy, "<-", callee, "SIP/2.0 200 OK", "2 BYE", "p3 a3")
	r.pass(proxy, "->", caller, "SIP/2.0 200 OK", "2 BYE", "a3")
	return r.packets
}

// forkedCall goes to two phones, one of which is busy.
func forkedCall(t testing.TB) []wire.Packet {
	r := &tape{t: t}
	r.pass(proxy, "<-", caller, "INVITE sip:309@h", "1 INVITE", "a1")
	r.pass(proxy, "->", callee, "INVITE sip:309@h", "1 INVITE", "p1 a1")
	r.pass(proxy, "->", second, "INVITE sip:309@h", "1 INVITE", "p2 a1")
	r.pass(proxy, "<-", second, "SIP/2.0 486 Busy Here", "1 INVITE", "p2 a1")
	r.pass(proxy, "->", second, "ACK sip:309@h", "1 ACK", "p2 a1")
	r.pass(proxy, "<-", callee, "SIP/2.0 183 "+strings.Repeat("Session in long and wordy Progress ", 3), "1 INVITE", "p1 a1")
	r.pass(proxy, "<-", caller, "CANCEL sip:309@h", "1 CANCEL", "a1")
	r.pass(proxy, "->", caller, "SIP/2.0 200 canceling", "1 CANCEL", "a1")
	r.pass(proxy, "->", callee, "CANCEL sip:309@h", "1 CANCEL", "p1")
	r.pass(proxy, "<-", callee, "SIP/2.0 200 OK", "1 CANCEL", "p1")
	r.pass(proxy, "<-", callee, "SIP/2.0 487 Request Terminated", "1 INVITE", "p1 a1")
	r.pass(proxy, "->", callee, "ACK sip:309@h", "1 ACK", "p1 a1")
	r.pass(proxy, "->", caller, "SIP/2.0 487 Request Terminated", "1 INVITE", "a1")
	r.pass(proxy, "<-", caller, "ACK sip:309@h", "1 ACK", "a1")
	return r.packets
}

// lossyRegistration is seen at both ends; the first request gets lost.
func lossyRegistration(t testing.TB) []wire.Packet {
	r := &tape{t: t}
	r.pass(caller, "->", proxy, "REGISTER sip:h", "1 REGISTER", "a1")
	r.pass(caller, "->", proxy, "REGISTER sip:h", "1 REGISTER", "a1")
	r.pass(proxy, "<-", caller, "REGISTER sip:h", "1 REGISTER", "a1")
	r.pass(proxy, "->", caller, "SIP/2.0 200 OK", "1 REGISTER", "a1")
	r.pass(caller, "<-", proxy, "SIP/2.0 200 OK", "1 REGISTER", "a1")
	return r.packets
}

// spiral is a request that a proxy sends to itself, and what else is odd.
func spiral(t testing.TB) []wire.Packet {
	r := &tape{t: t}
	r.pass(proxy, "<-", caller, "OPTIONS sip:h", "1 OPTIONS", "a1")
	r.pass(proxy, "->", proxy, "OPTIONS sip:h", "1 OPTIONS", "p1 a1")
	r.pass(proxy, "<-", proxy, "OPTIONS sip:h", "1 OPTIONS", "p1 a1")
	r.pass(proxy, "->", caller, "SIP/2.0 483 Too Many\tHops\x01 \u202eü", "1 OPTIONS", "a1")
	for _, text := range []string{"", "\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"} {
		r.packets = append(r.packets, wire.Packet{Time: newYear.Add(r.now), Flow: wire.Flow{Local: proxy, Remote: caller}, Text: text})
	}
	r.packets = append(r.packets, wire.Packet{})
	return r.packets
}

func TestGolden(t *testing.T) {
	for _, test := range []struct {
		name    string
		packets []wire.Packet
		options TextOptions
	}{
		{"call", callThroughProxy(t), TextOptions{}},
		{"call-ascii-times", callThroughProxy(t), TextOptions{ASCII: true, Times: true}},
		{"forked", forkedCall(t), TextOptions{}},
		{"lossy", lossyRegistration(t), TextOptions{}},
		{"spiral", spiral(t), TextOptions{}},
		{"spiral-ascii-narrow", spiral(t), TextOptions{ASCII: true, Width: 40}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := string(New(test.packets, ours).AppendText(nil, test.options))
			for line := range strings.Lines(got) {
				if columns := utf8.RuneCountInString(line) - 1; columns > 100 || strings.HasSuffix(line, " \n") {
					t.Errorf("%d columns in %q", columns, line)
				}
			}
			path := filepath.Join("testdata", test.name+".ladder")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
