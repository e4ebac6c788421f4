// Receive: requests on their way to a phone or a call (RFC 3261 sections 8.2
// and 12.2.2).
package phone

import (
	"viaduct/internal/stun"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
)

// user is the transaction user of what has no transaction yet.
type user Stack

func (u *user) stack() *Stack { return (*Stack)(u) }

// Request leads a new request to its call by tag, else to its phone by user.
func (u *user) Request(m *sip.Message, in *transport.Inbound, acked *transaction.Server) {
	s := u.stack()
	switch {
	case acked != nil: // a refusal is acknowledged; nobody waits for that
	case m.Method == "CANCEL":
		s.cancel(m, in)
	case m.ToTag() != "":
		if c := s.call(dialogKey{m.CallID(), m.ToTag()}); c != nil {
			c.request(m, in)
			return
		}
		s.refuse(m, in, 481)
	default:
		if p := s.find(m.RequestURI, in.Local); p != nil {
			p.request(m, in)
			return
		}
		s.refuse(m, in, s.unknown(m))
	}
}

// unknown is the answer to a request for nobody here.
func (s *Stack) unknown(m *sip.Message) int {
	if u, err := sip.ParseURI(m.RequestURI); err != nil || !u.IsSIP() {
		return 416
	}
	return 404
}

// cancel finds the INVITE that a CANCEL is about (section 9.2).
func (s *Stack) cancel(m *sip.Message, in *transport.Inbound) {
	if tx := s.transactions.Invite(m); tx != nil {
		if i, ok := tx.User.(*incoming); ok && i.call != nil {
			i.call.canceled(i, m, in)
			return
		}
	}
	s.refuse(m, in, 481)
}

// refuse answers a request that no phone takes.
func (s *Stack) refuse(m *sip.Message, in *transport.Inbound, status int) {
	if m.Method == "ACK" {
		return
	}
	i := &incoming{stack: s, message: m, style: &DefaultStyle, tag: s.id()}
	if i.begin(in) {
		i.respond(status, body{})
	}
}

// Reply lets every response pass to its transaction.
func (u *user) Reply(*sip.Message, *transport.Inbound) bool { return true }

// Stray drops a response that nobody waits for, as section 8.1.3.3 allows.
func (u *user) Stray(*sip.Message, *transport.Inbound) {}

// Malformed answers a request that cannot be read, where it can be answered.
// The answers of STUN servers come this way too.
func (u *user) Malformed(m *sip.Message, text string, err *sip.ParseError, in *transport.Inbound) {
	if m == nil && stun.IsMessage([]byte(text)) {
		u.stack().stun.Feed([]byte(text), in.Remote)
		return
	}
	if m != nil && m.IsRequest() && m.Method != "ACK" {
		u.stack().network.Send(transaction.ReplyFlow(m, in.Flow, false),
			sip.AppendReply(nil, m, &sip.Reply{Status: err.Status, ToTag: u.stack().id(), Source: in.Remote}), nil)
	}
}
