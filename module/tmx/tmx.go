// Package tmx is the script module of further words on transactions.
package tmx

import (
	"sync"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// TMX is the module's state.
type TMX struct {
	mu        sync.Mutex
	suspended map[uint32]*suspension // by label
}

// New makes the module.
func New() *script.Module {
	t := &TMX{suspended: map[uint32]*suspension{}}
	precheck := 1
	return &script.Module{
		Name: "tmx",
		Functions: []script.Function{
			module.Plain("t_precheck_trans", func(c *script.Context) int {
				if precheck == 0 {
					return -1
				}
				return isInHand(c)
			}),
			isRoute("t_is_request_route", syntax.RequestRoute), isRoute("t_is_failure_route", syntax.FailureRoute),
			isRoute("t_is_branch_route", syntax.BranchRoute), isRoute("t_is_reply_route", syntax.ReplyRoute),
			{Name: "t_cancel_branches", MinArgs: 1, MaxArgs: 1, Routes: script.RoutesOf(syntax.ReplyRoute), Bind: bindCancelBranches},
			{Name: "t_cancel_callid", MinArgs: 3, MaxArgs: 4, Bind: bindCancelCall},
			{Name: "t_reply_callid", MinArgs: 4, MaxArgs: 4, Bind: bindReplyCall},
			module.Plain("t_flush_flags", nothing), module.Plain("t_flush_xflags", nothing),
			{Name: "t_drop", MaxArgs: 1, Bind: bindDrop},
			module.In(module.Plain("t_reuse_branch", reuseBranch), script.RoutesOf(syntax.EventRoute)),
			module.Plain("t_suspend", t.suspend),
			{Name: "t_continue", MinArgs: 3, MaxArgs: 3, Bind: t.bindContinue},
		},
		Params: []script.Param{{Name: "precheck_trans", Set: script.SetInt(&precheck)}},
		Variables: []script.Variable{
			plain("T_reply_code", func(c *script.Context) script.Value { return script.IntValue(int64(module.ReplyStatus(c))) }),
			plain("T_reply_reason", replyReason), plain("T_reply_last", replyLast), plain("T_reply_ruid", replyBinding),
			plain("T_branch_idx", branchIndex),
			nested("T_req", requestOf), nested("T_rpl", replyOf), nested("T_inv", inviteOf),
			named("T_branch", branchParts()), named("T", parts()),
		},
	}
}

// nothing is the action of words whose duty is done anyway: a transaction has
// no flags of its own beside the message's.
func nothing(*script.Context) int { return 1 }

// isInHand asks whether a retransmission of this request is being worked on.
// Those are absorbed before the script sees them, so a new one never is.
func isInHand(c *script.Context) int {
	m := module.Of(c)
	return module.Bool(m.Transaction != nil || m.Acked != nil)
}

func isRoute(name string, kind syntax.RouteKind) script.Function {
	return module.Plain(name, func(c *script.Context) int { return module.Bool(c.Kind == kind) })
}
