//go:build !unix

// Without a write that does not wait, all is queued.

package transport

import "syscall"

type directWrite struct{}

func (*directWrite) write(syscall.RawConn, []byte) (int, error) { return 0, errFull }
