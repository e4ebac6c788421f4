// Order: which target comes first (RFC 2782).
package resolve

import "viaduct/wire"

// appendHops puts the hops of a plan behind dst in the order of trial. Targets
// of one tier are drawn by weight, for the same seed in the same order; seed 0
// asks the configured source.
func (p *plan) appendHops(dst []wire.Flow, seed uint64, c *Config) []wire.Flow {
	for first := 0; first < len(p.targets); {
		end := first + 1
		for end < len(p.targets) && p.targets[end].tier == p.targets[first].tier {
			end++
		}
		if end-first > 1 && c.Weights {
			if seed == 0 {
				seed = c.Random()
			}
			dst = appendDrawn(dst, p.targets[first:end], &seed)
		} else {
			for i := first; i < end; i++ {
				dst = append(dst, p.targets[i].hops...)
			}
		}
		first = end
	}
	return dst
}

// appendDrawn draws one target after the other: each with a chance that its
// weight gives it among those left, and one without weight only by the zero
// that a draw may give. Those without weight stand first.
func appendDrawn(dst []wire.Flow, targets []target, seed *uint64) []wire.Flow {
	var drawn [maxTargets]bool
	sum := 0
	for i := range targets {
		sum += int(targets[i].weight)
	}
	for range targets {
		point := int(next(seed) % uint64(sum+1))
		chosen, passed := -1, 0
		for i := range targets {
			if drawn[i] {
				continue
			}
			chosen = i
			if passed += int(targets[i].weight); passed >= point {
				break
			}
		}
		drawn[chosen] = true
		sum -= int(targets[chosen].weight)
		dst = append(dst, targets[chosen].hops...)
	}
	return dst
}

// next draws the next number that follows from a seed (SplitMix64).
func next(seed *uint64) uint64 {
	*seed += 0x9e3779b97f4a7c15
	z := *seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
