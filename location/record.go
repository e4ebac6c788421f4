// Record: all bindings of one address-of-record.
package location

import (
	"strings"
	"time"
)

// Record is never changed once it is in a table.
type Record struct {
	AOR      string    // address-of-record in its canonical form
	Bindings []Binding // in the order in which they were first made
}

// NewRecord makes room for count bindings of an address-of-record, which it
// copies. For the usual single binding that is one piece of memory.
func NewRecord(aor string, count int) *Record { return newRecord(strings.Clone(aor), count) }

// Next makes room for count bindings that shall take the place of those of
// record, or for the first ones when record is nil.
func (record *Record) Next(aor string, count int) *Record {
	if record == nil {
		return NewRecord(aor, count)
	}
	return newRecord(record.AOR, count)
}

func newRecord(aor string, count int) *Record {
	if count == 1 {
		single := &struct {
			Record
			one [1]Binding
		}{}
		single.AOR = aor
		single.Bindings = single.one[:]
		return &single.Record
	}
	return &Record{aor, make([]Binding, count)}
}

// Current counts the bindings that have not expired; nil has none.
func (record *Record) Current(now time.Time) (count int) {
	if record == nil {
		return 0
	}
	for i := range record.Bindings {
		if record.Bindings[i].IsCurrent(now) {
			count++
		}
	}
	return count
}

// withoutExpired gives the record itself when none of its bindings has
// expired, nil when all have.
func (record *Record) withoutExpired(now time.Time) *Record {
	count := record.Current(now)
	switch count {
	case len(record.Bindings):
		return record
	case 0:
		return nil
	}
	next := newRecord(record.AOR, count)
	at := 0
	for i := range record.Bindings {
		if b := &record.Bindings[i]; b.IsCurrent(now) {
			next.Bindings[at] = *b
			at++
		}
	}
	return next
}
