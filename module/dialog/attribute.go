// Words of one dialog: its time, flags, properties, target.
package dialog

import (
	"viaduct/module"
	"viaduct/script"
)

// setLifetime gives a dialog so many seconds from now on.
func (d *Module) setLifetime(dialog *Dialog, n int) {
	dialog.mu.Lock()
	dialog.lifetime = seconds(n)
	running := dialog.state == Confirmed
	dialog.mu.Unlock()
	if running {
		d.server.Table.wait(dialog, d.server.Now().Add(seconds(n)))
	}
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
	return func(c *script.Context) int {
		n, ok := numbers[0](c)
		if !ok || n < 1 {
			return -1
		}
		dialog := workOf(c).dialog
		if len(args) == 3 {
			entry, ok1 := numbers[1](c)
			id, ok2 := numbers[2](c)
			if !ok1 || !ok2 {
				return -1
			}
			dialog = d.server.Table.number(uint32(entry), uint32(id))
		} else if dialog == nil {
			dialog, _ = d.server.Table.find(c.Message.CallID(), c.Message.FromTag(), c.Message.ToTag())
		}
		if dialog == nil {
			return -1
		}
		d.setLifetime(dialog, n)
		return 1
	}, nil
}

// bindProperty binds dlg_set_property and dlg_reset_property.
func (d *Module) bindProperty(on bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		name, err := module.Fixed(args, 0)
		if err != nil {
			return nil, err
		}
		if name != "timeout-noreset" {
			return nil, &script.ArgError{Index: 0, Msg: "the property " + name + " is not there", Hint: `"timeout-noreset" is`}
		}
		return func(c *script.Context) int {
			dialog := workOf(c).dialog
			if dialog == nil {
				return -1
			}
			dialog.mu.Lock()
			dialog.noReset = on
			dialog.mu.Unlock()
			return 1
		}, nil
	}
}

// bindFlag binds dlg_setflag, dlg_resetflag and dlg_isflagset; before dlg_manage
// they are the coming dialog's.
func (d *Module) bindFlag(do func(flags, mask uint32) (uint32, bool)) func([]script.Arg) (script.Action, error) {
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
			w := workOf(c)
			if w.dialog == nil {
				w.flags, ok = do(w.flags, 1<<n)
				return module.Bool(ok)
			}
			w.dialog.mu.Lock()
			defer w.dialog.mu.Unlock()
			w.dialog.flags, ok = do(w.dialog.flags, 1<<n)
			return module.Bool(ok)
		}, nil
	}
}

// setTarget is dlg_set_ruri: the Request-URI becomes the Contact of the side
// that the request goes to.
func (d *Module) setTarget(c *script.Context) int {
	w := workOf(c)
	if w.dialog == nil {
		return -1
	}
	w.dialog.mu.Lock()
	defer w.dialog.mu.Unlock()
	contact := w.dialog.callee.contact
	if w.upstream {
		contact = w.dialog.caller.contact
	}
	if contact == "" {
		return -1
	}
	c.URI = contact
	return 1
}
