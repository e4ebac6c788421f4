// Tables: the bindings of phones, by the table names that scripts use. They
// outlive the script, so that a reload forgets nobody.
package server

import (
	"sync"
	"time"

	"viaduct/location"
)

// tables makes a table when a script first names it.
type tables struct {
	keeper Keeper // nil: none
	failed func(name string, err error)

	mu     sync.Mutex
	byName map[string]*location.Table
}

// Table gives the bindings of that name ("location").
func (t *tables) Table(name string) *location.Table {
	t.mu.Lock()
	defer t.mu.Unlock()
	table := t.byName[name]
	if table == nil {
		table = location.New()
		t.byName[name] = table
		if t.keeper != nil {
			if err := t.keeper.Keep(name, table); err != nil {
				t.failed(name, err)
			}
		}
	}
	return table
}

// sweep takes expired bindings out; called once a second it has seen every
// binding within a minute or so.
func (t *tables) sweep(now time.Time) {
	t.mu.Lock()
	all := make([]*location.Table, 0, len(t.byName))
	for _, table := range t.byName {
		all = append(all, table)
	}
	t.mu.Unlock()
	for _, table := range all {
		for range location.SweepSteps / 60 {
			table.Sweep(now)
		}
	}
}

// has tells whether a script has named a table.
func (t *tables) has(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byName[name] != nil
}

// users counts the addresses-of-record of all tables.
func (t *tables) users() (sum int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, table := range t.byName {
		users, _ := table.Counts()
		sum += int64(users)
	}
	return sum
}
