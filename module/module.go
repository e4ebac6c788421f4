// Package module is the face that the modules of a script share: what the
// server knows of the message at hand, and the answers that any of them may
// give.
//
// A module is a room of its own (module/tm, module/rr, …) with a New that
// gives a *script.Module. It finds the message by Of:
//
//	func hasToTag(c *script.Context) int {
//		return module.Bool(c.Message.ToTag() != "")
//	}
//
// Rooms do not import each other; what two of them need stands here or below.
package module

import (
	"time"

	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
)

// Message is one message in the routes: the script's context and the server's
// side of it, in one allocation.
type Message struct {
	script.Context

	Proxy   *proxy.Proxy
	Inbound *transport.Inbound  // nil once the goroutine that read it went on
	Acked   *transaction.Server // of an ACK: the INVITE transaction it confirmed

	// Transaction is the response context, from t_newtran or t_relay on; in a
	// reply route the one that the reply belongs to, nil when it has none.
	Transaction *proxy.Context
	Branch      *proxy.Branch // in branch and reply routes

	RecordRoute *proxy.RecordRoute // asked for by record_route
	ReplyFields string             // append_to_reply: lines for the replies that we make
	Failure     error              // why the last t_relay or forward could not send

	// Routes that the transaction shall run (t_on_branch, t_on_reply,
	// t_on_failure); nil: none.
	OnBranch, OnReply, OnFailure *script.Route

	// What the transaction shall be like: t_set_fr, t_set_auto_inv_100.
	FrTimer, FrInvTimer time.Duration
	No100               bool

	Watching Observers // who hears how the transaction ends

	Hooks  proxy.Hooks // module tm's, once the transaction has routes to run
	Unlock func()      // ends the hold on those routes; nil: none is held
}

// NewReply makes the message of a reply.
func NewReply(reply *sip.Message, in *transport.Inbound, p *proxy.Proxy) *Message {
	m := &Message{Proxy: p, Inbound: in}
	m.Host = m
	m.Context.Message, m.Flow, m.Wait = reply, in.Flow, in
	return m
}

// Of gives the server's side of a script's context.
func Of(c *script.Context) *Message { return c.Host.(*Message) }

// Bool is the return code of a function that answers a question.
func Bool(yes bool) int {
	if yes {
		return 1
	}
	return -1
}

// Request gives the message as the proxy wants it, with all that the script
// has decided so far.
func (m *Message) Request() proxy.Request {
	return proxy.Request{
		Message:     m.Message,
		Flow:        m.Flow,
		ForcePort:   m.ForceRport,
		Edits:       m.Edits,
		MaxForwards: m.MaxForwards,
		RecordRoute: m.RecordRoute,
		SendFrom:    m.SendSocket,
		Inbound:     m.Inbound,
	}
}

// Target gives the Request-URI as it stands, as a target.
func (m *Message) Target() proxy.Target {
	return proxy.Target{URI: m.URI, Destination: m.Destination, Path: m.Path, Flow: m.TargetFlow, Flags: m.BranchFlags}
}

// Reply answers the request: within its transaction when it has one, else
// without state. fields are header lines for this reply alone.
func (m *Message) Reply(status int, reason, fields string) error {
	reply := sip.Reply{Status: status, Reason: reason, Fields: m.ReplyFields + fields}
	if m.Transaction == nil {
		return m.ReplyStateless(reply)
	}
	if m.Transaction.Reply(reply) && status >= 200 {
		m.Watching.Answered(m, Answer{Status: status, Reason: reason, ToTag: proxy.LocalTag(m.Context.Message)})
	}
	return nil
}

// ReplyStateless answers without state, whatever the transaction says. An ACK
// is never answered.
func (m *Message) ReplyStateless(reply sip.Reply) error {
	if m.Message.Method == "ACK" {
		return nil
	}
	r := proxy.Request{Message: m.Message, Flow: m.Flow, ForcePort: m.ForceRport}
	return m.Proxy.ReplyStateless(&r, reply)
}

// Forward sends a request on without state, to where it would be relayed.
func (m *Message) Forward() int {
	request, target := m.Request(), m.Target()
	if err := m.Proxy.ForwardStateless(&request, &target); err != nil {
		m.Failure = err
		return -1
	}
	return 1
}
