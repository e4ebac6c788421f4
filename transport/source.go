// Sources: how much of us the connections with one address may take.
package transport

import (
	"net/netip"
	"sync/atomic"
)

// source is one address, or one /64 of IPv6, with which connections are open.
type source struct {
	address  netip.Addr
	open     int          // connections, ours to it included; needs connections.mu
	accepted int          // of these, those that it opened; needs connections.mu
	held     atomic.Int64 // bytes of half messages
}

// sourceOf gives who stands behind an address: of IPv6 the last half is
// anybody's to choose.
func sourceOf(address netip.Addr) netip.Addr {
	if address.Is4() {
		return address
	}
	network, err := address.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return network.Addr()
}

// enter notes a connection with its source; t.mu is held.
func (t *connections) enter(c *connection) error {
	address := sourceOf(c.flow.Remote.Addr())
	s := t.bySource[address]
	if s == nil {
		s = &source{address: address}
		t.bySource[address] = s
	}
	if c.accepted {
		if s.accepted >= t.sourceLimit {
			return ErrTooManyOfSource
		}
		s.accepted++
	}
	s.open++
	c.source = s
	return nil
}

// leave forgets a connection that has entered; t.mu is held.
func (t *connections) leave(c *connection) {
	s := c.source
	if s == nil {
		return
	}
	c.source = nil
	s.held.Add(-int64(c.held))
	if c.accepted {
		s.accepted--
	}
	if s.open--; s.open == 0 {
		delete(t.bySource, s.address)
	}
}

// hold notes what the reader's framer holds now. It gives false when that is
// too much for one source.
func (c *connection) hold(held int) bool {
	more := held - c.held
	c.held = held
	if c.source.held.Add(int64(more)) <= int64(c.layer.options.MaxHeldBytes) || more < 0 {
		return true
	}
	c.layer.counts.sourceFull.Add(1)
	return false
}
