// variable.go: pseudo-variables: finding the one that is meant, reading it
// with its transformations, setting it.

package script

import (
	"errors"
	"fmt"

	"viaduct/script/names"
	"viaduct/script/syntax"
)

// variable is a pseudo-variable bound at one place of a script.
type variable struct {
	eval   valueOf
	assign func(*Context, Value) error           // nil: it can only be read
	append func(*Context, []byte) ([]byte, bool) // nil: append what eval gives; false: no value
}

// Eval and Assign make it an Assignable.
func (v *variable) Eval(c *Context) Value                { return v.eval(c) }
func (v *variable) Assign(c *Context, value Value) error { return v.assign(c, value) }
func (v *variable) appendTo(dst []byte, c *Context) []byte {
	if v.append != nil {
		longer, ok := v.append(c, dst)
		if ok {
			return longer
		}
		return append(dst, "<null>"...)
	}
	return appendValue(dst, v.eval(c))
}

// binder binds a pseudo-variable of the language itself.
type binder func(c *compiler, pv *syntax.PV) (variable, error)

// builtinVariables gives all that need no module.
func builtinVariables() map[string]binder {
	all := map[string]binder{}
	for _, table := range []map[string]binder{
		requestVariables(), addressVariables(), headerVariables(), sourceVariables(), targetVariables(),
		credentialVariables(), storeVariables(), engineVariables(), timeVariables(), flagVariables(), avpVariables(),
	} {
		for name, bind := range table {
			all[name] = bind
		}
	}
	return all
}

// readOnly makes the binder of a variable without parentheses and index.
func readOnly(eval valueOf) binder {
	return func(*compiler, *syntax.PV) (variable, error) { return variable{eval: eval}, nil }
}

// text makes one of a variable that is text, "" meaning no value.
func text(get func(*Context) string) binder {
	return readOnly(func(c *Context) Value {
		if s := get(c); s != "" {
			return StringValue(s)
		}
		return Value{}
	})
}

// number makes one of a variable that is always a number.
func number(get func(*Context) int) binder {
	return readOnly(func(c *Context) Value { return IntValue(int64(get(c))) })
}

// readWrite makes one that can also be set.
func readWrite(eval valueOf, assign func(*Context, Value) error) binder {
	return func(*compiler, *syntax.PV) (variable, error) { return variable{eval: eval, assign: assign}, nil }
}

// indexable are the built-in variables that know [index].
var indexable = map[string]bool{"hdr": true, "avp": true, "xavp": true, "xavu": true, "xavi": true, "hfl": true, "branch": true, "ct": true, "rr": false}

// variable binds a pseudo-variable; faults are noted and give one that reads
// as $null.
func (c *compiler) variable(pv *syntax.PV) variable {
	v, err := c.findVariable(pv)
	if err != nil {
		hint := ""
		var known *hinted
		if errors.As(err, &known) {
			hint = known.hint
		}
		c.fail(c.place(pv), hint, "%v", err)
		return variable{eval: func(*Context) Value { return Value{} }}
	}
	if len(pv.Transformations) == 0 {
		return v
	}
	eval := v.eval
	for _, t := range pv.Transformations {
		step, err := c.transformation(t)
		if err != nil {
			c.fail(c.place(pv), hintOf(err), "in %s: %v", pv.Text, err)
			return v
		}
		inner := eval
		eval = func(c *Context) Value {
			v := step(c, inner(c))
			if len(v.Text) > maxText {
				return Value{}
			}
			return v
		}
	}
	return variable{eval: eval, append: func(c *Context, dst []byte) ([]byte, bool) {
		v := eval(c)
		if v.Kind == Null { // Kamailio 5.6.3 prints nothing, where a bare variable gives <null>
			return dst, true
		}
		return appendValue(dst, v), true
	}}
}

// hinted is an error with a remedy.
type hinted struct{ msg, hint string }

func (e *hinted) Error() string { return e.msg }

func hintOf(err error) string {
	var known *hinted
	if errors.As(err, &known) {
		return known.hint
	}
	return ""
}

func (c *compiler) findVariable(pv *syntax.PV) (variable, error) {
	if own, ok := c.variables[pv.Name]; ok {
		bound, err := own.Bind(pv.Inner, pv.Index, c.bindFormat)
		if err != nil {
			return variable{}, fmt.Errorf("$%s: %w", pv.Name, err)
		}
		if bound == nil {
			return variable{}, fmt.Errorf("$%s did not bind", pv.Name)
		}
		c.program.notes.used(pv.Name, "", c.place(pv), true)
		return variable{eval: bound.Eval, assign: bound.Assign}, nil
	}
	if bind, ok := c.builtin[pv.Name]; ok {
		if pv.Index != nil && !indexable[pv.Name] {
			return variable{}, fmt.Errorf("$%s takes no index", pv.Name)
		}
		c.program.notes.used(pv.Name, "", c.place(pv), true)
		return bind(c, pv)
	}
	if _, known := names.Variable(pv.Name); known {
		modules, _ := names.Variable(pv.Name)
		for _, module := range modules {
			if m := c.known[module]; m != nil && c.find(module) == nil && m.variable(pv.Name) {
				return variable{}, &hinted{
					fmt.Sprintf("$%s belongs to module %s, which is not loaded", pv.Name, module),
					fmt.Sprintf("add loadmodule %q", module+".so"),
				}
			}
		}
		what := fmt.Sprintf("$%s is known to Kamailio (%s) but viaduct does not implement it yet", pv.Name, orList(modules))
		if !c.options.Lenient {
			return variable{}, &hinted{what, "--lenient lets it have no value, with one warning"}
		}
		c.program.notes.used(pv.Name, orList(modules), c.place(pv), false)
		return c.ignoredVariable(pv, what), nil
	}
	hint := "write $$ for a dollar"
	if near := names.Close(pv.Name, c.variableNames()); near != nil {
		for i := range near {
			near[i] = "$" + near[i]
		}
		hint = "did you mean " + orList(near) + "?"
	}
	return variable{}, &hinted{fmt.Sprintf("unknown pseudo-variable $%s", pv.Name), hint}
}

