// Package tm is the script module of transactions: stateful relaying, the
// routes that see what becomes of it, and replies within a transaction.
package tm

import (
	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
)

// TM is the module's state: its parameters.
type TM struct {
	frTimer, frInvTimer int // ms: wait for a first answer; from ringing to the final response
	maxInv, maxOther    int // ms: of a whole transaction
	retr1, retr2        int // ms: first and longest interval of retransmissions
	restartEach         bool
	auto100             bool
	unmatchedCancel     int
	failureReplies      int
	defaultCode         int
	defaultReason       string
	contacts, flows     string // names of the XAVPs of t_load_contacts, "" is off
	frAVP, frInvAVP     script.Assignable
	rules               proxy.Rules
	cancelMode          int
	observers           module.Observers
}

// Kamailio's defaults.
const (
	defaultFr       = 30_000
	defaultFrInv    = 120_000
	defaultMaxOther = 32_000
)

// New makes the module. observers hear how transactions end.
func New(observers ...module.Observer) *script.Module {
	t := &TM{
		frTimer: defaultFr, frInvTimer: defaultFrInv, maxOther: defaultMaxOther, restartEach: true, auto100: true,
		failureReplies: dropAll, defaultCode: 500, defaultReason: "Server Internal Error",
		cancelMode: 1, observers: observers,
	}
	return &script.Module{Name: "tm", Start: t.start, Functions: t.functions(), Params: t.params()}
}

// functions lists the words. Event routes relay too: those of branches that
// have failed.
func (t *TM) functions() []script.Function {
	request := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute, syntax.EventRoute)
	failure := script.RoutesOf(syntax.FailureRoute, syntax.EventRoute)
	relay := func(name, transport string) script.Function {
		return script.Function{Name: name, MaxArgs: 2, Routes: request, Bind: t.bindRelay(transport)}
	}
	replicate := func(name, transport string) script.Function {
		return script.Function{Name: name, MaxArgs: 2, Routes: request, Bind: t.bindReplicate(transport)}
	}
	on := func(name string, kind syntax.RouteKind, prefix string, field func(*module.Message) **script.Route) script.Function {
		return script.Function{Name: name, MinArgs: 1, MaxArgs: 1, Bind: bindOn(kind, prefix, field)}
	}
	onFailure := func(m *module.Message) **script.Route { return &m.OnFailure }
	return []script.Function{
		relay("t_relay", anyTransport), relay("t_relay_to", anyTransport),
		relay("t_relay_to_udp", ";transport=udp"), relay("t_relay_to_tcp", ";transport=tcp"), relay("t_relay_to_tls", ";transport=tls"),
		relay("t_forward_nonack", anyTransport), relay("t_forward_nonack_udp", ";transport=udp"),
		relay("t_forward_nonack_tcp", ";transport=tcp"), relay("t_forward_nonack_tls", ";transport=tls"), relay("t_forward_nonack_to", anyTransport),
		relay("t_forward", anyTransport), relay("t_forward_uri", anyTransport), // SER
		replicate("t_replicate", anyTransport), replicate("t_replicate_to", anyTransport), replicate("t_replicate_udp", ";transport=udp"),
		replicate("t_replicate_tcp", ";transport=tcp"), replicate("t_replicate_tls", ";transport=tls"),

		module.In(module.Plain("t_newtran", t.newTransaction), request),
		module.In(module.Plain("t_add_transaction", t.newTransaction), request), // SER
		module.In(module.Plain("t_relay_cancel", t.relayCancel), request),
		{Name: "t_reply", MinArgs: 2, MaxArgs: 2, Bind: t.bindReply},
		{Name: "t_send_reply", MinArgs: 2, MaxArgs: 2, Bind: t.bindReply},
		module.Plain("t_retransmit_reply", repeatReply),
		module.Plain("t_release", nothing), module.Plain("t_unref", nothing), module.Plain("t_clean", nothing),
		module.Plain("t_use_uac_headers", nothing),
		module.Plain("t_is_retr_async_reply", func(*script.Context) int { return -1 }),
		module.Plain("t_save_lumps", saveEdits),
		{Name: "t_uac_send", MinArgs: 6, MaxArgs: 6, Bind: bindSend},

		on("t_on_reply", syntax.ReplyRoute, "", func(m *module.Message) **script.Route { return &m.OnReply }),
		on("t_on_failure", syntax.FailureRoute, "", onFailure), on("t_on_negative", syntax.FailureRoute, "", onFailure),
		on("t_on_branch", syntax.BranchRoute, "", func(m *module.Message) **script.Route { return &m.OnBranch }),
		on("t_on_branch_failure", syntax.EventRoute, "tm:branch-failure:", func(m *module.Message) **script.Route { return &m.OnBranchFailure }),
		{Name: "t_is_set", MinArgs: 1, MaxArgs: 1, Bind: bindIsSet},

		module.Plain("t_check_trans", checkTransaction), module.Plain("t_lookup_request", lookupRequest),
		{Name: "t_lookup_cancel", MaxArgs: 1, Bind: bindLookupCancel},
		module.Plain("t_is_canceled", isCanceled), module.Plain("t_is_expired", t.isExpired),
		{Name: "t_check_status", MinArgs: 1, MaxArgs: 1, Bind: bindCheckStatus},
		module.Plain("t_get_status_code", statusCode),
		module.Plain("t_branch_timeout", branchTimeout), module.Plain("t_branch_replied", branchReplied),
		module.Plain("t_any_timeout", anyTimeout), module.Plain("t_any_replied", anyReplied),
		{Name: "t_grep_status", MinArgs: 1, MaxArgs: 1, Bind: bindGrepStatus},

		{Name: "t_set_fr", MinArgs: 1, MaxArgs: 2, Bind: bindSetFr}, module.Plain("t_reset_fr", t.resetFr),
		{Name: "t_set_max_lifetime", MinArgs: 2, MaxArgs: 2, Bind: bindSetLifetime}, module.Plain("t_reset_max_lifetime", resetLifetime),
		{Name: "t_set_retr", MinArgs: 2, MaxArgs: 2, Bind: bindSetRetr}, module.Plain("t_reset_retr", resetRetr),
		{Name: "t_set_auto_inv_100", MinArgs: 1, MaxArgs: 1, Bind: bindAuto100},
		{Name: "t_set_disable_6xx", MinArgs: 1, MaxArgs: 1, Bind: t.bindRule(func(r *proxy.Rules, on bool) { r.Plain6xx = on })},
		{Name: "t_set_no_e2e_cancel_reason", MinArgs: 1, MaxArgs: 1, Bind: t.bindRule(func(r *proxy.Rules, on bool) { r.NoCallersReason = on })},
		{Name: "t_disable_e2e_cancel_reason", MinArgs: 1, MaxArgs: 1, Bind: t.bindRule(func(r *proxy.Rules, on bool) { r.NoCallersReason = on })},
		{Name: "t_set_disable_failover", MinArgs: 1, MaxArgs: 1, Bind: bindFailover},
		{Name: "t_set_disable_internal_reply", MinArgs: 1, MaxArgs: 1, Bind: func([]script.Arg) (script.Action, error) { return nothing, nil }},
		{Name: "t_drop_replies", MaxArgs: 1, Routes: failure, Bind: bindDropReplies},

		{Name: "t_load_contacts", MaxArgs: 1, Routes: request, Bind: t.bindLoadContacts},
		module.In(module.Plain("t_next_contacts", t.nextContacts), request),
		module.In(module.Plain("t_next_contact_flow", t.nextFlow), request),
	}
}

// nothing is the action of words whose duty is done anyway.
func nothing(*script.Context) int { return 1 }
