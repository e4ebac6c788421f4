// transform_uri.go: {uri.…}, {nameaddr.…}, {tobody.…}, {urialias.…}: parts of
// URIs and addresses.

package script

import (
	"strconv"
	"strings"

	"viaduct/sip"
	"viaduct/wire"
)

// onURI makes a transformer of a part of a URI: "" when the part is missing,
// no value when the text is no URI.
func onURI(part func(*sip.URI) string) transformer {
	return onText(func(s string) Value {
		uri, err := parseLooseURI(s)
		if err != nil {
			return Value{}
		}
		return StringValue(part(&uri))
	})
}

// parseLooseURI forgives a semicolon at the end.
func parseLooseURI(s string) (sip.URI, error) { return sip.ParseURI(strings.TrimSuffix(s, ";")) }

func uriTransformers() map[string]transformer {
	table := map[string]transformer{
		"user":    onURI(func(u *sip.URI) string { return u.User }),
		"host":    onURI(func(u *sip.URI) string { return u.Host }),
		"domain":  onURI(func(u *sip.URI) string { return u.Host }),
		"passwd":  onURI(func(u *sip.URI) string { return u.Password }),
		"scheme":  onURI(func(u *sip.URI) string { return u.Scheme }),
		"params":  onURI(func(u *sip.URI) string { return strings.TrimPrefix(u.Params, ";") }),
		"headers": onURI(func(u *sip.URI) string { return u.Headers }),
		"port": onText(func(s string) Value {
			uri, err := parseLooseURI(s)
			if err != nil {
				return Value{}
			}
			if uri.Port == 0 {
				return Value{} // equal to 0 and to "", as in Kamailio
			}
			return IntValue(int64(uri.Port))
		}),
		"saor":     onURI(func(u *sip.URI) string { return shortURI(u, true, false) }),
		"suri":     onURI(func(u *sip.URI) string { return shortURI(u, true, true) }),
		"duri":     onURI(func(u *sip.URI) string { return shortURI(u, false, true) }),
		"tosocket": onURI(uriToSocket),
		"param": withTextParam(func(s, name string) Value {
			uri, err := parseLooseURI(s)
			if err != nil {
				return Value{}
			}
			value, _ := sip.Param(uri.Params, name)
			return StringValue(value)
		}),
	}
	for _, name := range []string{"transport", "ttl", "maddr", "method", "lr", "r2"} {
		table[name] = onURI(func(u *sip.URI) string { value, _ := sip.Param(u.Params, name); return value })
	}
	table["uparam"] = onURI(func(u *sip.URI) string { value, _ := sip.Param(u.Params, "user"); return value })
	return table
}

// shortURI prints scheme and host, with the user, and with port and transport,
// where asked.
func shortURI(u *sip.URI, user, port bool) string {
	text := u.Scheme + ":"
	if user && u.User != "" {
		text += u.User + "@"
	}
	text += u.Host
	if !port {
		return text
	}
	if u.Port != 0 {
		text += ":" + strconv.Itoa(u.Port)
	}
	if transport, ok := sip.Param(u.Params, "transport"); ok && transport != "" {
		text += ";transport=" + transport
	}
	return text
}

func uriToSocket(u *sip.URI) string {
	name, _ := sip.Param(u.Params, "transport")
	transport := wire.ParseTransport(name)
	if transport == wire.NoTransport {
		transport = wire.UDP
	}
	port := u.Port
	if port == 0 {
		port = 5060
	}
	return lowerTransport(transport) + ":" + u.Host + ":" + strconv.Itoa(port)
}

func nameAddrTransformers() map[string]transformer {
	return map[string]transformer{
		"uri":  onAddress(func(a *sip.NameAddr) string { return a.URI }),
		"name": onAddress(func(a *sip.NameAddr) string { return a.Display }),
		"len": onText(func(s string) Value {
			if end := strings.IndexByte(s, '>'); end >= 0 {
				return IntValue(int64(end + 1))
			}
			return IntValue(int64(len(s)))
		}),
	}
}

// onAddress makes a transformer of a part of a name-addr; no value when the
// text is none.
func onAddress(part func(*sip.NameAddr) string) transformer {
	return onText(func(s string) Value {
		address, err := sip.ParseNameAddr(s)
		if err != nil {
			return Value{}
		}
		return StringValue(part(&address))
	})
}

func toBodyTransformers() map[string]transformer {
	return map[string]transformer{
		"uri":     onAddress(func(a *sip.NameAddr) string { return a.URI }),
		"display": onAddress(func(a *sip.NameAddr) string { return a.Display }),
		"params":  onAddress(func(a *sip.NameAddr) string { return strings.TrimPrefix(a.Params, ";") }),
		"tag":     onAddress(func(a *sip.NameAddr) string { tag, _ := a.Param("tag"); return tag }),
		"user":    onAddress(func(a *sip.NameAddr) string { return partOf(a.URI, uriUser).AsString() }),
		"host":    onAddress(func(a *sip.NameAddr) string { return partOf(a.URI, uriHostPart).AsString() }),
	}
}

// aliasTransformers are {urialias.encode} and {urialias.decode}: host, port
// and transport of a URI as the value of an alias parameter, "10.0.0.1~5060~1",
// and back. The transports are 1 UDP, 2 TCP, 3 TLS, 5 WS, 6 WSS.
func aliasTransformers() map[string]transformer {
	numbers := map[wire.Transport]string{wire.UDP: "1", wire.TCP: "2", wire.TLS: "3", wire.WS: "5", wire.WSS: "6"}
	return map[string]transformer{
		"encode": onURI(func(u *sip.URI) string {
			proto, address, _ := strings.Cut(uriToSocket(u), ":")
			colon := strings.LastIndexByte(address, ':')
			return address[:colon] + "~" + address[colon+1:] + "~" + numbers[wire.ParseTransport(proto)]
		}),
		"decode": onText(func(s string) Value {
			parts := strings.Split(s, "~")
			if len(parts) != 3 {
				return StringValue("")
			}
			text := "sip:" + parts[0] + ":" + parts[1]
			for transport, number := range numbers {
				if number == parts[2] && transport != wire.UDP {
					text += ";transport=" + lowerTransport(transport)
				}
			}
			return StringValue(text)
		}),
	}
}
