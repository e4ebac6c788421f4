// Sources: how much each address has sent lately, in a table of fixed size.
package pike

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Sources counts the requests of addresses. It takes 2.5 MB however many
// there are: where more fall on a place than fit, the one that sent least is
// forgotten, so that a flood from made-up addresses hides no flood from one.
// The zero value counts after open.
type Sources struct {
	once    sync.Once
	seed    maphash.Seed
	buckets []bucket
}

const (
	bucketCount = 8192
	bucketSize  = 8
)

type bucket struct {
	mutex   sync.Mutex
	sources [bucketSize]source
}

// source is one address. It is blocked while its last whole unit of time or
// the present one held too many requests.
type source struct {
	address [16]byte // IPv4 as IPv4-mapped IPv6
	begin   int64    // of its present unit, nanoseconds since 1970; 0: none
	count   uint32   // requests in that unit
	blocked bool
}

// limit is what one source may send.
type limit struct {
	unit     time.Duration
	requests uint32 // in a unit
}

// verdict on a request.
type verdict uint8

const (
	fine verdict = iota
	blocked
	newlyBlocked
)

func (s *Sources) open() {
	s.once.Do(func() {
		s.seed = maphash.MakeSeed()
		s.buckets = make([]bucket, bucketCount)
	})
}

// count counts a request.
func (s *Sources) count(from netip.Addr, now int64, l limit) verdict {
	address := from.As16()
	b := &s.buckets[maphash.Bytes(s.seed, address[:])%bucketCount]
	b.mutex.Lock()
	defer b.mutex.Unlock()
	one := b.find(address, now, l)
	one.renew(now, l)
	one.count++
	switch {
	case one.blocked:
		return blocked
	case one.count > l.requests:
		one.blocked = true
		return newlyBlocked
	}
	return fine
}

// find gives the place of an address: its own, or else one that is free, or
// that of the address which matters least.
func (b *bucket) find(address [16]byte, now int64, l limit) *source {
	least := &b.sources[0]
	for i := range b.sources {
		one := &b.sources[i]
		if one.address == address && one.begin != 0 {
			return one
		}
		if one.weight(now, l) < least.weight(now, l) {
			least = one
		}
	}
	*least = source{address: address, begin: now}
	return least
}

// weight tells how much it matters to remember a source; 0: not at all.
func (s *source) weight(now int64, l limit) uint32 {
	if s.begin == 0 || now-s.begin >= 2*int64(l.unit) {
		return 0
	}
	return s.count + 1
}

// renew begins a new unit when the present one is over. Who kept quiet for a
// whole unit, or sent no more than allowed in the last one, is free.
func (s *source) renew(now int64, l limit) {
	units := (now - s.begin) / int64(l.unit)
	if units == 0 {
		return
	}
	if units < 0 || units > 1 || s.count <= l.requests { // below 0: the clock was set back
		s.blocked = false
	}
	s.count = 0
	if s.begin += units * int64(l.unit); units < 0 {
		s.begin = now
	}
}

// free frees all that kept quiet, and tells of each.
func (s *Sources) free(now int64, l limit, tell func(netip.Addr)) {
	for i := range s.buckets {
		for _, address := range s.buckets[i].free(now, l) {
			tell(netip.AddrFrom16(address).Unmap())
		}
	}
}

func (b *bucket) free(now int64, l limit) (freed [][16]byte) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i := range b.sources {
		one := &b.sources[i]
		if !one.blocked {
			continue
		}
		if one.renew(now, l); !one.blocked {
			freed = append(freed, one.address)
		}
	}
	return freed
}
