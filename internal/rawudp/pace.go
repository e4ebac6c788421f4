//go:build linux && (amd64 || arm64 || riscv64 || loong64) && !portable

// Pace: waiting in the kernel while datagrams come one upon the other.
package rawudp

import (
	"syscall"
	"time"
)

// The poller costs two system calls and a pass of the scheduler for each wait.
// While datagrams come densely to one socket alone, the goroutine that reads it
// waits in the kernel instead, and with it the processor that runs it: other
// goroutines have their turn after so many such waits, or when the runtime's
// monitor interrupts one.
const (
	dense = 16                   // waits in a row that were short
	short = 2 * time.Millisecond // what a short wait is
	turns = 8                    // waits in the kernel before others have their turn
	most  = 4 * time.Millisecond // no wait in the kernel is longer, but for its coarse clock
)

// pace is how datagrams have come to one socket.
type pace struct {
	shortWaits int
	turn       int
	since      time.Time // since when the poller waits; zero: it does not
}

// prepare lets calls without MSG_DONTWAIT wait, and bounds their wait. All our
// calls have the flag, or mean to wait.
func (p *pace) prepare(fd uintptr) {
	limit := syscall.NsecToTimeval(int64(most))
	if syscall.SetsockoptTimeval(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit) != nil || syscall.SetNonblock(int(fd), false) != nil {
		p.shortWaits = -1 << 62 // never
	}
}

// note learns that the poller begins to wait, or that it does not.
func (p *pace) note(waits bool) {
	switch {
	case waits:
		p.since = time.Now()
	case p.since.IsZero(): // there was no wait
	default:
		if p.shortWaits++; time.Since(p.since) > short {
			p.shortWaits = min(p.shortWaits, 0)
		}
		p.since = time.Time{}
	}
}

// isDense tells whether the next wait may be in the kernel. alone tells
// whether nothing else is read; nil: so it is.
func (p *pace) isDense(alone func() bool) bool {
	if p.shortWaits < dense {
		return false
	}
	if p.turn++; p.turn < turns {
		return true
	}
	p.turn = 0
	if alone != nil && !alone() {
		p.shortWaits = -1000 // look again after as many
	}
	return false
}

// hold waits in the kernel. false: nothing has come, or somebody else wants the
// processor.
func (r *receiver) hold(c *Conn) bool {
	c.closing.RLock()
	defer c.closing.RUnlock()
	if c.closed {
		return false
	}
	r.errno = r.take(c.fd, 0)
	if r.errno == syscall.EAGAIN {
		r.pace.shortWaits = 0
	}
	return r.errno == 0
}
