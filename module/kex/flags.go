// Flags of branches: setbflag and its kin.
package kex

import (
	"viaduct/module"
	"viaduct/script"
)

const highestFlag = 31

// flagFunction makes a word of a flag and, when it is not the main one, a
// branch: 0 is the Request-URI, 1 and on those that append_branch added.
func flagFunction(name string, do func(flags *uint32, bit uint32) bool) script.Function {
	return script.Function{Name: name, MinArgs: 1, MaxArgs: 2, Bind: func(args []script.Arg) (script.Action, error) {
		flag, err := flagOf(args)
		if err != nil {
			return nil, err
		}
		if len(args) == 1 {
			return func(c *script.Context) int {
				n, ok := flag(c)
				return module.Bool(ok && isFlag(n) && do(&c.BranchFlags, 1<<n))
			}, nil
		}
		branch, err := module.Number(args, 1)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			n, ok := flag(c)
			at, ok2 := branch(c)
			if !ok || !ok2 || !isFlag(n) || at < 0 || at > len(c.Branches) {
				return -1
			}
			if at == 0 {
				return module.Bool(do(&c.BranchFlags, 1<<n))
			}
			return module.Bool(do(&c.Branches[at-1].Flags, 1<<n))
		}, nil
	}}
}

// flagOf reads the number of the flag.
func flagOf(args []script.Arg) (module.NumberOf, error) {
	flag, err := module.Number(args, 0)
	if err != nil {
		return nil, err
	}
	if v, ok := args[0].Constant(); ok {
		if n, _ := module.NumberIn(v); !isFlag(n) {
			return nil, &script.ArgError{Index: 0, Msg: v.String() + " is no flag", Hint: "flags have the numbers 0 to 31"}
		}
	}
	return flag, nil
}

func isFlag(n int) bool { return n >= 0 && n <= highestFlag }
