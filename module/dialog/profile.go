// Words of profiles: sets of dialogs that are counted.
package dialog

import (
	"slices"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// profile is what an argument names.
type profile struct {
	name      string
	withValue bool
	value     script.Arg // nil: none was given
}

// readProfile reads a profile and maybe its value. A value of a profile without
// values is dropped.
func (d *Module) readProfile(args []script.Arg) (p profile, err error) {
	if p.name, err = module.Fixed(args, 0); err != nil {
		return p, err
	}
	var known bool
	if p.withValue, known = d.profile(p.name); !known {
		return p, &script.ArgError{Index: 0, Msg: "there is no profile " + p.name, Hint: "name it in profiles_with_value or profiles_no_value"}
	}
	if p.withValue && len(args) > 1 {
		p.value = args[1]
	}
	return p, nil
}

func (d *Module) profile(name string) (withValue, known bool) {
	withValue = slices.Contains(d.withValue, name)
	return withValue, withValue || slices.Contains(d.withoutValue, name)
}

// place gives what is meant for a message; any says that no value was given
// where there are values. A value must not be empty.
func (p *profile) place(c *script.Context) (in membership, any, ok bool) {
	in.profile = p.name
	if !p.withValue || p.value == nil {
		return in, p.withValue, true
	}
	in.value = string(script.AppendArg(nil, c, p.value))
	return in, false, in.value != ""
}

// bindEnter binds set_dlg_profile(profile[, value]). Before the dialog begins
// it is said of the coming one.
func (d *Module) bindEnter(args []script.Arg) (script.Action, error) {
	p, err := d.readProfile(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		in, any, ok := p.place(c)
		if any || !ok {
			return -1
		}
		if dialog := d.current(c); dialog != nil {
			return module.Bool(d.server.Table.enter(dialog, in))
		}
		if c.Kind != syntax.RequestRoute || c.Message.Method != "INVITE" || c.Message.ToTag() != "" {
			return -1
		}
		w := workOf(c)
		w.pending = append(w.pending, in)
		return 1
	}, nil
}

// bindLeave binds unset_dlg_profile(profile[, value]).
func (d *Module) bindLeave(args []script.Arg) (script.Action, error) {
	return d.bindMember(args, func(dialog *Dialog, in membership, any bool) bool { return !any && d.server.Table.leave(dialog, in) })
}

// bindIsIn binds is_in_profile(profile[, value]).
func (d *Module) bindIsIn(args []script.Arg) (script.Action, error) {
	return d.bindMember(args, (*Dialog).isMember)
}

func (d *Module) bindMember(args []script.Arg, do func(*Dialog, membership, bool) bool) (script.Action, error) {
	p, err := d.readProfile(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		in, any, ok := p.place(c)
		dialog := d.current(c)
		return module.Bool(ok && dialog != nil && do(dialog, in, any))
	}, nil
}

// bindProfileSize binds get_profile_size(profile, [value,] variable).
func (d *Module) bindProfileSize(args []script.Arg) (script.Action, error) {
	last := len(args) - 1
	target, err := module.Target(args, last)
	if err != nil {
		return nil, err
	}
	p, err := d.readProfile(args[:last])
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		in, any, ok := p.place(c)
		if !ok {
			return -1
		}
		size := d.server.Table.size(in, any)
		return module.Bool(target.Assign(c, script.IntValue(int64(size))) == nil)
	}, nil
}

// bindSetTimeoutByProfile binds dlg_set_timeout_by_profile(profile, [value,] seconds).
func (d *Module) bindSetTimeoutByProfile(args []script.Arg) (script.Action, error) {
	last := len(args) - 1
	timeout, err := module.Number(args, last)
	if err != nil {
		return nil, err
	}
	p, err := d.readProfile(args[:last])
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n, isNumber := timeout(c)
		in, any, ok := p.place(c)
		if !isNumber || n < 1 || !ok {
			return -1
		}
		for _, dialog := range d.server.Table.all() {
			if dialog.isMember(in, any) {
				d.setLifetime(dialog, n)
			}
		}
		return 1
	}, nil
}

// bindRemote binds dlg_remote_profile("add" | "rm", profile, value, uid, expires):
// a member that another server follows, until that second since 1970.
func (d *Module) bindRemote(args []script.Arg) (script.Action, error) {
	command, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	if command != "add" && command != "rm" {
		return nil, &script.ArgError{Index: 0, Msg: "there is no command " + command, Hint: `"add" or "rm"`}
	}
	expires, err := module.Number(args, 4)
	if err != nil {
		return nil, err
	}
	name, value, uid := module.Text(args[1]), module.Text(args[2]), module.Text(args[3])
	return func(c *script.Context) int {
		r := remote{membership: membership{name(c), value(c)}, uid: uid(c)}
		withValue, known := d.profile(r.profile)
		until, ok := expires(c)
		if !known || !ok || withValue == (r.value == "") {
			return -1
		}
		if r.expires = time.Unix(int64(until), 0); command == "add" {
			d.server.Table.addRemote(r)
		} else {
			d.server.Table.removeRemote(r)
		}
		return 1
	}, nil
}
