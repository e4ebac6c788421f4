// core_transport.go: core functions for how messages travel: rport, reuse and
// end of connections, the length of a message.

package script

import (
	"viaduct/script/syntax"
)

func transportFunctions() map[string]coreFunction {
	rport := simple(func(c *Context) { c.ForceRport = true })
	// The connection of a TCP peer is always used again for the address it
	// advertises in its Via, so an alias adds nothing.
	alias := coreFunction{0, 1, func(*compiler, *syntax.Call) Action { return func(*Context) int { return 1 } }}
	return map[string]coreFunction{
		"force_rport": rport, "add_rport": rport,
		"add_local_rport": simple(func(c *Context) { c.AddLocalRport = true }),
		"force_tcp_alias": alias, "add_tcp_alias": alias,
		"set_reply_no_connect":   simple(func(c *Context) { c.NoConnectReply = true }),
		"set_reply_close":        simple(func(c *Context) { c.CloseReply = true }),
		"set_forward_no_connect": simple(func(c *Context) { c.NoConnect = true }),
		"set_forward_close":      simple(func(c *Context) { c.Close = true }),
		"len_gt":                 {1, 1, bindLengthGreater},
	}
}

// bindLengthGreater binds len_gt(n) of SER: the message is longer than n
// bytes; len_gt(max_len) is longer than can be received.
func bindLengthGreater(c *compiler, e *syntax.Call) Action {
	limit := c.number(e.Args[0])
	return func(c *Context) int { return code(int64(len(c.Message.Text)) >= limit(c)) }
}
