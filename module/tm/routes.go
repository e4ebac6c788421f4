// t_on_reply, t_on_failure, t_on_branch, t_on_branch_failure: which routes a
// transaction shall run.
package tm

import (
	"sync/atomic"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// bindOn binds t_on_…(name); "0" or "" takes the route away. prefix stands
// before the name in the script: event_route[tm:branch-failure:name].
func bindOn(kind syntax.RouteKind, prefix string, field func(*module.Message) **script.Route) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		name, constant := args[0].Constant()
		if !constant {
			return func(c *script.Context) int {
				*field(ofRequest(c)) = find(c, kind, prefix, args[0].Eval(c).String())
				return 1
			}, nil
		}
		// A program's routes are known once it is compiled, and it is compiled
		// before any message comes: looked up once.
		var known atomic.Pointer[script.Route]
		return func(c *script.Context) int {
			route := known.Load()
			if route == nil {
				route = find(c, kind, prefix, name.String())
				known.Store(route)
			}
			*field(ofRequest(c)) = route
			return 1
		}, nil
	}
}

// ofRequest gives the request's side: in a reply route the transaction's.
func ofRequest(c *script.Context) *module.Message {
	m := module.Of(c)
	if m.Origin != nil {
		return m.Origin
	}
	return m
}

func find(c *script.Context, kind syntax.RouteKind, prefix, name string) *script.Route {
	if name == "" || name == "0" {
		return nil
	}
	return c.Program.Find(kind, prefix+name)
}

// bindIsSet binds t_is_set("branch_route").
func bindIsSet(args []script.Arg) (script.Action, error) {
	name, constant := args[0].Constant()
	if !constant {
		return nil, &script.ArgError{Index: 0, Msg: "the kind of route must be a constant"}
	}
	var route func(*module.Message) *script.Route
	switch name.String() {
	case "branch_route":
		route = func(m *module.Message) *script.Route { return m.OnBranch }
	case "failure_route":
		route = func(m *module.Message) *script.Route { return m.OnFailure }
	case "onreply_route":
		route = func(m *module.Message) *script.Route { return m.OnReply }
	case "branch_failure_route":
		route = func(m *module.Message) *script.Route { return m.OnBranchFailure }
	default:
		return nil, &script.ArgError{Index: 0, Msg: "there is no such kind of route", Hint: "branch_route, failure_route, branch_failure_route or onreply_route"}
	}
	return func(c *script.Context) int { return module.Bool(route(ofRequest(c)) != nil) }, nil
}
