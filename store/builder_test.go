package store

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

var (
	callerAddress = netip.MustParseAddrPort("127.0.0.1:5071")
	ourAddress    = netip.MustParseAddrPort("127.0.0.1:5060")
	calleeAddress = netip.MustParseAddrPort("127.0.0.1:5081")
	testTime      = time.Date(2026, time.January, 2, 15, 4, 5, 6000, time.UTC)
)

// relayedCall gives the packets of an answered call through a proxy, as a tap
// sees them: what comes in is parsed, what goes out is not.
func relayedCall(id, caller, callee string, start time.Time, talk time.Duration) []wire.Packet {
	b := builder{id: id, caller: caller, callee: callee, now: start}
	b.request("INVITE", 1, "a1", false)
	b.response(100, "Trying", "INVITE", 1, "a1", true)
	b.relayRequest("INVITE", 1, "a1", "p1")
	b.relayResponse(180, "Ringing", "INVITE", 1, "a1", "p1")
	b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1")
	b.request("ACK", 1, "a2", false)
	b.relayRequest("ACK", 1, "a2", "p2")
	b.now = b.now.Add(talk)
	b.request("BYE", 2, "a3", false)
	b.relayRequest("BYE", 2, "a3", "p3")
	b.relayResponse(200, "OK", "BYE", 2, "a3", "p3")
	return b.packets
}

// noisyCall is an answered call whose messages cannot be compressed much.
func noisyCall(id string, start time.Time) []wire.Packet {
	packets := relayedCall(id, "alice", "bob", start, 0)
	noise := rand.New(rand.NewPCG(0, uint64(callKey(id))))
	body := make([]byte, 1000)
	for i := range packets {
		for n := range body {
			body[n] = byte(noise.Uint32())
		}
		packets[i].Text += string(body)
	}
	return packets
}

// builder makes packets as they pass a proxy.
type builder struct {
	id, caller, callee string
	now                time.Time
	answered           bool
	packets            []wire.Packet
}

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

func (b *builder) add(text string, remote netip.AddrPort, outgoing bool) {
	p := wire.Packet{Time: b.now, Flow: wire.Flow{Transport: wire.UDP, Local: ourAddress, Remote: remote}, Outgoing: outgoing, Text: text}
	if !outgoing {
		m, err := sip.Parse(text)
		if err != nil {
			panic(err)
		}
		p.Message = m
	}
	b.packets = append(b.packets, p)
	b.now = b.now.Add(time.Millisecond)
}

func (b *builder) fields(method string, cseq int) string {
	tag := ""
	if b.answered {
		tag = ";tag=callee"
	}
	body := ""
	if method == "INVITE" {
		body = "Content-Type: application/sdp\r\n"
	} else {
		return fmt.Sprintf("From: <sip:%s@viaduct.test>;tag=caller\r\nTo: <sip:%s@viaduct.test>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nUser-Agent: test\r\nContent-Length: 0\r\n\r\n",
			b.caller, b.callee, tag, b.id, cseq, method)
	}
	return fmt.Sprintf("From: <sip:%s@viaduct.test>;tag=caller\r\nTo: <sip:%s@viaduct.test>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s@127.0.0.1>\r\nUser-Agent: test\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO\r\n%sContent-Length: %d\r\n\r\n%s",
		b.caller, b.callee, tag, b.id, cseq, method, b.caller, body, len(offer), offer)
}

func (b *builder) request(method string, cseq int, branch string, outgoing bool) {
	b.add(fmt.Sprintf("%s sip:%s@viaduct.test SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\nMax-Forwards: 70\r\n", method, b.callee, callerAddress, branch, b.id)+
		b.fields(method, cseq), callerAddress, outgoing)
}

func (b *builder) relayRequest(method string, cseq int, branch, own string) {
	b.add(fmt.Sprintf("%s sip:%s@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\nMax-Forwards: 69\r\nRecord-Route: <sip:%v;lr>\r\n",
		method, b.callee, calleeAddress, ourAddress, own, b.id, callerAddress, branch, b.id, ourAddress)+
		b.fields(method, cseq), calleeAddress, true)
}

func (b *builder) response(status int, reason, method string, cseq int, branch string, outgoing bool) {
	b.add(fmt.Sprintf("SIP/2.0 %d %s\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\n", status, reason, callerAddress, branch, b.id)+
		b.plain(method, cseq), callerAddress, outgoing)
}

func (b *builder) relayResponse(status int, reason, method string, cseq int, branch, own string) {
	b.answered = true
	b.add(fmt.Sprintf("SIP/2.0 %d %s\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%s\r\n", status, reason, ourAddress, own, b.id, callerAddress, branch, b.id)+
		b.plain(method, cseq), calleeAddress, false)
	b.response(status, reason, method, cseq, branch, true)
}

// plain are the fields of a response.
func (b *builder) plain(method string, cseq int) string {
	tag := ""
	if b.answered {
		tag = ";tag=callee"
	}
	return fmt.Sprintf("From: <sip:%s@viaduct.test>;tag=caller\r\nTo: <sip:%s@viaduct.test>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n",
		b.caller, b.callee, tag, b.id, cseq, method)
}
