// Package tm is the script module of transactions: stateful relaying, the
// routes that see what becomes of it, and replies within a transaction.
package tm

import (
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// TM is the module's state: its parameters.
type TM struct {
	frTimer    int // ms: wait for a first answer
	frInvTimer int // ms: from ringing to the final response
	maxInv     int
	no100      bool
	auto100    bool
	observers  module.Observers
}

// Kamailio's defaults.
const (
	defaultFr    = 30_000
	defaultFrInv = 120_000
)

// New makes the module. observers hear how transactions end.
func New(observers ...module.Observer) *script.Module {
	t := &TM{frTimer: defaultFr, frInvTimer: defaultFrInv, auto100: true, observers: observers}
	request := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
	return &script.Module{
		Name: "tm",
		Functions: []script.Function{
			{Name: "t_relay", MaxArgs: 2, Routes: request, Bind: t.bindRelay(anyTransport)},
			{Name: "t_relay_to", MaxArgs: 2, Routes: request, Bind: t.bindRelay(anyTransport)},
			{Name: "t_relay_to_udp", MaxArgs: 2, Routes: request, Bind: t.bindRelay(";transport=udp")},
			{Name: "t_relay_to_tcp", MaxArgs: 2, Routes: request, Bind: t.bindRelay(";transport=tcp")},
			{Name: "t_forward_nonack", MaxArgs: 2, Routes: request, Bind: t.bindRelay(anyTransport)},
			{Name: "t_newtran", Routes: request, Bind: action(t.newTransaction)},
			{Name: "t_relay_cancel", Routes: request, Bind: action(t.relayCancel)},
			{Name: "t_check_trans", Bind: action(checkTransaction)},
			{Name: "t_lookup_request", Bind: action(checkTransaction)},
			{Name: "t_lookup_cancel", MaxArgs: 1, Bind: action(lookupCancel)},
			{Name: "t_reply", MinArgs: 2, MaxArgs: 2, Bind: t.bindReply},
			{Name: "t_release", Bind: action(func(*script.Context) int { return 1 })},
			{Name: "t_on_reply", MinArgs: 1, MaxArgs: 1, Bind: bindOn(syntax.ReplyRoute, func(m *module.Message) **script.Route { return &m.OnReply })},
			{Name: "t_on_failure", MinArgs: 1, MaxArgs: 1, Bind: bindOn(syntax.FailureRoute, func(m *module.Message) **script.Route { return &m.OnFailure })},
			{Name: "t_on_negative", MinArgs: 1, MaxArgs: 1, Bind: bindOn(syntax.FailureRoute, func(m *module.Message) **script.Route { return &m.OnFailure })},
			{Name: "t_on_branch", MinArgs: 1, MaxArgs: 1, Bind: bindOn(syntax.BranchRoute, func(m *module.Message) **script.Route { return &m.OnBranch })},
			{Name: "t_is_set", MinArgs: 1, MaxArgs: 1, Bind: bindIsSet},
			{Name: "t_is_canceled", Bind: action(isCanceled)},
			{Name: "t_is_expired", Bind: action(isExpired)},
			{Name: "t_check_status", MinArgs: 1, MaxArgs: 1, Bind: bindCheckStatus},
			{Name: "t_branch_timeout", Bind: action(branchTimeout)},
			{Name: "t_any_timeout", Bind: action(anyTimeout)},
			{Name: "t_branch_replied", Bind: action(branchReplied)},
			{Name: "t_any_replied", Bind: action(anyReplied)},
			{Name: "t_grep_status", MinArgs: 1, MaxArgs: 1, Bind: bindGrepStatus},
			{Name: "t_set_fr", MinArgs: 1, MaxArgs: 2, Bind: bindSetFr},
			{Name: "t_reset_fr", Bind: action(resetFr)},
			{Name: "t_set_auto_inv_100", MinArgs: 1, MaxArgs: 1, Bind: bindAuto100},
		},
		Params: params(t),
		Variables: []script.Variable{
			variable("T_reply_code", func(c *script.Context) script.Value { return script.IntValue(int64(replyStatus(c))) }),
			variable("T_reply_reason", replyReason),
			variable("T_branch_idx", func(c *script.Context) script.Value { return script.IntValue(int64(c.BranchIndex)) }),
		},
	}
}

// params are those that mean something here; the engine accepts all others
// that Kamailio knows.
func params(t *TM) []script.Param {
	return []script.Param{
		{Name: "fr_timer", Set: script.SetInt(&t.frTimer)},
		{Name: "fr_inv_timer", Set: script.SetInt(&t.frInvTimer)},
		{Name: "max_inv_lifetime", Set: script.SetInt(&t.maxInv)},
		{Name: "auto_inv_100", Set: script.SetBool(&t.auto100)},
	}
}

// action makes the Bind of a function without arguments, or whose arguments
// mean nothing here.
func action(a script.Action) func([]script.Arg) (script.Action, error) {
	return func([]script.Arg) (script.Action, error) { return a, nil }
}

// milliseconds reads a duration as tm's parameters give it; SER and OpenSER
// wrote seconds, and nobody means a tenth of a second.
func milliseconds(n int) time.Duration {
	if n > 0 && n < 1000 {
		return time.Duration(n) * time.Second
	}
	return time.Duration(n) * time.Millisecond
}
