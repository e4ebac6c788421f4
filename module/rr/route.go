// The Route fields of a message, and which of their values are ours.
package rr

import (
	"strings"

	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// hop is one value of Route.
type hop struct {
	sip.Value
	text string // the URI
	uri  sip.URI
}

// isLoose tells a router that follows RFC 3261; one without lr is strict.
func (h *hop) isLoose() bool {
	_, ok := h.uri.Param("lr")
	return ok
}

// routes are the values of Route that decide: all on top that may be ours, the
// one behind them and the last.
type routes struct {
	top   [3]hop
	last  hop
	count int
}

// readRoutes reads them; it fails when there are none or one of them is
// unsound.
func readRoutes(m *sip.Message) (set routes, ok bool) {
	for value := range m.Values(sip.FieldRoute) {
		if set.count < len(set.top) {
			if set.top[set.count], ok = readHop(value); !ok {
				return set, false
			}
		}
		set.last.Value = value
		set.count++
	}
	if set.count == 0 {
		return set, false
	}
	if set.count <= len(set.top) {
		set.last = set.top[set.count-1]
		return set, true
	}
	set.last, ok = readHop(set.last.Value)
	return set, ok
}

func readHop(value sip.Value) (h hop, ok bool) {
	address, err := sip.ParseNameAddr(value.Text)
	if err != nil || !address.InAngle {
		return h, false
	}
	uri, err := sip.ParseURI(address.URI)
	return hop{value, address.URI, uri}, err == nil
}

// isOurs tells whether a URI leads to us. The transport does not matter: what
// we write for one listener, another may get.
func (r *router) isOurs(uri *sip.URI) bool {
	if !uri.IsSIP() || r.server.Myself == nil {
		return false
	}
	return r.server.Myself(uri.Host, portOf(uri), wire.NoTransport)
}

// portOf gives the port of a URI, the default one filled in (section 19.1.2).
func portOf(uri *sip.URI) int {
	if uri.Port != 0 {
		return uri.Port
	}
	name, _ := uri.Param("transport")
	if uri.Is("sips") {
		name = "TLS"
	}
	return sip.DefaultPort(name)
}

// ours counts the values on top that are ours: one, or both of a pair that
// bears r2 (see proxy.RecordRoute).
func (r *router) ours(set *routes) int {
	switch {
	case !r.isOurs(&set.top[0].uri):
		return 0
	case set.count > 1 && isDouble(&set.top[0].uri) && isDouble(&set.top[1].uri) && r.isOurs(&set.top[1].uri):
		return 2
	}
	return 1
}

// isDouble tells one of the two Record-Route values of a server that changes
// address or transport on the way.
func isDouble(uri *sip.URI) bool {
	_, ok := uri.Param("r2")
	return ok
}

// ownRoute gives the URI of the top Route when it is ours.
func (r *router) ownRoute(m *sip.Message) (uri sip.URI, ok bool) {
	for value := range m.Values(sip.FieldRoute) {
		top, sound := readHop(value)
		return top.uri, sound && r.isOurs(&top.uri)
	}
	return uri, false
}

// isRouted tells whether loose_route() has taken a Route out.
func isRouted(c *script.Context) bool {
	fields := c.Message.Fields
	for i := range fields {
		f := &fields[i]
		if f.Kind != sip.FieldRoute {
			continue
		}
		for j := range c.Edits {
			if edit := &c.Edits[j]; edit.Start < int(f.ValueEnd) && edit.End > int(f.Value) {
				return true
			}
		}
	}
	return false
}

// sameHost compares hosts of URIs, IPv6 in any of its forms.
func sameHost(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	left, err := sip.ParseHost(a)
	if err != nil {
		return false
	}
	right, err := sip.ParseHost(b)
	return err == nil && left == right
}
