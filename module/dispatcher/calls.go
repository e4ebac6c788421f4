// Calls: how many calls each destination carries, for algorithm 10. A call is
// known by its Call-ID, from the INVITE until ds_load_update sees its end or its
// time is over.
package dispatcher

import (
	"strings"
	"sync"
	"sync/atomic"

	"viaduct/internal/corehash"
	"viaduct/module"
	"viaduct/script"
)

// calls are those of a server. The zero value is ready.
type calls struct {
	mutex  sync.Mutex
	loads  map[loadKey]*atomic.Int64
	shards [shardCount]callShard
}

const shardCount = 64

type callShard struct {
	mutex sync.Mutex
	byID  map[string]call
}

// loadKey names a destination, whatever its line looks like today.
type loadKey struct {
	set  int
	duid string
}

type call struct {
	loadKey
	load    *atomic.Int64
	expires int64 // seconds
}

// mostCalls bounds what strangers may fill a shard with.
const mostCalls = 1 << 13

func (a *calls) shard(id string) *callShard { return &a.shards[corehash.Sum(id)%shardCount] }

// loadOf gives the count of a destination.
func (a *calls) loadOf(set int, duid string) *atomic.Int64 {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	key := loadKey{set, duid}
	if a.loads == nil {
		a.loads = map[loadKey]*atomic.Int64{}
	}
	if a.loads[key] == nil {
		a.loads[key] = new(atomic.Int64)
	}
	return a.loads[key]
}

// find gives the destination of a call.
func (a *calls) find(id string) (loadKey, bool) {
	s := a.shard(id)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, ok := s.byID[id]
	return found.loadKey, ok
}

// begin enters a call that has been counted; false when it is known already or
// there is no room, and then the count is taken back.
func (a *calls) begin(id string, d *destination, expires int64) bool {
	s := a.shard(id)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, known := s.byID[id]; known || len(s.byID) >= mostCalls {
		d.load.Add(-1)
		return false
	}
	if s.byID == nil {
		s.byID = map[string]call{}
	}
	s.byID[strings.Clone(id)] = call{loadKey{d.set, d.duid}, d.load, expires}
	return true
}

// move gives a call that is known another destination.
func (a *calls) move(id string, d *destination) {
	if d.load == nil {
		return
	}
	s := a.shard(id)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known, ok := s.byID[id]; ok {
		known.load.Add(-1)
		d.load.Add(1)
		s.byID[id] = call{loadKey{d.set, d.duid}, d.load, known.expires}
	}
}

// confirm gives a call that is known another end of its time.
func (a *calls) confirm(id string, expires int64) {
	s := a.shard(id)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known, ok := s.byID[id]; ok {
		known.expires = expires
		s.byID[id] = known
	}
}

// end forgets a call.
func (a *calls) end(id string) {
	s := a.shard(id)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known, ok := s.byID[id]; ok {
		known.load.Add(-1)
		delete(s.byID, id)
	}
}

// sweep ends the calls whose time is over.
func (a *calls) sweep(now int64) {
	for i := range a.shards {
		s := &a.shards[i]
		s.mutex.Lock()
		for id, known := range s.byID {
			if known.expires <= now {
				known.load.Add(-1)
				delete(s.byID, id)
			}
		}
		s.mutex.Unlock()
	}
}

// hasRoom tells whether a destination may have one more call.
func (d *destination) hasRoom() bool {
	return d.load != nil && (d.maxLoad == 0 || d.load.Load() < int64(d.maxLoad))
}

// count counts one more call, if there is room for it.
func (d *destination) count() bool {
	for {
		n := d.load.Load()
		if d.maxLoad != 0 && n >= int64(d.maxLoad) {
			return false
		}
		if d.load.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leastLoaded gives the usable destination with the fewest calls, and counts
// this one. A call that is known keeps its destination while that is usable.
func (w *words) leastLoaded(c *script.Context, s *set) (int, bool) {
	id := c.Message.CallID()
	key, known := w.Kept.calls.find(id)
	for known {
		for at, d := range s.destinations {
			if d.duid == key.duid && d.set == key.set && d.now().isUsable() {
				return at, true
			}
		}
		w.Kept.calls.end(id)
		known = false
	}
	for {
		least, at := int64(0), -1
		for i, d := range s.destinations {
			if !d.now().isUsable() || !d.hasRoom() {
				continue
			}
			if n := d.load.Load(); at < 0 || n < least {
				least, at = n, i
			}
		}
		if at < 0 {
			return 0, false
		}
		if d := s.destinations[at]; d.count() {
			w.Kept.calls.begin(id, d, w.Now().Unix()+int64(w.expireInitial))
			return at, true
		}
	}
}

func (w *words) callFunctions() []script.Function {
	return []script.Function{
		module.Plain("ds_load_update", w.updateLoad),
		module.Plain("ds_load_unset", func(c *script.Context) int {
			w.Kept.calls.end(c.Message.CallID())
			return 1
		}),
	}
}

// updateLoad is ds_load_update: a BYE and a CANCEL end a call, a 2xx to an
// INVITE confirms it.
func (w *words) updateLoad(c *script.Context) int {
	m := c.Message
	switch {
	case m.Method == "BYE" && m.IsRequest(), m.Method == "CANCEL" && m.IsRequest():
		w.Kept.calls.end(m.CallID())
	case m.Method == "INVITE" && m.Status/100 == 2:
		w.Kept.calls.confirm(m.CallID(), w.Now().Unix()+int64(w.expire))
	}
	return 1
}
