// Questions about the transaction, its branches and their replies.
package tm

import (
	"regexp"
	"strconv"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// checkTransaction tells whether the message belongs to a transaction: a
// CANCEL to its INVITE, an ACK to the INVITE it confirmed. Retransmissions
// never get here; they were absorbed.
func checkTransaction(c *script.Context) int {
	m := module.Of(c)
	switch m.Message.Method {
	case "CANCEL":
		return lookupCancel(c)
	case "ACK":
		return module.Bool(m.Acked != nil)
	}
	return module.Bool(m.Transaction != nil)
}

func lookupCancel(c *script.Context) int {
	m := module.Of(c)
	return module.Bool(m.Message.Method == "CANCEL" && m.Proxy.Transactions.Invite(m.Message) != nil)
}

func isCanceled(c *script.Context) int {
	t := module.Of(c).Transaction
	return module.Bool(t != nil && t.IsCanceled())
}

func isExpired(c *script.Context) int { return branchTimeout(c) }

// bindCheckStatus binds t_check_status("4[0-9][0-9]"): of the reply at hand,
// in a failure route of the one that won.
func bindCheckStatus(args []script.Arg) (script.Action, error) {
	pattern, constant := args[0].Constant()
	if constant {
		expression, err := regexp.CompilePOSIX(pattern.String())
		if err != nil {
			return nil, &script.ArgError{Index: 0, Msg: "no regular expression: " + err.Error()}
		}
		return func(c *script.Context) int {
			return module.Bool(expression.MatchString(strconv.Itoa(replyStatus(c))))
		}, nil
	}
	return func(c *script.Context) int {
		expression, err := regexp.CompilePOSIX(args[0].Eval(c).String())
		if err != nil {
			return -1
		}
		return module.Bool(expression.MatchString(strconv.Itoa(replyStatus(c))))
	}, nil
}

// replyStatus gives the status that matters in the route at hand.
func replyStatus(c *script.Context) int {
	if c.Kind == syntax.FailureRoute {
		return c.Status
	}
	if !c.Message.IsRequest() {
		return c.Message.Status
	}
	if t := module.Of(c).Transaction; t != nil {
		return t.Status()
	}
	return 0
}

func replyReason(c *script.Context) script.Value {
	if !c.Message.IsRequest() {
		return script.StringValue(c.Message.Reason)
	}
	if t := module.Of(c).Transaction; t != nil {
		if response := t.Best(); response != nil {
			return script.StringValue(response.Reason)
		}
	}
	return script.Value{}
}

// branchTimeout tells in a failure route whether the branch that won never
// answered finally.
func branchTimeout(c *script.Context) int {
	t := module.Of(c).Transaction
	return module.Bool(t != nil && c.Status == 408 && t.Best() == nil)
}

func branchReplied(c *script.Context) int {
	t := module.Of(c).Transaction
	return module.Bool(t != nil && t.Best() != nil)
}

func anyTimeout(c *script.Context) int {
	found := false
	eachBranch(c, func(status int, answered bool) { found = found || status == 408 && !answered })
	return module.Bool(found)
}

func anyReplied(c *script.Context) int {
	found := false
	eachBranch(c, func(status int, answered bool) { found = found || answered })
	return module.Bool(found)
}

// bindGrepStatus binds t_grep_status(code): whether any branch ended with it.
func bindGrepStatus(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		want, found := int(args[0].Eval(c).AsInt()), false
		eachBranch(c, func(status int, _ bool) { found = found || status == want })
		return module.Bool(found)
	}, nil
}

func eachBranch(c *script.Context, visit func(status int, answered bool)) {
	if t := module.Of(c).Transaction; t != nil {
		t.EachBranch(visit)
	}
}

// bindSetFr binds t_set_fr(fr_inv[, fr]) in milliseconds, for the transaction
// that the request will have.
func bindSetFr(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		m := module.Of(c)
		if ms := args[0].Eval(c).AsInt(); ms > 0 {
			m.FrInvTimer = time.Duration(ms) * time.Millisecond
		}
		if len(args) > 1 {
			if ms := args[1].Eval(c).AsInt(); ms > 0 {
				m.FrTimer = time.Duration(ms) * time.Millisecond
			}
		}
		return 1
	}, nil
}

func resetFr(c *script.Context) int {
	m := module.Of(c)
	m.FrTimer, m.FrInvTimer = 0, 0
	return 1
}

func bindAuto100(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		module.Of(c).No100 = args[0].Eval(c).AsInt() == 0
		return 1
	}, nil
}
