// Package usrloc is the module of the location service. It brings no words:
// its parameters say how registrar finds and keeps bindings.
package usrloc

import (
	"fmt"

	"viaduct/registrar"
	"viaduct/script"
)

// New makes the module. config is shared with module registrar; log hears of
// what cannot be done.
func New(config *registrar.Config, log script.Logger) *script.Module {
	u := &settings{log: log}
	own := []script.Param{
		{Name: "use_domain", Set: script.SetBool(&config.UseDomain)},
		{Name: "desc_time_order", Set: script.SetBool(&config.DescTimeOrder)},
		{Name: "cseq_delay", Set: setDelay(&config.CSeqDelay)},
		{Name: "matching_mode", Set: script.SetInt(&u.matching)},
		{Name: "db_mode", Set: script.SetInt(&u.dbMode)},
		{Name: "use_database", Set: script.SetInt(&u.dbMode)}, // SER 0.8
	}
	for _, name := range idle {
		own = append(own, script.Param{Name: name, Set: accept})
	}
	return &script.Module{Name: "usrloc", Params: own, Start: u.start}
}

// idle are parameters of how Kamailio divides its memory and its work, which
// is done otherwise here: the table grows as it must, and expired bindings
// never count, whenever they are swept.
var idle = []string{"hash_size", "timer_interval", "timer_procs", "preload", "nat_bflag"}

func accept(script.Value) error { return nil }

// settings are those parameters that registrar does not need.
type settings struct {
	log      script.Logger
	dbMode   int
	matching int
}

func (u *settings) start() error {
	if u.dbMode != 0 {
		u.warn("db_mode %d: bindings are kept in memory, and over a restart in the store of viaduct itself (serve --db)", u.dbMode)
	}
	if u.matching != 0 {
		u.warn("matching_mode %d: contacts are told apart by their URI alone, as in mode 0 (RFC 3261 section 10.3)", u.matching)
	}
	return nil
}

func (u *settings) warn(format string, args ...any) {
	if u.log != nil {
		u.log.Log(script.LevelWarning, fmt.Sprintf("usrloc: "+format+"\n", args...))
	}
}

// setDelay takes seconds.
func setDelay(target *uint32) func(script.Value) error {
	return func(v script.Value) error {
		n := v.AsInt()
		if n < 0 || n > 1<<31 {
			return fmt.Errorf("expected a number of seconds, not %d", n)
		}
		*target = uint32(n)
		return nil
	}
}
