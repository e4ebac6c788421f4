// Extended flags: 64 more for a transaction.
package corex

import (
	"viaduct/module"
	"viaduct/script"
)

const highestFlag = 63

// keptName is the AVP in which the flags are; no script can spell it.
const keptName = "xflags\x00"

func flagFunctions() []script.Function {
	return []script.Function{
		{Name: "setxflag", MinArgs: 1, MaxArgs: 1, Bind: bindFlag(func(flags, bit uint64) (uint64, bool) { return flags | bit, true })},
		{Name: "resetxflag", MinArgs: 1, MaxArgs: 1, Bind: bindFlag(func(flags, bit uint64) (uint64, bool) { return flags &^ bit, true })},
		{Name: "isxflagset", MinArgs: 1, MaxArgs: 1, Bind: bindFlag(func(flags, bit uint64) (uint64, bool) { return flags, flags&bit != 0 })},
	}
}

func bindFlag(do func(flags, bit uint64) (after uint64, result bool)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		number, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			n, ok := number(c)
			if !ok || n < 0 || n > highestFlag {
				return -1
			}
			flags := uint64(0)
			if c.AVPs != nil {
				flags = uint64(c.AVPs.Get(keptName).Int)
			}
			after, result := do(flags, 1<<n)
			if after != flags {
				if c.AVPs == nil {
					c.AVPs = new(script.AVPs)
				}
				c.AVPs.Remove(keptName)
				c.AVPs.Add(keptName, script.IntValue(int64(after)))
			}
			return module.Bool(result)
		}, nil
	}
}
