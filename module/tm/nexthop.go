// The next hop that t_relay may be given in words.
package tm

import (
	"strconv"
	"strings"

	"viaduct/script"
)

// bindNextHop reads the arguments of t_relay: none; flags (a number, "0x02");
// "proto:host:port"; or host and port. It gives nil when there is no hop.
func bindNextHop(args []script.Arg, transport string) (func(*script.Context) string, error) {
	switch len(args) {
	case 2:
		return func(c *script.Context) string {
			return hopURI(args[0].Eval(c).AsString(), args[1].Eval(c).String(), transport)
		}, nil
	case 1:
		value, constant := args[0].Constant()
		if constant && isFlags(value) {
			return nil, nil
		}
		if constant {
			if _, ok := parseHop(value.AsString()); !ok {
				return nil, &script.ArgError{Index: 0, Msg: "expected flags or a next hop", Hint: `write "udp:host:port", or t_relay("host", "port")`}
			}
		}
		return func(c *script.Context) string {
			uri, _ := parseHop(args[0].Eval(c).AsString())
			return uri
		}, nil
	}
	if transport == anyTransport {
		return nil, nil
	}
	// t_relay_to_tcp(): where the request goes anyway, over that transport.
	return func(c *script.Context) string {
		uri := c.Destination
		if uri == "" {
			uri = c.URI
		}
		return uri + transport
	}, nil
}

func isFlags(v script.Value) bool {
	if v.Kind == script.Int {
		return true
	}
	_, err := strconv.ParseInt(v.Text, 0, 64)
	return err == nil
}

// parseHop reads "proto:host:port", "host:port" or "host".
func parseHop(text string) (uri string, ok bool) {
	transport := ""
	for _, name := range [...]string{"udp", "tcp", "tls", "ws", "wss"} {
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
