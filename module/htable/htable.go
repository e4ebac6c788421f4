// Package htable holds the words of a script for shared tables: values by key,
// seen by all messages, that may expire.
//
//	tables.go      all tables of a server, and what they may hold together
//	table.go       one table: shards of items
//	definition.go  the parameter htable
//	variables.go   $sht and its kin
//	count.go       $shtcn and $shtcv
//	match.go       ways to compare a key or a value
//	remove.go      sht_rm… and sht_has…
//	iterator.go    walks over a table
//	lock.go        sht_lock and sht_unlock
//	expire.go      what happens once a second
//	print.go       sht_print
package htable

import (
	"fmt"
	"strings"
	"time"

	"viaduct/internal/keylock"
	"viaduct/module"
	"viaduct/script"
)

// Server is what the module needs of the server.
type Server struct {
	Tables *Tables // outlive the script
	Now    func() time.Time
	Log    script.Logger
	// Run runs a route on a request of our own making; set prepares it.
	Run func(route *script.Route, set func(*module.Message))
}

// New gives the module.
func New(server Server) *script.Module {
	w := &words{Server: server, byName: map[string]*table{}, interval: 20, megabytes: defaultMegabytes}
	m := &script.Module{
		Name: "htable",
		Params: []script.Param{
			{Name: "htable", Set: w.define},
			{Name: "timer_interval", Set: w.setInterval},
			{Name: "max_memory", Set: w.setMemory},
		},
		Start: w.start,
		Tick:  w.tick,
	}
	m.Variables = append(w.variables(), w.iteratorVariables()...)
	m.Functions = append(m.Functions, w.removeFunctions()...)
	m.Functions = append(m.Functions, w.setFunctions()...)
	m.Functions = append(m.Functions, w.iteratorFunctions()...)
	m.Functions = append(m.Functions, w.lockFunctions()...)
	m.Functions = append(m.Functions, module.Plain("sht_print", w.print))
	return m
}

// words are the module as one script has it.
type words struct {
	Server
	byName    map[string]*table // as the script declares them
	names     []string          // in that order
	interval  int               // seconds in which each item is looked at
	megabytes int
	locks     keylock.Locks
	expiry    expiry
}

// table is a table with what the script says of it.
type table struct {
	*Table
	definition
}

// life is how long what is set lives.
func (t *table) life() lifespan { return lifespan{t.lifetime, t.keepsExpiry} }

func (w *words) define(v script.Value) error {
	d, err := parseDefinition(v.AsString())
	if err != nil {
		return err
	}
	if w.byName[d.name] == nil {
		w.names = append(w.names, d.name)
	}
	w.byName[d.name] = &table{definition: d}
	return nil
}

func (w *words) setInterval(v script.Value) error {
	if w.interval = int(v.AsInt()); w.interval < 1 {
		return fmt.Errorf("expected seconds, not %s", v)
	}
	return nil
}

func (w *words) setMemory(v script.Value) error {
	if w.megabytes = int(v.AsInt()); w.megabytes < 1 || w.megabytes > 1<<20 {
		return fmt.Errorf("expected megabytes, not %s", v)
	}
	return nil
}

// start finds the tables; those of the script before keep what is in them.
func (w *words) start() error {
	w.Tables.setLimit(w.megabytes)
	for _, name := range w.names {
		t := w.byName[name]
		t.Table = w.Tables.open(name)
		if t.fromDatabase {
			w.warn("table %s: dbtable is not read yet, so the table begins empty", name)
		}
	}
	return nil
}

func (w *words) warn(format string, args ...any) {
	if w.Log != nil {
		w.Log.Log(script.LevelWarning, fmt.Sprintf("htable: "+format+"\n", args...))
	}
}

// find gives a table at load time; nil, with a line of the log, when the
// script does not declare it.
func (w *words) find(name string) *table {
	t := w.byName[name]
	if t == nil {
		w.warn("there is no table %q; add modparam(\"htable\", \"htable\", \"%s=>size=8;\")", name, name)
	}
	return t
}

// cutName cuts "table=>rest".
func cutName(text string) (name, rest string, ok bool) {
	name, rest, ok = strings.Cut(text, "=>")
	return strings.TrimSpace(name), rest, ok
}
