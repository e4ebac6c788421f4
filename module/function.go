// Function: the usual shapes of a function of a module.
package module

import "viaduct/script"

// Plain makes a function without arguments.
func Plain(name string, run script.Action) script.Function {
	return script.Function{
		Name: name,
		Bind: func([]script.Arg) (script.Action, error) { return run, nil },
	}
}

// OfText makes a function of one text.
func OfText(name string, run func(c *script.Context, text string) int) script.Function {
	return script.Function{
		Name: name, MinArgs: 1, MaxArgs: 1,
		Bind: func(args []script.Arg) (script.Action, error) {
			text := Text(args[0])
			return func(c *script.Context) int { return run(c, text(c)) }, nil
		},
	}
}

// OfTexts makes a function of two texts.
func OfTexts(name string, run func(c *script.Context, first, second string) int) script.Function {
	return script.Function{
		Name: name, MinArgs: 2, MaxArgs: 2,
		Bind: func(args []script.Arg) (script.Action, error) {
			first, second := Text(args[0]), Text(args[1])
			return func(c *script.Context) int { return run(c, first(c), second(c)) }, nil
		},
	}
}

// Named gives a function a second name.
func Named(name string, f script.Function) script.Function {
	f.Name = name
	return f
}

// In says in which routes a function may stand.
func In(f script.Function, routes script.Routes) script.Function {
	f.Routes = routes
	return f
}
