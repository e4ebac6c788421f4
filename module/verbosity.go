// Verbosity: how much a script logs. Weights of lines are Kamailio's numbers
// everywhere in Go; SER and OpenSER number them otherwise.
package module

import (
	"sync/atomic"

	"viaduct/script"
	"viaduct/script/syntax"
)

// Verbosity is what a script may change of its parameter debug while it runs
// (setdebug, resetdebug). The zero value leaves it as the script sets it.
type Verbosity struct {
	changed atomic.Bool
	level   atomic.Int32 // as the script numbers it
}

// Set changes the level until Reset.
func (v *Verbosity) Set(level int) {
	v.level.Store(int32(level))
	v.changed.Store(true)
}

// Reset gives the level back to the script's parameter.
func (v *Verbosity) Reset() { v.changed.Store(false) }

// Level gives the weight up to which the lines of a script are logged.
func (v *Verbosity) Level(p *script.Program) script.Level {
	if v.changed.Load() {
		return LevelIn(p.Dialect(), int(v.level.Load()))
	}
	return LevelIn(p.Dialect(), int(p.Globals().Debug))
}

// LevelIn gives the level that a number means in a dialect. SER and OpenSER
// count alert -3, critical -2, error -1, warning 1, notice 2, info 3, debug 4;
// Kamailio alert -5, bug -4, critical -2, error -1, warning 0, … debug 3.
func LevelIn(d syntax.Dialect, number int) script.Level {
	if d == syntax.Kamailio {
		return script.Level(number)
	}
	switch {
	case number > 0:
		return script.Level(number - 1)
	case number == 0:
		return script.LevelError
	case number == -3:
		return script.LevelAlert
	}
	return script.Level(number)
}
