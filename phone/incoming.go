// Incoming: a request of a peer, and our responses to it (RFC 3261 section
// 8.2.6).
package phone

import (
	"net/netip"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
)

// incoming is one request until it is answered.
type incoming struct {
	server  transaction.Server
	stack   *Stack
	style   *Style
	message *sip.Message
	source  netip.AddrPort
	tag     string // of ours, for To
	reason  string // phrase of the response; "" is the style's, else the usual one
	contact string // value of our Contact
	call    *Call  // of an INVITE
	text    []byte // of the 2xx, for its retransmissions
}

// begin enters the transaction; false when another goroutine did so with a
// retransmission.
func (i *incoming) begin(in *transport.Inbound) bool {
	i.source = in.Remote
	return i.stack.transactions.Begin(&i.server, i.message, transaction.ReplyFlow(i.message, in.Flow, false), i) == nil
}

// respond sends a response with further fields and maybe a body.
func (i *incoming) respond(status int, b body, fields ...field) bool {
	i.text = i.style.appendResponse(nil, i, status, b, fields)
	return i.server.Respond(status, i.text)
}

// again retransmits a 2xx, which is the callee's own task (section 13.3.1.4).
// The transaction may be gone by then: the flow is not.
func (i *incoming) again() {
	i.stack.network.Send(i.server.Flow(), i.text, nil)
}
