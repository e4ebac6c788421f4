// Clock: what the times of the packets are worth.
package cdr

import (
	"time"

	"viaduct/wire"
)

// clock watches the times of the packets of a call.
type clock struct {
	last    time.Time
	unknown bool // a packet had no time
	steps   []step
}

// step is one place where the clock went back.
type step struct {
	packet int // the first behind it
	by     time.Duration
}

// maxSkew is by how much packets of several places may be out of order without
// a clock having been set.
const maxSkew = time.Second

// maxSteps bounds those that are kept of one call.
const maxSteps = 16

// timeOf gives the time of a packet to the microsecond, which is what
// recordings keep; zero when it has none, or one that no calendar holds.
func timeOf(p *wire.Packet) time.Time {
	t := p.Time.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.Truncate(time.Microsecond)
}

func (c *clock) tick(t time.Time, packet int) {
	if t.IsZero() {
		c.unknown = true
		return
	}
	if by := c.last.Sub(t); !c.last.IsZero() && by > 0 && len(c.steps) < maxSteps {
		c.steps = append(c.steps, step{packet, by})
	}
	c.last = t
}
