// The wheel that all sending sessions turn on.
package media

import (
	"slices"
	"sync"
	"time"
)

// slot is the step of the wheel: a divisor of all packetizations.
const slot = 10 * time.Millisecond

// Pacer calls the sessions it opened when they have something to send, in one
// goroutine that runs while there is one. Times are counted in slots of 10 ms
// from when it began, so that sessions share awakenings, and a late timer
// delays a packet without moving the ones after it.
type Pacer struct {
	mu      sync.Mutex
	members []paced       // replaced, never changed: a turn walks it without the lock
	wake    chan struct{} // holds one token when there is something new
	turning bool
}

// paced is a session as the Pacer sees it. tick is handed the time of the
// slot, and gives that of the next one it wants; zero: none.
type paced interface {
	tick(slot time.Time) (next time.Time)
}

// NewPacer makes a Pacer that rests until its first session starts.
func NewPacer() *Pacer { return &Pacer{wake: make(chan struct{}, 1)} }

// add takes in a session, or looks at it anew.
func (p *Pacer) add(member paced) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.members, member) {
		p.members = append(slices.Clone(p.members), member)
	}
	if !p.turning {
		p.turning = true
		go p.turn()
		return
	}
	p.awake()
}

func (p *Pacer) remove(member paced) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.members, member); i >= 0 {
		p.members = slices.Delete(slices.Clone(p.members), i, i+1)
		p.awake()
	}
}

func (p *Pacer) awake() {
	select {
	case p.wake <- struct{}{}:
	default: // a token lies there already
	}
}

// current gives the members of a turn; none: the turning is over.
func (p *Pacer) current() []paced {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turning = len(p.members) > 0
	return p.members
}

func (p *Pacer) turn() {
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-p.wake:
		}
		members := p.current()
		if len(members) == 0 {
			return
		}
		now := began.Add(time.Since(began).Truncate(slot))
		next := now.Add(time.Hour) // until awakened
		for _, member := range members {
			if due := member.tick(now); !due.IsZero() && due.Before(next) {
				next = due
			}
		}
		slots := (next.Sub(began) + slot - 1) / slot
		timer.Reset(time.Until(began.Add(max(slots*slot, now.Sub(began)+slot))))
	}
}
