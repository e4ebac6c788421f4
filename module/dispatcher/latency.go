// Latency: how fast a destination answers pings.
package dispatcher

import (
	"math"
	"sync/atomic"
)

// latency is read while messages pass, and written by one ping at a time.
type latency struct {
	estimate atomic.Uint64 // ms, bits of a float64: the last pings
	average  atomic.Uint64 // ms, bits of a float64: all of them
	samples  atomic.Uint64
}

// The attribute latency weighs as much as so many pings.
const initialSamples = 10_000

func (l *latency) begin(ms int) {
	l.estimate.Store(math.Float64bits(float64(ms)))
	l.average.Store(math.Float64bits(float64(ms)))
	l.samples.Store(initialSamples)
}

// mostSamples lets the average follow a change that lasts for weeks.
const mostSamples = 1_000_000

// add enters a sample; alpha is how much of the estimate before stays.
func (l *latency) add(ms, alpha float64) {
	n := min(l.samples.Load()+1, mostSamples)
	l.samples.Store(n)
	estimate, average := l.values()
	if n == 1 {
		estimate = ms
	}
	l.estimate.Store(math.Float64bits(estimate*alpha + ms*(1-alpha)))
	l.average.Store(math.Float64bits(average + (ms-average)/float64(n)))
}

func (l *latency) values() (estimate, average float64) {
	return math.Float64frombits(l.estimate.Load()), math.Float64frombits(l.average.Load())
}

// slowness gives the ms that count against a destination: its latency, with cc=1
// only what is above the usual.
func (d *destination) slowness() int {
	estimate, average := d.latency.values()
	if d.congestion {
		estimate -= average
	}
	return int(max(estimate, 0))
}
