// Package core brings the words of the language that need a server and no
// loadmodule: forward and its kin.
package core

import (
	"net/netip"
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/wire"
)

// New makes the module.
func New() *script.Module {
	routes := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
	return &script.Module{
		Name: "core",
		Functions: []script.Function{
			{Name: "forward", MaxArgs: 2, Routes: routes, Bind: bindForward("")},
			{Name: "forward_udp", MaxArgs: 2, Routes: routes, Bind: bindForward(";transport=udp")},
			{Name: "forward_tcp", MaxArgs: 2, Routes: routes, Bind: bindForward(";transport=tcp")},
			{Name: "send", MaxArgs: 2, Bind: bindSend(wire.UDP)},
			{Name: "send_tcp", MaxArgs: 2, Bind: bindSend(wire.TCP)},
		},
	}
}

// bindForward binds forward(): a request goes on without state, to $du or the
// Request-URI, or to the host and port given. forward(uri:host, uri:port) is
// SER's way to say the Request-URI.
func bindForward(transport string) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		return func(c *script.Context) int {
			m := module.Of(c)
			if m.Acked != nil {
				return 1
			}
			if len(args) > 0 && !isURIHost(args[0]) {
				m.Destination = "sip:" + hostPort(c, args) + transport
			} else if transport != "" {
				m.Destination = m.URI + transport
			}
			return m.Forward()
		}, nil
	}
}

// bindSend binds send(host:port): the message goes out as it came, with the
// script's edits and nothing of ours.
func bindSend(transport wire.Transport) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		return func(c *script.Context) int {
			m := module.Of(c)
			remote, err := netip.ParseAddrPort(withPort(hostPort(c, args)))
			if err != nil {
				return -1
			}
			local, ok := m.Proxy.Network.LocalFor(transport, remote)
			if !ok {
				return -1
			}
			flow := wire.Flow{Transport: transport, Local: local, Remote: remote}
			return module.Bool(m.Proxy.Network.Send(flow, c.Edits.Append(nil, m.Context.Message), nil) == nil)
		}, nil
	}
}

func isURIHost(arg script.Arg) bool {
	core, ok := arg.Source().(*syntax.Core)
	return ok && core.Kind == syntax.CoreURIHost
}

// hostPort joins one or two arguments to "host" or "host:port".
func hostPort(c *script.Context, args []script.Arg) string {
	if len(args) == 0 {
		return ""
	}
	host := args[0].Eval(c).String()
	if len(args) > 1 {
		host += ":" + args[1].Eval(c).String()
	}
	return host
}

func withPort(hostPort string) string {
	if strings.HasSuffix(hostPort, "]") || !strings.Contains(hostPort, ":") {
		return hostPort + ":" + strconv.Itoa(5060)
	}
	return hostPort
}
