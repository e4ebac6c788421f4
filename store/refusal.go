// Refusals: why a store cannot be opened, and what to do about it.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Refusal is a store that cannot be used, with advice. Nothing was changed.
type Refusal struct {
	Path   string
	Reason string // "was written by a newer viaduct"
	Hint   string
	Cause  error // nil when the file itself says it
}

func (r *Refusal) Error() string { return r.Path + " " + r.Reason }
func (r *Refusal) Unwrap() error { return r.Cause }

const hintOther = "--db PATH names another file, --db none keeps nothing"

// refuse says in a sentence why a file or folder cannot be used.
func refuse(path string, err error) error {
	var known *Refusal
	switch code := sqliteCode(err); {
	case errors.As(err, &known):
		return err
	case code == sqlite3.SQLITE_NOTADB:
		return refuseForeign(path, err)
	case code == sqlite3.SQLITE_CORRUPT || errors.Is(err, errChunk):
		return refuseDamaged(path, err)
	case errors.Is(err, fs.ErrNotExist):
		return &Refusal{path, "is not there", "viaduct serve makes it; --db PATH names another file", err}
	case errors.Is(err, fs.ErrPermission) || code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_PERM:
		return &Refusal{path, "cannot be used: permission denied", hintOther, err}
	case errors.Is(err, syscall.EROFS):
		return &Refusal{path, "cannot be written: the file system is read-only", hintOther, err}
	case errors.Is(err, syscall.ENOTDIR):
		return &Refusal{path, "cannot be made: a part of the path is no folder", hintOther, err}
	case errors.Is(err, syscall.ENOSPC) || code == sqlite3.SQLITE_FULL:
		return &Refusal{path, "cannot be made: the disk is full", hintOther, err}
	}
	return &Refusal{path, fmt.Sprintf("cannot be used: %v", err), hintOther, err}
}

func refuseForeign(path string, err error) error {
	return &Refusal{path, "is no store of viaduct", "it was left as it is; " + hintOther, err}
}

func refuseFolder(path string) error {
	return &Refusal{path, "is a folder", "name a file in it: --db " + filepath.Join(path, "viaduct.db"), nil}
}

func refuseDamaged(path string, err error) error {
	return &Refusal{path, "is damaged", "move it away to begin anew, or try sqlite3's .recover on a copy; " + hintOther, err}
}

func refuseNewer(path string, version, known int64) error {
	return &Refusal{path, fmt.Sprintf("was written by a newer viaduct (version %d of the tables, this one knows %d)", version, known),
		"use that viaduct, or " + hintOther, nil}
}

// sqliteCode gives SQLite's primary result code of an error, 0 when it is
// another's.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
