package phone_test

import (
	"fmt"

	"viaduct/internal/siptest"
	"viaduct/sip"
)

const sdpField = "Content-Type: application/sdp\r\n"

// peer is the other end of a call, word for word as the test wants it.
type peer struct {
	*siptest.Phone
	invite *sip.Message // that it was sent
	tag    string
	seq    int
}

func newPeer(s *scene) *peer { return &peer{Phone: s.registrar(), tag: "peer"} }

// request sends a request within the call.
func (p *peer) request(method, fields, body string) {
	p.seq++
	p.requestAs(method, p.seq, fields, body)
}

func (p *peer) requestAs(method string, seq int, fields, body string) {
	if body == "" && fields == sdpField {
		fields = ""
	}
	p.Send(fmt.Sprintf("%s sip:308@127.168.1.10 SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch={branch}\r\nMax-Forwards: 70\r\n"+
		"From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:309@{local}>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, p.invite.Get(sip.FieldTo), p.tag, p.invite.Get(sip.FieldFrom), p.invite.CallID(), seq, method, fields, len(body), body))
}

// ack acknowledges a final response: in the transaction of its request when it
// is no 2xx.
func (p *peer) ack(response *sip.Message) {
	branch := "{branch}"
	if response.Status >= 300 {
		branch = response.Via.Branch
	}
	p.Send(fmt.Sprintf("ACK sip:308@127.168.1.10 SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=%s\r\nMax-Forwards: 70\r\n"+
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
		branch, response.Get(sip.FieldFrom), response.Get(sip.FieldTo), response.CallID(), response.CSeq.Number))
}
