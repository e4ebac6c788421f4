// Shares: weights as a hundred turns, shared out evenly.
package dispatcher

// hundred says whose turn it is; nil is always the first.
type hundred [100]int32

func (h *hundred) at(turn uint64) uint32 {
	if h == nil {
		return 0
	}
	return uint32(h[turn%100])
}

// weigh makes the turns of algorithm 9: each destination has as many as its
// weight, as far as they reach; what is left has the last that got some. When
// the first destination has no weight there are none.
func (s *set) weigh() *hundred {
	if s.destinations[0].weight == 0 {
		return nil
	}
	counts := make([]int, len(s.destinations))
	left, last := 100, 0
	for i, d := range s.destinations {
		counts[i] = min(d.weight, left)
		if left -= counts[i]; counts[i] > 0 {
			last = i
		}
	}
	counts[last] += left
	return spread(counts)
}

// shares are the turns of algorithm 11 after so many changes of states.
type shares struct {
	changes uint64
	turns   *hundred
}

// shared gives the turns of algorithm 11: rweight against the sum of those that
// are usable; what is left over has the last of them. They are made anew when a
// state has changed.
func (s *set) shared(changes uint64) *hundred {
	if known := s.shares.Load(); known != nil && known.changes == changes {
		return known.turns
	}
	counts := make([]int, len(s.destinations))
	sum := 0
	for i, d := range s.destinations {
		if d.now().isUsable() {
			counts[i] = max(d.share-d.congested(), 0)
			sum += counts[i]
		}
	}
	if sum == 0 { // all are congested: the less the better
		sum = s.byCongestion(counts)
	}
	made := &shares{changes: changes}
	if sum > 0 {
		left, last := 100, 0
		for i := range counts {
			counts[i] = counts[i] * 100 / sum
			if left -= counts[i]; counts[i] > 0 {
				last = i
			}
		}
		counts[last] += left
		made.turns = spread(counts)
	}
	s.shares.Store(made)
	return made.turns
}

// congested gives how many ms slower than usual a destination with cc=1 is.
func (d *destination) congested() int {
	if !d.congestion {
		return 0
	}
	return d.slowness()
}

// byCongestion shares out among those that are all beyond their share, and
// gives the sum.
func (s *set) byCongestion(counts []int) (sum int) {
	for i, d := range s.destinations {
		if d.now().isUsable() && d.share > 0 {
			counts[i] = 1_000_000 / max(d.congested(), 1)
			sum += counts[i]
		}
	}
	return sum
}

// spread orders a hundred turns so that those of one destination lie far apart.
func spread(counts []int) *hundred {
	turns, owed := new(hundred), make([]int, len(counts))
	for t := range turns {
		most := 0
		for i, count := range counts {
			if owed[i] += count; owed[i] > owed[most] {
				most = i
			}
		}
		owed[most] -= 100
		turns[t] = int32(most)
	}
	return turns
}
