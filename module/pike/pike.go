// Package pike holds the words of a script that notice who floods: a source
// that sends more requests in a while than the script allows.
package pike

import (
	"fmt"
	"net/netip"
	"time"

	"viaduct/module"
	"viaduct/script"
)

// New gives the module. Sources outlive the script, so that a reload frees
// nobody.
func New(sources *Sources, now func() time.Time, log script.Logger, verbosity *module.Verbosity) *script.Module {
	w := &words{sources: sources, now: now, log: log, verbosity: verbosity, unit: 2, density: 30, level: 1}
	return &script.Module{
		Name: "pike",
		Functions: []script.Function{
			module.Plain("pike_check_req", func(c *script.Context) int { return w.check(c, c.Flow.Remote.Addr()) }),
			module.OfText("pike_check_ip", w.checkText),
		},
		Params: []script.Param{
			{Name: "sampling_time_unit", Set: atLeastOne(&w.unit)},
			{Name: "reqs_density_per_unit", Set: atLeastOne(&w.density)},
			{Name: "pike_log_level", Set: script.SetInt(&w.level)},
			{Name: "remove_latency", Set: func(script.Value) error { return nil }}, // sources are forgotten when the place is needed
		},
		Start: func() error {
			w.limit = limit{time.Duration(w.unit) * time.Second, uint32(w.density)}
			sources.open()
			return nil
		},
		Tick: w.tick,
	}
}

type words struct {
	sources   *Sources
	now       func() time.Time
	log       script.Logger
	verbosity *module.Verbosity

	unit    int // seconds
	density int // requests that are fine in a unit
	level   int // of the lines of the log, as the script numbers it
	limit   limit
}

func atLeastOne(target *int) func(script.Value) error {
	return func(v script.Value) error {
		n, ok := module.NumberIn(v)
		if !ok || n < 1 || n > 1<<30 {
			return fmt.Errorf("expected a number above 0, not %s", v)
		}
		*target = n
		return nil
	}
}

// Return codes of the two words.
const (
	allowed = 1
	known   = -1 // is blocked already
	fresh   = -2 // is blocked from now on
)

// check counts a request of an address.
func (w *words) check(c *script.Context, from netip.Addr) int {
	switch w.sources.count(from, w.now().UnixNano(), w.limit) {
	case blocked:
		return known
	case newlyBlocked:
		w.print(c.Program, "pike: %s is blocked: more than %d requests in %d s\n", from.Unmap(), w.density, w.unit)
		return fresh
	}
	return allowed
}

// checkText is check for an address as text, with or without brackets.
func (w *words) checkText(c *script.Context, text string) int {
	if len(text) > 2 && text[0] == '[' && text[len(text)-1] == ']' {
		text = text[1 : len(text)-1]
	}
	from, err := netip.ParseAddr(text)
	if err != nil {
		return -1
	}
	return w.check(c, from)
}

// tick frees those that have calmed down.
func (w *words) tick(p *script.Program, now time.Time) {
	w.sources.free(now.UnixNano(), w.limit, func(from netip.Addr) {
		w.print(p, "pike: %s is free again\n", from)
	})
}

func (w *words) print(p *script.Program, format string, args ...any) {
	if level := module.LevelIn(p.Dialect(), w.level); w.log != nil && level <= w.verbosity.Level(p) {
		w.log.Log(level, fmt.Sprintf(format, args...))
	}
}
