// Package keylock gives locks by name, for scripts that must do several things
// to a shared value at once.
//
// A script may forget to unlock, so a lock is never waited for longer than the
// caller's patience: then it passes to the one that waits.
package keylock

import (
	"sync"
	"time"
)

// Locks are locks by name. The zero value holds none; a lock that nobody holds
// takes no memory.
type Locks struct {
	mutex sync.Mutex
	held  map[string]*hold
}

// hold is one lock that is taken.
type hold struct {
	owner any
	depth int           // how often the owner took it
	free  chan struct{} // closed when it is given up
}

// Try takes the lock when it is free, or the owner has it already; then it
// counts how often.
func (l *Locks) Try(key string, owner any) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.take(key, owner) == nil
}

// take takes the lock, or gives the hold that is in the way.
func (l *Locks) take(key string, owner any) *hold {
	switch h := l.held[key]; {
	case h == nil:
		if l.held == nil {
			l.held = map[string]*hold{}
		}
		l.held[key] = &hold{owner: owner, depth: 1, free: make(chan struct{})}
	case h.owner == owner:
		h.depth++
	default:
		return h
	}
	return nil
}

// Lock takes the lock, and waits for it when it must; wait is called once
// before that. When patience ends before the lock is free, it is taken from
// its owner and the answer is false.
func (l *Locks) Lock(key string, owner any, patience time.Duration, wait func()) bool {
	var deadline *time.Timer
	for {
		l.mutex.Lock()
		taken := l.take(key, owner)
		l.mutex.Unlock()
		if taken == nil {
			return true
		}
		if deadline == nil {
			wait()
			deadline = time.NewTimer(patience)
			defer deadline.Stop()
		}
		select {
		case <-taken.free:
		case <-deadline.C:
			l.mutex.Lock()
			if l.held[key] == taken {
				l.release(key, taken)
			}
			free := l.take(key, owner) == nil // else another was faster, and has just begun
			l.mutex.Unlock()
			if free {
				return false
			}
			deadline.Reset(patience)
		}
	}
}

// Unlock gives back what one Lock or Try took, and tells whether the owner had
// it.
func (l *Locks) Unlock(key string, owner any) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	h := l.held[key]
	if h == nil || h.owner != owner {
		return false
	}
	if h.depth--; h.depth == 0 {
		l.release(key, h)
	}
	return true
}

func (l *Locks) release(key string, h *hold) {
	delete(l.held, key)
	close(h.free)
}
