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
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
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
	Branch      *proxy.Branch // in branch and reply routes; in a failure route the one that won or failed

	Origin *Message // of a reply: the request's side of its transaction; nil when it has none

	RecordRoute *proxy.RecordRoute // asked for by record_route
	Paths       []proxy.Path       // asked for by add_path
	ReplyFields string             // append_to_reply: lines for the replies that we make
	Failure     error              // why the last t_relay or forward could not send

	// Routes that the transaction shall run (t_on_branch, t_on_reply,
	// t_on_failure, t_on_branch_failure); nil: none.
	OnBranch, OnReply, OnFailure, OnBranchFailure *script.Route

	// What the script wants otherwise than the parameters of tm say: times that
	// are not 0, rules that are not nil.
	Timers     proxy.Timers
	Rules      *proxy.Rules
	Trying     Choice // t_set_auto_inv_100
	NoFailover bool   // t_set_disable_failover

	// Targets still to be tried (t_load_contacts): groups, the next first, and
	// further ways to the devices of the present group.
	Contacts [][]script.Branch
	Flows    []script.Branch

	SavedEdits sip.Edits // t_save_lumps: what failure routes begin with; nil: what t_relay sent
	// Restore gives each reply of the transaction back what was changed in the
	// request, before any route sees it.
	Restore []func(reply *sip.Message, edits *sip.Edits)

	Watching Observers // who hears how the transaction ends

	Hooks proxy.Hooks // module tm's, once the transaction has routes to run
	// Unlock ends the hold on those routes; nil: none is held, and the message
	// becomes another request's when its own route has ended. Lock and Release
	// hold them and let them go later; nil: there are none.
	Unlock, Lock, Release func()
	notes                 []note // of rooms: Keep and Kept
	Label                 uint32 // of the transaction, for scripts: $T(id_label); 0: not made yet
}

// Choice is what a script has chosen, if it has.
type Choice int8

const (
	Unchosen Choice = iota
	Yes
	No
)

// AtEnd has something run when the request's own route has ended.
func (m *Message) AtEnd(run func()) {
	before := m.Unlock
	m.Unlock = func() {
		if before != nil {
			before()
		}
		run()
	}
}

// NewReply makes the message of a reply.
func NewReply(reply *sip.Message, in *transport.Inbound, p *proxy.Proxy) *Message {
	m := &Message{Proxy: p, Inbound: in}
	m.Host = m
	m.Context.Message, m.Flow, m.Wait = reply, in.Flow, in
	return m
}

// EditsSoFar are the changes to a reply by the core's reply route.
func (m *Message) EditsSoFar() sip.Edits { return m.Edits }

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
		Paths:       m.Paths,
		SendFrom:    m.SendSocket,
		Inbound:     m.Inbound,
		OnSend:      m.onSend(),
		NoFailover:  m.NoFailover,
	}
}

// onSend gives what runs onsend_route, nil when the script has none. It runs on
// a context of its own: a copy may leave while other routes of the request run.
func (m *Message) onSend() func(wire.Flow, []byte) bool {
	if m.Program == nil {
		return nil
	}
	route := m.Program.Find(syntax.OnsendRoute, "")
	if route == nil {
		return nil
	}
	received, flow, avps, flags, p := m.Message, m.Flow, m.AVPs, m.Flags, m.Proxy
	return func(to wire.Flow, text []byte) bool {
		sending := &Message{Proxy: p}
		sending.Host = sending
		c := &sending.Context
		c.Message, c.Flow, c.AVPs, c.Flags = received, flow, avps, flags
		sent, err := sip.Parse(string(text))
		if err == nil {
			c.URI = sent.RequestURI
		}
		c.Sending = &script.Sending{Flow: to, Length: len(text), Text: string(text)}
		return !route.Run(c).Drop
	}
}

// Target gives the Request-URI as it stands, as a target.
func (m *Message) Target() proxy.Target {
	return proxy.Target{
		URI: m.URI, Destination: m.Destination, Path: m.Path, Flow: m.TargetFlow, Flags: m.BranchFlags,
		ID: m.Binding.ID, Instance: m.Binding.Instance,
	}
}

// BranchTarget gives a branch that the script has added, as a target.
func BranchTarget(b *script.Branch) proxy.Target {
	return proxy.Target{
		URI: b.URI, Destination: b.Destination, Path: b.Path, Flow: b.Flow, Flags: b.Flags,
		ID: b.Binding.ID, Instance: b.Binding.Instance,
	}
}

// SetTarget makes a target the main one.
func (m *Message) SetTarget(t proxy.Target) {
	m.URI, m.Destination, m.Path, m.TargetFlow, m.BranchFlags = t.URI, t.Destination, t.Path, t.Flow, t.Flags
	m.Binding = script.Binding{ID: t.ID, Instance: t.Instance}
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
