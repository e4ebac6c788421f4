// Proxy: what all relayed requests share, and the requests and targets that
// the floor above hands in.
package proxy

import (
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"

	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// Network is the floor of sockets.
type Network interface {
	transaction.Sender
	// LocalFor gives the listener from which a peer is reached.
	LocalFor(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool)
}

// Listener is one address of ours and how Via and Record-Route write it:
// "127.0.0.1", "192.0.2.1:5080" or an advertised name.
type Listener struct {
	Transport wire.Transport
	Local     netip.AddrPort
	SentBy    string
}

// Proxy relays for all routes of one server.
type Proxy struct {
	Transactions *transaction.Layer
	Network      Network
	Resolver     *resolve.Resolver
	Listeners    []Listener
	// MaxDatagram is the size in bytes above which a request goes over TCP in
	// place of UDP (section 18.1.1), and over UDP again when no connection can be
	// had; 0: none does.
	MaxDatagram atomic.Int64
	// Local sees each request of our own before it leaves. It may add to
	// r.Edits and change where it goes. No lock is held; nil is nobody.
	Local func(m *sip.Message, r *OwnRequest)

	buffers sync.Pool // of *buffer
}

// Request is a received request with what a script has decided about it.
type Request struct {
	Message     *sip.Message
	Flow        wire.Flow // it came over
	ForcePort   bool      // treat it as if its Via had rport
	Edits       sip.Edits // changes for all branches
	MaxForwards int       // to send; 0: one less than in the message, 70 when it has none
	RecordRoute *RecordRoute
	Paths       []Path             // values of Path to add, the latest on top
	SendFrom    wire.Flow          // listener to send from; zero: the best one
	Inbound     *transport.Inbound // handed over before a wait; nil when there is nothing to hand over
	Timers
	Rules *Rules // nil: the RFC's
	// OnSend sees each copy before it leaves; false drops it. It may run on any
	// goroutine. nil: nobody looks.
	OnSend     func(to wire.Flow, text []byte) bool
	NoFailover bool // the first hop alone is tried (RFC 3263 section 4.3)

	seed uint64 // chooses among equal hops when there is no state; see resolve.Query
}

// RecordRoute asks for a Record-Route of ours (section 16.6 step 4). It is not
// changed once a request bears it.
type RecordRoute struct {
	User    string   // "" for none
	Params  string   // ";lr", ";lr=on;ftag=…" and what the script adds
	Host    string   // "host" or "host:port" in place of the listener's; "" is the listener's
	Preset  []string // whole values, "host:port;params", top first; no listener matters then
	Secure  bool     // sips URIs
	Single  bool     // one value even when the transport or address changes
	Double  bool     // two values even when neither changes
	Unasked bool     // no field is wanted yet: only Params were collected
}

// Target is one element of the target set (section 16.5).
type Target struct {
	URI         string    // becomes the Request-URI
	ID          string    // of the registration it came from; "" for none
	Instance    string    // of the device that registered, when it told (RFC 5626)
	Destination string    // URI of the next hop when it is not URI's
	Path        string    // Route value to put on top (RFC 3327), "" for none
	Flow        wire.Flow // when set, where to send instead: a registered connection
	Flags       uint32    // branch flags of the script
}

// Hooks let the floor above see and change what passes. No lock is held while
// they run.
type Hooks interface {
	// Branch runs before a branch is sent. It may change b.Target, b.Edits and
	// b.RecordRoute; false drops the branch.
	Branch(b *Branch) bool
	// Reply runs for each response to a branch, and to its CANCEL. It may add
	// to r.Edits; false drops a provisional response.
	Reply(b *Branch, r *Response) bool
	// BranchFailed runs when a branch has ended without a 2xx, before it is
	// asked whether all have. It may call Relay once more, or Reply.
	// in is what the calling goroutine reads, nil for nothing.
	BranchFailed(b *Branch, in *transport.Inbound)
	// Failure runs when all branches have failed and status (300 and above)
	// would go back. It may call Relay once more, or Reply.
	Failure(c *Context, status int)
	// Answered runs when a response to the request has gone back that was not
	// sent by Context.Reply and is above 100.
	Answered(c *Context, a Answer)
	// KeepsReplies tells whether Reply is needed once a final response went back.
	KeepsReplies() bool
}

// Answer is a response that went back.
type Answer struct {
	Status   int
	Reason   string
	Response *sip.Message       // as it was received; nil when it is one of ours
	Inbound  *transport.Inbound // what the goroutine reads; nil when it reads nothing
}

// Response is one response on its way up.
type Response struct {
	Message *sip.Message
	Inbound *transport.Inbound
	Edits   sip.Edits
}

// sentBy gives the name of the listener with that local address.
func (p *Proxy) sentBy(flow wire.Flow) string {
	for i := range p.Listeners {
		if l := &p.Listeners[i]; l.Local == flow.Local && l.Transport == flow.Transport {
			return l.SentBy
		}
	}
	return SentBy(flow)
}

// SentBy writes an address as Via does: IPv6 in brackets, the default port
// left out (section 18.1.1).
func SentBy(flow wire.Flow) string {
	host := flow.Local.Addr().String()
	if flow.Local.Addr().Is6() {
		host = "[" + host + "]"
	}
	if port := int(flow.Local.Port()); port != sip.DefaultPort(flow.Transport.String()) {
		return host + ":" + strconv.Itoa(port)
	}
	return host
}
