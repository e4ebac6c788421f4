// Phone: one user agent, its lock and its events.
package phone

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// ErrCanceled says that a call was given up before it got anywhere.
var ErrCanceled = errors.New("canceled")

// ErrNoWay says that no address of ours reaches a peer.
var ErrNoWay = errors.New("no address of ours reaches the peer over this transport")

// Phone is a user agent.
type Phone struct {
	config Config
	stack  *Stack
	style  *Style

	mu           sync.Mutex
	closed       bool
	calls        []*Call
	numbered     int // calls so far
	challenges   []challenged
	registration registration
	keepAlive    *time.Timer

	events  []Event  // to be told when the lock is free
	work    []func() // to be done before, under the lock
	telling bool
}

// New puts a phone on a stack. The error says what of the configuration is
// wrong, or that there is such a phone already.
func New(stack *Stack, c Config) (*Phone, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	p := &Phone{config: c, stack: stack, style: c.Style}
	p.registration.init(p)
	if err := stack.add(p); err != nil {
		return nil, err
	}
	p.lock()
	p.keepAwake()
	p.unlock()
	return p, nil
}

// User gives the user name.
func (p *Phone) User() string { return p.config.User }

// Calls gives the calls that have not ended, the oldest first.
func (p *Phone) Calls() []*Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Close takes the phone off its stack and ends its timers. It sends nothing:
// hang up and Unregister before. Calls that are there vanish.
func (p *Phone) Close() {
	p.lock()
	p.closed = true
	for _, c := range slices.Clone(p.calls) {
		c.drop()
	}
	p.registration.stop()
	if p.keepAlive != nil {
		p.keepAlive.Stop()
	}
	p.unlock()
	p.stack.remove(p)
}

func (p *Phone) lock() { p.mu.Lock() }

// unlock frees the lock and tells what happened under it. Only one goroutine
// tells at a time, so events keep their order.
func (p *Phone) unlock() {
	for {
		for len(p.work) > 0 {
			do := p.work[0]
			p.work = p.work[1:]
			do()
		}
		if p.telling || len(p.events) == 0 {
			p.mu.Unlock()
			return
		}
		e := p.events[0]
		p.events = p.events[1:]
		p.telling = true
		p.mu.Unlock()
		p.config.Events(e)
		if e.then != nil {
			e.then()
		}
		p.mu.Lock()
		p.telling = false
	}
}

// tell notes an event; the lock is held.
func (p *Phone) tell(e Event) {
	e.Phone = p
	p.events = append(p.events, e)
}

// later does something under the lock, before it is freed.
func (p *Phone) later(do func()) { p.work = append(p.work, do) }

// after does something under the lock when a time has passed, unless the timer
// is stopped.
func (p *Phone) after(d time.Duration, do func()) *time.Timer {
	return time.AfterFunc(d, func() {
		p.lock()
		defer p.unlock()
		if !p.closed {
			do()
		}
	})
}

// silentAt is where descriptions say that sound is received when there is none.
func (p *Phone) silentAt(local netip.AddrPort) netip.AddrPort {
	if p.config.Mapped.IsValid() {
		local = p.config.Mapped
	}
	return netip.AddrPortFrom(local.Addr(), p.config.MediaPort)
}

// isAt tells whether requests to an address of ours may be for this phone.
func (p *Phone) isAt(local netip.AddrPort) bool {
	return !p.config.Local.IsValid() || !local.IsValid() || p.config.Local == local
}

// localFor gives the address from which to send to a hop.
func (p *Phone) localFor(hop wire.Flow) (netip.AddrPort, error) {
	if p.config.Local.IsValid() {
		return p.config.Local, nil
	}
	local, ok := p.stack.network.LocalFor(hop.Transport, hop.Remote)
	if !ok {
		return local, ErrNoWay
	}
	return local, nil
}

// hopsNow gives where a URI leads when no name must be asked for.
func (p *Phone) hopsNow(uri string) ([]wire.Flow, bool) {
	waits := false
	u, err := sip.ParseURI(uri)
	if err == nil && u.IsSIP() {
		if _, err := sip.ParseHost(u.Host); err != nil {
			waits = true
		}
	}
	if waits {
		return nil, false
	}
	hops, err := p.stack.hops(uri, nil)
	return hops, err == nil
}

// address writes our address-of-record; without a domain it is where we are.
func (p *Phone) address(flow wire.Flow) string {
	domain := p.config.Domain
	if domain == "" {
		domain = hostPort(flow)
	}
	return "sip:" + p.config.User + "@" + domain
}

// from writes a value of From with a tag.
func (p *Phone) from(flow wire.Flow, tag string) string {
	value := "<" + p.address(flow) + ">;tag=" + tag
	if p.config.Display != "" {
		value = strconv.Quote(p.config.Display) + " " + value
	}
	return value
}

// contact writes our Contact as peers over a flow reach it.
func (p *Phone) contact(flow wire.Flow) string {
	if p.config.Mapped.IsValid() && flow.Transport == wire.UDP {
		flow.Local = p.config.Mapped
	}
	uri := "sip:" + p.config.User + "@" + hostPort(flow)
	if flow.Transport != wire.UDP {
		uri += ";transport=" + lower(flow.Transport)
	}
	return "<" + uri + ">"
}

// keepAwake sends what keeps a NAT's binding: two line ends that no transaction
// sees (RFC 5626 section 3.5.1).
func (p *Phone) keepAwake() {
	if p.config.KeepAlive == 0 || p.config.Server == "" {
		return
	}
	p.keepAlive = p.after(p.config.KeepAlive, func() {
		if f := p.registration.flow; f.Remote.IsValid() {
			p.stack.network.Send(f, []byte("\r\n\r\n"), nil)
		}
		p.keepAwake()
	})
}

// request takes a request that belongs to no dialog.
func (p *Phone) request(m *sip.Message, in *transport.Inbound) {
	if m.Method == "ACK" {
		return
	}
	i := &incoming{stack: p.stack, style: p.style, message: m, tag: p.stack.id(), contact: p.contact(in.Flow)}
	if !i.begin(in) {
		return
	}
	way := p.flowOf(in)
	var sound Sound
	if m.Method == "INVITE" {
		var err error
		if sound, err = p.openSound(way.Local, in.HandOver); err != nil {
			i.respond(500, body{}, field{"Warning", warning(way, err)})
			return
		}
	}
	p.lock()
	defer p.unlock()
	if unsupported := unknownOptions(m); unsupported != "" && m.Method != "CANCEL" {
		i.respond(420, body{}, field{"Unsupported", unsupported})
		if sound != nil {
			sound.Close()
		}
		return
	}
	switch m.Method {
	case "INVITE":
		p.invited(i, way, sound)
	case "OPTIONS": // section 11.2: as an INVITE would be answered
		if len(p.calls) >= p.config.Lines {
			i.respond(486, body{})
			return
		}
		i.respond(200, body{})
	case "NOTIFY", "BYE", "INFO", "PRACK", "UPDATE":
		i.respond(481, body{})
	case "REFER":
		i.respond(603, body{}) // only within a call, where it is known who asks
	default:
		i.respond(405, body{})
	}
}

// known are the option tags that a peer may require.
var known = []string{"replaces", "100rel"}

// unknownOptions gives what a request requires and we do not know (section
// 8.2.2.3), "" when that is nothing.
func unknownOptions(m *sip.Message) (list string) {
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Kind == sip.FieldRequire {
			for option := range sip.SplitList(m.Value(f)) {
				if !slices.Contains(known, option) {
					if list != "" {
						list += ", "
					}
					list += option
				}
			}
		}
	}
	return list
}
