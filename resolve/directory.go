// Directory: a configuration, and all that was found under it.
package resolve

import (
	"sync/atomic"
	"time"
)

type directory struct {
	config    Config
	counts    *counters
	system    system
	plans     *cache[place, *plan]
	answers   *cache[question, *answer]
	questions chan struct{} // a place for each open question
	answering atomic.Uint32 // the server that answered last
}

func newDirectory(c Config, counts *counters) *directory {
	start := time.Now()
	clock := func() time.Duration { return time.Since(start) }
	t := terms{
		size: c.Size, failureTTL: c.FailureTTL,
		staleFor: c.StaleFor, staleAfter: c.StaleAfter, staleTTL: c.StaleTTL,
		clock: clock,
	}
	d := &directory{
		config: c, counts: counts,
		plans:     newCache[place, *plan](t, &counts.stale),
		answers:   newCache[question, *answer](t, &counts.stale),
		questions: make(chan struct{}, c.MaxQuestions),
	}
	d.system.config, d.system.clock = &d.config, clock
	return d
}

// counters are kept for as long as the resolver lives.
type counters struct {
	queries    atomic.Uint64
	unanswered atomic.Uint64
	stale      atomic.Uint64
	busy       atomic.Uint64
}

// Counters say how the resolver fares.
type Counters struct {
	Queries    uint64 // sent to name servers
	Unanswered uint64 // questions that no server answered
	Stale      uint64 // answers that served beyond their time
	Busy       uint64 // requests that got ErrBusy
	Plans      int    // in the cache, and
	Answers    int
}

// Counters gives what was counted since the resolver was made.
func (r *Resolver) Counters() Counters {
	d := r.current.Load()
	return Counters{
		Queries: r.counts.queries.Load(), Unanswered: r.counts.unanswered.Load(),
		Stale: r.counts.stale.Load(), Busy: r.counts.busy.Load(),
		Plans: d.plans.len(), Answers: d.answers.len(),
	}
}
