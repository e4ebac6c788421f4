// Replies within the transaction.
package tm

import (
	"strconv"

	"viaduct/module"
	"viaduct/script"
)

// bindReply binds t_reply(code, reason) and t_send_reply. What is no code is
// default_code with default_reason.
func (t *TM) bindReply(args []script.Arg) (script.Action, error) {
	if code, ok := args[0].Constant(); ok {
		if n := code.AsInt(); n < 100 || n > 699 {
			return nil, &script.ArgError{Index: 0, Msg: "a reply code is a number from 100 to 699, not " + strconv.Quote(code.String())}
		}
	}
	return func(c *script.Context) int {
		m := ofRequest(c)
		if code := t.begin(m); code != 1 {
			return code
		}
		status, reason := int(args[0].Eval(c).AsInt()), args[1].Eval(c).AsString()
		if status < 100 || status > 699 {
			status, reason = t.defaultCode, t.defaultReason
		}
		if m.Watching == nil {
			m.Watching = t.observers.Watching(m)
		}
		return module.Bool(m.Reply(status, reason, "") == nil)
	}, nil
}

// repeatReply is t_retransmit_reply: the last reply goes out once more.
func repeatReply(c *script.Context) int {
	t := module.Of(c).Transaction
	if t == nil || t.Status() == 0 {
		return -1
	}
	t.Repeat()
	return 1
}
