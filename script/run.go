// run.go: the state of a running script, and what bounds it.

package script

import (
	"fmt"

	"viaduct/script/syntax"
)

// Route is one compiled route.
type Route struct {
	Kind    syntax.RouteKind
	Name    string
	Seconds int // of a timer route
	Pos     syntax.Pos

	program *Program
	body    Action
}

// flow is what a statement asks of those around it.
type flow uint8

const (
	flowBreak  flow = 1 << iota // leave the loop or switch; in SER the action list
	flowReturn                  // leave the route
	flowExit                    // leave the script
	flowDrop                    // discard what is at hand; with flowExit
)

// run is the state of the engine in a Context.
type run struct {
	flow   flow
	depth  int  // routes called and not yet left
	steps  int  // calls of routes and turns of loops so far
	fault  bool // the expression that runs has failed
	vars   []varSlot
	number int64 // $mi; 0: not asked for yet
}

// limits bounds what a script may do with one message.
type limits struct {
	loops int // turns of one while; 0: no bound (max_while_loops)
	depth int // routes within routes (max_recursive_level)
	steps int // calls of routes and turns of loops in all
}

// Kamailio's defaults. Nested loops and routes that call others twice stay
// within its two limits and yet run for ever; the bound on steps ends them.
var defaultLimits = limits{loops: 100, depth: 256, steps: 1_000_000}

// Run runs the route on a message. Flags, AVPs and $var of the context stay
// for its next routes; the return code starts at 0. An action may run another
// route on the same context, as t_relay does with a branch route: the one
// that runs goes on behind it as if nothing had been.
func (r *Route) Run(c *Context) Result {
	if c.run.depth > 0 {
		kind, at, returnCode, flow := c.Kind, c.At, c.ReturnCode, c.run.flow
		result := r.run(c)
		c.Kind, c.At, c.ReturnCode, c.run.flow = kind, at, returnCode, flow
		return result
	}
	c.run.steps = 0
	return r.run(c)
}

func (r *Route) run(c *Context) Result {
	c.Program = r.program
	c.Kind = r.Kind
	c.ReturnCode = 0
	c.run.flow = 0
	c.run.depth++
	code := r.body(c)
	c.run.depth--
	ended := c.run.flow
	c.run.flow = 0
	return Result{Code: code, Exit: ended&flowExit != 0, Drop: ended&flowDrop != 0}
}

// stop ends the script for a fault of its own making, with a line in the log.
func (c *Context) stop(at *syntax.Pos, format string, args ...any) int {
	c.run.flow |= flowExit
	c.Program.log(LevelError, at.String()+": "+fmt.Sprintf(format, args...)+"; the script ends here\n")
	return -1
}

func (p *Program) log(level Level, text string) {
	if p.options.Log != nil {
		p.options.Log.Log(level, text)
	}
}