// ignoredVariable stands, in lenient mode, for one that is not implemented: it
// has no value, and what it is set to is dropped.
func (c *compiler) ignoredVariable(pv *syntax.PV, what string) variable {
	c.warn(c.place(pv), "%s; it has no value", what)
	return variable{
		eval:   func(*Context) Value { return Value{} },
		assign: func(*Context, Value) error { return nil },
	}
}

// place is where a variable stands; of one in a string, the string.
func (c *compiler) place(pv *syntax.PV) syntax.Pos {
	if pv.Pos.IsValid() {
		return pv.Pos
	}
	return c.at
}

func (m *Module) variable(name string) bool {
	for _, v := range m.Variables {
		if v.Name == name {
			return true
		}
	}
	return false
}

func (c *compiler) variableNames() []string {
	var all []string
	for name := range c.builtin {
		all = append(all, name)
	}
	for name := range c.variables {
		all = append(all, name)
	}
	return all
}

// readVariable compiles a variable for its value.
func (c *compiler) readVariable(pv *syntax.PV) valueOf { return c.variable(pv).eval }

// target compiles the left side of an assignment; nil when it cannot be set.
func (c *compiler) target(e syntax.Expr, op syntax.AssignOp) func(*Context, Value) error {
	var v variable
	switch e := e.(type) {
	case *syntax.PV:
		if len(e.Transformations) > 0 {
			c.fail(e.Pos, "", "%s cannot be set: it has transformations", e)
			return nil
		}
		if op != syntax.AssignSet {
			return c.openserAssign(e, op)
		}
		before := len(c.errors)
		if v = c.variable(e); len(c.errors) > before {
			return nil
		}
	case *syntax.SerAVP:
		v = c.serAVP(e)
	}
	if v.assign == nil {
		c.fail(e.Position(), "", "%s cannot be set", e)
		return nil
	}
	return v.assign
}

// openserAssign compiles += and := of OpenSER 1.x: := replaces all values of
// an AVP, += adds to a number or to a text.
func (c *compiler) openserAssign(e *syntax.PV, op syntax.AssignOp) func(*Context, Value) error {
	if op == syntax.AssignReset {
		all := *e
		if e.Name == "avp" {
			all.Index = &syntax.Index{All: true}
		}
		return c.target(&all, syntax.AssignSet)
	}
	v := c.variable(e)
	if v.assign == nil {
		c.fail(e.Pos, "", "%s cannot be set", e)
		return nil
	}
	return func(c *Context, add Value) error {
		now := v.eval(c)
		if now.Kind == Int {
			return v.assign(c, IntValue(now.Int+add.AsInt()))
		}
		return v.assign(c, StringValue(now.AsString()+add.AsString()))
	}
}

// constantInner gives the text in a variable's parentheses, which must hold
// no variable.
func constantInner(pv *syntax.PV) (string, error) {
	if pv.Inner == nil {
		return "", fmt.Errorf("$%s needs a name: $%s(name)", pv.Name, pv.Name)
	}
	text, ok := pv.Inner.Static()
	if !ok {
		return "", fmt.Errorf("the name in $%s(…) must be fixed", pv.Name)
	}
	return text, nil
}

// innerText gives the text in a variable's parentheses for each message.
func (c *compiler) innerText(pv *syntax.PV) (func(*Context) string, error) {
	if pv.Inner == nil {
		return nil, fmt.Errorf("$%s needs a name: $%s(name)", pv.Name, pv.Name)
	}
	if text, ok := pv.Inner.Static(); ok {
		return func(*Context) string { return text }, nil
	}
	var parts []syntax.FormatPart
	for i, step := range pv.Inner.Steps {
		if i > 0 {
			parts = append(parts, syntax.FormatPart{Text: "=>"})
		}
		parts = append(parts, step.Parts...)
	}
	return c.bindFormat(parts)
}

// index gives the index of a variable for each message; fallback when there
// is none written.
func (c *compiler) index(x *syntax.Index, fallback int) func(*Context) int {
	switch {
	case x == nil:
		return func(*Context) int { return fallback }
	case x.PV != nil:
		v := c.variable(x.PV)
		return func(c *Context) int { return int(v.eval(c).AsInt()) }
	}
	n := x.N
	return func(*Context) int { return n }
}
