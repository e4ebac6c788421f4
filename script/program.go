// Program: a compiled script, and how its routes are found and run.

package script

import (
	"time"

	"viaduct/script/syntax"
	"viaduct/wire"
)

// Options is what Compile needs to know beside the script.
type Options struct {
	// Modules are all that can be loaded, by name. The one called "core" needs
	// no loadmodule and brings the core words that need a server.
	Modules []*Module
	// Lenient turns calls of words that Kamailio knows and viaduct does not
	// implement into calls that give -1, with one warning each.
	Lenient bool
	// Log takes warnings of Compile and what log() prints; nil drops them.
	Log Logger
	// Myself tells whether an address is one of ours. NoTransport stands for
	// any transport, port 0 for any port; nil is never.
	Myself func(host string, port int, transport wire.Transport) bool
	// Color says whether $C(fg bg) gives escapes of the terminal, or nothing.
	Color bool
	// Source gives the text of a file of the script, for the lines that faults
	// show; nil shows none.
	Source syntax.Loader
	// Defines answers $def(name) and $defn(name); nil knows none.
	Defines func(name string) (value string, ok bool)
	// Now is the clock of $Ts and its kind; nil is time.Now.
	Now func() time.Time
}

// Level is the weight of a log line, with Kamailio's numbers.
type Level int

const (
	LevelAlert    Level = -5
	LevelBug      Level = -4
	LevelCritical Level = -2
	LevelError    Level = -1
	LevelWarning  Level = 0
	LevelNotice   Level = 1
	LevelInfo     Level = 2
	LevelDebug    Level = 3
)

// Logger takes what a script logs and what the engine has to say about it.
// The text of log() comes as the script wrote it, mostly with a line end.
type Logger interface {
	Log(level Level, text string)
}

// Result tells how the run of a route ended.
type Result struct {
	Code int  // value of the last action, or of return, exit or drop
	Exit bool // exit, drop, or an action that gave 0
	Drop bool // drop: a reply, branch or outgoing message is to be discarded
}

// Program is a compiled script. Any number of goroutines may run it.
type Program struct {
	file      *syntax.File
	options   Options
	routes    []*Route
	globals   Globals
	shared    *sharedVariables
	slotNames map[string]int // of $var, by name
	notes     notes
	limits    limits
}

// Dialect tells in which language the script is written.
func (p *Program) Dialect() syntax.Dialect { return p.file.Dialect }

// File gives the script as text was parsed.
func (p *Program) File() *syntax.File { return p.file }

// Globals gives the core parameters of the script.
func (p *Program) Globals() *Globals { return &p.globals }

// Find gives the route of a kind and name ("" is the main one), or nil. Keep
// it: running it needs no lookup.
func (p *Program) Find(kind syntax.RouteKind, name string) *Route {
	for _, r := range p.routes {
		if r.Kind == kind && r.Name == name {
			return r
		}
	}
	return nil
}

// Has tells whether the script has that route.
func (p *Program) Has(kind syntax.RouteKind, name string) bool { return p.Find(kind, name) != nil }

// Run runs the route of a kind and name; one that is not there does nothing.
func (p *Program) Run(kind syntax.RouteKind, name string, c *Context) Result {
	r := p.Find(kind, name)
	if r == nil {
		return Result{Code: 1}
	}
	return r.Run(c)
}

// Routes gives all routes in the order of the script.
func (p *Program) Routes() []*Route { return p.routes }
