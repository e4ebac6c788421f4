package media

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Two hundred sessions on real sockets, sound both ways; says what it costs.
func TestManySessionsOnSockets(t *testing.T) {
	const calls = 100
	pacer, before := NewPacer(), runtime.NumGoroutine()
	var sessions []*Session
	for range calls {
		a, b := open(t, pacer), open(t, pacer)
		stream := Stream{Codec: PCMU, EventType: 101, Send: true, Receive: true, Source: Tone(440), Sink: &ToneDetector{}}
		stream.Remote = b.Addr()
		start(t, a, stream)
		stream.Source, stream.Remote = Tone(1000), a.Addr()
		start(t, b, stream)
		sessions = append(sessions, a, b)
	}
	if more := runtime.NumGoroutine() - before; more > 2*len(sessions)+1 {
		t.Errorf("%d goroutines for %d sessions", more, len(sessions))
	}
	var usage, then syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &then)
	time.Sleep(500 * time.Millisecond)
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano() - then.Utime.Nano() - then.Stime.Nano())
	var sent, received uint64
	for _, s := range sessions {
		stats := s.Stats()
		sent += stats.Sent
		received += stats.Received
	}
	t.Logf("%d sessions: %d packets sent, %d received, %v of CPU in 500 ms", len(sessions), sent, received, cpu)
	if sent < uint64(len(sessions)) || received < sent/2 {
		t.Errorf("%d packets sent, %d received", sent, received)
	}
}
