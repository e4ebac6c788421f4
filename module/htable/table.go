// Table: values by key, in shards with a lock each.
package htable

import (
	"hash/maphash"
	"strings"
	"sync"

	"viaduct/script"
)

// shardCount is how many parts of a table can be used at the same time.
const shardCount = 64

// Table holds values by key. Times are seconds since 1970; an item that has
// expired is gone for all but Sweep, which takes it out and tells of it.
type Table struct {
	seed   maphash.Seed
	budget *budget
	shards [shardCount]shard
}

// shard holds its items in a slice, so that a walk can stop and go on.
type shard struct {
	mutex sync.Mutex
	index map[string]int32 // to items
	items []item
}

type item struct {
	key     string
	value   script.Value
	expires int64 // 0: never
}

// itemBytes is what an item takes beside its texts, by and large.
const itemBytes = 128

func (i *item) bytes() int { return itemBytes + len(i.key) + len(i.value.Text) }

func (i *item) expired(now int64) bool { return i.expires != 0 && i.expires < now }

func newTable(b *budget) *Table { return &Table{seed: maphash.MakeSeed(), budget: b} }

func (t *Table) shard(key string) *shard {
	return &t.shards[maphash.String(t.seed, key)%shardCount]
}

// find gives the item of a key that has not expired, or nil. The shard is
// locked.
func (s *shard) find(key string, now int64) *item {
	i, ok := s.index[key]
	if !ok || s.items[i].expired(now) {
		return nil
	}
	return &s.items[i]
}

// Get gives the value of a key; Null when there is none.
func (t *Table) Get(key string, now int64) script.Value {
	s := t.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if i := s.find(key, now); i != nil {
		return i.value
	}
	return script.Value{}
}

// lifespan is how long what is set lives.
type lifespan struct {
	seconds int64 // 0: for ever
	keeps   bool  // an item that is there keeps its own
}

// Set gives a key a value; Null takes the key out.
func (t *Table) Set(key string, value script.Value, now int64, life lifespan) error {
	s := t.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at, there := s.index[key]
	if value.Kind == script.Null {
		if there {
			t.remove(s, int(at))
		}
		return nil
	}
	value.Text = strings.Clone(value.Text) // it may be a piece of a message
	if !there {
		return t.insert(s, item{key, value, life.end(now)})
	}
	i := &s.items[at]
	if err := t.budget.take(len(value.Text) - len(i.value.Text)); err != nil {
		return err
	}
	if i.value = value; !life.keeps || i.expired(now) {
		i.expires = life.end(now)
	}
	return nil
}

func (l lifespan) end(now int64) int64 {
	if l.seconds == 0 {
		return 0
	}
	return now + l.seconds
}

// Add adds to the number of a key and gives the sum. A key that is not there
// begins at initial, or when that is nil gives Null, as does one that holds a
// text.
func (t *Table) Add(key string, number int64, initial *int64, now int64, life lifespan) (script.Value, error) {
	s := t.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i := s.find(key, now)
	switch {
	case i != nil && i.value.Kind == script.Int:
		i.value.Int += number
		if !life.keeps {
			i.expires = life.end(now)
		}
		return i.value, nil
	case i != nil || initial == nil:
		return script.Value{}, nil
	}
	if at, expired := s.index[key]; expired {
		t.remove(s, int(at))
	}
	sum := script.IntValue(*initial + number)
	if err := t.insert(s, item{key, sum, life.end(now)}); err != nil {
		return script.Value{}, err
	}
	return sum, nil
}

// Expires gives when a key expires; 0 when it never does or is not there.
func (t *Table) Expires(key string, now int64) int64 {
	s := t.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if i := s.find(key, now); i != nil {
		return i.expires
	}
	return 0
}

// SetExpires says when a key expires, and tells whether it is there.
func (t *Table) SetExpires(key string, at, now int64) bool {
	s := t.shard(key)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	i := s.find(key, now)
	if i != nil {
		i.expires = at
	}
	return i != nil
}

