// Kept: what outlives a script: how its destinations fare, and their calls.
package dispatcher

import (
	"sync"
	"sync/atomic"
)

// Kept belongs to the server. The zero value is ready.
type Kept struct {
	calls   calls
	changes atomic.Uint64 // of states; what is worked out of them is out of date after one
	mutex   sync.Mutex    // taken before that of a state
	states  map[stateKey]*state
}

// stateKey is a destination as the list file has it: a line with other flags
// begins anew.
type stateKey struct {
	set   int
	uri   string
	flags flags
}

func keyOf(l *line) stateKey { return stateKey{l.set, l.uri, l.flags} }

// known gives the state of a destination, which an earlier script may have
// found out.
func (k *Kept) known(l *line) *state {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if s := k.states[keyOf(l)]; s != nil {
		return s
	}
	return k.enter(l)
}

// fresh gives a state as the list file has it.
func (k *Kept) fresh(l *line) *state {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.enter(l)
}

func (k *Kept) enter(l *line) *state {
	if k.states == nil {
		k.states = map[stateKey]*state{}
	}
	s := newState(l, &k.changes)
	if before := k.states[keyOf(l)]; before != nil { // names lead where they led
		s.addresses.Store(before.addresses.Load())
	}
	k.states[keyOf(l)] = s
	return s
}

// keepOnly forgets the states of destinations that are in no list any more.
func (k *Kept) keepOnly(all *sets) {
	listed := map[stateKey]bool{}
	all.each(func(_ *set, d *destination) { listed[keyOf(&d.line)] = true })
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for key := range k.states {
		if !listed[key] {
			delete(k.states, key)
		}
	}
}
