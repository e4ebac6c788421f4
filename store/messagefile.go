// Message files: each holds the messages of some time; to keep less is to
// remove whole ones.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// messageFiles are those of a store, oldest first; the last is written.
type messageFiles struct {
	folder string
	list   []messageFileRow
}

type messageFileRow struct {
	id        int64
	name      string
	started   time.Time
	firstCall int64
}

func (f *messageFiles) current() *messageFileRow { return &f.list[len(f.list)-1] }

func (f *messageFiles) path(row *messageFileRow) string { return filepath.Join(f.folder, row.name) }

func (f *messageFiles) load(ctx context.Context, c *sql.Conn) error {
	rows, err := c.QueryContext(ctx, "SELECT id, name, started, first_call FROM message_files ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row messageFileRow
		var started int64
		if err := rows.Scan(&row.id, &row.name, &started, &row.firstCall); err != nil {
			return err
		}
		row.started = at(started)
		f.list = append(f.list, row)
	}
	return rows.Err()
}

// Files end when they are a part of what is kept, so that removing one makes
// room without losing much.
const (
	partsOfKeep = 8
	partsOfSize = 16
	longestFile = 24 * time.Hour
	leastSize   = 256 << 10
)

// attach opens the newest file for writing. One that is damaged is left as it
// is, and the next one begun.
func (w *writer) attach(ctx context.Context, now time.Time) error {
	if len(w.files.list) > 0 && w.attachFile(ctx, w.files.current()) == nil {
		return nil
	}
	return w.beginFile(ctx, now)
}

// rotate begins the next file when the current one is old or large enough.
func (w *writer) rotate(ctx context.Context, now time.Time) error {
	current := w.files.current()
	span := min(w.options.Keep/partsOfKeep, longestFile)
	limit := max(w.options.KeepBytes/partsOfSize, leastSize)
	if age := now.Sub(current.started); age < span && age > -span && size(w.files.path(current)) < limit {
		return nil
	}
	return w.beginFile(ctx, now)
}

// beginFile makes the next file and attaches it. Its row is there before the
// file is, so that no file is ever forgotten.
func (w *writer) beginFile(ctx context.Context, now time.Time) error {
	next := messageFileRow{id: 1, started: now, firstCall: w.nextID}
	if len(w.files.list) > 0 {
		next.id = w.files.current().id + 1
	}
	next.name = fmt.Sprintf("%06d-%s.db", next.id, now.UTC().Format("20060102T150405Z"))
	err := execute(ctx, w.conn, "INSERT OR REPLACE INTO message_files(id, name, started, first_call) VALUES (?, ?, ?, ?)",
		next.id, next.name, micros(next.started), next.firstCall)
	if err != nil {
		return err
	}
	if err := w.attachFile(ctx, &next); err != nil {
		return err
	}
	w.files.list = append(w.files.list, next)
	return nil
}

// attachFile makes a file the one that is written. After an error the one
// before is.
func (w *writer) attachFile(ctx context.Context, row *messageFileRow) error {
	path := w.files.path(row)
	if err := messageFile.prepare(ctx, path); err != nil {
		return refuse(path, err)
	}
	if w.insert != nil {
		w.insert.Close()
		w.insert = nil
		if err := execute(ctx, w.conn, "DETACH messages"); err != nil {
			return err
		}
	}
	if err := execute(ctx, w.conn, "ATTACH ? AS messages", source(path, "rw")); err != nil {
		return err
	}
	if err := execute(ctx, w.conn, "PRAGMA messages.synchronous = NORMAL"); err != nil {
		return err
	}
	insert, err := w.conn.PrepareContext(ctx, "INSERT INTO messages.chunks(call, packets, data) VALUES (?, ?, ?)")
	w.insert = insert
	return err
}

// size gives that of a file, with what SQLite keeps beside it; 0: not there.
func size(path string) (sum int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// remove deletes the oldest file and its row.
func (w *writer) removeOldest(ctx context.Context) error {
	oldest := &w.files.list[0]
	path := w.files.path(oldest)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := execute(ctx, w.conn, "DELETE FROM message_files WHERE id = ?", oldest.id); err != nil {
		return err
	}
	w.files.list = w.files.list[1:]
	return nil
}
