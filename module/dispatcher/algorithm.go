// Algorithms: which destination of a set comes first.
package dispatcher

import (
	"math/rand/v2"

	"viaduct/internal/corehash"
	"viaduct/script"
	"viaduct/sip"
)

// The algorithms by the numbers that scripts give.
const (
	byCallID = iota
	byFrom
	byTo
	byRequestURI
	roundRobin
	byUser
	atRandom
	byVariables
	byPriority
	byWeight
	byLoad
	byShare
	toAll
	byLatency
)

// choose gives the place in the set of the destination for a request; false
// when none is usable or there is nothing to hash. An unknown algorithm takes
// the first.
func (w *words) choose(c *script.Context, s *set, algorithm int) (at int, ok bool) {
	var hash uint32
	switch algorithm {
	case byCallID:
		hash, ok = corehash.Sum(c.Message.CallID()), true
	case byFrom:
		hash, ok = w.ofField(c, sip.FieldFrom)
	case byTo:
		hash, ok = w.ofField(c, sip.FieldTo)
	case byRequestURI:
		hash, ok = w.ofURI(c.URI)
	case byVariables:
		hash, ok = w.ofVariables(c)
	case byUser:
		if hash, ok = ofUser(c.Message); !ok {
			return w.takeTurn(s)
		}
	case roundRobin:
		return w.takeTurn(s)
	case atRandom:
		hash, ok = rand.Uint32(), true
	case byWeight:
		hash, ok = s.weights.at(s.weightTurn.Add(1)), true
	case byShare:
		hash, ok = s.shared(w.Kept.changes.Load()).at(s.shareTurn.Add(1)), true
	default:
		ok = true
	}
	if !ok {
		return 0, false
	}
	return w.firstUsable(s, int(hash%uint32(w.turns(s))))
}

// turns is how many destinations of a set are chosen from: all but the last
// when that is the default.
func (w *words) turns(s *set) int {
	if n := len(s.destinations); w.useDefault && n > 1 {
		return n - 1
	}
	return len(s.destinations)
}

// firstUsable gives the first usable destination from a place on, around the
// set; the default when there is no other.
func (w *words) firstUsable(s *set, from int) (int, bool) {
	n := w.turns(s)
	for i := range n {
		if at := (from + i) % n; s.destinations[at].now().isUsable() {
			return at, true
		}
	}
	last := len(s.destinations) - 1
	return last, last >= n && s.destinations[last].now().isUsable()
}

// takeTurn gives the usable destination whose turn it is.
func (w *words) takeTurn(s *set) (int, bool) {
	for {
		turn := s.turn.Load()
		at, ok := w.firstUsable(s, int(turn)%w.turns(s))
		if !ok || s.turn.CompareAndSwap(turn, uint32(at+1)%uint32(len(s.destinations))) {
			return at, ok
		}
	}
}

// byAdjusted gives the usable destinations of a set in the order of algorithm
// 13: by priority, less what latency takes off; equal ones in turn. dst is room
// for them.
func (w *words) byAdjusted(s *set, dst []int) []int {
	n := len(s.destinations)
	first := int(s.turn.Load()) % n
	for i := range n {
		at := (first + i) % n
		if !s.destinations[at].now().isUsable() {
			continue
		}
		dst = append(dst, at)
		for j := len(dst) - 1; j > 0 && w.adjusted(s, dst[j]) > w.adjusted(s, dst[j-1]); j-- {
			dst[j], dst[j-1] = dst[j-1], dst[j]
		}
	}
	if len(dst) > 0 {
		s.turn.Store(uint32(dst[0]+1) % uint32(n))
	}
	return dst
}

// adjusted is the priority less one for each time that the latency is as high.
func (w *words) adjusted(s *set, at int) int {
	d := s.destinations[at]
	if !w.stats || d.priority <= 0 {
		return d.priority
	}
	return max(d.priority-d.slowness()/d.priority, 1)
}
