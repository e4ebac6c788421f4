// $dlg_ctx(name): what the script wants of the dialog at hand, or of the one to
// come.
package dialog

import (
	"fmt"

	"viaduct/script"
	"viaduct/script/syntax"
)

func (d *Module) bindContext(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	name := ""
	if inner != nil {
		name, _ = inner.Static()
	}
	switch name {
	case "set":
		return readOnly(func(c *script.Context) script.Value { return truth(attached(c) != nil) }), nil
	case "on", "timeout_route_id": // numbers of Kamailio's own keeping
		return readOnly(func(*script.Context) script.Value { return script.IntValue(0) }), nil
	case "dir":
		return readOnly(direction), nil
	case "timeout":
		return settable{wantedTimeout, d.assignTimeout}, nil
	case "timeout_bye":
		return d.wishVariable(
			func(w *wishes) script.Value { return truth(w.timeoutBye) },
			func(w *wishes, v script.Value) { w.timeoutBye = v.AsInt() != 0 }), nil
	case "timeout_route":
		return d.wishVariable(
			func(w *wishes) script.Value { return text(w.timeoutRoute) },
			func(w *wishes, v script.Value) { w.timeoutRoute = v.AsString() }), nil
	}
	return nil, fmt.Errorf("$dlg_ctx(%s) is not known", name)
}

// wishVariable is one that reads and sets a wish.
func (d *Module) wishVariable(read func(*wishes) script.Value, assign func(*wishes, script.Value)) settable {
	return settable{
		func(c *script.Context) script.Value {
			value := read(new(wishes))
			d.wished(c, func(w *wishes) { value = read(w) })
			return value
		},
		func(c *script.Context, v script.Value) error {
			d.wish(c, func(w *wishes) { assign(w, v) })
			return nil
		},
	}
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
	switch w := workIf(c); {
	case w == nil || w.dialog == nil:
		return script.IntValue(0)
	case w.upstream:
		return script.IntValue(2)
	}
	return script.IntValue(1)
}

func wantedTimeout(c *script.Context) script.Value {
	if w := workIf(c); w != nil {
		return script.IntValue(int64(w.timeout))
	}
	return script.IntValue(0)
}

func (d *Module) assignTimeout(c *script.Context, v script.Value) error {
	n := int(v.AsInt())
	workOf(c).timeout = n
	if dialog := d.current(c); dialog != nil && n > 0 {
		d.setLifetime(dialog, n)
	}
	return nil
}
