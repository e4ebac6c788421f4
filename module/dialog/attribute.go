// Words of one dialog: its end, time, flags, properties, target.
package dialog

import (
	"viaduct/module"
	"viaduct/script"
)

// bindBye binds dlg_bye("caller" | "callee" | "all"). A dialog of which one side
// has got BYE is over.
func (d *Module) bindBye(args []script.Arg) (script.Action, error) {
	which, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	who, ok := map[string]sides{"caller": caller, "callee": callee, "all": both, "both": both}[which]
	if !ok {
		return nil, &script.ArgError{Index: 0, Msg: "there is no such side of a dialog", Hint: `"caller", "callee" or "all"`}
	}
	return func(c *script.Context) int {
		dialog := d.current(c)
		if dialog == nil || !d.hangUp(dialog, who, module.Of(c)) {
			return -1
		}
		d.close(dialog, c.Program, nil)
		return 1
	}, nil
}

// bindSetTimeout binds dlg_set_timeout(seconds[, h_entry, h_id]).
func (d *Module) bindSetTimeout(args []script.Arg) (script.Action, error) {
	if len(args) == 2 {
		return nil, &script.ArgError{Index: 1, Msg: "h_entry and h_id go together"}
	}
	var numbers [3]module.NumberOf
	for i := range args {
		var err error
		if numbers[i], err = module.Number(args, i); err != nil {
			return nil, err
		}
	}
	find := d.current
	if len(args) == 3 {
		find = func(c *script.Context) *Dialog {
			entry, ok1 := numbers[1](c)
			id, ok2 := numbers[2](c)
			if !ok1 || !ok2 {
				return nil
			}
			return d.server.Table.number(uint32(entry), uint32(id))
		}
	}
	return func(c *script.Context) int {
		n, ok := numbers[0](c)
		dialog := find(c)
		if !ok || n < 1 || dialog == nil {
			return -1
		}
		d.setLifetime(dialog, n)
		return 1
	}, nil
}

// bindProperty binds dlg_set_property and dlg_reset_property; before dlg_manage
// they are said of the coming dialog.
func (d *Module) bindProperty(on bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		name, err := module.Fixed(args, 0)
		if err != nil {
			return nil, err
		}
		var set func(w *wishes)
		switch name {
		case "timeout-noreset":
			set = func(w *wishes) { w.noReset = on }
		case "ka-src":
			set = func(w *wishes) { w.ping = w.ping.with(caller, on) }
		case "ka-dst":
			set = func(w *wishes) { w.ping = w.ping.with(callee, on) }
		default:
			return nil, &script.ArgError{Index: 0, Msg: "the property " + name + " is not there", Hint: `"ka-src", "ka-dst" and "timeout-noreset" are`}
		}
		return func(c *script.Context) int {
			if dialog := d.wish(c, set); dialog != nil {
				dialog.mu.Lock()
				d.beginPings(dialog)
				d.server.Table.arm(dialog)
				dialog.mu.Unlock()
			}
			return 1
		}, nil
	}
}

func (s sides) with(side sides, on bool) sides {
	if on {
		return s | side
	}
	return s &^ side
}

// wish changes what the script wants of the dialog of a message, which it
// gives, or of the one to come; then it is nil.
func (d *Module) wish(c *script.Context, change func(*wishes)) *Dialog {
	dialog := d.current(c)
	if dialog == nil {
		change(&workOf(c).wishes)
		return nil
	}
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	change(&dialog.wishes)
	return dialog
}

// wished reads it.
func (d *Module) wished(c *script.Context, read func(*wishes)) {
	if dialog := d.current(c); dialog != nil {
		dialog.mu.Lock()
		defer dialog.mu.Unlock()
		read(&dialog.wishes)
	} else if w := workIf(c); w != nil {
		read(&w.wishes)
	}
}

// bindFlag binds dlg_setflag, dlg_resetflag and dlg_isflagset.
func (d *Module) bindFlag(do func(flags *uint32, mask uint32) bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		flag, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			n, ok := flag(c)
			if !ok || n < 0 || n > 31 {
				return -1
			}
			d.wish(c, func(w *wishes) { ok = do(&w.flags, 1<<n) })
			return module.Bool(ok)
		}, nil
	}
}

// setTarget is dlg_set_ruri: the Request-URI becomes the Contact of the side
// that the request goes to.
func (d *Module) setTarget(c *script.Context) int {
	dialog, upstream := d.lookUp(c)
	if dialog == nil {
		return -1
	}
	dialog.mu.Lock()
	contact := dialog.side(!upstream).contact
	dialog.mu.Unlock()
	if contact == "" {
		return -1
	}
	c.URI = contact
	return 1
}
