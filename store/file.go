// Files: opening a SQLite file, after a look at what it is.
package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// kind is one of the two kinds of files.
type kind struct {
	application int
	migrations  []string
}

var (
	mainFile    = kind{mainApplication, mainMigrations}
	messageFile = kind{messageApplication, messageMigrations}
)

// source gives SQLite's name of a file.
func source(path, mode string, pragmas ...string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		absolute = path
	}
	query := url.Values{"mode": {mode}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: absolute, RawQuery: query.Encode()}).String()
}

// connect opens a file by one connection.
func connect(ctx context.Context, dsn string) (*sql.Conn, func(), error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, nil, err
	}
	c, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return c, func() { c.Close(); db.Close() }, nil
}

// prepare makes a file, or brings it to the newest version. What is no file of
// this kind, or is newer, is refused and left as it is.
func (k kind) prepare(ctx context.Context, path string) error {
	isNew, err := k.inspect(path)
	if err != nil {
		return err
	}
	if isNew {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // messages are nobody else's business
		if err != nil {
			return err
		}
		file.Close()
	}
	c, closeAll, err := connect(ctx, source(path, "rw"))
	if err != nil {
		return err
	}
	defer closeAll()
	if isNew {
		// Before all else: it must be set while the file is empty.
		if err := execute(ctx, c, "PRAGMA auto_vacuum = INCREMENTAL"); err != nil {
			return err
		}
	} else if err := k.check(ctx, c, path); err != nil {
		return err
	}
	if err := migrate(ctx, c, k.application, k.migrations); err != nil {
		return err
	}
	return execute(ctx, c, "PRAGMA journal_mode = WAL")
}

// headerSize is that of SQLite's file header (sqlite.org/fileformat.html).
const headerSize = 100

// inspect reads what a file says of itself without SQLite, which might write.
func (k kind) inspect(path string) (isNew bool, err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return false, refuseFolder(path)
	}
	header := make([]byte, headerSize)
	n, err := io.ReadFull(file, header)
	switch {
	case n == 0 && err == io.EOF:
		return true, nil
	case n < headerSize || !strings.HasPrefix(string(header), "SQLite format 3\x00"):
		return false, refuseForeign(path, nil)
	}
	return false, k.judge(path, int64(binary.BigEndian.Uint32(header[68:])), int64(binary.BigEndian.Uint32(header[60:])))
}

// check does the same through SQLite, which knows what stands in the WAL.
func (k kind) check(ctx context.Context, c *sql.Conn, path string) error {
	application, err := integer(ctx, c, "PRAGMA application_id")
	if err != nil {
		return err
	}
	version, err := integer(ctx, c, "PRAGMA user_version")
	if err != nil {
		return err
	}
	return k.judge(path, application, version)
}

func (k kind) judge(path string, application, version int64) error {
	known := int64(len(k.migrations))
	switch {
	case application != int64(k.application):
		return refuseForeign(path, nil)
	case version > known:
		return refuseNewer(path, version, known)
	case version == 0:
		return refuseDamaged(path, fmt.Errorf("it has no tables"))
	}
	return nil
}
