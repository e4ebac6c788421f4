// Branches and transactions other than the message's own: cancelled, answered,
// dropped.
package tmx

import (
	"strconv"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
)

// bindCancelBranches binds t_cancel_branches("all" | "others" | "this"): the
// branch of the reply at hand is this.
func bindCancelBranches(args []script.Arg) (script.Action, error) {
	which, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	if which != "all" && which != "others" && which != "this" {
		return nil, &script.ArgError{Index: 0, Msg: "there is no such choice of branches", Hint: `"all", "others" or "this"`}
	}
	return func(c *script.Context) int {
		m := module.Of(c)
		if m.Transaction == nil {
			return -1
		}
		m.Transaction.CancelBranches("", func(b *proxy.Branch) bool {
			return which == "all" || (which == "this") == (b == m.Branch)
		})
		return 1
	}, nil
}

// find gives the first pending transaction of a call: the INVITE's when that
// is asked for.
func find(m *module.Message, callID, cseq string, invite bool) *proxy.Context {
	number, err := strconv.ParseUint(cseq, 10, 32)
	if err != nil {
		return nil
	}
	for _, s := range m.Proxy.Transactions.Servers() {
		t := proxy.Of(s)
		if t == nil || invite && !s.IsInvite() {
			continue
		}
		if request := t.Message(); request != nil && request.CSeq.Number == uint32(number) && request.CallID() == callID {
			return t
		}
	}
	return nil
}

// bindCancelCall binds t_cancel_callid(callid, cseq, flag[, rcode]). The flag,
// from 1 on, is set for the routes of the INVITE, where it has any.
func bindCancelCall(args []script.Arg) (script.Action, error) {
	callID, cseq := module.Text(args[0]), module.Text(args[1])
	flag, err := module.Number(args, 2)
	if err != nil {
		return nil, err
	}
	cause := func(*script.Context) string { return "" }
	if len(args) > 3 {
		cause = module.Text(args[3])
	}
	return func(c *script.Context) int {
		t := find(module.Of(c), callID(c), cseq(c), true)
		if t == nil {
			return -1
		}
		if n, ok := flag(c); ok && n > 0 && n < 32 {
			if marked, ok := t.Hooks().(marker); ok {
				marked.Mark(1 << n)
			}
		}
		reason := ""
		if n, err := strconv.Atoi(cause(c)); err == nil && n > 0 {
			reason = "Reason: SIP;cause=" + strconv.Itoa(n) + "\r\n"
		}
		t.CancelBranches(reason, func(*proxy.Branch) bool { return true })
		return 1
	}, nil
}

// marker is what tm's hooks can do: set flags that the routes of a transaction
// see.
type marker interface{ Mark(flags uint32) }

// bindReplyCall binds t_reply_callid(callid, cseq, code, reason).
func bindReplyCall(args []script.Arg) (script.Action, error) {
	callID, cseq, reason := module.Text(args[0]), module.Text(args[1]), module.Text(args[3])
	code, err := module.Number(args, 2)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		t := find(module.Of(c), callID(c), cseq(c), false)
		status, ok := code(c)
		if t == nil || !ok || status < 100 || status > 699 {
			return -1
		}
		return module.Bool(t.Reply(sip.Reply{Status: status, Reason: reason(c)}))
	}, nil
}

// bindDrop binds t_drop([code]): the transaction ends and nobody is told.
func bindDrop(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		t := module.Of(c).Transaction
		if t == nil {
			return -1
		}
		return module.Bool(t.Drop())
	}, nil
}

// reuseBranch is t_reuse_branch: the branch that has failed is the target once
// more, with all it had but what the script changes.
func reuseBranch(c *script.Context) int {
	m := module.Of(c)
	if m.Branch == nil {
		return -1
	}
	m.SetTarget(m.Branch.Target)
	return 1
}
