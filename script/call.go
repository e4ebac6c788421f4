// call.go: calls of functions: which module has the word, what to say when
// none has, and the binding of the arguments.

package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"viaduct/script/names"
	"viaduct/script/syntax"
)

// call compiles a call. Its value is the return code.
func (c *compiler) call(e *syntax.Call) Action {
	if e.Name == "route" {
		return c.routeCall(e)
	}
	function, module := c.lookup(e)
	if function != nil {
		return c.bind(e, function, module)
	}
	if core, ok := c.words[e.Name]; ok {
		if core.accepts(len(e.Args)) {
			c.program.notes.called(e.Name, "core", e.Pos, true)
			return c.bindCore(e, core)
		}
		c.fail(e.Pos, "", "%s takes %s, not %d", e.Name, arity(core.min, core.max), len(e.Args))
		return failing
	}
	return c.unknownCall(e)
}

// failing stands where compilation has failed.
func failing(*Context) int { return -1 }

// lookup finds the loaded module that has a function with so many arguments.
// Of several the last loaded wins, as in Kamailio.
func (c *compiler) lookup(e *syntax.Call) (*Function, string) {
	for i := len(c.loaded) - 1; i >= 0; i-- {
		m := c.loaded[i]
		if m.module == nil {
			continue
		}
		for j := range m.module.Functions {
			f := &m.module.Functions[j]
			if f.Name == e.Name && f.accepts(len(e.Args)) {
				return f, m.name
			}
		}
	}
	return nil, ""
}

func (f *Function) accepts(args int) bool {
	return f.MinArgs <= args && (args <= f.MaxArgs || f.MaxArgs < 0)
}

// arity says how many arguments are right: "1 argument", "1 to 3 arguments".
func arity(low, high int) string {
	switch {
	case high < 0:
		return fmt.Sprintf("%d arguments or more", low)
	case low == 1 && high == 1:
		return "1 argument"
	case low == high:
		return fmt.Sprintf("%d arguments", low)
	}
	return fmt.Sprintf("%d to %d arguments", low, high)
}

// bind hands the arguments to the function and wraps what it gives: the place
// of the decision is noted, the result becomes the return code, 0 ends the
// script (in SER, the route).
func (c *compiler) bind(e *syntax.Call, f *Function, module string) Action {
	c.program.notes.called(e.Name, module, e.Pos, true)
	if c.route != nil && !f.Routes.Has(c.route.Kind) {
		c.fail(e.Pos, "it may stand in "+f.Routes.String(), "%s cannot be used in %s", e.Name, c.route.Kind)
		return failing
	}
	args := make([]Arg, len(e.Args))
	for i, x := range e.Args {
		if word, ok := x.(*syntax.Word); ok && module != "core" {
			c.fail(word.Pos, fmt.Sprintf("write %q", word.Name), "an argument of %s needs quotes", e.Name)
		}
		args[i] = c.argument(x, e.Name)
	}
	action, err := f.Bind(args)
	for _, a := range args {
		c.reportArgument(a)
	}
	if err != nil {
		c.failBind(e, err)
		return failing
	}
	if action == nil {
		c.fail(e.Pos, "", "%s of module %s did not bind", e.Name, module)
		return failing
	}
	at := e.Pos
	stop := flowExit
	if c.dialect == syntax.SER {
		stop = flowBreak
	}
	if module == "core" && c.dialect == syntax.Kamailio { // core words leave $rc as it is
		return func(c *Context) int {
			c.At = at
			code := action(c)
			if code == 0 {
				c.run.flow |= stop
			}
			return code
		}
	}
	return func(c *Context) int {
		c.At = at
		code := action(c)
		c.ReturnCode = code
		if code == 0 {
			c.run.flow |= stop
		}
		return code
	}
}

