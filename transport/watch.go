// The watcher: ends connections that are quiet, slow or stalled.
package transport

import (
	"sync/atomic"
	"time"
)

// watch comes by at intervals that divide the timeouts. It counts its visits
// instead of reading clocks, so a timeout is kept to about an eighth.
func (l *Layer) watch() {
	o := &l.options
	every := min(o.IdleTimeout, o.MessageTimeout, o.WriteTimeout) / 8
	every = min(max(every, time.Millisecond), time.Second)
	visits := func(timeout time.Duration) int32 { return int32(min(timeout/every, 1<<30)) + 1 }
	idle, slow, stalled := visits(o.IdleTimeout), visits(o.MessageTimeout), visits(o.WriteTimeout)

	ticker := time.NewTicker(every)
	defer ticker.Stop()
	forgetSources := time.NewTicker(time.Minute)
	defer forgetSources.Stop()
	for {
		select {
		case <-l.ending.Done():
			return
		case <-forgetSources.C:
			l.sources.forget()
		case <-ticker.C:
			l.visit(idle, slow, stalled)
		}
	}
}

// visit looks once at each connection, and ends it when its count has just
// reached a limit. Those to end are gathered first, so that the table is not
// locked for long.
func (l *Layer) visit(idle, slow, stalled int32) {
	causes := map[*connection]error{}
	l.connections.each(func(c *connection) {
		switch {
		case advance(&c.due) == slow:
			causes[c] = ErrSlow
			l.counts.slow.Add(1)
		case advance(&c.written) == stalled:
			causes[c] = ErrStalled
			l.counts.stalled.Add(1)
		case c.quiet.Add(1) == idle:
			causes[c] = ErrIdle
			l.counts.idle.Add(1)
		}
	})
	for c, cause := range causes {
		c.shut(cause)
	}
}

// advance counts one more visit, unless nothing is awaited. When the other
// side has set it back meanwhile, that holds.
func advance(since *atomic.Int32) int32 {
	visits := since.Load()
	if visits == 0 || !since.CompareAndSwap(visits, visits+1) {
		return 0
	}
	return visits + 1
}
