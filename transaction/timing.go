// Timing: how long the machines wait (RFC 3261 section 17.1.1.1 and table 4).
package transaction

import "time"

// Timing holds the base values of the timers.
type Timing struct {
	T1 time.Duration // estimate of the round trip: first retransmission
	T2 time.Duration // longest interval of retransmissions
	T4 time.Duration // longest time a message stays in the network
	// Final bounds the wait for a first answer: timers B and F, 64*T1 in the
	// RFC. A Client may set its own.
	Final time.Duration
}

// DefaultTiming is the RFC's.
var DefaultTiming = Timing{
	T1:    500 * time.Millisecond,
	T2:    4 * time.Second,
	T4:    5 * time.Second,
	Final: 32 * time.Second,
}

// ticks are the unit of the wheel.
func ticks(d time.Duration) int64 { return int64((d + tick - 1) / tick) }

// timing is Timing in ticks.
type timing struct {
	t1, t2, t4 int64
	final      int64
	t1x64      int64 // timers D, H, J, L and M
}

func (t Timing) inTicks() timing {
	return timing{ticks(t.T1), ticks(t.T2), ticks(t.T4), ticks(t.Final), ticks(64 * t.T1)}
}
