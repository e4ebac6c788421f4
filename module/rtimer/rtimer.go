// Package rtimer runs routes of a script by the clock.
package rtimer

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// New gives the module. run runs a route on a request of our own making.
func New(log script.Logger, run func(route *script.Route, set func(*module.Message))) *script.Module {
	w := &words{log: log, run: run, fallback: 120}
	return &script.Module{
		Name: "rtimer",
		Params: []script.Param{
			{Name: "default_interval", Set: w.setFallback},
			{Name: "timer", Set: w.addTimer},
			{Name: "exec", Set: w.addRoute},
		},
		Variables: []script.Variable{{Name: "rtimer_worker", Bind: bindWorker}},
		Tick:      w.tick,
	}
}

// words are the module as one script has it.
type words struct {
	log      script.Logger
	run      func(route *script.Route, set func(*module.Message))
	fallback int // seconds, for timers that name none
	timers   []*timer
	begun    bool
}

// timer runs its routes one behind the other, and never twice at a time.
type timer struct {
	name     string
	interval time.Duration
	aside    bool // on a goroutine of its own, so that nobody waits for it
	names    []string
	routes   []*script.Route
	next     time.Time
	running  atomic.Bool
}

func (w *words) setFallback(v script.Value) error {
	if w.fallback = int(v.AsInt()); w.fallback < 1 {
		return fmt.Errorf("expected seconds, not %s", v)
	}
	return nil
}

func (w *words) addTimer(v script.Value) error {
	t, err := parseTimer(v.AsString(), time.Duration(w.fallback)*time.Second)
	if err != nil {
		return err
	}
	if w.find(t.name) != nil {
		return fmt.Errorf("there are two timers named %q", t.name)
	}
	w.timers = append(w.timers, t)
	return nil
}

func (w *words) addRoute(v script.Value) error {
	name, route, err := parseExec(v.AsString())
	if err != nil {
		return err
	}
	t := w.find(name)
	if t == nil {
		return fmt.Errorf("there is no timer %q; its parameter must stand before", name)
	}
	t.names = append(t.names, route)
	return nil
}

func (w *words) find(name string) *timer {
	for _, t := range w.timers {
		if t.name == name {
			return t
		}
	}
	return nil
}

// tick runs the timers whose time has come. The first time is one interval
// after the start.
func (w *words) tick(p *script.Program, now time.Time) {
	if !w.begun {
		w.begun = true
		w.begin(p, now)
	}
	for _, t := range w.timers {
		if now.Before(t.next) {
			continue
		}
		missed := now.Sub(t.next) / t.interval // a tick that comes late makes up for nothing
		t.next = t.next.Add((missed + 1) * t.interval)
		if !t.running.CompareAndSwap(false, true) {
			continue
		}
		if t.aside {
			go w.fire(t)
		} else {
			w.fire(t)
		}
	}
}

// begin finds the routes.
func (w *words) begin(p *script.Program, now time.Time) {
	for _, t := range w.timers {
		t.next = now.Add(t.interval)
		for _, name := range t.names {
			if route := p.Find(syntax.RequestRoute, name); route != nil {
				t.routes = append(t.routes, route)
			} else if w.log != nil {
				w.log.Log(script.LevelWarning, fmt.Sprintf("rtimer: timer %s: there is no route[%s]\n", t.name, name))
			}
		}
	}
}

func (w *words) fire(t *timer) {
	defer t.running.Store(false)
	for _, route := range t.routes {
		w.run(route, func(*module.Message) {})
	}
}

var errWorker = errors.New("$rtimer_worker can only be read")

// bindWorker binds $rtimer_worker: a timer has one worker, number 0.
func bindWorker(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
	return worker{}, nil
}

type worker struct{}

func (worker) Eval(*script.Context) script.Value { return script.IntValue(0) }

func (worker) Assign(*script.Context, script.Value) error { return errWorker }
