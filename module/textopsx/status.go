// The status of a reply on its way back.
package textopsx

import (
	"strconv"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

func statusFunctions() []script.Function {
	replies := script.RoutesOf(syntax.ReplyRoute)
	return []script.Function{
		{Name: "change_reply_status", MinArgs: 2, MaxArgs: 2, Routes: replies, Bind: bindChangeStatus},
		{Name: "change_reply_status_code", MinArgs: 1, MaxArgs: 1, Routes: replies, Bind: bindChangeStatus},
	}
}

// bindChangeStatus binds change_reply_status(code [, reason]).
func bindChangeStatus(args []script.Arg) (script.Action, error) {
	code, err := module.Number(args, 0)
	if err != nil {
		return nil, err
	}
	if v, ok := args[0].Constant(); ok && (v.AsInt() < 100 || v.AsInt() > 699) {
		return nil, &script.ArgError{Index: 0, Msg: "a status is a number from 100 to 699"}
	}
	reason := func(c *script.Context) string { return c.Message.Reason }
	if len(args) == 2 {
		reason = module.Text(args[1])
	}
	return func(c *script.Context) int {
		n, ok := code(c)
		phrase := reason(c)
		if !ok || phrase == "" || !mayChange(c.Message, n) {
			return -1
		}
		// "SIP/2.0 603 Declined" up to its line end.
		start := len("SIP/2.0 ")
		c.Edits.Replace(start, len(c.Message.StartLine()), strconv.Itoa(n)+" "+phrase)
		return 1
	}, nil
}

// mayChange tells whether a reply may get a status: one that waits stays one
// that waits, and a final one stays final, as its transaction is that far.
func mayChange(m *sip.Message, status int) bool {
	if m.IsRequest() || status < 100 || status > 699 {
		return false
	}
	return (m.Status < 200) == (status < 200) && (m.Status/100 == 2) == (status/100 == 2)
}
