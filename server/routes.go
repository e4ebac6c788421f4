// Routes: what happens to a message that has no transaction yet.
//
//	socket → transport → handler → transaction.Layer ─┬─ known: its transaction
//	                                                  └─ user.Request → request_route
//	                                                     user.Reply   → reply_route
//	                                                     user.Stray   → the next Via, or dropped
package server

import (
	"errors"
	"fmt"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// handler is the server as the transport sees it.
type handler Server

func (h *handler) Receive(m *sip.Message, in *transport.Inbound) {
	in.Note = nil
	h.traffic.count(m)
	h.transactions.Receive(m, in)
}

func (h *handler) Malformed(m *sip.Message, text string, err *sip.ParseError, in *transport.Inbound) {
	h.transactions.Malformed(m, text, err, in)
}

// user is the server as the transactions see it.
type user Server

// Request runs the script on a new request.
func (u *user) Request(received *sip.Message, in *transport.Inbound, acked *transaction.Server) {
	m, _ := u.messages.Get().(*module.Message)
	if m == nil {
		m = new(module.Message)
	}
	m.Proxy, m.Inbound, m.Acked, m.Host = u.proxy, in, acked, m
	m.Message, m.Flow, m.Wait, m.URI = received, in.Flow, in, received.RequestURI
	if u.run(m) {
		*m = module.Message{}
		u.messages.Put(m)
	}
}

// run runs the request's own route. It tells whether m may be used again:
// whoever holds on to it waits for the route's end by m.Unlock.
func (u *user) run(m *module.Message) (free bool) {
	received := m.Message
	if u.draining.Load() && isFresh(received) {
		m.ReplyStateless(sip.Reply{Status: 503})
		return true
	}
	program := u.program.Load()
	program.request.Run(&m.Context)
	m.Inbound, m.Wait = nil, nil // they belong to the reader, which goes on
	transaction, unlock := m.Transaction, m.Unlock
	if unlock != nil {
		unlock()
	}
	if transaction != nil && !transaction.Done() {
		(*Server)(u).logf(script.LevelWarning, "%s: the script ended without an answer to %s %s; 500 was sent\n",
			program.name, received.Method, received.RequestURI)
	}
	return unlock == nil
}

// isFresh tells a request that begins something new.
func isFresh(m *sip.Message) bool {
	return m.Method != "ACK" && m.Method != "CANCEL" && m.ToTag() == ""
}

// Reply runs the core's reply route, which sees a response before its
// transaction does.
func (u *user) Reply(received *sip.Message, in *transport.Inbound) bool {
	route := u.program.Load().reply
	if route == nil {
		return true
	}
	m := module.NewReply(received, in, u.proxy)
	if route.Run(&m.Context).Drop {
		u.dropped.Script.Add(1)
		return false
	}
	in.Note = m
	return true
}

// local runs event_route[tm:local-request] on a request of our own, which may
// change its fields, $ru, $du, $fs and its timers.
func (s *Server) local(sent *sip.Message, r *proxy.OwnRequest) {
	route := s.program.Load().local
	if route == nil {
		return
	}
	m := &module.Message{Proxy: s.proxy}
	m.Host = m
	m.Message, m.URI, m.Destination, m.SendSocket = sent, r.URI, r.Destination, r.SendFrom
	if len(s.proxy.Listeners) > 0 { // it comes from ourselves
		l := &s.proxy.Listeners[0]
		m.Flow = wire.Flow{Transport: l.Transport, Local: l.Local, Remote: l.Local}
	}
	route.Run(&m.Context)
	r.URI, r.Destination, r.SendFrom, r.Edits = m.URI, m.Destination, m.SendSocket, m.Edits
	if m.Timers.Final != 0 {
		r.Final = m.Timers.Final
	}
}

// Stray sends a response on that answers a request forwarded without state.
func (u *user) Stray(received *sip.Message, in *transport.Inbound) {
	r := proxy.Response{Message: received, Inbound: in}
	if m, ok := in.Note.(*module.Message); ok {
		r.Edits = m.Edits
	}
	if !u.proxy.ForwardResponse(&r, in.Flow) {
		u.dropped.Stray.Add(1)
	}
}

// Malformed answers a request that cannot be understood, when it can be
// answered at all, and says in a Warning what was expected where.
func (u *user) Malformed(received *sip.Message, text string, err *sip.ParseError, in *transport.Inbound) {
	if received == nil || !received.IsRequest() || received.Method == "ACK" {
		u.dropped.Malformed.Add(1)
		return
	}
	r := proxy.Request{Message: received, Flow: in.Flow}
	warning := fmt.Sprintf("Warning: 399 %s %q\r\n", u.warner(in.Flow), err.Error())
	if failed := u.proxy.ReplyStateless(&r, sip.Reply{Status: err.Status, Fields: warning}); failed != nil {
		u.dropped.Malformed.Add(1)
	}
}

var errNoRequestRoute = errors.New("the script has no request_route")
