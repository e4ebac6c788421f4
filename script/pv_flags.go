// pv_flags.go: flags as numbers: $mf $mF $sf $sF.

package script

import "fmt"

func flagVariables() map[string]binder {
	get := func(c *Context) Value { return IntValue(int64(c.Flags)) }
	set := func(c *Context, v Value) error {
		c.Flags = uint32(v.AsInt())
		return nil
	}
	hex := readOnly(func(c *Context) Value { return StringValue(fmt.Sprintf("%08X", c.Flags)) })
	return map[string]binder{
		"mf": readWrite(get, set), "mF": hex,
		"sf": readWrite(get, set), "sF": hex,
	}
}
