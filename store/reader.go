// Reader: looks into a store, also while a server writes it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Reader reads a store. Close it in the end.
type Reader struct {
	path         string
	conn         *sql.Conn
	release      func()
	files        map[string]openFile // message files by path, open for the next call
	decompressor *zstd.Decoder
}

// openFile is a message file that is being read.
type openFile struct {
	chunks  *sql.Stmt
	release func()
}

// maxOpenFiles bounds the message files that are open at once.
const maxOpenFiles = 16

// Read opens a store for reading. An error is a *Refusal.
func Read(path string) (*Reader, error) {
	r := &Reader{path: path, files: make(map[string]openFile), decompressor: newDecompressor()}
	if err := r.open(context.Background()); err != nil {
		return nil, refuse(path, err)
	}
	return r, nil
}

func (r *Reader) open(ctx context.Context) (err error) {
	if info, err := os.Stat(r.path); err != nil {
		return err
	} else if info.IsDir() {
		return refuseFolder(r.path)
	}
	r.conn, r.release, err = openToRead(ctx, mainFile, r.path)
	return err
}

// openToRead opens a file of some kind, which must be there.
func openToRead(ctx context.Context, k kind, path string) (*sql.Conn, func(), error) {
	c, release, err := connect(ctx, source(path, "ro"))
	if err != nil {
		return nil, nil, err
	}
	if err := k.check(ctx, c, path); err != nil {
		release()
		return nil, nil, err
	}
	return c, release, nil
}

// Close ends reading.
func (r *Reader) Close() {
	r.closeFiles()
	r.decompressor.Close()
	r.release()
}

func (r *Reader) closeFiles() {
	for path, file := range r.files {
		file.release()
		delete(r.files, path)
	}
}

// ErrNoCall says that a store has no such call.
var ErrNoCall = errors.New("no such call")

// Find gives a call by its number in the store, its Call-ID, or the beginning
// of its Call-ID. An error is ErrNoCall, says that several begin so, or is a
// *Refusal.
func (r *Reader) Find(name string) (*Call, error) {
	ctx := context.Background()
	if id, err := strconv.ParseInt(name, 10, 64); err == nil {
		if calls, err := r.query(ctx, "id = ?", []any{id}, 1); err != nil || len(calls) == 1 {
			return first(calls), err
		}
	}
	calls, err := r.query(ctx, "key = ? AND call_id = ?", []any{callKey(name), name}, 1)
	if err != nil || len(calls) == 1 {
		return first(calls), err
	}
	calls, err = r.query(ctx, "substr(call_id, 1, ?) = ?", []any{len([]rune(name)), name}, 2)
	switch {
	case err != nil:
		return nil, err
	case len(calls) == 0 || name == "":
		return nil, ErrNoCall
	case len(calls) > 1:
		return nil, fmt.Errorf("several calls begin with %s: %s, %s …", name, calls[0].CallID, calls[1].CallID)
	}
	return &calls[0], nil
}

func first(calls []Call) *Call {
	if len(calls) == 0 {
		return nil
	}
	return &calls[0]
}

// isKept passes over calls whose messages are gone and whose rows will be.
const isKept = "(last_file = 0 OR last_file >= (SELECT min(id) FROM message_files))"

// query gives the calls that fulfil a condition, the newest first.
func (r *Reader) query(ctx context.Context, condition string, arguments []any, limit int) ([]Call, error) {
	rows, err := r.conn.QueryContext(ctx, "SELECT "+callColumns+" FROM calls WHERE "+condition+" AND "+isKept+" ORDER BY id DESC LIMIT ?", append(arguments, limit)...)
	if err != nil {
		return nil, refuse(r.path, err)
	}
	defer rows.Close()
	var calls []Call
	for rows.Next() {
		var c Call
		if err := scanCall(rows.Scan, &c); err != nil {
			return nil, refuse(r.path, err)
		}
		calls = append(calls, c)
	}
	if err := rows.Err(); err != nil {
		return nil, refuse(r.path, err)
	}
	return calls, nil
}

// Packets gives the packets of a call in the order in which they passed. When
// the call is so long or so old that only later ones are kept, gone is true.
func (r *Reader) Packets(c *Call) (packets []Packet, gone bool, err error) {
	ctx := context.Background()
	names, err := r.messageFiles(ctx, c)
	if err != nil {
		return nil, false, refuse(r.path, err)
	}
	found := 0
	for _, name := range names {
		path := filepath.Join(r.path+".messages", name)
		if _, err := os.Stat(path); err != nil {
			continue // removed since
		}
		rows, err := r.chunks(ctx, path, c.ID)
		if err != nil {
			return packets, gone, refuse(path, err)
		}
		for _, row := range rows {
			if packets, err = unpack(packets, r.decompressor, row); err != nil {
				return packets, gone, refuse(path, err)
			}
		}
		found++
	}
	return packets, len(packets) < c.Packets && (found == 0 || found < int(c.lastFile-c.firstFile)+1), nil
}

// Missed counts the packets that were not recorded in some time, whatever
// call they belong to. A zero until is now.
func (r *Reader) Missed(since, until time.Time) (packets int, err error) {
	if until.IsZero() {
		until = time.Now()
	}
	n, err := integer(context.Background(), r.conn, "SELECT coalesce(sum(packets), 0) FROM gaps WHERE until >= ? AND until <= ?", micros(since), micros(until))
	if err != nil {
		err = refuse(r.path, err)
	}
	return int(n), err
}

// messageFiles gives the names of the files where messages of a call may be.
func (r *Reader) messageFiles(ctx context.Context, c *Call) (names []string, err error) {
	rows, err := r.conn.QueryContext(ctx, "SELECT name FROM message_files WHERE id BETWEEN ? AND ? ORDER BY id", c.firstFile, c.lastFile)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, filepath.Base(strings.TrimSpace(name)))
	}
	return names, rows.Err()
}

// chunks gives the rows of a call in one file.
func (r *Reader) chunks(ctx context.Context, path string, call int64) (all [][]byte, err error) {
	file, isOpen := r.files[path]
	if !isOpen {
		if file, err = openChunks(ctx, path); err != nil {
			return nil, err
		}
		if len(r.files) == maxOpenFiles {
			r.closeFiles()
		}
		r.files[path] = file
	}
	rows, err := file.chunks.QueryContext(ctx, call)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, rows.Err()
}

func openChunks(ctx context.Context, path string) (openFile, error) {
	c, release, err := openToRead(ctx, messageFile, path)
	if err != nil {
		return openFile{}, err
	}
	statement, err := c.PrepareContext(ctx, "SELECT data FROM chunks WHERE call = ? ORDER BY rowid")
	if err != nil {
		release()
		return openFile{}, err
	}
	return openFile{statement, release}, nil
}
