// Table: the location service in memory.
package location

import (
	"hash/maphash"
	"iter"
	"sync"
	"time"
)

// Table maps addresses-of-record to records. It is divided into shards, each
// under its own lock, so that many goroutines may use it at once.
type Table struct {
	seed    maphash.Seed
	shards  [SweepSteps]shard
	changed func(aor string) // hears of swaps; nil: nobody

	sweeping sync.Mutex
	next     int // shard that Sweep takes next
}

// SweepSteps is the number of calls of Sweep that look at the whole table.
const SweepSteps = 1024

type shard struct {
	lock     sync.Mutex
	records  map[string]*Record
	bindings int      // in all records
	_        [40]byte // a shard fills a cache line: neighbours do not disturb each other
}

// New makes an empty table.
func New() *Table { return &Table{seed: maphash.MakeSeed()} }

func (t *Table) shard(aor string) *shard {
	return &t.shards[maphash.String(t.seed, aor)%SweepSteps]
}

// Watch lets changed hear of each address-of-record whose record was swapped,
// on the goroutine that did it and after it did. Records of which a sweep took
// expired bindings are not told. Watch is called before others use the table.
func (t *Table) Watch(changed func(aor string)) { t.changed = changed }

// Find gives the record of an address-of-record, or nil. Some of its bindings
// may have expired.
func (t *Table) Find(aor string) *Record {
	s := t.shard(aor)
	s.lock.Lock()
	record := s.records[aor]
	s.lock.Unlock()
	return record
}

// Swap puts next in the place of old and tells whether it did: it does not
// when the record is no longer old. An old of nil stands for no record, and
// a next of nil removes it. In memory there is no error; the result is there
// for tables that write elsewhere.
func (t *Table) Swap(aor string, old, next *Record) (swapped bool, err error) {
	if !t.shard(aor).swap(aor, old, next) {
		return false, nil
	}
	if t.changed != nil {
		t.changed(aor)
	}
	return true, nil
}

func (s *shard) swap(aor string, old, next *Record) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.records[aor] != old {
		return false
	}
	s.set(old, next)
	return true
}

// set is called under the lock, with the record that is there.
func (s *shard) set(old, next *Record) {
	if old != nil {
		s.bindings -= len(old.Bindings)
	}
	if next == nil {
		if old != nil {
			delete(s.records, old.AOR)
		}
		return
	}
	if s.records == nil {
		s.records = make(map[string]*Record)
	}
	s.bindings += len(next.Bindings)
	s.records[next.AOR] = next
}

// Sweep takes the expired bindings out of one part of the table, the next one
// with each call, and gives their number. A timer that calls it 17 times a
// second goes round once a minute; with a million bindings a call holds its
// shard for about a tenth of a millisecond.
func (t *Table) Sweep(now time.Time) (removed int) {
	t.sweeping.Lock()
	s := &t.shards[t.next]
	t.next = (t.next + 1) % SweepSteps
	t.sweeping.Unlock()

	s.lock.Lock()
	defer s.lock.Unlock()
	before := s.bindings
	for _, record := range s.records {
		if next := record.withoutExpired(now); next != record {
			s.set(record, next)
		}
	}
	return before - s.bindings
}

// Counts gives the addresses-of-record and the bindings that the table holds,
// expired ones included until they are swept.
func (t *Table) Counts() (records, bindings int) {
	for i := range t.shards {
		s := &t.shards[i]
		s.lock.Lock()
		records += len(s.records)
		bindings += s.bindings
		s.lock.Unlock()
	}
	return records, bindings
}

// All gives the records in no order. Registrations may go on meanwhile.
func (t *Table) All() iter.Seq[*Record] {
	return func(yield func(*Record) bool) {
		var part []*Record
		for i := range t.shards {
			s := &t.shards[i]
			part = part[:0]
			s.lock.Lock()
			for _, record := range s.records {
				part = append(part, record)
			}
			s.lock.Unlock()
			for _, record := range part {
				if !yield(record) {
					return
				}
			}
		}
	}
}
