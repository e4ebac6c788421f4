// The next hop that t_relay may be given in words.
package tm

import (
	"strconv"
	"strings"

	"viaduct/script"
	"viaduct/sip"
)

// Flags of t_relay and t_relay_to. The third of Kamailio's, 2, asks for no
// reply when nothing could be sent: a reply of the script outranks ours anyway.
const (
	noTrying   = 1
	noFailover = 4
)

// hopOf gives the URI of the next hop for a message.
type hopOf func(*script.Context) string

// bindNextHop reads the arguments of t_relay: none; flags (a number, "0x02");
// "proto:host:port", with flags behind it; host and port; or "proto" and
// "host:port". It gives nil when there is no hop.
func bindNextHop(args []script.Arg, transport string) (hop hopOf, flags int64, err error) {
	switch len(args) {
	case 2:
		if value, constant := args[0].Constant(); constant && strings.Contains(value.AsString(), ":") {
			second, _ := args[1].Constant()
			if flags, ok := flagsIn(second); ok {
				hop, _, err := bindNextHop(args[:1], transport)
				return hop, flags, err
			}
		}
		return twoParts(args, transport), 0, nil
	case 1:
		value, constant := args[0].Constant()
		if flags, ok := flagsIn(value); ok && constant {
			return nil, flags, nil
		}
		if constant {
			if _, ok := parseHop(value.AsString()); !ok {
				return nil, 0, &script.ArgError{Index: 0, Msg: "expected flags or a next hop", Hint: `write "udp:host:port", or t_relay("host", "port")`}
			}
		}
		return func(c *script.Context) string {
			uri, _ := parseHop(args[0].Eval(c).AsString())
			return uri
		}, 0, nil
	}
	return ownHop(transport), 0, nil
}

// bindCopyTo reads the arguments of t_replicate: none, a URI, host and port,
// or "proto" and "host:port".
func bindCopyTo(args []script.Arg, transport string) (hopOf, error) {
	switch len(args) {
	case 2:
		return twoParts(args, transport), nil
	case 1:
		return func(c *script.Context) string {
			text := args[0].Eval(c).AsString()
			if _, err := sip.ParseURI(text); err != nil {
				text, _ = parseHop(text)
			}
			return text
		}, nil
	}
	return ownHop(transport), nil
}

// twoParts reads "proto" and "host:port", or host and port.
func twoParts(args []script.Arg, transport string) hopOf {
	if proto, constant := args[0].Constant(); constant && protocolOf(proto.AsString()) {
		name := ";transport=" + strings.ToLower(proto.AsString())
		return func(c *script.Context) string { return "sip:" + args[1].Eval(c).String() + name }
	}
	return hostAndPort(args, transport)
}

func hostAndPort(args []script.Arg, transport string) hopOf {
	return func(c *script.Context) string {
		return hopURI(args[0].Eval(c).AsString(), args[1].Eval(c).String(), transport)
	}
}

// ownHop is where the request goes anyway, over a transport: t_relay_to_tcp().
func ownHop(transport string) hopOf {
	if transport == anyTransport {
		return nil
	}
	return func(c *script.Context) string {
		uri := c.Destination
		if uri == "" {
			uri = c.URI
		}
		return withTransport(uri, transport)
	}
}

// withTransport gives a URI whose parameter transport is the one given, as
// ";transport=tcp".
func withTransport(text, transport string) string {
	uri, err := sip.ParseURI(text)
	if err != nil || !uri.IsSIP() {
		return text + transport
	}
	params := ""
	for name, value := range sip.Params(uri.Params) {
		if strings.EqualFold(name, "transport") {
			continue
		}
		if params += ";" + name; value != "" {
			params += "=" + value
		}
	}
	uri.Params, uri.Headers = params+transport, ""
	return uri.String()
}

// flagsIn reads a number, also as "0x02".
func flagsIn(v script.Value) (int64, bool) {
	if v.Kind == script.Int {
		return v.Int, true
	}
	n, err := strconv.ParseInt(v.Text, 0, 64)
	return n, err == nil
}

var protocols = [...]string{"udp", "tcp", "tls", "ws", "wss"}

func protocolOf(name string) bool {
	for _, known := range protocols {
		if strings.EqualFold(name, known) {
			return true
		}
	}
	return false
}

// parseHop reads "proto:host:port", "host:port" or "host".
func parseHop(text string) (uri string, ok bool) {
	transport := ""
	for _, name := range protocols {
		if rest, found := strings.CutPrefix(strings.ToLower(text), name+":"); found {
			transport, text = ";transport="+name, text[len(text)-len(rest):]
		}
	}
	return "sip:" + text + transport, text != ""
}

func hopURI(host, port, transport string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	if port != "" && port != "0" {
		host += ":" + port
	}
	return "sip:" + host + transport
}