func (c *compiler) failBind(e *syntax.Call, err error) {
	var blamed *ArgError
	if errors.As(err, &blamed) && blamed.Index >= 0 && blamed.Index < len(e.Args) {
		c.fail(e.Args[blamed.Index].Position(), blamed.Hint, "%s: %s", e.Name, blamed.Msg)
		return
	}
	c.failWith(e.Pos, fmt.Errorf("%s: %w", e.Name, err))
}

// unknownCall says what is wrong with a call that nothing answers.
func (c *compiler) unknownCall(e *syntax.Call) Action {
	for _, m := range c.loaded { // the word is right, the number of arguments is not
		if m.module == nil {
			continue
		}
		for _, f := range m.module.Functions {
			if f.Name == e.Name {
				c.fail(e.Pos, "", "%s takes %s, not %d", e.Name, arity(f.MinArgs, f.MaxArgs), len(e.Args))
				return failing
			}
		}
	}
	modules := names.ModulesOf(e.Name)
	for _, name := range modules {
		if m := c.find(name); m != nil {
			return c.notImplemented(e, name, m.table.Function(e.Name).Era)
		}
	}
	if core := names.Find("core").Function(e.Name); core != nil {
		return c.notImplemented(e, "core", core.Era)
	}
	modules = append(c.implementing(e.Name), modules...) // those that would help stand first
	modules = unique(modules)
	if len(modules) > 0 {
		c.program.notes.called(e.Name, modules[0], e.Pos, false)
		c.fail(e.Pos, fmt.Sprintf("add loadmodule %q", modules[0]+".so"),
			"function %s belongs to module %s, which is not loaded", e.Name, orList(modules))
		return failing
	}
	c.program.notes.called(e.Name, "", e.Pos, false)
	hint := ""
	if near := names.Close(e.Name, c.callable()); near != nil {
		hint = "did you mean " + orList(near) + "?"
	}
	c.fail(e.Pos, hint, "unknown function %s", e.Name)
	return failing
}

// implementing gives the modules of ours that have a function.
func (c *compiler) implementing(function string) (modules []string) {
	for _, m := range c.options.Modules {
		for _, f := range m.Functions {
			if f.Name == function {
				modules = append(modules, m.Name)
			}
		}
	}
	return modules
}

// unique leaves out what stood before, and keeps the order.
func unique(names []string) (kept []string) {
	for _, name := range names {
		if !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	return kept
}

// notImplemented is a fault, or in lenient mode a call that gives -1.
func (c *compiler) notImplemented(e *syntax.Call, module string, era names.Era) Action {
	c.program.notes.called(e.Name, module, e.Pos, false)
	of := "of module " + module
	if module == "core" {
		of = "of the core"
	}
	what := fmt.Sprintf("function %s %s is known to %s but viaduct does not implement it yet", e.Name, of, era)
	if !c.options.Lenient {
		c.fail(e.Pos, "--lenient lets it return -1 with one warning", "%s", what)
		return failing
	}
	c.warn(e.Pos, "%s; it returns -1", what)
	for _, x := range e.Args {
		c.argument(x, e.Name)
	}
	return func(c *Context) int {
		c.ReturnCode = -1
		return -1
	}
}

// callable gives all words that could have been meant.
func (c *compiler) callable() []string {
	all := []string{"route"}
	for name := range c.words {
		all = append(all, name)
	}
	for _, m := range c.loaded {
		if m.module != nil {
			for _, f := range m.module.Functions {
				all = append(all, f.Name)
			}
		}
		if m.table != nil {
			for _, f := range m.table.Functions {
				all = append(all, f.Name)
			}
		}
	}
	return all
}

// String lists the kinds of a set as a script writes them.
func (r Routes) String() string {
	var kinds []string
	for kind := syntax.RequestRoute; kind <= syntax.TimerRoute; kind++ {
		if r&(1<<kind) != 0 {
			kinds = append(kinds, kind.String())
		}
	}
	if kinds == nil {
		return "any route"
	}
	return strings.Join(kinds, ", ")
}
