// Resolver: from a URI to its hops.
package resolve

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

var (
	// ErrScheme says that a URI leads to no next hop: tel:, mailto: and others.
	ErrScheme = errors.New("not a sip URI")
	// ErrTransport says that the transport is not one we speak.
	ErrTransport = errors.New("transport not supported")
	// ErrName says that a name has no address.
	ErrName = errors.New("name not found")
	// ErrUnanswered says that no name server gave an answer, so that nothing is
	// known about a name.
	ErrUnanswered = errors.New("no answer from the name servers")
	// ErrBusy says that too many requests wait for names already.
	ErrBusy = errors.New("too many requests wait for names")
)

// Resolver finds hops for many requests at once.
type Resolver struct {
	current atomic.Pointer[directory]
	waiting atomic.Int64
	counts  counters
}

// New makes a resolver that asks as Default says.
func New() *Resolver {
	r := &Resolver{}
	r.Configure(Default())
	return r
}

// Configure decides how to look for names from now on, and forgets all that
// was found. It may be called while the resolver is in use.
func (r *Resolver) Configure(c Config) {
	r.current.Store(newDirectory(c.completed(), &r.counts))
}

// Query says what the hops are for.
type Query struct {
	URI   string
	Reach Reach // of our listeners; hops that none reaches are left out when a name is looked for
	// Seed, when not 0, chooses among SRV records of one priority: the same
	// hops in the same order for the same seed while the records hold. A
	// stateless proxy needs that (RFC 3263 section 4.4).
	Seed uint64
}

// Hop gives the first hop of a URI, over any transport. wait, when not nil, is
// called before a question that may take time.
func (r *Resolver) Hop(uri string, wait func()) (wire.Flow, error) {
	var space [4]wire.Flow
	hops, err := r.AppendHops(space[:0], Query{URI: uri}, wait)
	if err != nil {
		return wire.Flow{}, err
	}
	return hops[0], nil
}

// AppendHops puts the hops of a URI behind dst, at least one, the first to try
// first. Their Local is not set. wait, when not nil, is called before a
// question that may take time. An error is one of the above, or sip.ParseURI's.
func (r *Resolver) AppendHops(dst []wire.Flow, q Query, wait func()) ([]wire.Flow, error) {
	u, err := sip.ParseURI(q.URI)
	if err != nil {
		return dst, err
	}
	at, err := placeOf(&u)
	if err != nil {
		return dst, err
	}
	if looksNumeric(at.host) {
		address, err := sip.ParseHost(at.host)
		if err != nil {
			return dst, ErrName
		}
		return append(dst, at.flow(address)), nil
	}
	at.host = strings.ToLower(at.host)
	at.reach = q.Reach
	d := r.current.Load()
	found, ok := d.plans.fresh(at)
	if !ok {
		if found, err = r.lookUp(d, at, wait); err != nil {
			return dst, err
		}
	}
	if found.err != nil {
		return dst, found.err
	}
	first := len(dst)
	dst = found.appendHops(dst, q.Seed, &d.config)
	if !d.config.Failover {
		dst = dst[:first+1]
	}
	return dst, nil
}

// lookUp looks for a plan, or waits for another who does.
func (r *Resolver) lookUp(d *directory, at place, wait func()) (*plan, error) {
	defer r.waiting.Add(-1)
	if r.waiting.Add(1) > int64(d.config.MaxWaiting) {
		r.counts.busy.Add(1)
		return nil, ErrBusy
	}
	at.host = strings.Clone(at.host) // a message shall not stay for its host
	found, _, err := d.plans.find(at, wait, func() (*plan, time.Duration, error) { return d.plan(at) })
	return found, err
}

// place is what hops are found for: a URI without what leads nowhere else.
type place struct {
	host      string         // TARGET of RFC 3263 section 4: maddr, else the host
	port      uint16         // 0: none given
	transport wire.Transport // NoTransport: none given
	secure    bool           // sips: TLS and nothing else
	reach     Reach
}

func placeOf(u *sip.URI) (place, error) {
	if !u.IsSIP() {
		return place{}, ErrScheme
	}
	at := place{host: u.Host, port: uint16(u.Port), secure: u.Is("sips")}
	if maddr, ok := u.Param("maddr"); ok {
		at.host = maddr
	}
	if name, ok := u.Param("transport"); ok {
		switch at.transport = wire.ParseTransport(name); {
		case at.transport == wire.NoTransport:
			return place{}, ErrTransport
		case !at.secure:
		case at.transport == wire.TCP: // sips names what TLS goes over (RFC 3261 section 26.2.2)
			at.transport = wire.TLS
		case at.transport == wire.WS:
			at.transport = wire.WSS
		case at.transport == wire.UDP:
			return place{}, ErrTransport
		}
	}
	return at, nil
}

// usual gives the transport of a place that names none and asks no name server
// for it: UDP, TLS of a sips URI; another where no listener of ours speaks UDP.
func (p *place) usual(preference []wire.Transport) wire.Transport {
	switch {
	case p.transport != wire.NoTransport:
		return p.transport
	case p.secure:
		return wire.TLS
	case !p.reach.Speaks(wire.UDP):
		for _, t := range preference {
			if p.reach.Speaks(t) {
				return t
			}
		}
	}
	return wire.UDP
}

// flow is the hop of a place with an address.
func (p *place) flow(address netip.Addr) wire.Flow {
	t := p.usual(nil)
	return wire.Flow{Transport: t, Remote: netip.AddrPortFrom(address, portOr(p.port, t))}
}

// portOr gives the port, or the transport's when it is 0.
func portOr(port uint16, t wire.Transport) uint16 {
	if port == 0 {
		return uint16(sip.DefaultPort(t.String()))
	}
	return port
}

// looksNumeric tells an address from a name without the cost of an error: a
// name has no colon, and its last label begins with a letter.
func looksNumeric(host string) bool {
	numeric := true
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case c == ':':
			return true
		case (c < '0' || c > '9') && c != '.':
			numeric = false
		}
	}
	return numeric
}
