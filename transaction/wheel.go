// Wheel: all timers of the floor, on a ring of lists that turns every 50 ms.
package transaction

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	tick  = 50 * time.Millisecond
	slots = 1024 // 51 s a turn; what lies further is passed over until its turn
)

// wheel fires timers. Arming and stopping cost a list operation under one
// mutex; moving a timer to a later time costs nothing until it fires early
// and its owner arms it again.
type wheel struct {
	now   atomic.Int64 // ticks since the wheel was made, never 0
	start time.Time

	mu   sync.Mutex
	ring [slots]timer // heads of circular lists
	stop chan struct{}
	done chan struct{}
}

// timer is one entry; it lives inside its owner.
type timer struct {
	prev, next *timer
	at         int64 // tick at which it is due
	owner      expirer
}

// expirer is told when its timer is due. It is called without a lock, on the
// wheel's goroutine, and may arm the timer again.
type expirer interface{ expire(now int64) }

func newWheel() *wheel {
	w := &wheel{start: time.Now(), stop: make(chan struct{}), done: make(chan struct{})}
	w.now.Store(1)
	for i := range w.ring {
		head := &w.ring[i]
		head.prev, head.next = head, head
	}
	go w.turn()
	return w
}

func (w *wheel) close() {
	close(w.stop)
	<-w.done
}

// arm makes t fire at that tick, or earlier when it was armed for earlier. A
// tick that is over by now, as when the process stood still after the caller
// had read the clock, is made up for in the next one: its list is looked at
// again only after a whole turn.
func (w *wheel) arm(t *timer, at int64) {
	w.mu.Lock()
	if t.next == nil || at < t.at {
		t.unlink()
		t.at = at
		// The list of a tick is collected under the lock, after now has
		// moved to it: that of the next one cannot have been yet.
		head := &w.ring[max(at, w.now.Load()+1)%slots]
		t.prev, t.next = head.prev, head
		head.prev.next, head.prev = t, t
	}
	w.mu.Unlock()
}

// disarm takes t off the wheel. It may still be firing on another goroutine.
func (w *wheel) disarm(t *timer) {
	w.mu.Lock()
	t.unlink()
	w.mu.Unlock()
}

func (t *timer) unlink() {
	if t.next != nil {
		t.prev.next, t.next.prev = t.next, t.prev
		t.prev, t.next = nil, nil
	}
}

// turn moves the wheel on with the clock until close.
func (w *wheel) turn() {
	defer close(w.done)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var due []*timer
	for {
		select {
		case <-w.stop:
			return
		case <-ticker.C:
		}
		// After a pause of the process several ticks are due at once.
		for target := 1 + int64(time.Since(w.start)/tick); w.now.Load() < target; {
			now := w.now.Add(1)
			due = w.collect(now, due[:0])
			for _, t := range due {
				t.owner.expire(now)
			}
			clear(due)
		}
	}
}

// collect unlinks what is due in this tick's list.
func (w *wheel) collect(now int64, due []*timer) []*timer {
	w.mu.Lock()
	defer w.mu.Unlock()
	head := &w.ring[now%slots]
	for t := head.next; t != head; {
		next := t.next
		if t.at <= now {
			t.unlink()
			due = append(due, t)
		}
		t = next
	}
	return due
}
