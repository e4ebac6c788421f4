// core.go: the functions of the language that need no module: how they are
// found and how they get their arguments.

package script

import "viaduct/script/syntax"

// coreFunction is one word of the language.
type coreFunction struct {
	min, max int // arguments
	bind     func(c *compiler, e *syntax.Call) Action
}

func (f coreFunction) accepts(args int) bool { return f.min <= args && args <= f.max }

// coreFunctions gives all words.
func coreFunctions() map[string]coreFunction {
	all := map[string]coreFunction{}
	for _, table := range []map[string]coreFunction{
		uriFunctions(), flagFunctions(), targetFunctions(), transportFunctions(), logFunctions(),
	} {
		for name, f := range table {
			all[name] = f
		}
	}
	return all
}

// bindCore binds a word. In Kamailio these leave $rc as it was; in OpenSER
// every action sets it.
func (c *compiler) bindCore(e *syntax.Call, f coreFunction) Action {
	action := f.bind(c, e)
	if c.dialect != syntax.OpenSER {
		return action
	}
	return func(c *Context) int {
		code := action(c)
		c.ReturnCode = code
		return code
	}
}

// simple makes a word without arguments that always succeeds.
func simple(do func(*Context)) coreFunction {
	return coreFunction{0, 0, func(*compiler, *syntax.Call) Action {
		return func(c *Context) int {
			do(c)
			return 1
		}
	}}
}

// withText makes a word with one text as argument. Unlike the functions of
// modules these take a literal as it is written: $ has no meaning in it.
func withText(do func(c *Context, text string) bool) coreFunction {
	return coreFunction{1, 1, func(c *compiler, e *syntax.Call) Action {
		value := c.value(e.Args[0])
		return func(c *Context) int { return code(do(c, value(c).AsString())) }
	}}
}

// withNumber makes a word with one number as argument.
func withNumber(do func(c *Context, n int) bool) coreFunction {
	return coreFunction{1, 1, func(c *compiler, e *syntax.Call) Action {
		value := c.number(e.Args[0])
		return func(c *Context) int { return code(do(c, int(value(c)))) }
	}}
}

func code(ok bool) int {
	if ok {
		return 1
	}
	return -1
}
