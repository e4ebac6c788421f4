// allow_address and its kin: is this address in a group of the file?
package permissions

import (
	"viaduct/module"
	"viaduct/script"
)

func (p *permissions) addressFunctions() []script.Function {
	return []script.Function{
		{Name: "allow_address", MinArgs: 3, MaxArgs: 3, Bind: p.bindAddress},
		{Name: "allow_address_group", MinArgs: 2, MaxArgs: 2, Bind: p.bindAddressGroup},
		{Name: "allow_source_address", MaxArgs: 1, Bind: p.bindSource},
		module.Plain("allow_source_address_group", func(c *script.Context) int {
			return p.groupOf(c, p.source(c, anyGroup))
		}),
	}
}

// source looks for the sender of a message.
func (p *permissions) source(c *script.Context, group int) *peer {
	return p.addresses.find(group, c.Flow.Remote.Addr(), c.Flow.Remote.Port())
}

// found gives the return code, and the tag to who wants it.
func (p *permissions) found(c *script.Context, one *peer) int {
	if one == nil {
		return -1
	}
	if p.tag != nil && one.tag != "" {
		p.tag.Assign(c, script.StringValue(one.tag))
	}
	return 1
}

// groupOf is found with the group as return code.
func (p *permissions) groupOf(c *script.Context, one *peer) int {
	if p.found(c, one) < 0 {
		return -1
	}
	return one.group
}

// bindAddress binds allow_address(group, address, port).
func (p *permissions) bindAddress(args []script.Arg) (script.Action, error) {
	group, err := module.Number(args, 0)
	if err != nil {
		return nil, err
	}
	port, err := module.Number(args, 2)
	if err != nil {
		return nil, err
	}
	text := module.Text(args[1])
	return func(c *script.Context) int {
		g, ok := group(c)
		n, sound := port(c)
		if !ok || g < 1 || !sound {
			return -1
		}
		return p.found(c, p.addresses.findText(g, text(c), uint16(n)))
	}, nil
}

// bindAddressGroup binds allow_address_group(address, port).
func (p *permissions) bindAddressGroup(args []script.Arg) (script.Action, error) {
	port, err := module.Number(args, 1)
	if err != nil {
		return nil, err
	}
	text := module.Text(args[0])
	return func(c *script.Context) int {
		n, ok := port(c)
		if !ok {
			return -1
		}
		return p.groupOf(c, p.addresses.findText(anyGroup, text(c), uint16(n)))
	}, nil
}

// bindSource binds allow_source_address([group]); without it, group 1.
func (p *permissions) bindSource(args []script.Arg) (script.Action, error) {
	group := func(*script.Context) (int, bool) { return 1, true }
	if len(args) > 0 {
		var err error
		if group, err = module.Number(args, 0); err != nil {
			return nil, err
		}
	}
	return func(c *script.Context) int {
		g, ok := group(c)
		if !ok || g < 1 {
			return -1
		}
		return p.found(c, p.source(c, g))
	}, nil
}
