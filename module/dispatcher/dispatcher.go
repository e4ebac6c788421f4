// Package dispatcher holds the words of a script that share requests out over
// sets of destinations, find out which of them are alive, and go on to the next
// when one fails.
//
//	list.go        the list file
//	attributes.go  the attributes of a destination
//	destination.go one destination, and what is known of it
//	sets.go        all destinations of a script
//	kept.go        what outlives the script
//	params.go      parameters
//	select.go      ds_select… and where the choice goes
//	routes.go      ds_select_routes
//	record.go      what was chosen, in XAVPs
//	algorithm.go   the algorithms 0 to 13
//	hash.go        what is hashed
//	shares.go      weights
//	next.go        ds_next…, ds_set…
//	older.go       the AVPs of older scripts
//	state.go       active, trying, inactive, disabled; ds_mark_dst
//	event.go       event routes, $dsv
//	ping.go        pings
//	latency.go     how fast a destination answers pings
//	calls.go       how many calls each destination carries
//	source.go      ds_is_from_list, ds_is_active, ds_list_exists
//	names.go       the addresses of destinations that have names
package dispatcher

import (
	"fmt"
	"sync/atomic"
	"time"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// Server is what the module needs of the server.
type Server struct {
	Directory string // of the script; list files stand there
	Kept      *Kept  // outlives the script
	Proxy     *proxy.Proxy
	Now       func() time.Time
	Log       script.Logger
	// Run runs a route on a request of our own making; set prepares it.
	Run func(route *script.Route, set func(*module.Message))
}

// New gives the module.
func New(server Server) *script.Module {
	w := &words{Server: server, settings: defaults()}
	m := &script.Module{
		Name:      "dispatcher",
		Params:    w.params(),
		Variables: []script.Variable{{Name: "dsv", Bind: bindEvent}},
		Start:     w.start,
		Tick:      w.tick,
	}
	m.Functions = append(m.Functions, w.selectFunctions()...)
	m.Functions = append(m.Functions, w.nextFunctions()...)
	m.Functions = append(m.Functions, w.stateFunctions()...)
	m.Functions = append(m.Functions, w.sourceFunctions()...)
	m.Functions = append(m.Functions, w.callFunctions()...)
	return m
}

// words are the module as one script has it.
type words struct {
	Server
	settings
	loaded   bool // the script loads the module
	sets     atomic.Pointer[sets]
	reloaded atomic.Int64 // when ds_reload did, in seconds
	timer    timer
}

// timer is what the tick of a script keeps.
type timer struct {
	begun                bool
	ping, sweep, resolve time.Time // when it is due next
}

// start reads the list.
func (w *words) start() error {
	w.loaded = true
	if w.fromDatabase {
		return nil
	}
	all, err := w.read(w.Kept.known)
	if err != nil {
		return err
	}
	w.sets.Store(all)
	return nil
}

// reload is ds_reload: the list is read again, and what was found out about its
// destinations is forgotten.
func (w *words) reload(c *script.Context) int {
	now, before := w.Now().Unix(), w.reloaded.Load()
	if now-before < int64(w.reloadDelta) || !w.reloaded.CompareAndSwap(before, now) {
		w.log(script.LevelWarning, "ds_reload again within reload_delta (%d s)", w.reloadDelta)
		return -1
	}
	if c.Wait != nil {
		c.Wait.HandOver()
	}
	all, err := w.read(w.Kept.fresh)
	if err != nil {
		w.log(script.LevelError, "the list stays as it was: %v", err)
		return -1
	}
	w.sets.Store(all)
	w.Kept.keepOnly(all)
	w.resolveNames()
	return 1
}

// tick is called once a second.
func (w *words) tick(p *script.Program, now time.Time) {
	if !w.loaded {
		return
	}
	t := &w.timer
	if !t.begun {
		t.begun = true
		t.ping, t.sweep, t.resolve = now.Add(w.pingInterval), now.Add(w.sweepInterval), now
		w.Kept.keepOnly(w.sets.Load())
	}
	if due(&t.ping, now, w.pingInterval) {
		w.pingAll(p)
	}
	if due(&t.sweep, now, w.sweepInterval) {
		w.Kept.calls.sweep(now.Unix())
	}
	if due(&t.resolve, now, w.resolveInterval) {
		w.resolveNames()
	}
}

// due tells whether a time has come, and sets the next one. Without an interval
// it never comes.
func due(at *time.Time, now time.Time, interval time.Duration) bool {
	if interval <= 0 || now.Before(*at) {
		return false
	}
	*at = now.Add(interval)
	return true
}

func (w *words) log(level script.Level, format string, args ...any) {
	if w.Log != nil {
		w.Log.Log(level, fmt.Sprintf("dispatcher: "+format+"\n", args...))
	}
}
