// Routes that may be missing: check_route_exists, route_if_exists.
package cfgutils

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

func routeFunctions() []script.Function {
	return []script.Function{
		module.OfText("check_route_exists", func(c *script.Context, name string) int {
			return module.Bool(c.Program.Has(syntax.RequestRoute, name))
		}),
		module.OfText("route_if_exists", func(c *script.Context, name string) int {
			code, _ := c.Call(name)
			return code
		}),
	}
}
