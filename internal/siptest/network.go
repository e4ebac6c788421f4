// Network: a network in memory that loses, delays and records on request.
package siptest

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"viaduct/ladder"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// ErrRefused is what an owner hears of a message on a stream to an address
// where nobody listens. A datagram to such an address just vanishes.
var ErrRefused = errors.New("connection refused")

// Network carries messages between endpoints. Each endpoint gets its messages
// one after the other, in the order of their arrival, on a goroutine of its
// own. No two packets arrive at the same instant, so in fake time the order of
// everything is the same in each run. All goroutines end with the test.
type Network struct {
	// Lose and Delay decide on each packet when it is sent; nil loses nothing
	// and delivers at once. Set them before traffic flows.
	Lose  func(p *wire.Packet) bool
	Delay func(p *wire.Packet) time.Duration

	t           testing.TB
	mu          sync.Mutex
	endpoints   map[place]*Endpoint
	connections map[[2]place]uint64
	names       ladder.Names
	packets     []wire.Packet
	sent        time.Duration // a nanosecond for each packet
}

// place is where an endpoint listens.
type place struct {
	transport wire.Transport
	address   netip.AddrPort
}

// NewNetwork makes a network without endpoints.
func NewNetwork(t testing.TB) *Network {
	return &Network{t: t, endpoints: make(map[place]*Endpoint), connections: make(map[[2]place]uint64), names: make(ladder.Names)}
}

// Endpoint is one element of the network, the floor below a transaction.Layer
// or a Phone.
type Endpoint struct {
	network *Network
	handler transport.Handler
	places  []place

	mu   sync.Mutex
	due  []delivery // the earliest first
	wake chan struct{}
	end  chan struct{}
}

// delivery is what an endpoint has to do at a time.
type delivery struct {
	at time.Time
	do func()
}

// Attach adds an element that listens for a transport at an address. Further
// ones are added with Endpoint.Listen. A handler that needs the endpoint first
// is given later, with Endpoint.Handle.
func (n *Network) Attach(handler transport.Handler, t wire.Transport, address netip.AddrPort) *Endpoint {
	e := &Endpoint{network: n, handler: handler, wake: make(chan struct{}, 1), end: make(chan struct{})}
	e.Listen(t, address)
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.run()
	}()
	n.t.Cleanup(func() {
		close(e.end)
		<-done
	})
	return e
}

// Handle says who takes what arrives; call it before anything does.
func (e *Endpoint) Handle(handler transport.Handler) { e.handler = handler }

// Name gives the element at an address its name in ladders.
func (n *Network) Name(address netip.AddrPort, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names[address] = name
}

// Names gives the names for ladder.New.
func (n *Network) Names() ladder.Names {
	n.mu.Lock()
	defer n.mu.Unlock()
	names := make(ladder.Names)
	for address, name := range n.names {
		names[address] = name
	}
	return names
}

// Packets gives all that was sent and all that arrived so far.
func (n *Network) Packets() []wire.Packet {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]wire.Packet(nil), n.packets...)
}

// Ladder draws them in the golden form.
func (n *Network) Ladder() string {
	return string(ladder.New(n.Packets(), n.Names()).AppendText(nil, ladder.TextOptions{}))
}

// Listen adds an address at which the element is reached.
func (e *Endpoint) Listen(t wire.Transport, address netip.AddrPort) {
	n := e.network
	n.mu.Lock()
	defer n.mu.Unlock()
	at := place{t, address}
	if n.endpoints[at] != nil {
		n.t.Fatalf("two elements listen at %v %v", t, address)
	}
	n.endpoints[at] = e
	e.places = append(e.places, at)
}

// LocalFor gives the first address of this transport and of the family of the
// peer, as transport.Layer does.
func (e *Endpoint) LocalFor(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool) {
	e.network.mu.Lock()
	defer e.network.mu.Unlock()
	return e.localFor(t, remote)
}

func (e *Endpoint) localFor(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool) {
	for _, at := range e.places {
		if at.transport == t && at.address.Addr().Is4() == remote.Addr().Is4() {
			return at.address, true
		}
	}
	return netip.AddrPort{}, false
}

// Send sends a message as transport.Layer.Send does. The text may be reused
// when it returns.
func (e *Endpoint) Send(f wire.Flow, text []byte, owner transport.Owner) error {
	n := e.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if !f.Remote.IsValid() {
		return transport.ErrNoRemote
	}
	if !f.Local.IsValid() {
		local, ok := e.localFor(f.Transport, f.Remote)
		if !ok {
			return transport.ErrNoListener
		}
		f.Local = local
	}
	here, there := place{f.Transport, f.Local}, place{f.Transport, f.Remote}
	peer := n.endpoints[there]
	if f.Transport.IsReliable() && peer != nil {
		f.Connection = n.connection(here, there)
	}
	p := wire.Packet{Time: time.Now(), Flow: f, Outgoing: true, Text: string(text)}
	p.Message, _ = sip.Parse(p.Text)
	n.packets = append(n.packets, p)
	n.sent++
	due := p.Time.Add(n.sent)
	if n.Delay != nil {
		due = due.Add(n.Delay(&p))
	}
	switch {
	case peer == nil && f.Transport.IsReliable():
		if owner != nil {
			e.at(due, func() { owner.TransportFailed(ErrRefused) })
		}
	case peer == nil:
	case n.Lose != nil && n.Lose(&p):
	default:
		peer.at(due, func() { peer.receive(p) })
	}
	return nil
}

// connection gives the number of the connection between two places, whoever
// opened it.
func (n *Network) connection(a, b place) uint64 {
	for _, pair := range [][2]place{{a, b}, {b, a}} {
		if number := n.connections[pair]; number != 0 {
			return number
		}
	}
	n.connections[[2]place{a, b}] = uint64(len(n.connections) + 1)
	return uint64(len(n.connections))
}

// receive takes a packet that another element sent.
func (e *Endpoint) receive(p wire.Packet) {
	p.Time, p.Outgoing = time.Now(), false
	p.Flow.Local, p.Flow.Remote = p.Flow.Remote, p.Flow.Local
	e.network.mu.Lock()
	e.network.packets = append(e.network.packets, p)
	e.network.mu.Unlock()
	in := &transport.Inbound{Flow: p.Flow}
	m, err := sip.Parse(p.Text)
	var wrong *sip.ParseError
	if errors.As(err, &wrong) {
		e.handler.Malformed(m, p.Text, wrong, in)
		return
	}
	e.handler.Receive(m, in)
}

// at puts work on the goroutine of the endpoint at a time.
func (e *Endpoint) at(due time.Time, do func()) {
	e.mu.Lock()
	i := len(e.due)
	for i > 0 && e.due[i-1].at.After(due) {
		i--
	}
	e.due = slices.Insert(e.due, i, delivery{due, do})
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// next takes the delivery whose time has come, or tells how long that takes.
func (e *Endpoint) next() (do func(), wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.due) == 0 {
		return nil, time.Hour
	}
	if wait = time.Until(e.due[0].at); wait > 0 {
		return nil, wait
	}
	do = e.due[0].do
	e.due = e.due[1:]
	return do, 0
}

func (e *Endpoint) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		do, wait := e.next()
		if do != nil {
			do()
			continue
		}
		timer.Reset(wait)
		select {
		case <-e.end:
			return
		case <-e.wake:
		case <-timer.C:
		}
	}
}
