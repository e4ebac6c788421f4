// Addresses as a phone writes them.
package phone

import (
	"net/netip"
	"strconv"
	"strings"

	"viaduct/sip"
	"viaduct/wire"
)

// hostPort writes the local address of a flow, the default port left out.
func hostPort(f wire.Flow) string {
	host := f.Local.Addr().String()
	if f.Local.Addr().Is6() {
		host = "[" + host + "]"
	}
	if port := int(f.Local.Port()); port != sip.DefaultPort(f.Transport.String()) {
		host += ":" + strconv.Itoa(port)
	}
	return host
}

func lower(t wire.Transport) string { return strings.ToLower(t.String()) }

// home is where a phone is as long as nobody is called: its own address, or
// one that the stack has.
func (p *Phone) home() wire.Flow {
	f := wire.Flow{Transport: p.config.Transport, Local: p.config.Local}
	for _, host := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		if f.Local.IsValid() {
			break
		}
		f.Local, _ = p.stack.network.LocalFor(f.Transport, netip.AddrPortFrom(host, 5060))
	}
	return f
}

// toward is the flow to a URI, or home when that must be asked for first.
func (p *Phone) toward(uri string) wire.Flow {
	if hops, ok := p.hopsNow(uri); ok {
		hop := hops[0]
		if local, err := p.localFor(hop); err == nil {
			hop.Local = local
			return hop
		}
	}
	return p.home()
}

// target makes a URI of what people dial: "309", "309@example.test",
// "sip:309@127.0.0.1:5070", "tel:+44201234".
func (p *Phone) target(dialled string) (string, error) {
	dialled = strings.TrimSpace(dialled)
	if number, ok := strings.CutPrefix(dialled, "tel:"); ok {
		dialled, _, _ = strings.Cut(number, ";")
	}
	uri := dialled
	if !strings.HasPrefix(dialled, "sip:") && !strings.HasPrefix(dialled, "sips:") {
		uri = "sip:" + dialled
		if !strings.Contains(dialled, "@") {
			domain := p.config.Domain
			if domain == "" {
				return "", &TargetError{dialled, "without a server it must be sip:USER@HOST[:PORT]"}
			}
			uri += "@" + domain
		}
	}
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() || strings.ContainsAny(uri, " \t\r\n<>\"") {
		return "", &TargetError{dialled, "not a number, USER@HOST or sip: URI"}
	}
	return uri, nil
}

// TargetError says that what was dialled leads nowhere.
type TargetError struct{ Target, Problem string }

func (e *TargetError) Error() string {
	return "cannot dial " + strconv.Quote(e.Target) + ": " + e.Problem
}

// cutHeaders parts a URI from its headers, which become fields of the request
// (RFC 3261 section 19.1.5): of them only Replaces, as others could make the
// phone say what its user never wanted.
func cutHeaders(uri string) (bare string, fields []field) {
	bare = sip.WithoutHeaders(uri)
	u, err := sip.ParseURI(uri)
	if err != nil {
		return bare, nil
	}
	for header := range strings.SplitSeq(u.Headers, "&") {
		name, value, _ := strings.Cut(header, "=")
		value = sip.Unescape(value)
		if strings.EqualFold(name, "Replaces") && !strings.ContainsAny(value, "\r\n") {
			fields = append(fields, field{"Replaces", value})
		}
	}
	return bare, fields
}

// plain takes parameters off a URI that may not stand in To (table 1 of
// section 19.1.1).
func plain(uri string) string {
	bare := sip.WithoutHeaders(uri)
	if u, err := sip.ParseURI(bare); err == nil {
		u.Params, u.Headers = "", ""
		return u.String()
	}
	return bare
}
