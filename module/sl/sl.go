// Package sl is the script module of replies, with or without state.
package sl

import (
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// New makes the module.
func New() *script.Module {
	return &script.Module{
		Name: "sl",
		Functions: []script.Function{
			{Name: "sl_send_reply", MinArgs: 2, MaxArgs: 2, Bind: bindReply(stateless)},
			{Name: "sl_reply", MinArgs: 2, MaxArgs: 2, Bind: bindReply(stateless)},
			{Name: "send_reply", MinArgs: 2, MaxArgs: 2, Bind: bindReply(stateful)},
			{Name: "send_reply_mode", MinArgs: 3, MaxArgs: 3, Bind: bindReply(stateful)},
			{Name: "sl_reply_error", Bind: action(replyError)},
			{Name: "send_reply_error", Bind: action(replyError)},
			{Name: "sl_forward_reply", MaxArgs: 2, Bind: action(forwardReply), Routes: script.RoutesOf(syntax.ReplyRoute)},
			{Name: "sl_filter_ACK", Bind: action(filterACK)},
		},
	}
}

func action(a script.Action) func([]script.Arg) (script.Action, error) {
	return func([]script.Arg) (script.Action, error) { return a, nil }
}

// stateful answers within the transaction if there is one.
func stateful(m *module.Message, status int, reason string) int {
	return module.Bool(m.Reply(status, reason, "") == nil)
}

// stateless leaves the transaction alone. Should the request have one, its
// retransmissions would meet no answer there: then it is the transaction's.
func stateless(m *module.Message, status int, reason string) int {
	if m.Transaction != nil {
		return stateful(m, status, reason)
	}
	return module.Bool(m.ReplyStateless(sip.Reply{Status: status, Reason: reason, Fields: m.ReplyFields}) == nil)
}

// bindReply binds a function of code and reason.
func bindReply(send func(*module.Message, int, string) int) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		if code, ok := args[0].Constant(); ok {
			if n := code.AsInt(); n < 100 || n > 699 {
				return nil, &script.ArgError{Index: 0, Msg: "a reply code is a number from 100 to 699, not " + strconv.Quote(code.String())}
			}
		}
		return func(c *script.Context) int {
			status, ok := module.NumberIn(args[0].Eval(c))
			switch {
			case !ok:
				status = 500
			case status < 100 || status > 699:
				return -1
			}
			m := module.Of(c)
			if status/100 == 3 {
				m.ReplyFields += contacts(c.Branches)
			}
			return send(m, status, args[1].Eval(c).AsString())
		}, nil
	}
}

// contacts makes Contact of the branches that the script has added: where a redirection leads (RFC 3261 section 8.3).
func contacts(branches []script.Branch) string {
	var list []string
	for i := range branches {
		list = append(list, "<"+branches[i].URI+">")
	}
	if list == nil {
		return ""
	}
	return "Contact: " + strings.Join(list, ", ") + "\r\n"
}

// replyError answers with the reason why the request could not be sent on.
func replyError(c *script.Context) int {
	m := module.Of(c)
	status, reason := 500, ""
	if m.Failure != nil {
		if status = proxy.StatusOf(m.Failure); status == 478 {
			reason = "Unresolvable destination"
		}
	}
	return stateful(m, status, reason)
}

// forwardReply sends the reply at hand on by its Via.
func forwardReply(c *script.Context) int {
	m := module.Of(c)
	if m.Message.IsRequest() {
		return -1
	}
	r := proxy.Response{Message: m.Message, Edits: m.Edits}
	return module.Bool(m.Proxy.ForwardResponse(&r, m.Flow))
}

// filterACK is SER's sl_filter_ACK: the ACK of a reply that was sent without
// state ends here. Our To tags tell it.
func filterACK(c *script.Context) int {
	if c.Message.Method == "ACK" && c.Message.ToTag() == proxy.LocalTag(c.Message) {
		return 0
	}
	return 1
}
