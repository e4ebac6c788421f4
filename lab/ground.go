// Ground: the sockets on which an experiment is played, and all that passes.
package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"viaduct/ladder"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// ground holds the sockets of the elements.
type ground struct {
	names   ladder.Names
	sockets map[string]*socket // by element
	notes   []string
	hidden  map[netip.AddrPort]bool // elements behind a NAT

	mu      sync.Mutex
	packets []wire.Packet
	losses  []Loss // Count is what is left to lose
	last    time.Time
}

// socket is the network of one element: a layer with one UDP socket. What it
// reads waits until somebody handles it.
type socket struct {
	*transport.Layer
	ground  *ground
	name    string
	at      netip.AddrPort
	handler transport.Handler
	faces   map[netip.AddrPort]netip.AddrPort // of the NAT before us, by whom they stand for; nil: there is none
}

// open gives an element its socket. When its port is busy it gets another one,
// when the machine has no such address one of 127.0.0.1.
func (g *ground) open(name string, wish netip.AddrPort, usualPort uint16) (*socket, error) {
	if wish.Port() == 0 {
		wish = netip.AddrPortFrom(wish.Addr(), usualPort)
	}
	s := &socket{ground: g, name: name}
	s.Layer = transport.New(transport.Options{Handler: s, Tap: g})
	var err error
	s.at, err = s.Layer.Listen(wire.UDP, wish)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		s.at, err = s.Layer.Listen(wire.UDP, netip.AddrPortFrom(wish.Addr(), 0))
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		s.at, err = s.Layer.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:0"))
	}
	if err != nil {
		s.Layer.Close()
		return nil, fmt.Errorf("no socket for %s: %w", name, err)
	}
	if s.at != wish {
		g.notes = append(g.notes, fmt.Sprintf("%v cannot be used here, so %s is at %v", wish, name, s.at))
	}
	g.sockets[name], g.names[s.at] = s, name
	return s, nil
}

func (g *ground) close() {
	for _, s := range g.sockets {
		s.Layer.Close()
	}
}

// place is how a URI writes where an element is.
func (g *ground) place(name string) string { return written(g.sockets[name].at) }

// written leaves SIP's own port away.
func written(at netip.AddrPort) string {
	if int(at.Port()) == sip.DefaultPort("") {
		return at.Addr().String()
	}
	return at.String()
}

// fill puts places in for {NAME}, and ports for {NAME.port}.
func (g *ground) fill(text string) string {
	for name, s := range g.sockets {
		text = strings.ReplaceAll(text, "{"+name+"}", written(s.at))
		text = strings.ReplaceAll(text, "{"+name+".host}", s.at.Addr().String())
		text = strings.ReplaceAll(text, "{"+name+".port}", fmt.Sprint(s.at.Port()))
	}
	return text
}

// Packet is the tap of all sockets. What an element sends is seen before
// anybody can have received it, so this is the order of cause and effect.
func (g *ground) Packet(p *wire.Packet) {
	packet := *p
	if packet.Message == nil {
		packet.Message, _ = sip.Parse(packet.Text)
	}
	g.mu.Lock()
	g.packets = append(g.packets, packet)
	g.last = time.Now()
	g.mu.Unlock()
}

// seen gives the packets from one on, and how long nothing has passed.
func (g *ground) seen(from int) (packets []wire.Packet, quiet time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.packets[from:len(g.packets):len(g.packets)], time.Since(g.last)
}

func (g *ground) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.packets)
}

// loses tells whether a message gets lost on its way.
func (g *ground) loses(from string, to netip.AddrPort, text []byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.losses) == 0 {
		return false
	}
	m, err := sip.Parse(string(text))
	if err != nil {
		return false
	}
	for i := range g.losses {
		l := &g.losses[i]
		if l.Count > 0 && l.From == from && l.To == g.names[to] && matches(m, l.What) {
			l.Count--
			return true
		}
	}
	return false
}

// matches tells whether a message is what a scenario calls so: "INVITE", "200",
// "200 INVITE".
func matches(m *sip.Message, what string) bool {
	if m.IsRequest() {
		return m.Method == what
	}
	status, method, both := strings.Cut(what, " ")
	return status == fmt.Sprint(m.Status) && (!both || method == m.Method)
}

// handle says who takes what arrives, and begins to read.
func (s *socket) handle(h transport.Handler) {
	s.handler = h
	s.Layer.Start()
}

// Send goes by the NAT before us, and loses what the scenario wants lost and
// what would have to pass another's NAT.
func (s *socket) Send(f wire.Flow, text []byte, owner transport.Owner) error {
	if s.faces != nil {
		face, ok := s.faces[f.Remote]
		if !ok {
			return transport.ErrNoRemote
		}
		f.Remote = face
	}
	if s.ground.hidden[f.Remote] || s.ground.loses(s.name, f.Remote, text) {
		if !f.Local.IsValid() {
			f.Local = s.at
		}
		s.ground.Packet(&wire.Packet{Time: time.Now(), Flow: f, Outgoing: true, Text: string(text)})
		return nil
	}
	return s.Layer.Send(f, text, owner)
}

// Listen is asked by a server: its socket is open already.
func (s *socket) Listen(wire.Transport, netip.AddrPort) (netip.AddrPort, error) { return s.at, nil }

// Start is called by a server when all is ready.
func (s *socket) Start() { s.Layer.Start() }

func (s *socket) Receive(m *sip.Message, in *transport.Inbound) {
	s.unveil(in)
	s.handler.Receive(m, in)
}

func (s *socket) Malformed(m *sip.Message, text string, err *sip.ParseError, in *transport.Inbound) {
	s.unveil(in)
	s.handler.Malformed(m, text, err, in)
}

// unveil names whom the NAT before us stands for: a NAT changes the address of
// the one behind it, not that of the others.
func (s *socket) unveil(in *transport.Inbound) {
	for target, face := range s.faces {
		if in.Remote == face {
			in.Remote = target
		}
	}
}
