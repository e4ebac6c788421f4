package resolve

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"viaduct/internal/dnstest"
	"viaduct/wire"
)

func itoa(n int) string { return strconv.Itoa(n) }

// weighted makes a plan of one tier; the port of a hop is its number.
func weighted(weights ...uint16) *plan {
	p := &plan{}
	for i, w := range weights {
		p.targets = append(p.targets, target{weight: w, hops: []wire.Flow{{
			Transport: wire.UDP, Remote: netip.AddrPortFrom(netip.IPv6Loopback(), uint16(i)),
		}}})
	}
	return p
}

// TestWeights draws often and compares how often each target came first with
// what RFC 2782 makes of the weights: of a sum of n there are n+1 points, the
// zero goes to the first in line.
func TestWeights(t *testing.T) {
	const draws = 100_000
	tests := [][]uint16{
		{1, 3}, {10, 20, 70}, {0, 1}, {0, 0, 100}, {5, 5, 5, 5}, {0, 0}, {1, 65535}, {65535, 65535, 65535},
	}
	for _, weights := range tests {
		sum := 0
		for _, w := range weights {
			sum += int(w)
		}
		c := Default()
		c.Random = rand.New(rand.NewPCG(3, 4)).Uint64
		p := weighted(weights...)
		first := make([]int, len(weights))
		var hops []wire.Flow
		for range draws {
			hops = p.appendHops(hops[:0], 0, &c)
			first[hops[0].Remote.Port()]++
			seen := make([]bool, len(weights))
			for _, h := range hops {
				seen[h.Remote.Port()] = true
			}
			if len(hops) != len(weights) || slices.Contains(seen, false) {
				t.Fatalf("%v gives %v: not each target once", weights, hops)
			}
		}
		for i, w := range weights {
			points := int(w)
			if i == 0 {
				points++
			}
			want := float64(points) / float64(sum+1)
			got := float64(first[i]) / draws
			// Five standard deviations: once in two million tries by chance, and
			// the source of this test never changes.
			if slack := 5 * math.Sqrt(want*(1-want)/draws); math.Abs(got-want) > slack {
				t.Errorf("weights %v: target %d is first in %.4f of the draws, want %.4f ± %.4f", weights, i, got, want, slack)
			}
		}
	}
}

// TestSecondDraw: what is left is drawn by its own weights, not merely listed.
func TestSecondDraw(t *testing.T) {
	const draws = 50_000
	c := Default()
	c.Random = rand.New(rand.NewPCG(5, 6)).Uint64
	p := weighted(10, 30, 60)
	second := 0
	for range draws {
		if hops := p.appendHops(nil, 0, &c); hops[0].Remote.Port() == 2 && hops[1].Remote.Port() == 1 {
			second++
		}
	}
	want := 60.0 / 101 * 30 / 41
	if got := float64(second) / draws; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/draws) {
		t.Errorf("2, 1, 0 in %.4f of the draws, want %.4f", got, want)
	}
}

const pool = `
	pool.test.           60 A 127.0.0.9
	_sip._udp.pool.test. 60 SRV 10 10 5060 a.pool.test.
	_sip._udp.pool.test. 60 SRV 10 30 5060 b.pool.test.
	_sip._udp.pool.test. 60 SRV 10 60 5060 c.pool.test.
	_sip._udp.pool.test. 60 SRV 20 99 5060 d.pool.test.
	_sip._udp.pool.test. 60 SRV 5  0  5060 e.pool.test.
	a.pool.test. 60 A 127.0.0.1
	b.pool.test. 60 A 127.0.0.2
	c.pool.test. 60 A 127.0.0.3
	d.pool.test. 60 A 127.0.0.4
	e.pool.test. 60 A 127.0.0.5`

func TestPriorityComesBeforeWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(dnstest.New(t, pool), nil)
		orders := map[string]int{}
		for range 500 {
			found, err := r.AppendHops(nil, Query{URI: "sip:pool.test;transport=udp", Reach: reach("udp4")}, nil)
			if err != nil || len(found) != 5 || found[0].Remote.Addr().String() != "127.0.0.5" || found[4].Remote.Addr().String() != "127.0.0.4" {
				t.Fatalf("%v %v", written(found), err)
			}
			orders[written(found)]++
		}
		if len(orders) != 6 {
			t.Errorf("%d orders of three were drawn, want all 6: %v", len(orders), orders)
		}
	})
}

func TestNoWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(dnstest.New(t, pool), func(c *Config) { c.Weights = false })
		for range 20 {
			expect(t, "the heaviest first", hops(r, Query{URI: "sip:pool.test;transport=udp"}),
				"udp 127.0.0.5:5060, udp 127.0.0.3:5060, udp 127.0.0.2:5060, udp 127.0.0.1:5060, udp 127.0.0.4:5060")
		}
	})
}

// TestSeed: section 4.4 of RFC 3263. A seed has one meaning, also for another
// process that got the records in another order.
func TestSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, other := inMemory(dnstest.New(t, pool), nil), inMemory(dnstest.New(t, reversed(pool)), nil)
		orders := map[string]bool{}
		for seed := uint64(1); seed <= 200; seed++ {
			q := Query{URI: "sip:pool.test;transport=udp", Seed: seed}
			once := hops(r, q)
			orders[once] = true
			expect(t, "again", hops(r, q), once)
			expect(t, "elsewhere", hops(other, q), once)
		}
		if len(orders) != 6 {
			t.Errorf("200 seeds give %d orders, want 6", len(orders))
		}
	})
}

func FuzzDraw(f *testing.F) {
	f.Add(uint64(1), []byte{0, 1, 255, 255, 0, 0})
	f.Fuzz(func(t *testing.T, seed uint64, weights []byte) {
		p := &plan{}
		for i := 0; i+1 < len(weights) && len(p.targets) < maxTargets; i += 2 {
			p.targets = append(p.targets, weighted(uint16(weights[i])<<8|uint16(weights[i+1])).targets...)
		}
		c := Default().completed()
		if got := p.appendHops(nil, seed, &c); len(got) != len(p.targets) {
			t.Errorf("%d of %d targets", len(got), len(p.targets))
		}
	})
}
