// Sending beside the proxy: no Via, no changes, no transaction.
package corex

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

func sendFunctions() []script.Function {
	requests := script.RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
	return []script.Function{
		{Name: "send_udp", MaxArgs: 1, Routes: requests, Bind: bindSendOn("udp")},
		{Name: "send_tcp", MaxArgs: 1, Routes: requests, Bind: bindSendOn("tcp")},
		module.OfTexts("send_data", func(c *script.Context, uri, data string) int {
			return send(c, uri, wire.Flow{}, data)
		}),
		{Name: "sendx", MinArgs: 3, MaxArgs: 3, Bind: bindSendFrom},
	}
}

// bindSendOn binds send_udp([host[:port]]): the request as it came goes there,
// or where the proxy would send it.
func bindSendOn(transport string) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		host := func(*script.Context) string { return "" }
		if len(args) == 1 {
			host = module.Text(args[0])
		}
		return func(c *script.Context) int {
			hostPort := host(c)
			if hostPort == "" {
				hop := c.Destination
				if hop == "" {
					hop = c.URI
				}
				u, err := sip.ParseURI(hop)
				if err != nil {
					return -1
				}
				hostPort = u.HostPort()
			}
			return send(c, "sip:"+hostPort+";transport="+transport, wire.Flow{}, c.Message.Text)
		}, nil
	}
}

// bindSendFrom binds sendx(uri, socket, data).
func bindSendFrom(args []script.Arg) (script.Action, error) {
	uri, socket, data := module.Text(args[0]), module.Text(args[1]), module.Text(args[2])
	return func(c *script.Context) int {
		from, err := script.ParseSocket(socket(c))
		if err != nil {
			return -1
		}
		return send(c, uri(c), from, data(c))
	}, nil
}

// send sends text to where a URI leads. from may be zero.
func send(c *script.Context, uri string, from wire.Flow, text string) int {
	m := module.Of(c)
	if strings.TrimSpace(text) == "" {
		return -1
	}
	var wait func()
	if c.Wait != nil {
		wait = c.Wait.HandOver
	}
	flow, err := m.Proxy.Resolver.Hop(uri, wait)
	if err != nil {
		return -1
	}
	flow.Local = from.Local
	if from.Transport != flow.Transport {
		local, ok := m.Proxy.Network.LocalFor(flow.Transport, flow.Remote)
		if !ok {
			return -1
		}
		flow.Local = local
	}
	return module.Bool(m.Proxy.Network.Send(flow, []byte(text), nil) == nil)
}
