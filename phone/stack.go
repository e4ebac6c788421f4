// Stack: what phones share: the network, the transactions, and the tables in
// which a request finds its phone or call.
package phone

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"

	"viaduct/internal/stun"
	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// Network carries messages: *transport.Layer, or one in memory.
type Network interface {
	transaction.Sender
	// LocalFor gives the address of ours from which a peer is reached.
	LocalFor(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool)
}

// Options of a Stack; the zero value is ready.
type Options struct {
	Tap    wire.Tap           // sees each message of Listen's sockets; may be nil
	Timing transaction.Timing // zero: the RFC's
	Random func() uint64      // for tags, Call-IDs and the like; nil: of the system
}

// Stack carries phones.
type Stack struct {
	network      Network
	transactions *transaction.Layer
	resolver     *resolve.Resolver
	timing       transaction.Timing
	random       func() uint64
	close        func()
	stun         stun.Client

	mu     sync.Mutex
	phones map[string][]*Phone // by user
	calls  map[dialogKey]*Call // by Call-ID and our tag, also before there is a dialog
}

// dialogKey names a dialog, or all that may come of one INVITE of ours, as far
// as we choose the names.
type dialogKey struct{ callID, localTag string }

// ErrClosed says that the phone or its stack was closed.
var ErrClosed = errors.New("the phone is closed")

// NewStack makes a stack on a network. What arrives there must be handed to
// Handler.
func NewStack(network Network, o Options) *Stack {
	s := newStack(o)
	s.use(network)
	return s
}

// Listen makes a stack on a socket of its own, and gives its address; port 0
// takes a free one. The error is that of transport.Layer.Listen.
func Listen(t wire.Transport, local netip.AddrPort, o Options) (*Stack, netip.AddrPort, error) {
	s := newStack(o)
	layer := transport.New(transport.Options{Handler: (*receiver)(s), Tap: o.Tap, LengthOptional: true})
	bound, err := layer.Listen(t, local)
	if err != nil {
		layer.Close()
		return nil, bound, err
	}
	s.use(layer)
	s.close = layer.Close
	layer.Start()
	return s, bound, nil
}

func newStack(o Options) *Stack {
	s := &Stack{
		resolver: resolve.New(), timing: o.Timing, random: o.Random, close: func() {},
		phones: map[string][]*Phone{}, calls: map[dialogKey]*Call{},
	}
	if s.timing == (transaction.Timing{}) {
		s.timing = transaction.DefaultTiming
	}
	if s.random == nil {
		s.random = rand.Uint64 // seeded by the system, and not to be guessed (ChaCha8)
	}
	return s
}

func (s *Stack) use(network Network) {
	s.network = network
	s.transactions = transaction.New(network, (*user)(s), s.timing)
}

// Handler takes what arrives from the network.
func (s *Stack) Handler() transport.Handler { return (*receiver)(s) }

// Local gives the address from which a peer is reached over a transport.
func (s *Stack) Local(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool) {
	return s.network.LocalFor(t, remote)
}

// Mapped asks a STUN server how the world sees our address over UDP, for
// Config.Mapped. It waits for the answer.
func (s *Stack) Mapped(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error) {
	return s.stun.Mapped(ctx, func(datagram []byte, to netip.AddrPort) error {
		return s.network.Send(wire.Flow{Transport: wire.UDP, Remote: to}, datagram, nil)
	}, server)
}

// Close closes the phones, and the socket that Listen opened. Calls are not
// hung up: see Phone.Close.
func (s *Stack) Close() {
	for _, p := range s.all() {
		p.Close()
	}
	s.close()
	s.transactions.Close()
}

func (s *Stack) all() (phones []*Phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.phones {
		phones = append(phones, list...)
	}
	return phones
}

// receiver takes what the network read.
type receiver Stack

func (r *receiver) Receive(m *sip.Message, in *transport.Inbound) { r.transactions.Receive(m, in) }

func (r *receiver) Malformed(m *sip.Message, text string, err *sip.ParseError, in *transport.Inbound) {
	r.transactions.Malformed(m, text, err, in)
}

// id gives 16 hexadecimal digits that no other has.
func (s *Stack) id() string {
	var b [8]byte
	n := s.random()
	for i := range b {
		b[i] = byte(n >> (8 * i))
	}
	return hex.EncodeToString(b[:])
}

// hops gives where a URI leads. wait is called before a name must be asked for.
func (s *Stack) hops(uri string, wait func()) ([]wire.Flow, error) {
	hops, err := s.resolver.AppendHops(nil, resolve.Query{URI: uri}, wait)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", uri, err)
	}
	return hops, nil
}

// add enters a phone; two with one user need an address each.
func (s *Stack) add(p *Phone) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.phones[p.config.User] {
		if other.config.Local == p.config.Local {
			return fmt.Errorf("there is a phone %s already", p.config.User)
		}
	}
	s.phones[p.config.User] = append(s.phones[p.config.User], p)
	return nil
}

func (s *Stack) remove(p *Phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := p.config.User
	s.phones[user] = slices.DeleteFunc(s.phones[user], func(other *Phone) bool { return other == p })
	if len(s.phones[user]) == 0 {
		delete(s.phones, user)
	}
}

// find gives the phone that a Request-URI means at an address of ours, or nil.
// One without a user means the only phone there is at the address.
func (s *Stack) find(uri string, local netip.AddrPort) *Phone {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !u.HasUser {
		var only *Phone
		for _, list := range s.phones {
			for _, p := range list {
				if p.isAt(local) {
					if only != nil {
						return nil
					}
					only = p
				}
			}
		}
		return only
	}
	for _, p := range s.phones[sip.Unescape(u.User)] {
		if p.isAt(local) {
			return p
		}
	}
	return nil
}

func (s *Stack) enter(k dialogKey, c *Call) {
	s.mu.Lock()
	s.calls[k] = c
	s.mu.Unlock()
}

func (s *Stack) leave(k dialogKey) {
	s.mu.Lock()
	delete(s.calls, k)
	s.mu.Unlock()
}

func (s *Stack) call(k dialogKey) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[k]
}
