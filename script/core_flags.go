// core_flags.go: core functions for the flags of a message, a branch, an AVP.

package script

import (
	"viaduct/script/syntax"
)

func flagFunctions() map[string]coreFunction {
	message := func(c *Context) *uint32 { return &c.Flags }
	branch := func(c *Context) *uint32 { return &c.BranchFlags }
	table := map[string]coreFunction{}
	for infix, of := range map[string]func(*Context) *uint32{"": message, "b": branch} {
		table["set"+infix+"flag"] = flagFunction(of, func(flags *uint32, mask uint32) int {
			*flags |= mask
			return 1
		})
		table["reset"+infix+"flag"] = flagFunction(of, func(flags *uint32, mask uint32) int {
			*flags &^= mask
			return 1
		})
		table["is"+infix+"flagset"] = flagFunction(of, func(flags *uint32, mask uint32) int {
			if *flags&mask != 0 {
				return 1
			}
			return -1
		})
	}
	return table
}

// flagFunction binds a word to one bit. The number is known when the script
// is compiled, or else worked out for each message. The form with a branch
// before the flag takes branch 0, the main one, alone.
func flagFunction(of func(*Context) *uint32, do func(flags *uint32, mask uint32) int) coreFunction {
	return coreFunction{1, 2, func(c *compiler, e *syntax.Call) Action {
		which := e.Args[0]
		if len(e.Args) == 2 {
			if v, ok := c.constant(e.Args[1]); !ok || v.AsInt() != 0 {
				c.fail(e.Args[1].Position(), "", "%s: only branch 0 has flags here", e.Name)
			}
		}
		if mask, ok := c.flagMask(which); ok {
			return func(c *Context) int { return do(of(c), mask) }
		}
		number := c.number(which)
		return func(c *Context) int {
			n := number(c)
			if n < 0 || n > 31 {
				return -1
			}
			return do(of(c), 1<<n)
		}
	}}
}

// flagMask reads a flag that the script names or numbers.
func (c *compiler) flagMask(e syntax.Expr) (uint32, bool) {
	name := ""
	switch e := e.(type) {
	case *syntax.Word:
		name = e.Name
	case *syntax.StringLit:
		name = e.Value
	}
	if n, ok := c.flags[name]; ok && name != "" {
		return 1 << n, true
	}
	if word, ok := e.(*syntax.Word); ok {
		c.fail(word.Pos, "declare it: flags "+word.Name+";", "there is no flag %s", word.Name)
		return 0, true
	}
	v, ok := c.constant(e)
	if !ok {
		return 0, false
	}
	n := v.AsInt()
	if n < 0 || n > 31 || v.Kind == String && v.Text != IntValue(n).String() {
		c.fail(e.Position(), "flags have the numbers 0 to 31, or a name that flags declares", "%s is no flag", e)
		return 0, true
	}
	return 1 << n, true
}
