// loose_route(): a request finds its way by its Route fields (RFC 3261
// sections 16.4, 16.6 step 6 and 16.12).
package rr

import (
	"strconv"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// Return codes of loose_route, as Kamailio has them.
const (
	routed    = 1  // the Route fields say where to go, or led to here within a dialog
	notRouted = -1 // there is no Route, or none that may be followed
	preloaded = -3 // outside a dialog, and the only Route was ours: the script decides
)

func (r *router) looseRoute(c *script.Context) int { return r.follow(c, true) }

// looseRoutePreloaded is true for a request outside a dialog whose only Route
// was ours.
func (r *router) looseRoutePreloaded(c *script.Context) int {
	return module.Bool(r.follow(c, true) == preloaded)
}

// bindMode binds loose_route_mode: 1 leaves a Request-URI of ours alone, for
// servers that give their own address as Contact.
func (r *router) bindMode(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		return r.follow(c, args[0].Eval(c).AsInt() != 1)
	}, nil
}

// follow carries out what the Route fields say, and tells those who want to
// know, once for each request.
func (r *router) follow(c *script.Context, strictToo bool) int {
	before := isRouted(c)
	code := r.carryOut(c, strictToo)
	if code == notRouted || before || len(r.server.Followers) == 0 {
		return code
	}
	params, upstream := r.ownParams(c.Message), r.isUpstream(c)
	for _, follower := range r.server.Followers {
		follower.Followed(module.Of(c), params, upstream)
	}
	return code
}

// ownParams gives the parameters of our Route, "" when there is none; a strict
// router before us has made it the Request-URI.
func (r *router) ownParams(m *sip.Message) string {
	if uri, ok := r.ownRoute(m); ok {
		return uri.Params
	}
	if uri, err := sip.ParseURI(m.RequestURI); err == nil && r.isOurs(&uri) {
		return uri.Params
	}
	return ""
}

func (r *router) carryOut(c *script.Context, strictToo bool) int {
	set, ok := readRoutes(c.Message)
	if !ok {
		return notRouted
	}
	if strictToo && r.cameByStrictRouter(c) {
		return r.followStrict(c, &set)
	}
	own := r.ours(&set)
	rest := set.count - own
	switch {
	case own > 0 && rest == 0 && c.Message.ToTag() == "":
		r.remove(c, own)
		return preloaded
	case r.signer != nil && (own == 0 || !r.isSigned(c, &set.top[0].uri)):
		r.remove(c, own) // section 16.4 takes ours out in any case
		return notRouted
	case isRouted(c):
		return routed // called a second time
	}
	r.sendFrom(c, &set, own)
	if rest == 0 {
		r.remove(c, own)
		return routed
	}
	r.goTo(c, &set.top[own], own)
	return routed
}

// goTo makes a Route value the next hop; own values stand before it.
func (r *router) goTo(c *script.Context, next *hop, own int) {
	c.TargetFlow = wire.Flow{}
	if next.isLoose() {
		r.remove(c, own)
		c.Destination = next.text
		return
	}
	// Section 16.6 step 6: a strict router wants its own URI as Request-URI,
	// and the target as the last Route.
	r.remove(c, own+1)
	line := "Route: <" + c.URI + ">\r\n"
	c.Edits.Insert(routesEnd(c.Message), line)
	c.URI, c.Destination = next.text, ""
}

// cameByStrictRouter tells whether the Request-URI is one that we wrote into a
// Record-Route: a strict router before us put it there (section 16.4). Ours
// bear lr; a Contact that happens to be our address does not.
func (r *router) cameByStrictRouter(c *script.Context) bool {
	uri, err := sip.ParseURI(c.Message.RequestURI)
	if err != nil || !r.isOurs(&uri) {
		return false
	}
	_, ok := uri.Param("lr")
	return ok
}

// followStrict undoes what a strict router did: the target is the last Route.
func (r *router) followStrict(c *script.Context, set *routes) int {
	uri, _ := sip.ParseURI(c.Message.RequestURI)
	switch {
	case r.signer != nil && !r.isSigned(c, &uri):
		return notRouted
	case isRouted(c):
		return routed
	}
	own := 0 // the second value of ours may still be there
	if isDouble(&uri) && isDouble(&set.top[0].uri) && r.isOurs(&set.top[0].uri) {
		own = 1
	}
	next := &set.top[min(own, set.count-1)]
	switch rest := set.count - own; {
	case rest == 0:
		return notRouted // no target
	case rest == 1:
		r.remove(c, set.count)
		c.Destination = ""
	case next.isLoose():
		r.remove(c, own)
		c.Edits.RemoveValue(c.Message, set.last.Value)
		c.Destination = next.text
		next = &set.last
	default:
		// The last Route would become the Request-URI here and the last Route
		// again for the next hop: it can stay.
		r.remove(c, own+1)
		c.Destination = ""
	}
	if own > 0 {
		r.useListener(c, &set.top[0].uri)
	}
	c.URI = next.text
	c.TargetFlow = wire.Flow{}
	return routed
}

// remove takes values off the top of Route.
func (r *router) remove(c *script.Context, count int) {
	if count > 0 {
		c.Edits.RemoveTop(c.Message, sip.FieldRoute, count)
	}
}

// sendFrom chooses the listener: of two values of ours the second names the
// side on which the request leaves.
func (r *router) sendFrom(c *script.Context, set *routes, own int) {
	switch {
	case own == 2:
		r.useListener(c, &set.top[1].uri)
	case own == 1 && r.forceSocket:
		r.useListener(c, &set.top[0].uri)
	}
}

// useListener sends from the listener that a URI of ours names; one that names
// none, as an alias does, leaves the choice to the proxy.
func (r *router) useListener(c *script.Context, uri *sip.URI) {
	transport := wire.UDP
	if name, ok := uri.Param("transport"); ok {
		transport = wire.ParseTransport(name)
	}
	port := portOf(uri)
	m := module.Of(c)
	if m.Proxy == nil {
		return
	}
	for i := range m.Proxy.Listeners {
		l := &m.Proxy.Listeners[i]
		if l.Transport != transport {
			continue
		}
		isNamed := l.SentBy == uri.Host || l.SentBy == uri.Host+":"+strconv.Itoa(port)
		if isNamed || int(l.Local.Port()) == port && sameHost(l.Local.Addr().String(), uri.Host) {
			c.SendSocket = wire.Flow{Transport: l.Transport, Local: l.Local}
			return
		}
	}
}

// routesEnd is the place behind the last Route field.
func routesEnd(m *sip.Message) int {
	end := m.HeadEnd
	for i := range m.Fields {
		if m.Fields[i].Kind == sip.FieldRoute {
			end = int(m.Fields[i].End)
		}
	}
	return end
}

// isSigned checks the signature of a URI of ours.
func (r *router) isSigned(c *script.Context, uri *sip.URI) bool {
	signature, _ := uri.Param(signatureParam)
	return r.signer.verify(c.Message.CallID(), signature)
}
