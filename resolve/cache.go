// Cache: what was found and how long it holds; one looks for what many want.
package resolve

import (
	"sync"
	"sync/atomic"
	"time"
)

// terms say how long things hold beyond their own time.
type terms struct {
	size       int
	failureTTL time.Duration
	staleFor   time.Duration
	staleAfter time.Duration
	staleTTL   time.Duration
	clock      func() time.Duration // since some start
}

// cache holds values by key. A value whose time is over is looked for again;
// it still serves when nothing else is found or finding takes long (RFC 8767).
type cache[K comparable, V any] struct {
	terms
	stale *atomic.Uint64 // counts how often what is stale has served

	mu      sync.RWMutex
	entries map[K]*entry[V]
}

type entry[V any] struct {
	value  V
	known  bool          // there is a value
	ends   time.Duration // it holds until then
	gone   time.Duration // it serves as stale until then
	err    error         // why there is none
	retry  time.Duration // nobody looks again until then
	search *search[V]    // under way; nil: none
}

// search is one attempt to find a value, for all who want it.
type search[V any] struct {
	done  chan struct{}
	slow  bool // somebody has waited long enough; what is stale serves at once
	value V
	ttl   time.Duration
	err   error
}

func newCache[K comparable, V any](t terms, stale *atomic.Uint64) *cache[K, V] {
	return &cache[K, V]{terms: t, stale: stale, entries: map[K]*entry[V]{}}
}

// fresh gives a value that holds. It is all that a hot name costs.
func (c *cache[K, V]) fresh(key K) (value V, ok bool) {
	now := c.clock()
	c.mu.RLock()
	if e := c.entries[key]; e != nil && e.known && now < e.ends {
		value, ok = e.value, true
	}
	c.mu.RUnlock()
	return value, ok
}

// find gives a value and how long it still holds. When it must be looked for,
// look does so on a goroutine of its own, once for all who want it meanwhile;
// wait, which may be nil, is called first.
func (c *cache[K, V]) find(key K, wait func(), look func() (V, time.Duration, error)) (V, time.Duration, error) {
	c.mu.Lock()
	now := c.clock()
	e := c.entries[key]
	if e == nil {
		e = c.add(key)
	}
	stale := e.known && now < e.gone
	switch {
	case e.known && now < e.ends:
		value, ttl := e.value, e.ends-now
		c.mu.Unlock()
		return value, ttl, nil
	case e.err != nil && now < e.retry:
		err := e.err
		c.mu.Unlock()
		return *new(V), 0, err
	case e.search == nil:
		e.search = &search[V]{done: make(chan struct{})}
		go c.run(e, e.search, look)
	}
	s, value, slow := e.search, e.value, stale && e.search.slow
	c.mu.Unlock()
	if !slow {
		if wait != nil {
			wait()
		}
		slow = !c.await(s, stale)
	}
	if slow {
		c.stale.Add(1)
		return value, c.staleAfter, nil
	}
	return s.value, s.ttl, s.err
}

// await waits for a search; with a stale value at hand not for long: false.
func (c *cache[K, V]) await(s *search[V], stale bool) bool {
	if !stale {
		<-s.done
		return true
	}
	patience := time.NewTimer(c.staleAfter)
	defer patience.Stop()
	select {
	case <-s.done:
		return true
	case <-patience.C:
	}
	c.mu.Lock()
	s.slow = true
	c.mu.Unlock()
	return false
}

// run looks once and notes what came of it.
func (c *cache[K, V]) run(e *entry[V], s *search[V], look func() (V, time.Duration, error)) {
	value, ttl, err := look()
	c.mu.Lock()
	now := c.clock()
	switch {
	case err == nil:
		e.value, e.known, e.err = value, true, nil
		e.ends = now + ttl
		e.gone = e.ends + c.staleFor
	case e.known && now < e.gone:
		c.stale.Add(1)
		value, ttl, err = e.value, min(c.staleTTL, e.gone-now), nil
		e.ends = now + ttl
	default:
		*e = entry[V]{err: err, retry: now + c.failureTTL}
	}
	s.value, s.ttl, s.err = value, ttl, err
	e.search = nil
	c.mu.Unlock()
	close(s.done)
}

// sample is how many entries are looked at for one that may go.
const sample = 8

// add makes room for a new entry: of a few others, which the map gives in no
// order, the one that ends first goes. The lock is held.
func (c *cache[K, V]) add(key K) *entry[V] {
	if len(c.entries) >= c.size {
		var victim K
		var ends time.Duration
		seen := 0
		for key, e := range c.entries {
			if end := max(e.ends, e.retry); e.search == nil && (seen == 0 || end < ends) {
				victim, ends = key, end
				if seen++; seen == sample {
					break
				}
			}
		}
		delete(c.entries, victim)
	}
	e := &entry[V]{}
	c.entries[key] = e
	return e
}

func (c *cache[K, V]) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.entries)
}
