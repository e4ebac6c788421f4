// Layer: where messages meet their transactions.
package transaction

import (
	"sync/atomic"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// Sender is the floor below: *transport.Layer, or a network in memory. The
// text is the sender's only until Send returns.
type Sender interface {
	Send(f wire.Flow, text []byte, owner transport.Owner) error
}

// Handler is the transaction user of what has no transaction yet. It is called
// on the goroutine that read the message, with no lock held.
type Handler interface {
	// Request gets each request that is no retransmission. An ACK for a
	// non-2xx response has already confirmed its transaction, acked.
	Request(m *sip.Message, in *transport.Inbound, acked *Server)
	// Reply sees each response before its transaction does; false drops it.
	Reply(m *sip.Message, in *transport.Inbound) bool
	// Stray gets the responses without a client transaction.
	Stray(m *sip.Message, in *transport.Inbound)
	// Malformed gets what is no SIP message; see transport.Handler.
	Malformed(m *sip.Message, text string, err *sip.ParseError, in *transport.Inbound)
}

// Layer holds all transactions of one server. It is a transport.Handler.
type Layer struct {
	send    Sender
	handler Handler
	timing  timing
	wheel   *wheel
	servers serverTable
	clients clientTable

	retransmitted atomic.Uint64 // requests that were absorbed
	timeouts      atomic.Uint64
}

// New makes a layer; Close ends its timers.
func New(send Sender, handler Handler, t Timing) *Layer {
	l := &Layer{send: send, handler: handler, timing: t.inTicks(), wheel: newWheel()}
	l.servers.init()
	return l
}

// Close stops the timers; transactions still there are left as they are.
func (l *Layer) Close() { l.wheel.close() }

// Active gives how many server and client transactions there are.
func (l *Layer) Active() (servers, clients int) {
	return l.servers.active(), l.clients.active()
}

// Elapsed gives the time since the layer was made, as its timers count it.
func (l *Layer) Elapsed() time.Duration { return time.Duration(l.wheel.now.Load()) * tick }

// Pending gives how many requests wait for their final response.
func (l *Layer) Pending() int { return l.servers.pending() }

// Counters gives how many requests were absorbed as retransmissions and how
// many transactions ended because nobody answered.
func (l *Layer) Counters() (retransmitted, timeouts uint64) {
	return l.retransmitted.Load(), l.timeouts.Load()
}

// Receive carries a message to its transaction, or up when it has none.
func (l *Layer) Receive(m *sip.Message, in *transport.Inbound) {
	if m.IsRequest() {
		l.receiveRequest(m, in)
		return
	}
	if !l.handler.Reply(m, in) {
		return
	}
	if c := l.clients.find(m.Via.Branch); c != nil && c.receive(m, in) {
		return
	}
	l.handler.Stray(m, in)
}

func (l *Layer) receiveRequest(m *sip.Message, in *transport.Inbound) {
	s := l.servers.find(keyOf(m, transactionMethod(m.Method)))
	if s == nil {
		l.handler.Request(m, in, nil)
		return
	}
	if m.Method == "ACK" {
		s.confirm()
		l.handler.Request(m, in, s)
		return
	}
	l.retransmitted.Add(1)
	s.again()
}

// Malformed passes on what the transport could not read.
func (l *Layer) Malformed(m *sip.Message, text string, err *sip.ParseError, in *transport.Inbound) {
	l.handler.Malformed(m, text, err, in)
}

// Invite finds the INVITE server transaction that a CANCEL is about (section
// 9.2), or nil.
func (l *Layer) Invite(cancel *sip.Message) *Server {
	return l.servers.find(keyOf(cancel, "INVITE"))
}

// Awaited gives the user of the client transaction that a response belongs to,
// or nil.
func (l *Layer) Awaited(response *sip.Message) ClientUser {
	c := l.clients.find(response.Via.Branch)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.user
}

// Servers gives the server transactions that have no final response yet.
func (l *Layer) Servers() []*Server { return l.servers.all() }

// Find gives the server transaction of a request, an ACK's being its
// INVITE's, or nil.
func (l *Layer) Find(m *sip.Message) *Server {
	return l.servers.find(keyOf(m, transactionMethod(m.Method)))
}
