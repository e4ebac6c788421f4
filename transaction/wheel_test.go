package transaction

import (
	"testing"
	"testing/synctest"
	"time"
)

// firing notes the tick at which it was told.
type firing struct{ at []int64 }

func (f *firing) expire(now int64) { f.at = append(f.at, now) }

// TestArmedTooLate: who read the clock, then lost the processor, and arms a
// timer for a tick that is over by then, need not wait for a turn of the wheel.
func TestArmedTooLate(t *testing.T) {
	for _, test := range []struct {
		name string
		late int64 // ticks
		want int64 // ticks from the present one
	}{
		{"in time", -3, 3},
		{"the next tick", -1, 1},
		{"the present tick", 0, 1},
		{"the last tick", 1, 1},
		{"seconds ago", 100, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWheel()
				defer w.close()
				time.Sleep(10*time.Second + tick/2)
				now := w.now.Load()
				var fired firing
				w.arm(&timer{owner: &fired}, now-test.late)
				time.Sleep(slots * tick)
				synctest.Wait()
				if len(fired.at) != 1 || fired.at[0] != now+test.want {
					t.Errorf("armed at tick %d for %d, fired at %v, want %d", now, now-test.late, fired.at, now+test.want)
				}
			})
		})
	}
}

// TestArmedEarlier: a timer that waits is moved to an earlier tick, even one
// that is over, but not to a later one.
func TestArmedEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel()
		defer w.close()
		time.Sleep(time.Second + tick/2)
		now := w.now.Load()
		var fired firing
		one := &timer{owner: &fired}
		for _, at := range []int64{now + 100, now - 1, now + 200} {
			w.arm(one, at)
		}
		time.Sleep(slots * tick)
		synctest.Wait()
		if len(fired.at) != 1 || fired.at[0] != now+1 {
			t.Errorf("fired at %v, want %d", fired.at, now+1)
		}
	})
}
