// Questions about the transaction, its branches and their replies.
package tm

import (
	"regexp"
	"strconv"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// checkTransaction tells whether the message belongs to a transaction: a
// CANCEL to its INVITE, an ACK to the INVITE it confirmed, a reply to a branch.
// Retransmissions never get here; they were absorbed.
func checkTransaction(c *script.Context) int {
	if c.Message.IsRequest() && c.Message.Method == "CANCEL" {
		return lookupCancel(c)
	}
	return lookupRequest(c)
}

func lookupRequest(c *script.Context) int {
	m := module.Of(c)
	switch {
	case !m.Message.IsRequest() && m.Transaction == nil:
		return module.Bool(m.Proxy.Transactions.Awaited(m.Message) != nil)
	case m.Message.IsRequest() && m.Message.Method == "ACK":
		return module.Bool(m.Acked != nil)
	}
	return module.Bool(m.Transaction != nil)
}

func lookupCancel(c *script.Context) int {
	m := module.Of(c)
	return module.Bool(m.Message.Method == "CANCEL" && m.Proxy.Transactions.Invite(m.Message) != nil)
}

// bindLookupCancel binds t_lookup_cancel([1]): with 1 the CANCEL gets the flags
// of its INVITE, where that has routes to run.
func bindLookupCancel(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		m := module.Of(c)
		code := lookupCancel(c)
		if code < 0 || len(args) == 0 || args[0].Eval(c).AsInt() == 0 {
			return code
		}
		if invite := proxy.Of(m.Proxy.Transactions.Invite(m.Message)); invite != nil {
			if h, ok := invite.Hooks().(*hooks); ok {
				h.lock(m.Inbound)
				c.Flags = h.request.Flags
				h.mu.Unlock()
			}
		}
		return code
	}, nil
}

func isCanceled(c *script.Context) int {
	t := module.Of(c).Transaction
	return module.Bool(t != nil && t.IsCanceled())
}

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
			return module.Bool(expression.MatchString(strconv.Itoa(module.ReplyStatus(c))))
		}, nil
	}
	return func(c *script.Context) int {
		expression, err := regexp.CompilePOSIX(args[0].Eval(c).String())
		if err != nil {
			return -1
		}
		return module.Bool(expression.MatchString(strconv.Itoa(module.ReplyStatus(c))))
	}, nil
}

// statusCode is t_get_status_code: of the reply that matters, -1 for none.
func statusCode(c *script.Context) int {
	if status := module.ReplyStatus(c); status > 0 {
		return status
	}
	return -1
}

// branchTimeout tells in a failure route whether the branch that won never
// answered finally.
func branchTimeout(c *script.Context) int {
	b := module.Of(c).Branch
	if b == nil {
		return -1
	}
	status, response, _ := b.Final()
	return module.Bool(status == 408 && response == nil)
}

// branchReplied tells whether that branch had replied before.
func branchReplied(c *script.Context) int {
	b := module.Of(c).Branch
	return module.Bool(b != nil && b.Replied())
}

func anyTimeout(c *script.Context) int {
	return anyBranch(c, func(b *proxy.Branch) bool {
		status, response, _ := b.Final()
		return status == 408 && response == nil
	})
}

// anyReplied does not count the reply at hand, or that of the branch that the
// route is about.
func anyReplied(c *script.Context) int {
	m := module.Of(c)
	return anyBranch(c, func(b *proxy.Branch) bool {
		if b == m.Branch {
			return b.Replied()
		}
		return b.Heard()
	})
}

// bindGrepStatus binds t_grep_status(code): whether any branch ended with it.
func bindGrepStatus(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		want := int(args[0].Eval(c).AsInt())
		return anyBranch(c, func(b *proxy.Branch) bool {
			status, _, _ := b.Final()
			return status == want
		})
	}, nil
}

func anyBranch(c *script.Context, is func(*proxy.Branch) bool) int {
	t := module.Of(c).Transaction
	if t == nil {
		return -1
	}
	for _, b := range t.All() {
		if is(b) {
			return 1
		}
	}
	return -1
}
