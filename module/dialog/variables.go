// Pseudo-variables: $dlg(…), $dlg_ctx(…), $dlg_var(…), $DLG_count, $DLG_status,
// $DLG_lifetime.
package dialog

import (
	"errors"
	"fmt"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

var errReadOnly = errors.New("this pseudo-variable cannot be set")

type readOnly func(c *script.Context) script.Value

func (r readOnly) Eval(c *script.Context) script.Value        { return r(c) }
func (r readOnly) Assign(*script.Context, script.Value) error { return errReadOnly }

// settable is one that can be set.
type settable struct {
	readOnly
	assign func(c *script.Context, v script.Value) error
}

func (s settable) Assign(c *script.Context, v script.Value) error { return s.assign(c, v) }

func (d *Module) variables() []script.Variable {
	plain := func(name string, read readOnly) script.Variable {
		return script.Variable{Name: name, Bind: func(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
			return read, nil
		}}
	}
	return []script.Variable{
		plain("DLG_count", func(*script.Context) script.Value { return script.IntValue(int64(d.server.Table.Count())) }),
		plain("DLG_status", ofSequential(func(dialog *Dialog) script.Value { return script.IntValue(int64(dialog.state)) })),
		plain("DLG_lifetime", ofSequential(func(dialog *Dialog) script.Value {
			if dialog.started.IsZero() {
				return script.IntValue(0)
			}
			return script.IntValue(int64(d.server.Now().Sub(dialog.started).Seconds()))
		})),
		{Name: "dlg", Bind: bindAttribute},
		{Name: "dlg_ctx", Bind: d.bindContext},
		{Name: "dlg_var", Bind: bindVariable},
	}
}

// of reads a dialog under its lock; without one there is no value.
func of(read func(*Dialog) script.Value) readOnly {
	return func(c *script.Context) script.Value {
		dialog := workOf(c).dialog
		if dialog == nil {
			return script.Value{}
		}
		dialog.mu.Lock()
		defer dialog.mu.Unlock()
		return read(dialog)
	}
}

// ofSequential is of, for requests within the dialog.
func ofSequential(read func(*Dialog) script.Value) readOnly {
	inner := of(read)
	return func(c *script.Context) script.Value {
		if c.Message.IsRequest() && c.Message.ToTag() == "" {
			return script.Value{}
		}
		return inner(c)
	}
}

func text(s string) script.Value {
	if s == "" {
		return script.Value{}
	}
	return script.StringValue(s)
}

// bindAttribute binds $dlg(name).
func bindAttribute(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	name := ""
	if inner != nil {
		name, _ = inner.Static()
	}
	if read := attribute(name); read != nil {
		return of(read), nil
	}
	return nil, fmt.Errorf("$dlg(%s) is not known", name)
}

func attribute(name string) func(*Dialog) script.Value {
	number := func(read func(*Dialog) int64) func(*Dialog) script.Value {
		return func(d *Dialog) script.Value { return script.IntValue(read(d)) }
	}
	word := func(read func(*Dialog) string) func(*Dialog) script.Value {
		return func(d *Dialog) script.Value { return text(read(d)) }
	}
	switch name {
	case "h_id":
		return number(func(d *Dialog) int64 { return int64(d.id) })
	case "h_entry":
		return number(func(d *Dialog) int64 { return int64(d.entry) })
	case "state":
		return number(func(d *Dialog) int64 { return int64(d.state) })
	case "lifetime":
		return number(func(d *Dialog) int64 { return int64(d.lifetime.Seconds()) })
	case "start_ts":
		return number(func(d *Dialog) int64 {
			if d.started.IsZero() {
				return 0
			}
			return d.started.Unix()
		})
	case "sflags":
		return number(func(d *Dialog) int64 { return int64(d.flags) })
	case "from_cseq":
		return number(func(d *Dialog) int64 { return int64(d.caller.cseq) })
	case "to_cseq":
		return number(func(d *Dialog) int64 { return int64(d.callee.cseq) })
	case "ref", "dflags", "toroute": // numbers of Kamailio's own keeping
		return number(func(*Dialog) int64 { return 0 })
	case "callid":
		return word(func(d *Dialog) string { return d.callID })
	case "from_tag":
		return word(func(d *Dialog) string { return d.caller.tag })
	case "to_tag":
		return word(func(d *Dialog) string { return d.callee.tag })
	case "from_uri":
		return word(func(d *Dialog) string { return d.caller.uri })
	case "to_uri":
		return word(func(d *Dialog) string { return d.callee.uri })
	case "from_contact":
		return word(func(d *Dialog) string { return d.caller.contact })
	case "to_contact":
		return word(func(d *Dialog) string { return d.callee.contact })
	case "from_rs":
		return word(func(d *Dialog) string { return strings.Join(d.caller.routes, ", ") })
	case "to_rs":
		return word(func(d *Dialog) string { return strings.Join(d.callee.routes, ", ") })
	case "from_bindaddr":
		return word(func(d *Dialog) string { return socketOf(d.caller.local) })
	case "to_bindaddr":
		return word(func(d *Dialog) string { return socketOf(d.callee.local) })
	}
	return nil
}

// bindVariable binds $dlg_var(name). What is set before dlg_manage goes to the
// dialog that it makes.
func bindVariable(inner *syntax.Inner, _ *syntax.Index, bind script.FormatBinder) (script.Assignable, error) {
	if inner == nil {
		return nil, errors.New("$dlg_var needs a name: $dlg_var(name)")
	}
	name, err := nameOf(inner, bind)
	if err != nil {
		return nil, err
	}
	return settable{
		func(c *script.Context) script.Value {
			var value string
			var ok bool
			use(c, func(variables *map[string]string) { value, ok = (*variables)[name(c)] })
			if !ok {
				return script.Value{}
			}
			return script.StringValue(value)
		},
		func(c *script.Context, v script.Value) error {
			use(c, func(variables *map[string]string) {
				switch {
				case v.Kind == script.Null:
					delete(*variables, name(c))
				case *variables == nil:
					*variables = map[string]string{name(c): v.AsString()}
				default:
					(*variables)[name(c)] = v.AsString()
				}
			})
			return nil
		},
	}, nil
}

// nameOf gives what stands in the parentheses for each message.
func nameOf(inner *syntax.Inner, bind script.FormatBinder) (func(*script.Context) string, error) {
	if fixed, ok := inner.Static(); ok {
		return func(*script.Context) string { return fixed }, nil
	}
	var parts []syntax.FormatPart
	for _, step := range inner.Steps {
		parts = append(parts, step.Parts...)
	}
	return bind(parts)
}

// use hands the variables of the dialog over, or of the one to come.
func use(c *script.Context, do func(variables *map[string]string)) {
	w := workOf(c)
	if w.dialog == nil {
		do(&w.variables)
		return
	}
	w.dialog.mu.Lock()
	defer w.dialog.mu.Unlock()
	do(&w.dialog.variables)
}

// bindContext binds $dlg_ctx(name): of the dialog, or of the one to come.
func (d *Module) bindContext(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	name := ""
	if inner != nil {
		name, _ = inner.Static()
	}
	switch name {
	case "set":
		return readOnly(func(c *script.Context) script.Value { return truth(workOf(c).dialog != nil) }), nil
	case "on", "timeout_route_id": // numbers of Kamailio's own keeping
		return readOnly(func(*script.Context) script.Value { return script.IntValue(0) }), nil
	case "dir":
		return readOnly(direction), nil
	case "timeout":
		return settable{func(c *script.Context) script.Value { return script.IntValue(int64(workOf(c).timeout)) }, d.assignTimeout}, nil
	case "timeout_bye":
		return settable{timeoutBye, assignTimeoutBye}, nil
	case "timeout_route":
		return settable{timeoutRoute, assignTimeoutRoute}, nil
	}
	return nil, fmt.Errorf("$dlg_ctx(%s) is not known", name)
}

func truth(yes bool) script.Value {
	if yes {
		return script.IntValue(1)
	}
	return script.IntValue(0)
}

// direction is 1 for requests of the caller, 2 for those of the callee, 0
// without a dialog.
func direction(c *script.Context) script.Value {
	switch w := workOf(c); {
	case w.dialog == nil:
		return script.IntValue(0)
	case w.upstream:
		return script.IntValue(2)
	}
	return script.IntValue(1)
}

func (d *Module) assignTimeout(c *script.Context, v script.Value) error {
	w := workOf(c)
	if w.timeout = int(v.AsInt()); w.dialog != nil && w.timeout > 0 {
		d.setLifetime(w.dialog, w.timeout)
	}
	return nil
}

func timeoutBye(c *script.Context) script.Value {
	w := workOf(c)
	if w.dialog == nil {
		return truth(w.timeoutBye)
	}
	w.dialog.mu.Lock()
	defer w.dialog.mu.Unlock()
	return truth(w.dialog.timeoutBye)
}

func assignTimeoutBye(c *script.Context, v script.Value) error {
	w := workOf(c)
	if w.timeoutBye = v.AsInt() != 0; w.dialog != nil {
		w.dialog.mu.Lock()
		w.dialog.timeoutBye = w.timeoutBye
		w.dialog.mu.Unlock()
	}
	return nil
}

func timeoutRoute(c *script.Context) script.Value {
	w := workOf(c)
	if w.dialog == nil {
		return text(w.timeoutRoute)
	}
	w.dialog.mu.Lock()
	defer w.dialog.mu.Unlock()
	return text(w.dialog.timeoutRoute)
}

func assignTimeoutRoute(c *script.Context, v script.Value) error {
	w := workOf(c)
	if w.timeoutRoute = v.AsString(); w.dialog != nil {
		w.dialog.mu.Lock()
		w.dialog.timeoutRoute = w.timeoutRoute
		w.dialog.mu.Unlock()
	}
	return nil
}