// insert adds an item with a key of its own. The shard is locked.
func (t *Table) insert(s *shard, i item) error {
	if err := t.budget.take(i.bytes()); err != nil {
		return err
	}
	if s.index == nil {
		s.index = map[string]int32{}
	}
	i.key = strings.Clone(i.key)
	s.index[i.key] = int32(len(s.items))
	s.items = append(s.items, i)
	return nil
}

// remove takes out the item at a place; the last one moves there. The shard is
// locked.
func (t *Table) remove(s *shard, at int) {
	t.budget.take(-s.items[at].bytes())
	delete(s.index, s.items[at].key)
	last := len(s.items) - 1
	if at != last {
		s.items[at] = s.items[last]
		s.index[s.items[at].key] = int32(at)
	}
	s.items[last] = item{}
	s.items = s.items[:last]
}

// Reset takes all out.
func (t *Table) Reset() {
	for n := range t.shards {
		s := &t.shards[n]
		s.mutex.Lock()
		for i := range s.items {
			t.budget.take(-s.items[i].bytes())
		}
		s.index, s.items = nil, nil
		s.mutex.Unlock()
	}
}

// Each calls visit for all items that have not expired, shard by shard, and
// takes out those for which it says so; stop ends the walk. The shard is
// locked meanwhile, so visit must not use the table.
func (t *Table) Each(now int64, visit func(key string, value script.Value) (remove, stop bool)) {
	for n := range t.shards {
		if t.shards[n].each(t, now, visit) {
			return
		}
	}
}

func (s *shard) each(t *Table, now int64, visit func(key string, value script.Value) (remove, stop bool)) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for at := len(s.items) - 1; at >= 0; at-- { // downward, for remove moves the last
		if s.items[at].expired(now) {
			continue
		}
		remove, stop := visit(s.items[at].key, s.items[at].value)
		if remove {
			t.remove(s, at)
		}
		if stop {
			return true
		}
	}
	return false
}

// Step walks over a table in single steps: it gives the item before a place
// and that item's own place. A walk begins with LastPlace; at its end place is
// negative. What is added meanwhile may be left out; what stays is seen once.
func (t *Table) Step(place, now int64) (before int64, key string) {
	for n := place >> placeBits; n >= 0; n-- {
		if at, key, ok := t.shards[n].before(place&(1<<placeBits-1), now); ok {
			return n<<placeBits | at, key
		}
		place = 1<<placeBits - 1
	}
	return -1, ""
}

// A place is the number of a shard and one within the shard.
const placeBits = 32

// LastPlace is behind all items.
const LastPlace int64 = (shardCount-1)<<placeBits | (1<<placeBits - 1)

func (s *shard) before(at, now int64) (int64, string, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for at = min(at, int64(len(s.items))) - 1; at >= 0; at-- {
		if i := &s.items[at]; !i.expired(now) {
			return at, i.key, true
		}
	}
	return 0, "", false
}

// Sweep takes the expired items of some shards out, tells of each when gone
// is not nil, and gives back what memory it can.
func (t *Table) Sweep(first, end int, now int64, gone func(key string, value script.Value)) {
	for n := first; n < end; n++ {
		for _, i := range t.shards[n].sweep(t, now, gone != nil) {
			gone(i.key, i.value)
		}
	}
}

func (s *shard) sweep(t *Table, now int64, keep bool) (gone []item) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for at := len(s.items) - 1; at >= 0; at-- {
		if s.items[at].expired(now) {
			if keep {
				gone = append(gone, s.items[at])
			}
			t.remove(s, at)
		}
	}
	if cap(s.items) > 1024 && len(s.items) < cap(s.items)/4 {
		s.shrink()
	}
	return gone
}

// shrink gives back the memory of a shard that was larger; neither maps nor
// slices do that by themselves.
func (s *shard) shrink() {
	items := append(make([]item, 0, 2*len(s.items)), s.items...)
	index := make(map[string]int32, len(items))
	for at := range items {
		index[items[at].key] = int32(at)
	}
	s.items, s.index = items, index
}
