// Package tmx is the script module of further words on transactions.
package tmx

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// New makes the module.
func New() *script.Module {
	return &script.Module{
		Name: "tmx",
		Functions: []script.Function{
			{Name: "t_precheck_trans", Bind: action(precheck)},
			{Name: "t_is_request_route", Bind: isRoute(syntax.RequestRoute)},
			{Name: "t_is_failure_route", Bind: isRoute(syntax.FailureRoute)},
			{Name: "t_is_branch_route", Bind: isRoute(syntax.BranchRoute)},
			{Name: "t_is_reply_route", Bind: isRoute(syntax.ReplyRoute)},
			{Name: "t_cancel_branches", MinArgs: 1, MaxArgs: 1, Bind: action(cancelBranches)},
			{Name: "t_flush_flags", Bind: action(func(*script.Context) int { return 1 })},
		},
	}
}

func action(a script.Action) func([]script.Arg) (script.Action, error) {
	return func([]script.Arg) (script.Action, error) { return a, nil }
}

// precheck asks whether a retransmission of this request is being worked on.
// Those are absorbed before the script sees them, so it never is.
func precheck(c *script.Context) int {
	m := module.Of(c)
	return module.Bool(m.Transaction != nil || m.Acked != nil)
}

func isRoute(kind syntax.RouteKind) func([]script.Arg) (script.Action, error) {
	return action(func(c *script.Context) int { return module.Bool(c.Kind == kind) })
}

// cancelBranches is t_cancel_branches: the caller's branches that are pending
// are told to stop; which of them the argument says makes no difference when
// only pending ones can be cancelled.
func cancelBranches(c *script.Context) int {
	t := module.Of(c).Transaction
	if t == nil {
		return -1
	}
	t.CancelPending()
	return 1
}
