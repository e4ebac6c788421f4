// Bindings: the location tables of a server, kept over its restart.
package store

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"viaduct/location"
)

// bindings notes which records of location tables have changed. What is
// written is what they hold then, so that the order of changes does not matter.
type bindings struct {
	path    string
	changes func() // wakes the writer

	mu      sync.Mutex
	changed map[change]struct{}
}

// change is an address-of-record whose bindings have to be written.
type change struct {
	location string
	table    *location.Table
	aor      string
}

func newBindings(path string, changes func()) *bindings {
	return &bindings{path: path, changes: changes, changed: make(map[change]struct{})}
}

const bindingColumns = "contact, params, call_id, user_agent, path, expires, updated, transport, local, remote, cseq, flags, methods, q"

// keep fills a table with the bindings that have not expired, and follows it.
func (b *bindings) keep(name string, table *location.Table, now time.Time) error {
	ctx := context.Background()
	c, release, err := connect(ctx, source(b.path, "ro"))
	if err != nil {
		return err
	}
	defer release()
	rows, err := c.QueryContext(ctx, "SELECT aor, "+bindingColumns+" FROM bindings WHERE location = ? AND expires > ? ORDER BY aor, position", name, micros(now))
	if err != nil {
		return err
	}
	defer rows.Close()
	var aor string
	var found []location.Binding
	put := func() error {
		if len(found) == 0 {
			return nil
		}
		record := location.NewRecord(aor, len(found))
		copy(record.Bindings, found)
		found = found[:0]
		_, err := table.Swap(aor, nil, record)
		return err
	}
	for rows.Next() {
		next, binding, err := scanBinding(rows)
		if err != nil {
			return err
		}
		if next != aor {
			if err := put(); err != nil {
				return err
			}
			aor = next
		}
		found = append(found, binding)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	table.Watch(func(aor string) { b.note(change{name, table, aor}) })
	return nil
}

func scanBinding(rows *sql.Rows) (aor string, b location.Binding, err error) {
	var local, remote string
	var expires, updated int64
	err = rows.Scan(&aor, &b.Contact, &b.Params, &b.CallID, &b.UserAgent, &b.Path, &expires, &updated,
		&b.Received.Transport, &local, &remote, &b.CSeq, &b.Flags, &b.Methods, &b.Q)
	b.Expires, b.Updated = at(expires), at(updated)
	// The connection ended with the server that had it; numbers begin anew.
	b.Received.Local, b.Received.Remote = parseAddress(local), parseAddress(remote)
	return aor, b, err
}

// note takes a change; it is called by who registers, and does not wait.
func (b *bindings) note(c change) {
	b.mu.Lock()
	isFirst := len(b.changed) == 0
	b.changed[c] = struct{}{}
	b.mu.Unlock()
	if isFirst {
		b.changes()
	}
}

// take gives the changes there are.
func (b *bindings) take() (changed []change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.changed {
		changed = append(changed, c)
	}
	clear(b.changed)
	return changed
}

// giveBack takes changes that could not be written.
func (b *bindings) giveBack(changed []change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range changed {
		b.changed[c] = struct{}{}
	}
}

// writeBindings writes what changed records hold now.
func writeBindings(ctx context.Context, c *sql.Conn, changed []change) error {
	if len(changed) == 0 {
		return nil
	}
	remove, err := c.PrepareContext(ctx, "DELETE FROM bindings WHERE location = ? AND aor = ?")
	if err != nil {
		return err
	}
	defer remove.Close()
	insert, err := c.PrepareContext(ctx, "INSERT INTO bindings(location, aor, position, "+bindingColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, change := range changed {
		if _, err := remove.ExecContext(ctx, change.location, change.aor); err != nil {
			return err
		}
		record := change.table.Find(change.aor)
		if record == nil {
			continue
		}
		for i := range record.Bindings {
			b := &record.Bindings[i]
			_, err := insert.ExecContext(ctx, change.location, change.aor, i, b.Contact, b.Params, b.CallID, b.UserAgent, b.Path,
				micros(b.Expires), micros(b.Updated), int(b.Received.Transport), addressText(b.Received.Local), addressText(b.Received.Remote),
				int64(b.CSeq), int64(b.Flags), int64(b.Methods), int(b.Q))
			if err != nil {
				return err
			}
		}
	}
	return nil
}
