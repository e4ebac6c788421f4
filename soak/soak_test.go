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
	fewCalls  = 150                     // per second, unless VIADUCT_SOAK_RATE says more
	shortTime = 1200 * time.Millisecond // unless VIADUCT_SOAK_TIME says longer
	longTime  = 2 * time.Minute         // from here on the trend of the memory and what is left at the end are looked at
	seed      = 3261
	usualT1   = 500 * time.Millisecond
	quickT1   = 100 * time.Millisecond // of a run of seconds, which would only wait otherwise
	quickTime = 10 * time.Second

	// The callee rings about as long as the caller waits before CANCEL, so that CANCEL and 200 of a crossing call meet.
	ringTime = 200 * time.Millisecond
	holdTime = ringTime

	// No further call is made while more than those of this time have no response at all: then the machine has not the
	// time for so many, datagrams overflow the server's socket and the run shows nothing. Half of the calls must be made.
	unheardTime = 500 * time.Millisecond

	mostMemory     = 3 << 29 // bytes, most of them the race detector's; transactions of half a minute are kept
	growth         = 1.10    // of the last quarter's mean over the third quarter's
	looksPerRun    = 400
	mostGoroutines = 40 // of a server without calls: listeners, timers, signals, the collector's
	shownFaults    = 10
)

// How long the server may take, on the loop's clock, to answer what is open after the last call has ended, and to let go
// of the transactions that absorb retransmissions (timers J, L and the like take 32 s).
const (
	answerPatience = 10 * time.Second
	lingerPatience = 45 * time.Second
)

// withoutGrace is less than the 5 s that the server waits for transactions without a final response.
const withoutGrace = 4 * time.Second

func TestSoak(t *testing.T) {
	t.Parallel()
	newRun(t).play()
}

// run is one soak: a server, its phones, and what was seen of them.
type run struct {
	t       *testing.T
	server  *server
	pinger  *pinger
	loop    *loop
	callers *caller
	callees *callee

	rate        int // calls a second
	span        time.Duration
	begin       time.Time // on the loop's clock
	made, spare int       // calls, and those that were not made since the server did not answer
	memory      []int     // bytes, at even intervals
}

func newRun(t *testing.T) *run {
	r := &run{t: t, loop: newLoop(), rate: setting(t, "VIADUCT_SOAK_RATE", fewCalls, strconv.Atoi), span: setting(t, "VIADUCT_SOAK_TIME", shortTime, time.ParseDuration)}
	script, err := filepath.Abs("testdata/soak.cfg")
	if err != nil {
		t.Fatal(err)
	}
	phones := timersOf(usualT1)
	if r.span < quickTime {
		phones = timersOf(quickT1)
		r.server = startServer(t, script, "--define", "FAST")
	} else {
		r.server = startServer(t, script)
	}
	r.pinger = newPinger(t, r.server)
	r.callees = newCallees(newLink(t, r.loop, phones, badNetwork, seed), r.server.at, ringTime)
	r.callers = newCallers(newLink(t, r.loop, phones, badNetwork, seed+1), r.callees, holdTime)
	return r
}

func (r *run) isLong() bool { return r.span >= longTime }

func (r *run) play() {
	r.register()
	r.begin = r.loop.now()
	r.dial()
	r.look()
	r.loop.run(func() bool { return r.loop.since(r.begin) >= r.span && r.callers.open+r.callees.open == 0 })
	r.t.Logf("%d calls in %v: %v; in %d the 200 crossed the CANCEL; the last ended %v later", r.made, r.span, r.callers.ended, r.callers.late,
		(r.loop.since(r.begin) - r.span).Round(time.Millisecond))
	r.checkTransactions()
	r.reportNetwork()
	if r.isLong() {
		r.checkGoroutines()
	} else {
		r.checkEnd()
	}
	r.t.Logf("the server has worked for %v", r.server.processorTime().Round(time.Millisecond))
	r.checkCalls()
	r.checkMemory()
}

func (r *run) register() {
	for _, user := range []string{answered, busy, cancelled, crossing} {
		r.callees.register(user)
	}
	begin := r.loop.now()
	r.loop.run(func() bool { return len(r.callees.registered) == 4 || r.loop.since(begin) > r.callees.giveUp })
	if len(r.callees.registered) < 4 {
		r.t.Fatalf("in %v only %d callees could register", r.callees.giveUp, len(r.callees.registered))
	}
}

// dial makes the calls that are due, as long as the server answers.
func (r *run) dial() {
	due := int(r.loop.since(r.begin).Seconds() * float64(r.rate))
	for ; r.made+r.spare < due; r.made++ {
		if r.callers.unheard > int(unheardTime.Seconds()*float64(r.rate)) {
			r.spare = due - r.made
			break
		}
		r.callers.dial(mix[r.made%len(mix)])
	}
	if r.loop.since(r.begin) < r.span {
		r.loop.after(time.Second/time.Duration(r.rate), r.dial)
	}
}

// look notes the memory.
func (r *run) look() {
	r.server.mustLive("calls")
	if r.loop.since(r.begin) < r.span {
		r.memory = append(r.memory, r.server.memory())
		r.loop.after(r.span/looksPerRun, r.look)
	}
}

