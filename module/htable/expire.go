// Expiry: expired items are taken out little by little, and
// event_route[htable:expired:table] hears of each.
package htable

import (
	"errors"
	"sync/atomic"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// expiry is what the tick of a script keeps.
type expiry struct {
	begun   bool
	turn    int                      // seconds since the sweep of shard 0
	routes  map[string]*script.Route // event_route[htable:expired:…] by table
	current atomic.Pointer[expired]
}

// expired is the item that an event route looks at.
type expired struct {
	context *script.Context
	key     string
	value   script.Value
}

// tick runs event_route[htable:mod-init] the first time, and sweeps a part of
// each table, so that each item is looked at once in an interval.
func (w *words) tick(p *script.Program, now time.Time) {
	e := &w.expiry
	if !e.begun {
		e.begun = true
		w.Tables.keepOnly(w.byName)
		w.begin(p)
	}
	first := e.turn * shardCount / w.interval
	e.turn++
	end := e.turn * shardCount / w.interval
	if e.turn == w.interval {
		e.turn = 0
	}
	for _, name := range w.names {
		if t := w.byName[name]; t.lifetime != 0 {
			t.Sweep(first, end, now.Unix(), w.teller(name))
		}
	}
}

// begin finds the event routes and runs the one of the start.
func (w *words) begin(p *script.Program) {
	w.expiry.routes = map[string]*script.Route{}
	for name := range w.byName {
		if r := p.Find(syntax.EventRoute, "htable:expired:"+name); r != nil {
			w.expiry.routes[name] = r
		}
	}
	if r := p.Find(syntax.EventRoute, "htable:mod-init"); r != nil {
		w.Run(r, func(*module.Message) {})
	}
}

// teller gives what runs the event route of a table; nil when it has none.
func (w *words) teller(name string) func(key string, value script.Value) {
	route := w.expiry.routes[name]
	if route == nil {
		return nil
	}
	return func(key string, value script.Value) {
		w.Run(route, func(m *module.Message) {
			w.expiry.current.Store(&expired{&m.Context, key, value})
		})
		w.expiry.current.Store(nil)
	}
}

var errRecord = errors.New("expected $shtrecord(key) or $shtrecord(value)")

// bindRecord binds $shtrecord(key) and $shtrecord(value): the item that has
// expired.
func (w *words) bindRecord(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	if inner == nil || inner.Text != "key" && inner.Text != "value" {
		return nil, errRecord
	}
	return record{w, inner.Text == "key"}, nil
}

type record struct {
	words *words
	key   bool
}

func (r record) Eval(c *script.Context) script.Value {
	e := r.words.expiry.current.Load()
	switch {
	case e == nil || e.context != c:
		return script.Value{}
	case r.key:
		return script.StringValue(e.key)
	}
	return e.value
}

func (record) Assign(*script.Context, script.Value) error { return errReadOnly }
