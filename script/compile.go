// compile.go: from the tree of a script to closures, everything bound once.

package script

import (
	"errors"
	"fmt"
	"strings"

	"viaduct/script/syntax"
)

// Compile binds a script: modules, parameters, routes, functions and
// variables. Its error is a syntax.ErrorList with every fault that was found.
func Compile(f *syntax.File, o Options) (*Program, error) {
	c := newCompiler(f, o)
	c.globals()
	c.loadModules()
	c.setParams()
	c.startModules()
	c.declareRoutes()
	for i, r := range f.Routes {
		if i < len(c.program.routes) {
			c.compileRoute(c.program.routes[i], r)
		}
	}
	c.noteModules()
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	return c.program, nil
}

// compiler holds what is known of a script while it is compiled.
type compiler struct {
	file    *syntax.File
	options Options
	program *Program
	dialect syntax.Dialect
	errors  syntax.ErrorList

	words        map[string]coreFunction // of the language itself, and so the next two
	builtin      map[string]binder
	transformers map[string]transformer

	known     map[string]*Module  // what Options brings, by name
	loaded    []*loadedModule     // in the order of loadmodule
	variables map[string]Variable // pseudo-variables of the loaded modules
	slots     map[string]int      // $var(name) to its place in run.vars
	flags     map[string]int      // declared flag names
	avpFlags  map[string]int

	route *Route     // being compiled; nil outside
	at    syntax.Pos // of the string that is being compiled: what is in it has no place of its own
	// calls tells whether what was just compiled may end the script, so that
	// only then a statement looks for it.
	calls bool
}

func newCompiler(f *syntax.File, o Options) *compiler {
	c := &compiler{
		file: f, options: o, dialect: f.Dialect,
		words: coreFunctions(), builtin: builtinVariables(), transformers: transformers(),
		known: map[string]*Module{}, variables: map[string]Variable{},
		slots: map[string]int{}, flags: map[string]int{}, avpFlags: map[string]int{},
		program: &Program{file: f, options: o, limits: defaultLimits, shared: newSharedVariables()},
	}
	c.program.slotNames = c.slots
	for _, m := range o.Modules {
		c.known[m.Name] = m
	}
	if core := c.known["core"]; core != nil {
		c.loaded = append(c.loaded, &loadedModule{name: "core", module: core})
	}
	return c
}

// fail notes a fault; the rest of the script is still looked at.
func (c *compiler) fail(at syntax.Pos, hint, format string, args ...any) {
	c.errors = append(c.errors, &syntax.Error{
		Pos: at, Msg: fmt.Sprintf(format, args...), Hint: hint, SourceLine: c.sourceLine(at),
	})
}

// failWith notes an error of a package below, which may bring its own place.
func (c *compiler) failWith(at syntax.Pos, err error) {
	var inner *syntax.Error
	if errors.As(err, &inner) {
		c.fail(at, inner.Hint, "%s", inner.Msg)
		return
	}
	c.fail(at, "", "%v", err)
}

// warn writes a line about the script to the log.
func (c *compiler) warn(at syntax.Pos, format string, args ...any) {
	c.program.log(LevelWarning, at.String()+": "+fmt.Sprintf(format, args...)+"\n")
}

// declareRoutes makes the handles of all routes first, so that routes may
// call those that stand further down.
func (c *compiler) declareRoutes() {
	for _, r := range c.file.Routes {
		c.program.routes = append(c.program.routes, &Route{
			Kind: r.Kind, Name: r.Name, Seconds: r.Seconds, Pos: r.Pos, program: c.program,
		})
	}
}

func (c *compiler) compileRoute(into *Route, r *syntax.Route) {
	c.route = into
	into.body = c.block(r.Body)
	c.route = nil
}

// sourceLine gives the line of a fault to print below it; "" when it cannot be
// had.
func (c *compiler) sourceLine(at syntax.Pos) string {
	if c.options.Source == nil || !at.IsValid() {
		return ""
	}
	text, err := c.options.Source(at.File)
	if err != nil {
		return ""
	}
	n := 1
	for line := range strings.Lines(text) {
		if n == at.Line {
			return strings.TrimRight(line, "\r\n")
		}
		n++
	}
	return ""
}
