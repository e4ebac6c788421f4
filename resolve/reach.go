// Reach: which hops our listeners can reach.
package resolve

import (
	"net/netip"

	"viaduct/wire"
)

// Reach is a set of transports and address families. The zero Reach holds all.
type Reach uint16

// Add puts in the transport of a listener and the family of its address.
func (r *Reach) Add(t wire.Transport, local netip.Addr) { *r |= reachBit(t, local.Is4()) }

// Has tells whether a listener of that transport and family is in it.
func (r Reach) Has(t wire.Transport, is4 bool) bool { return r == 0 || r&reachBit(t, is4) != 0 }

// Speaks tells whether there is a listener of that transport.
func (r Reach) Speaks(t wire.Transport) bool { return r.Has(t, true) || r.Has(t, false) }

func reachBit(t wire.Transport, is4 bool) Reach {
	bit := Reach(1) << (2 * t)
	if is4 {
		return bit
	}
	return bit << 1
}