// checkTransactions waits until the server has answered all requests; in a long run also until it has let go of all
// transactions.
func (r *run) checkTransactions() {
	all, unanswered := r.transactions(answerPatience, func(_, unanswered int) bool { return unanswered == 0 })
	if unanswered > 0 {
		r.t.Errorf("%d requests have no final response, %v after the last call", unanswered, answerPatience)
	}
	if all == 0 {
		r.t.Errorf("the server has no transactions just after calls: it cannot count them")
	}
	if !r.isLong() {
		return
	}
	if left, _ := r.transactions(lingerPatience, func(all, _ int) bool { return all == 0 }); left > 0 {
		r.t.Errorf("%d transactions are left %v after the last call", left, lingerPatience)
	}
}

// transactions asks the server until it is enough; the phones still answer meanwhile.
func (r *run) transactions(patience time.Duration, isEnough func(all, unanswered int) bool) (all, unanswered int) {
	type answer struct {
		all, unanswered int
		err             error
	}
	answers := make(chan answer, 1)
	ask := func() {
		all, unanswered, err := r.pinger.transactions()
		answers <- answer{all, unanswered, err}
	}
	begin := r.loop.now()
	go ask()
	var last answer
	r.loop.run(func() bool {
		select {
		case last = <-answers:
			if last.err == nil && isEnough(last.all, last.unanswered) || r.loop.since(begin) > patience {
				return true
			}
			r.loop.after(askEvery, func() { go ask() })
		default:
		}
		return false
	})
	if last.err != nil {
		r.server.mustLive("all calls")
		r.t.Errorf("how many transactions the server has is not known: %v", last.err)
	}
	return last.all, last.unanswered
}

// reportNetwork tells what happened to the datagrams, and whether the machine had time for all this.
func (r *run) reportNetwork() {
	for _, k := range []*link{r.callers.link, r.callees.link} {
		r.t.Logf("datagrams sent %d, received %d, lost %d, doubled %d, dropped by the kernel %d", k.sent, k.received, k.lost, k.doubled, overflowed(k.address()))
		if k.lost == 0 || k.doubled == 0 {
			r.t.Error("the network was too good")
		}
	}
	r.t.Logf("of those to the server the kernel dropped %d; the phones had no processor %d times, for %v, and were up to %v late; %d calls were not made since the server did not answer",
		overflowed(r.server.at), r.loop.pauses, r.loop.stood.Round(time.Millisecond), r.loop.latest.Round(time.Millisecond), r.spare)
	if r.spare > r.made {
		r.t.Errorf("%d calls were made, %d not: the machine was too busy, or the server is too slow", r.made, r.spare)
	}
}

// checkGoroutines ends the server and wants only those goroutines that it has without calls.
func (r *run) checkGoroutines() {
	count := r.server.goroutines()
	r.t.Logf("%d goroutines in the end", count)
	if count == 0 || count > mostGoroutines {
		r.t.Errorf("%d goroutines are left:\n%s", count, &r.server.printed)
	}
}

// checkEnd wants the server to end by itself, and at once.
func (r *run) checkEnd() {
	if ending := r.server.stop(); ending > withoutGrace {
		r.t.Errorf("the server ends %v after SIGTERM: a transaction was open", ending)
	}
}

// checkCalls wants no faults, and of each kind its share of the calls.
func (r *run) checkCalls() {
	faults := slices.Concat(r.callers.faults, r.callees.faults)
	for _, fault := range faults[:min(2*shownFaults, len(faults))] {
		r.t.Error(fault)
	}
	if len(faults) > 2*shownFaults {
		r.t.Errorf("and %d faults more", len(faults)-2*shownFaults)
	}
	if len(faults) > 0 {
		r.t.Logf("the server printed:\n%s", &r.server.printed)
	}
	for kind, share := range shares() {
		if want := r.made / len(mix) * share; r.callers.ended[kind] < want {
			r.t.Errorf("%d calls of the kind %s have ended, want %d", r.callers.ended[kind], kind, want)
		}
	}
	if crossed := r.callers.ended[crossing]; crossed > 50 && (r.callers.late == 0 || r.callers.late == crossed) {
		r.t.Errorf("of %d crossing calls the 200 was first in %d", crossed, r.callers.late)
	}
}

// shares counts each kind in the mix.
func shares() map[string]int {
	found := map[string]int{}
	for _, kind := range mix {
		found[kind]++
	}
	return found
}

// checkMemory wants the second half to be flat.
func (r *run) checkMemory() {
	quarter := len(r.memory) / 4
	if quarter == 0 {
		return
	}
	second, third, last := mean(r.memory[quarter:2*quarter]), mean(r.memory[2*quarter:3*quarter]), mean(r.memory[3*quarter:])
	r.t.Logf("memory: second quarter %d MB, third %d MB, last %d MB, at most %d MB", second>>20, third>>20, last>>20, slices.Max(r.memory)>>20)
	if slices.Max(r.memory) > mostMemory {
		r.t.Errorf("%d MB are too much", slices.Max(r.memory)>>20)
	}
	// Transactions linger for a minute, and the collector lets as much garbage
	// gather: what is flat shows behind that.
	if r.span >= 5*time.Minute && float64(last) > growth*float64(third) {
		r.t.Errorf("memory grows: %d MB in the third quarter, %d MB in the last", third>>20, last>>20)
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
