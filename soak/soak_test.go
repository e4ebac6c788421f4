// Calls over a bad network, for long.

package soak

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// The network that the calls go over.
var badNetwork = quality{loss: 0.05, doubling: 0.02, delay: 50 * time.Millisecond}

const (
	fewCalls  = 60              // calls per second, unless VIADUCT_SOAK_RATE says more
	shortTime = 3 * time.Second // unless VIADUCT_SOAK_TIME says longer
	seed      = 3261

	// The callee rings about as long as the caller waits before CANCEL, so that CANCEL and 200 of a crossing call meet.
	ringTime = 200 * time.Millisecond
	holdTime = ringTime
	// What the server still does for calls that have ended, such as a CANCEL whose 200 was lost, has this long.
	settling = 2 * time.Second

	// Transactions stay for half a minute, so memory says something only after several of them.
	shortestTrend = 2 * time.Minute
	mostMemory    = 1 << 30 // bytes, most of them the race detector's; transactions of half a minute are kept
	growth        = 1.20    // of the last quarter's mean over the second quarter's
	looksPerRun   = 400
)

// withoutGrace is less than the 5 s that the server waits for transactions without a final response.
const withoutGrace = 4 * time.Second

func TestSoak(t *testing.T) {
	t.Parallel()
	rate, span := setting(t, "VIADUCT_SOAK_RATE", fewCalls, strconv.Atoi), setting(t, "VIADUCT_SOAK_TIME", shortTime, time.ParseDuration)
	script, err := filepath.Abs("testdata/soak.cfg")
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, script)
	loop := newLoop()
	callees := newCallees(newLink(t, loop, badNetwork, seed), s.at, ringTime)
	callers := newCallers(newLink(t, loop, badNetwork, seed+1), s.at, holdTime)
	for _, user := range []string{answered, busy, cancelled, crossing} {
		callees.register(user)
	}
	patience := time.Now().Add(giveUp)
	loop.run(func() bool { return len(callees.registered) == 4 || time.Now().After(patience) })
	if len(callees.registered) < 4 {
		t.Fatalf("in %v only %d callees could register", giveUp, len(callees.registered))
	}

	begin, made := time.Now(), 0
	var memory []int
	var next, look func()
	next = func() {
		for due := int(time.Since(begin).Seconds() * float64(rate)); made < due; made++ {
			callers.dial(mix[made%len(mix)])
		}
		if time.Since(begin) < span {
			loop.after(time.Second/time.Duration(rate), next)
		}
	}
	look = func() {
		s.mustLive("calls")
		if time.Since(begin) < span {
			memory = append(memory, s.memory())
			loop.after(span/looksPerRun, look)
		}
	}
	next()
	look()
	loop.run(func() bool { return time.Since(begin) >= span && callers.open+callees.open == 0 })
	lastEnd := time.Since(begin) - span
	loop.runFor(settling)
	ended := make(chan time.Duration, 1)
	go func() { ended <- s.stop() }()
	var ending time.Duration
	loop.run(func() bool {
		select {
		case ending = <-ended:
			return true
		default:
			return false
		}
	})

	t.Logf("%d calls in %v: %v; in %d the 200 crossed the CANCEL; the last ended %v later, the server %v after SIGTERM", made, span, callers.ended, callers.late, lastEnd.Round(time.Millisecond), ending.Round(time.Millisecond))
	for _, k := range []*link{callers.link, callees.link} {
		t.Logf("datagrams sent %d, received %d, lost %d, doubled %d", k.sent, k.received, k.lost, k.doubled)
		if k.lost == 0 || k.doubled == 0 {
			t.Error("the network was too good")
		}
	}
	faults := slices.Concat(callers.faults, callees.faults)
	for _, fault := range faults[:min(20, len(faults))] {
		t.Error(fault)
	}
	if len(faults) > 20 {
		t.Errorf("and %d faults more", len(faults)-20)
	}
	for kind, share := range shares() {
		if want := made / len(mix) * share; callers.ended[kind] < want {
			t.Errorf("%d calls of the kind %s have ended, want %d", callers.ended[kind], kind, want)
		}
	}
	if len(faults) > 0 {
		t.Logf("the server printed:\n%s", &s.printed)
	}
	if crossed := callers.ended[crossing]; crossed > 50 && (callers.late == 0 || callers.late == crossed) {
		t.Errorf("of %d crossing calls the 200 was first in %d", crossed, callers.late)
	}
	if ending > withoutGrace {
		t.Errorf("the server ends %v after SIGTERM: a transaction was open", ending)
	}
	checkMemory(t, memory, span)
}

// shares counts each kind in the mix.
func shares() map[string]int {
	found := map[string]int{}
	for _, kind := range mix {
		found[kind]++
	}
	return found
}

// checkMemory wants the last quarter as the second one.
func checkMemory(t *testing.T, memory []int, span time.Duration) {
	t.Helper()
	quarter := len(memory) / 4
	if quarter == 0 {
		return
	}
	second, last := mean(memory[quarter:2*quarter]), mean(memory[3*quarter:])
	t.Logf("memory: second quarter %d MB, last quarter %d MB, at most %d MB", second>>20, last>>20, slices.Max(memory)>>20)
	if slices.Max(memory) > mostMemory {
		t.Errorf("%d MB are too much", slices.Max(memory)>>20)
	}
	if span >= shortestTrend && float64(last) > growth*float64(second) {
		t.Errorf("memory grows: %d MB in the second quarter, %d MB in the last", second>>20, last>>20)
	}
}

func mean(values []int) int {
	sum := 0
	for _, value := range values {
		sum += value
	}
	return sum / len(values)
}

// setting reads a variable of the environment.
func setting[T any](t *testing.T, name string, otherwise T, parse func(string) (T, error)) T {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := parse(text)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return value
}
