// Flags of all messages: set_gflag, reset_gflag, is_gflag.
package cfgutils

import (
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
)

// flags are 32 bits that belong to no message.
type flags struct{ bits atomic.Uint32 }

func (f *flags) setInitial(v script.Value) error {
	f.bits.Store(uint32(v.AsInt()))
	return nil
}

func (f *flags) functions() []script.Function {
	return []script.Function{
		{Name: "set_gflag", MinArgs: 1, MaxArgs: 1, Bind: bindFlag(func(mask uint32) int { f.bits.Or(mask); return 1 })},
		{Name: "reset_gflag", MinArgs: 1, MaxArgs: 1, Bind: bindFlag(func(mask uint32) int { f.bits.And(^mask); return 1 })},
		{Name: "is_gflag", MinArgs: 1, MaxArgs: 1, Bind: bindFlag(func(mask uint32) int { return module.Bool(f.bits.Load()&mask != 0) })},
	}
}

// bindFlag binds a function of the number of a flag.
func bindFlag(do func(mask uint32) int) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		number, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		if v, ok := args[0].Constant(); ok {
			if n, _ := module.NumberIn(v); n < 0 || n > 31 {
				return nil, &script.ArgError{Msg: "flags have the numbers 0 to 31"}
			}
		}
		return func(c *script.Context) int {
			n, ok := number(c)
			if !ok || n < 0 || n > 31 {
				return -1
			}
			return do(1 << n)
		}, nil
	}
}
