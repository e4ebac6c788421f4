//go:build unix

// Locks: one server at a time writes a store.
package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// lock takes the lock file, or says who has it. The kernel frees it when the
// process ends, however it ends.
func lock(path, store string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := os.ReadFile(path)
		file.Close()
		return nil, &Refusal{store, fmt.Sprintf("is in use by another server (process %s)", strings.TrimSpace(string(holder))),
			"a second server needs a store of its own: --db PATH, or --db none", nil}
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintln(file, os.Getpid())
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
