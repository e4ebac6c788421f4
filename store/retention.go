// Retention: what is too old or too much is removed.
package store

import (
	"context"
	"time"
)

// purgeAtOnce bounds the rows that are removed between two writes.
const purgeAtOnce = 2000

// keepHouse removes one message file, or some of the calls that have lost all
// of their messages, or bindings that have expired. Errors are those of the
// next write too, which tells them.
func (w *writer) keepHouse(ctx context.Context, now time.Time) {
	w.keptHouse = now
	if w.purge(ctx) {
		return
	}
	if w.isTooMuch(ctx, now) {
		w.removeOldest(ctx)
		w.isPurging = true
	}
	execute(ctx, w.conn, "DELETE FROM bindings WHERE expires <= ?", micros(now))
}

// isTooMuch tells whether the oldest file has to go. The current one stays.
func (w *writer) isTooMuch(ctx context.Context, now time.Time) bool {
	files := w.files.list
	if len(files) < 2 {
		return false
	}
	if files[1].started.Before(now.Add(-w.options.Keep)) {
		return true
	}
	total := size(w.path)
	for i := range files {
		total += size(w.files.path(&files[i]))
	}
	return total > w.options.KeepBytes/8*7 // what comes until the next look must fit too
}

// purge removes some calls whose last message was in a file that is gone, and
// tells whether there may be more.
func (w *writer) purge(ctx context.Context) (more bool) {
	if !w.isPurging {
		return false
	}
	oldest := &w.files.list[0]
	result, err := w.conn.ExecContext(ctx,
		"DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE id < ? AND last_file < ? LIMIT ?)", oldest.firstCall, oldest.id, purgeAtOnce)
	if err != nil {
		return true // it is tried again
	}
	execute(ctx, w.conn, "DELETE FROM gaps WHERE until < ?", micros(oldest.started))
	execute(ctx, w.conn, "PRAGMA incremental_vacuum(1000)")
	count, err := result.RowsAffected()
	w.isPurging = err != nil || count == purgeAtOnce
	return w.isPurging
}
