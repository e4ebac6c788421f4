// Package kex holds words of a script that Kamailio keeps beside its core:
// flags of branches, the destination, myself, the level of the log.
package kex

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// Myself tells whether an address is one of ours; NoTransport and port 0 stand
// for any.
type Myself func(host string, port int, transport wire.Transport) bool

// New gives the module. verbosity is what setdebug changes.
func New(myself Myself, verbosity *module.Verbosity) *script.Module {
	printf := script.Function{Name: "pv_printf", MinArgs: 2, MaxArgs: 2, Bind: bindPrintf}
	isMyself := module.OfText("is_myself", func(_ *script.Context, address string) int {
		return module.Bool(isOurs(myself, address))
	})
	return &script.Module{
		Name: "kex",
		Functions: []script.Function{
			flagFunction("setbflag", func(flags *uint32, bit uint32) bool { *flags |= bit; return true }),
			flagFunction("resetbflag", func(flags *uint32, bit uint32) bool { *flags &^= bit; return true }),
			flagFunction("isbflagset", func(flags *uint32, bit uint32) bool { return *flags&bit != 0 }),
			{Name: "setdsturi", MinArgs: 1, MaxArgs: 1, Bind: bindSetDestination},
			module.Plain("resetdsturi", func(c *script.Context) int { c.Destination = ""; return 1 }),
			module.Plain("isdsturiset", func(c *script.Context) int { return module.Bool(c.Destination != "") }),
			printf, module.Named("avp_printf", printf),
			isMyself, module.Named("is_myhost", isMyself),
			{Name: "setdebug", MinArgs: 1, MaxArgs: 1, Bind: bindSetDebug(verbosity)},
			module.Plain("resetdebug", func(*script.Context) int { verbosity.Reset(); return 1 }),
		},
	}
}

// bindSetDestination binds setdsturi(uri), which must be a URI.
func bindSetDestination(args []script.Arg) (script.Action, error) {
	if v, ok := args[0].Constant(); ok {
		if _, err := sip.ParseURI(v.AsString()); err != nil {
			return nil, &script.ArgError{Index: 0, Msg: err.Error()}
		}
	}
	uri := module.Text(args[0])
	return func(c *script.Context) int {
		text := uri(c)
		if _, err := sip.ParseURI(text); err != nil {
			return -1
		}
		c.Destination = text
		return 1
	}, nil
}

// bindPrintf binds pv_printf(variable, text).
func bindPrintf(args []script.Arg) (script.Action, error) {
	target, err := module.Target(args, 0)
	if err != nil {
		return nil, err
	}
	text := args[1]
	return func(c *script.Context) int {
		value := script.StringValue(string(script.AppendArg(nil, c, text)))
		return module.Bool(target.Assign(c, value) == nil)
	}, nil
}

// bindSetDebug binds setdebug(level).
func bindSetDebug(verbosity *module.Verbosity) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		level, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			n, ok := level(c)
			if ok {
				verbosity.Set(n)
			}
			return module.Bool(ok)
		}, nil
	}
}

// isOurs reads an address as a URI or as a host alone. A port or transport
// that it does not name may be any.
func isOurs(myself Myself, address string) bool {
	u, err := sip.ParseURI(address)
	if err == nil && u.IsSIP() {
		name, _ := u.Param("transport")
		return myself(u.Host, u.Port, wire.ParseTransport(name))
	}
	if strings.Contains(address, ":") && !strings.HasPrefix(address, "[") {
		if _, err := sip.ParseHost(address); err != nil {
			return false // another scheme
		}
	}
	return address != "" && myself(address, 0, wire.NoTransport)
}
