// Replies within the transaction.
package tm

import (
	"strconv"

	"viaduct/module"
	"viaduct/script"
)

// bindReply binds t_reply(code, reason).
func (t *TM) bindReply(args []script.Arg) (script.Action, error) {
	if code, ok := args[0].Constant(); ok {
		if n := code.AsInt(); n < 100 || n > 699 {
			return nil, &script.ArgError{Index: 0, Msg: "a reply code is a number from 100 to 699, not " + strconv.Quote(code.String())}
		}
	}
	return func(c *script.Context) int {
		m := module.Of(c)
		if code := t.begin(m); code != 1 {
			return code
		}
		status := int(args[0].Eval(c).AsInt())
		if status < 100 || status > 699 {
			return -1
		}
		if m.Watching == nil {
			m.Watching = t.observers.Watching(m)
		}
		return module.Bool(m.Reply(status, args[1].Eval(c).AsString(), "") == nil)
	}, nil
}
