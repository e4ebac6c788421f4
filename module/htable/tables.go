// Tables: all tables of a server.
package htable

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Tables holds the tables of a server by name. They outlive the script, so
// that a reload forgets nothing. The zero value is empty.
type Tables struct {
	budget
	mutex  sync.Mutex
	byName map[string]*Table
}

// open gives the table of a name, made when it is new.
func (t *Tables) open(name string) *Table {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	table := t.byName[name]
	if table == nil {
		if t.byName == nil {
			t.byName = map[string]*Table{}
		}
		table = newTable(&t.budget)
		t.byName[name] = table
	}
	return table
}

// keepOnly forgets the tables that a script no longer declares.
func (t *Tables) keepOnly(declared map[string]*table) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for name, table := range t.byName {
		if declared[name] == nil {
			table.Reset()
			delete(t.byName, name)
		}
	}
}

// defaultMegabytes is what all tables may hold together.
const defaultMegabytes = 256

// budget bounds the memory of all tables together, for a key may come from a
// message of anybody.
type budget struct {
	used, limit atomic.Int64 // bytes
}

var errFull = errors.New("the tables are full; max_memory bounds them")

func (b *budget) setLimit(megabytes int) { b.limit.Store(int64(megabytes) << 20) }

// take asks for bytes; less than none gives them back.
func (b *budget) take(bytes int) error {
	if now := b.used.Add(int64(bytes)); bytes > 0 && now > b.limit.Load() {
		b.used.Add(int64(-bytes))
		return errFull
	}
	return nil
}
