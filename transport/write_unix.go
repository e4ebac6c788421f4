//go:build unix

// The write that does not wait.

package transport

import "syscall"

// directWrite holds what the call below works on, so that its function is
// made once and not for each message.
type directWrite struct {
	text []byte
	n    int
	err  error
	call func(fd uintptr) bool
}

// write gives the kernel what it takes now. The error is errFull, or that of
// the system call. Only one goroutine may call it at a time, and none may
// wait in a Write of the same connection, whose lock this one takes.
func (d *directWrite) write(raw syscall.RawConn, text []byte) (int, error) {
	if d.call == nil {
		d.call = d.try
	}
	d.text, d.n, d.err = text, 0, nil
	err := raw.Write(d.call)
	d.text = nil
	if err != nil {
		return 0, err
	}
	return d.n, d.err
}

// try is always done: it never asks to be called again.
func (d *directWrite) try(fd uintptr) bool {
	for d.n < len(d.text) {
		n, err := syscall.Write(int(fd), d.text[d.n:])
		switch err {
		case nil:
			d.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			d.err = errFull
			return true
		default:
			d.err = err
			return true
		}
	}
	return true
}
