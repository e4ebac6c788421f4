package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made makes a store with a call in it.
func made(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "v.db")
	r := record(t, path, Options{})
	put(r, relayedCall("1@test", "alice", "bob", testTime, 0))
	closeRecorder(t, r)
	return path
}

// alter runs a statement on a file.
func alter(t *testing.T, path, statement string) {
	t.Helper()
	ctx := context.Background()
	c, release, err := connect(ctx, source(path, "rwc"))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := execute(ctx, c, statement); err != nil {
		t.Fatal(err)
	}
}

// What cannot be used is said in one sentence with a hint, and is left as it is.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		prepare func(path string)
		reads   string // what a reader is told
		writes  string // what a server is told; "": the same
	}{
		{"foreign text", func(path string) { os.WriteFile(path, []byte(strings.Repeat("no database\n", 100)), 0o600) }, "is no store of viaduct", ""},
		{"short", func(path string) { os.WriteFile(path, []byte("SQLite format 3\x00"), 0o600) }, "is no store of viaduct", ""},
		{"another program's database", func(path string) {
			os.Remove(path)
			alter(t, path, "CREATE TABLE version (table_name TEXT)")
		}, "is no store of viaduct", ""},
		{"newer", func(path string) { alter(t, path, "PRAGMA user_version = 99") },
			"was written by a newer viaduct (version 99 of the tables, this one knows 1)", ""},
		{"damaged", func(path string) {
			file, _ := os.OpenFile(path, os.O_WRONLY, 0)
			defer file.Close()
			file.WriteAt(make([]byte, 3000), 100) // the table of tables
		}, "is damaged", ""},
		{"a folder", func(path string) { os.Remove(path); os.Mkdir(path, 0o700) }, "is a folder", ""},
	} {
		path := made(t)
		test.prepare(path)
		before, _ := os.ReadFile(path)
		check := func(err error, want string) {
			t.Helper()
			var refusal *Refusal
			if !errors.As(err, &refusal) || err.Error() != path+" "+want || refusal.Hint == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", test.name, err)
			}
		}
		r, err := Read(path)
		if err == nil { // opening looks at the header only
			_, err = r.Calls(Filter{})
			r.Close()
		}
		check(err, test.reads)
		if test.writes == "" {
			test.writes = test.reads
		}
		w, err := Record(path, Options{})
		if err == nil {
			w.Close()
		}
		check(err, test.writes)
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s: the file was changed", test.name)
		}
	}
}

func TestReadNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.db")
	if _, err := Read(path); err == nil || err.Error() != path+" is not there" {
		t.Errorf("%v", err)
	}
	if exists(path) {
		t.Error("reading made a file")
	}
	if _, err := read(t, made(t)).Find("nobody"); !errors.Is(err, ErrNoCall) {
		t.Errorf("%v", err)
	}
}

func TestOneServerAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.db")
	r := record(t, path, Options{})
	if _, err := Record(path, Options{}); err == nil || !strings.Contains(err.Error(), "is in use by another server (process ") {
		t.Errorf("%v", err)
	}
	put(r, relayedCall("1@test", "alice", "bob", testTime, 0))
	closeRecorder(t, r)
	closeRecorder(t, record(t, path, Options{}))
}

func TestUnwritableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	folder := t.TempDir()
	os.Chmod(folder, 0o500)
	if _, err := Record(filepath.Join(folder, "v.db"), Options{}); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("%v", err)
	}
}
