package server

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// TestNothingIsLeft: when the timers have run out after many calls, no
// transaction and no goroutine is left of them.
func TestNothingIsLeft(t *testing.T) {
	calls := 100_000
	if raceDetector {
		calls = 5_000
	}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, relayScript, nil)
		before := runtime.NumGoroutine()
		for i := range calls {
			if line := r.call(i); line != "SIP/2.0 200 OK" {
				t.Fatalf("call %d ends with %q", i, line)
			}
			if i%1000 == 0 {
				time.Sleep(time.Second) // a thousand calls a second
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if servers, clients := r.Transactions(); servers+clients != 0 {
			t.Errorf("%d server and %d client transactions are left", servers, clients)
		}
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d goroutines, %d before", after, before)
		}
		r.stop()
	})
}
