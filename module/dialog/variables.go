// Pseudo-variables: $dlg(…), $dlg_var(…), $DLG_count, $DLG_status, $DLG_lifetime,
// and OpenSIPS's $DLG_dir and $DLG_timeout.
package dialog

import (
	"errors"
	"fmt"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
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
	plain := func(name string, v script.Assignable) script.Variable {
		return script.Variable{Name: name, Bind: func(*syntax.Inner, *syntax.Index, script.FormatBinder) (script.Assignable, error) {
			return v, nil
		}}
	}
	return []script.Variable{
		plain("DLG_count", readOnly(func(*script.Context) script.Value { return script.IntValue(d.server.Table.active.Load()) })),
		plain("DLG_status", sequential(func(_ *work, dialog *Dialog) script.Value { return script.IntValue(int64(dialog.state)) })),
		plain("DLG_lifetime", sequential(func(_ *work, dialog *Dialog) script.Value {
			if dialog.started.IsZero() {
				return script.IntValue(0)
			}
			return script.IntValue(int64(d.server.Now().Sub(dialog.started).Seconds()))
		})),
		plain("DLG_dir", sequential(func(w *work, _ *Dialog) script.Value {
			if w.upstream {
				return script.StringValue("upstream")
			}
			return script.StringValue("downstream")
		})),
		plain("DLG_timeout", settable{
			sequential(func(_ *work, dialog *Dialog) script.Value {
				return script.IntValue(int64(dialog.deadline.Sub(d.server.Now()).Seconds()))
			}),
			d.assignTimeout,
		}),
		{Name: "dlg", Bind: d.bindAttribute},
		{Name: "dlg_ctx", Bind: d.bindContext},
		{Name: "dlg_var", Bind: d.bindVariable},
	}
}

// sequential reads the dialog of a request within it, or of the reply to one,
// under its lock; elsewhere there is no value.
func sequential(read func(*work, *Dialog) script.Value) readOnly {
	return func(c *script.Context) script.Value {
		w := workIf(c)
		if w == nil || w.dialog == nil || w.dialog == w.begun {
			return script.Value{}
		}
		w.dialog.mu.Lock()
		defer w.dialog.mu.Unlock()
		return read(w, w.dialog)
	}
}

func text(s string) script.Value {
	if s == "" {
		return script.Value{}
	}
	return script.StringValue(s)
}

// bindAttribute binds $dlg(name).
func (d *Module) bindAttribute(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	name := ""
	if inner != nil {
		name, _ = inner.Static()
	}
	read := attribute(name)
	if read == nil {
		return nil, fmt.Errorf("$dlg(%s) is not known", name)
	}
	return readOnly(func(c *script.Context) script.Value {
		dialog := d.current(c)
		if dialog == nil {
			return script.Value{}
		}
		dialog.mu.Lock()
		defer dialog.mu.Unlock()
		return read(dialog)
	}), nil
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
		return func(d *Dialog) script.Value {
			if d.started.IsZero() {
				return script.Value{}
			}
			return script.IntValue(int64(d.callee.cseq))
		}
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
func (d *Module) bindVariable(inner *syntax.Inner, _ *syntax.Index, bind script.FormatBinder) (script.Assignable, error) {
	if inner == nil {
		return nil, errors.New("$dlg_var needs a name: $dlg_var(name)")
	}
	name, err := nameOf(inner, bind)
	if err != nil {
		return nil, err
	}
	return settable{
		func(c *script.Context) (value script.Value) {
			key := name(c)
			d.wished(c, func(w *wishes) {
				if text, ok := w.variables[key]; ok {
					value = script.StringValue(text)
				}
			})
			return value
		},
		func(c *script.Context, v script.Value) error {
			key := name(c)
			d.wish(c, func(w *wishes) { w.set(key, v) })
			return nil
		},
	}, nil
}

// set changes a variable, or takes it away.
func (w *wishes) set(key string, v script.Value) {
	switch {
	case v.Kind == script.Null:
		delete(w.variables, key)
	case w.variables == nil:
		w.variables = map[string]string{key: v.AsString()}
	default:
		w.variables[key] = v.AsString()
	}
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

// socketOf writes a listener as "udp:127.0.0.1:5060".
func socketOf(flow wire.Flow) string {
	if !flow.Local.IsValid() {
		return ""
	}
	return strings.ToLower(flow.Transport.String()) + ":" + flow.Local.String()
}
