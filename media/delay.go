// Sound between two clocks.
package media

import "sync"

// delay is a queue of samples from one goroutine to another.
type delay struct {
	mu      sync.Mutex
	samples []int16
}

// delayDepth bounds it: 200 ms; then the oldest is lost.
const delayDepth = clockRate / 5

func (d *delay) put(pcm []int16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.samples = append(d.samples, pcm...)
	if excess := len(d.samples) - delayDepth; excess > 0 {
		d.samples = d.samples[:copy(d.samples, d.samples[excess:])]
	}
}

// take fills pcm, with silence where nothing waits.
func (d *delay) take(pcm []int16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := copy(pcm, d.samples)
	clear(pcm[n:])
	d.samples = d.samples[:copy(d.samples, d.samples[n:])]
}
