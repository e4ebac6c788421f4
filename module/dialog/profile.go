// Words of profiles: sets of dialogs that are counted.
package dialog

import (
	"slices"

	"viaduct/module"
	"viaduct/script"
)

// profile is what an argument names.
type profile struct {
	name      string
	withValue bool
	value     module.TextOf // nil: none was given
}

// readProfile reads a profile and maybe its value. A value of a profile without
// values is dropped.
func (d *Module) readProfile(args []script.Arg) (p profile, err error) {
	if p.name, err = module.Fixed(args, 0); err != nil {
		return p, err
	}
	switch {
	case slices.Contains(d.withValue, p.name):
		p.withValue = true
		if len(args) > 1 {
			p.value = module.Text(args[1])
		}
	case !slices.Contains(d.withoutValue, p.name):
		return p, &script.ArgError{Index: 0, Msg: "there is no profile " + p.name, Hint: "name it in profiles_with_value or profiles_no_value"}
	}
	return p, nil
}

// member gives the place that is meant for a message; any says that no value
// was given where there are values.
func (p *profile) member(c *script.Context) (m membership, any bool) {
	if !p.withValue {
		return membership{p.name, ""}, false
	}
	if p.value == nil {
		return membership{p.name, ""}, true
	}
	return membership{p.name, p.value(c)}, false
}

// bindProfile binds set_dlg_profile, unset_dlg_profile and is_in_profile.
func (d *Module) bindProfile(do func(dialog *Dialog, m membership, any bool) bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		p, err := d.readProfile(args)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			dialog := workOf(c).dialog
			if dialog == nil {
				return -1
			}
			m, any := p.member(c)
			return module.Bool(do(dialog, m, any))
		}, nil
	}
}

func (d *Module) enter(dialog *Dialog, m membership, any bool) bool {
	if any || dialog.State() == Ended {
		return false
	}
	d.server.Table.enter(dialog, m)
	return true
}

func (d *Module) leave(dialog *Dialog, m membership, any bool) bool {
	return !any && d.server.Table.leave(dialog, m)
}

func (d *Module) isIn(dialog *Dialog, m membership, any bool) bool {
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	return slices.ContainsFunc(dialog.profiles, func(in membership) bool { return in == m || any && in.profile == m.profile })
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
		m, any := p.member(c)
		size := d.server.Table.size(m.profile, m.value, any)
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
		n, ok := timeout(c)
		if !ok || n < 1 {
			return -1
		}
		m, any := p.member(c)
		for _, dialog := range d.server.Table.all() {
			if d.isIn(dialog, m, any) {
				d.setLifetime(dialog, n)
			}
		}
		return 1
	}, nil
}
