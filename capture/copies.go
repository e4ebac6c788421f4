// Copies: datagrams that a capture holds several times, because it was taken on
// several interfaces.
package capture

import (
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	maxCopies  = 1 << 16
	copiesLive = 64 * time.Second // longer than a request is repeated (RFC 3261 section 17.1.1.2)
)

// copies tells repetitions of a sender from copies of the capture: what was
// seen twice at one place was sent twice, what was seen at two places was not.
type copies struct {
	seed maphash.Seed
	seen map[copyKey]*sighting
}

type copyKey struct {
	from, to netip.AddrPort
	text     uint64
}

// sighting counts how often one text was seen.
type sighting struct {
	last   time.Time
	given  int // the largest of places
	places map[uint64]int
}

// isCopy tells whether a datagram was seen at another place before.
func (c *copies) isCopy(from, to netip.AddrPort, text string, place uint64, at time.Time) bool {
	if c.seen == nil || len(c.seen) >= maxCopies {
		c.seed, c.seen = maphash.MakeSeed(), make(map[copyKey]*sighting)
	}
	key := copyKey{from, to, maphash.String(c.seed, text)}
	s := c.seen[key]
	if s == nil || at.Sub(s.last) > copiesLive {
		s = &sighting{places: make(map[uint64]int)}
		c.seen[key] = s
	}
	s.last = at
	s.places[place]++
	if s.places[place] <= s.given {
		return true
	}
	s.given = s.places[place]
	return false
}
