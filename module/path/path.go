// Package path is the script module of Path (RFC 3327): a proxy before a
// registrar puts itself into the way of requests to the client.
package path

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// paths is the module with its parameters.
type paths struct {
	useReceived bool
	received    string // name of the parameter
	asAlias     bool   // it is written as an alias, ip~port~transport
	double      bool
	loaded      bool
}

// New makes the module; the follower goes to module rr.
func New() (*script.Module, module.Follower) {
	p := &paths{received: "received"}
	return &script.Module{
		Name: "path",
		Start: func() error {
			p.loaded = true
			return nil
		},
		Functions: []script.Function{
			p.adding("add_path", func(*module.Message) string { return "" }),
			p.adding("add_path_received", p.source),
		},
		Params: []script.Param{
			{Name: "use_received", Set: script.SetBool(&p.useReceived)},
			{Name: "received_name", Set: script.SetString(&p.received)},
			{Name: "received_format", Set: script.SetBool(&p.asAlias)},
			{Name: "enable_r2", Set: script.SetBool(&p.double)},
		},
	}, p
}

// adding makes a function that asks for a Path: of no argument, a user, or a
// user and further parameters.
func (p *paths) adding(name string, first func(*module.Message) string) script.Function {
	return script.Function{
		Name: name, MaxArgs: 2, Routes: script.RoutesOf(syntax.RequestRoute),
		Bind: func(args []script.Arg) (script.Action, error) {
			texts := [2]module.TextOf{}
			for i := range texts {
				texts[i] = func(*script.Context) string { return "" }
				if i < len(args) {
					texts[i] = module.Text(args[i])
				}
			}
			return func(c *script.Context) int {
				m := module.Of(c)
				path := proxy.Path{User: texts[0](c), Params: first(m), Double: p.double}
				if params := strings.TrimPrefix(texts[1](c), ";"); params != "" {
					path.Params += ";" + params
				}
				if strings.ContainsAny(path.User+path.Params, "\r\n<>\" ") {
					return -1
				}
				m.Paths = append(slices.Clip(m.Paths), path)
				return 1
			}, nil
		},
	}
}

// source writes where a request came from, as a parameter of a URI.
func (p *paths) source(m *module.Message) string {
	flow := m.Flow
	if p.asAlias {
		return ";" + p.received + "=" + hostOf(flow.Remote) + "~" + strconv.Itoa(int(flow.Remote.Port())) + "~" + strconv.Itoa(number(flow.Transport))
	}
	text := ";" + p.received + "=sip:" + hostOf(flow.Remote) + ":" + strconv.Itoa(int(flow.Remote.Port()))
	if flow.Transport != wire.UDP {
		text += "%3Btransport%3D" + strings.ToLower(flow.Transport.String())
	}
	return text
}

func hostOf(address netip.AddrPort) string {
	if address.Addr().Is6() {
		return "[" + address.Addr().String() + "]"
	}
	return address.Addr().String()
}

// Kamailio's numbers of transports, as aliases have them.
var transports = [...]wire.Transport{1: wire.UDP, 2: wire.TCP, 3: wire.TLS, 5: wire.WS, 6: wire.WSS}

func number(t wire.Transport) int {
	return max(slices.Index(transports[1:], t)+1, 1)
}

// Followed sends a request on to where our Route says that the client was seen
// when it registered.
func (p *paths) Followed(m *module.Message, params string, _ bool) {
	if !p.loaded || !p.useReceived {
		return
	}
	value, ok := sip.Param(params, p.received)
	if !ok {
		return
	}
	if uri := p.destination(sip.Unescape(value)); uri != "" {
		m.Destination, m.TargetFlow = uri, wire.Flow{}
	}
}

// destination reads what source has written; "" when it is nothing of ours.
func (p *paths) destination(value string) string {
	if !p.asAlias {
		if _, err := sip.ParseURI(value); err != nil {
			return ""
		}
		return value
	}
	parts := strings.Split(value, "~")
	if len(parts) != 3 {
		return ""
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 1 || n >= len(transports) || transports[n] == wire.NoTransport {
		return ""
	}
	uri := "sip:" + parts[0] + ":" + parts[1] + ";transport=" + strings.ToLower(transports[n].String())
	if _, err := sip.ParseURI(uri); err != nil {
		return ""
	}
	return uri
}
