// What a message costs to read and to print.
package sip

import (
	"net/netip"
	"strings"
	"testing"
)

// inviteText is an INVITE as a desk phone sends it, of some 720 bytes.
var inviteText = strings.ReplaceAll(`INVITE sip:bob@biloxi.test SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK-524287-1---74bf9d5e3c1d8a2b;rport
Max-Forwards: 70
Contact: <sip:alice@127.0.0.1:5062>
To: "Bob" <sip:bob@biloxi.test>
From: "Alice" <sip:alice@atlanta.test>;tag=1928301774
Call-ID: a84b4c76e66710@127.0.0.1
CSeq: 314159 INVITE
Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, SUBSCRIBE
Supported: replaces, timer
User-Agent: Softphone 5.2
Content-Type: application/sdp
Content-Length: 207

v=0
o=- 2890844526 2890844526 IN IP4 127.0.0.1
s=A call
c=IN IP4 127.0.0.1
t=0 0
m=audio 49170 RTP/AVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=sendrecv
`, "\n", "\r\n")

func BenchmarkParse(b *testing.B) {
	if _, err := Parse(inviteText); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(inviteText)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(inviteText)
	}
}

func BenchmarkParseURI(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseURI("sip:+4930123456;phone-context=a@gw.example.test:5080;transport=tcp;lr?subject=hi")
	}
}

func BenchmarkParseNameAddr(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseNameAddr(`"Alice Liddell" <sip:alice@atlanta.test:5070;lr>;tag=1928301774;q=0.7`)
	}
}

// BenchmarkForward is what a proxy does to a request: one Via more, one hop
// less, the source noted.
func BenchmarkForward(b *testing.B) {
	m, err := Parse(inviteText)
	if err != nil {
		b.Fatal(err)
	}
	source := netip.MustParseAddrPort("127.0.0.1:5062")
	out := make([]byte, 0, 2048)
	room := make(Edits, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		edits := room
		edits.InsertField(m, "Via: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1.2.3\r\n")
		m.NoteSource(&edits, source, false)
		hops := m.First(FieldMaxForwards)
		edits.Replace(int(hops.Value), int(hops.ValueEnd), "69")
		out = edits.Append(out[:0], m)
	}
}

func BenchmarkAppendReply(b *testing.B) {
	m, err := Parse(inviteText)
	if err != nil {
		b.Fatal(err)
	}
	out := make([]byte, 0, 2048)
	reply := &Reply{Status: 180, ToTag: "a6c85cf", Source: netip.MustParseAddrPort("127.0.0.1:5062")}
	b.ReportAllocs()
	for b.Loop() {
		out = AppendReply(out[:0], m, reply)
	}
}
