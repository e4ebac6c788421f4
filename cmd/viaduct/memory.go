// Memory: how often garbage is collected while serving.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// reserve is memory that is never touched, so the kernel never gives it; the
// collector counts it and so lets some 50 MB of garbage gather before it works. Messages live for microseconds or for half a minute: collecting every
// 4 MB, as Go does by default in a small process, costs a third of the server's
// time (make bench with GOGC=100 in the environment shows it).
const (
	reserve   = 24 << 20
	gcPercent = 200
)

// relaxCollector applies the above unless GOGC says what its user wants. The
// result ends it.
func relaxCollector() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	untouched := make([]byte, reserve)
	before := debug.SetGCPercent(gcPercent)
	return func() {
		debug.SetGCPercent(before)
		runtime.KeepAlive(untouched)
	}
}
