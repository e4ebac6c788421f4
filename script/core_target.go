// core_target.go: core functions for where a request goes: destination,
// branches, the socket to send from.

package script

import (
	"strconv"
	"strings"

	"viaduct/script/syntax"
	"viaduct/sip"
)

func targetFunctions() map[string]coreFunction {
	return map[string]coreFunction{
		"setdsturi":   withText(func(c *Context, text string) bool { return setDestination(c, StringValue(text)) == nil }),
		"resetdsturi": simple(func(c *Context) { c.Destination = "" }),
		"isdsturiset": {0, 0, func(*compiler, *syntax.Call) Action {
			return func(c *Context) int { return code(c.Destination != "") }
		}},
		"append_branch":  {0, 2, bindAppendBranch},
		"clear_branches": simple(func(c *Context) { c.Branches = nil }),
		"remove_branch": withNumber(func(c *Context, n int) bool {
			if n < 0 || n >= len(c.Branches) {
				return false
			}
			c.Branches = append(c.Branches[:n:n], c.Branches[n+1:]...)
			return true
		}),
		"force_send_socket": {1, 1, bindForceSendSocket},
		"set_advertised_address": withText(func(c *Context, text string) bool {
			c.AdvertisedHost = text
			return true
		}),
		"set_advertised_port": withText(func(c *Context, text string) bool {
			port, err := portNumber(StringValue(text))
			c.AdvertisedPort = port
			return err == nil
		}),
	}
}

// bindAppendBranch binds append_branch([uri[, q]]): one more target; without
// a URI the Request-URI as it stands, with its destination.
func bindAppendBranch(c *compiler, e *syntax.Call) Action {
	args := make([]func(*Context, []byte) []byte, len(e.Args))
	for i, x := range e.Args {
		arg := c.argument(x, e.Name)
		c.reportArgument(arg)
		args[i] = func(c *Context, dst []byte) []byte { return AppendArg(dst, c, arg) }
	}
	return func(c *Context) int {
		b := Branch{URI: c.URI, Destination: c.Destination, Flags: c.BranchFlags, Q: -1}
		if len(args) > 0 {
			if uri := string(args[0](c, nil)); uri != "" && uri != "<null>" {
				b = Branch{URI: uri, Q: -1, Flags: c.BranchFlags}
			}
		}
		if _, err := sip.ParseURI(b.URI); err != nil {
			return -1
		}
		if len(args) > 1 {
			q, ok := parseQ(string(args[1](c, nil)))
			if !ok {
				return -1
			}
			b.Q = q
		}
		if limit := c.Program.globals.MaxBranches; limit > 0 && len(c.Branches)+1 >= limit {
			return -1
		}
		c.Branches = append(c.Branches, b)
		return 1
	}
}

// parseQ reads 0.7 as 700 (RFC 3261 section 20.10).
func parseQ(text string) (int, bool) {
	q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || q < 0 || q > 1 {
		return 0, false
	}
	return int(q*1000 + 0.5), true
}

// bindForceSendSocket takes udp:10.0.0.1:5060 with and without quotes, and a
// bare address.
func bindForceSendSocket(c *compiler, e *syntax.Call) Action {
	if v, ok := c.constant(e.Args[0]); ok {
		flow, err := ParseSocket(v.AsString())
		if err != nil {
			c.fail(e.Args[0].Position(), "write udp:10.0.0.1:5060", "%v", err)
			return failing
		}
		return func(c *Context) int {
			c.SendSocket = flow
			return 1
		}
	}
	value := c.value(e.Args[0])
	return func(c *Context) int { return code(setForcedSocket(c, value(c)) == nil) }
}
