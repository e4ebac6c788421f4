// t_on_reply, t_on_failure, t_on_branch: which routes a transaction shall run.
package tm

import (
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// bindOn binds t_on_…(name); "0" or "" takes the route away.
func bindOn(kind syntax.RouteKind, field func(*module.Message) **script.Route) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		name, constant := args[0].Constant()
		if !constant {
			return func(c *script.Context) int {
				*field(module.Of(c)) = find(c, kind, args[0].Eval(c).String())
				return 1
			}, nil
		}
		// A program's routes are known once it is compiled, and it is compiled
		// before any message comes: looked up once.
		var known atomic.Pointer[script.Route]
		return func(c *script.Context) int {
			route := known.Load()
			if route == nil {
				route = find(c, kind, name.String())
				known.Store(route)
			}
			*field(module.Of(c)) = route
			return 1
		}, nil
	}
}

func find(c *script.Context, kind syntax.RouteKind, name string) *script.Route {
	if name == "" || name == "0" {
		return nil
	}
	return c.Program.Find(kind, name)
}

// bindIsSet binds t_is_set("branch_route").
func bindIsSet(args []script.Arg) (script.Action, error) {
	name, constant := args[0].Constant()
	if !constant {
		return nil, &script.ArgError{Index: 0, Msg: "the kind of route must be a constant"}
	}
	switch name.String() {
	case "branch_route":
		return func(c *script.Context) int { return module.Bool(module.Of(c).OnBranch != nil) }, nil
	case "failure_route":
		return func(c *script.Context) int { return module.Bool(module.Of(c).OnFailure != nil) }, nil
	case "onreply_route":
		return func(c *script.Context) int { return module.Bool(module.Of(c).OnReply != nil) }, nil
	}
	return nil, &script.ArgError{Index: 0, Msg: "there is no such kind of route", Hint: "branch_route, failure_route or onreply_route"}
}
