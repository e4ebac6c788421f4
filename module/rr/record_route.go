// record_route() and its kin: the script asks for a Record-Route. The proxy
// writes it when it knows where the request goes (RFC 3261 section 16.6 step 4).
package rr

import (
	"strings"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// bindRecordRoute binds record_route() and record_route(";name=value").
func (r *router) bindRecordRoute(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		params := r.lr() + r.fromTag(c) + r.signature(c)
		if len(args) > 0 {
			params += args[0].Eval(c).AsString()
		}
		return r.ask(c, proxy.RecordRoute{Params: params, Single: r.doubleRR == 0, Double: r.doubleRR > 1})
	}, nil
}

// bindPreset binds record_route_preset("host:port;params"[, second]): the
// value for the next hop, then the one for those before us.
func (r *router) bindPreset(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		preset := make([]string, len(args))
		for i, arg := range args {
			if preset[i] = arg.Eval(c).AsString(); preset[i] == "" {
				return -1
			}
		}
		return r.ask(c, proxy.RecordRoute{Preset: preset, Params: r.fromTag(c) + r.lr() + r.signature(c)})
	}, nil
}

// bindAdvertised binds record_route_advertised_address("host:port"): this
// address stands for that of the listener.
func (r *router) bindAdvertised(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		host := args[0].Eval(c).AsString()
		if host == "" {
			return -1
		}
		return r.ask(c, proxy.RecordRoute{
			Host: host, Params: r.fromTag(c) + r.lr() + r.signature(c),
			Single: r.doubleRR == 0, Double: r.doubleRR > 1,
		})
	}, nil
}

// ask asks for the field once: a second time is a fault of the script.
func (r *router) ask(c *script.Context, rr proxy.RecordRoute) int {
	m := module.Of(c)
	if m.RecordRoute != nil {
		if !m.RecordRoute.Unasked {
			return -1
		}
		rr.Params += m.RecordRoute.Params
	}
	rr.User = r.user(c)
	rr.Secure = !r.ignoreSIPS && isSIPS(c.URI)
	m.RecordRoute = &rr
	return 1
}

// bindAddParam binds add_rr_param(";name=value"), before or after record_route.
func bindAddParam(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		m := module.Of(c)
		more := args[0].Eval(c).AsString()
		if more == "" {
			return -1
		}
		// A transaction may hold the old one by now: it is never changed.
		rr := proxy.RecordRoute{Unasked: true}
		if m.RecordRoute != nil {
			rr = *m.RecordRoute
		}
		rr.Params += more
		m.RecordRoute = &rr
		return 1
	}, nil
}

func removeRecordRoute(c *script.Context) int {
	module.Of(c).RecordRoute = nil
	return 1
}

func (r *router) lr() string {
	if r.fullLR {
		return ";lr=on"
	}
	return ";lr"
}

// fromTag gives the tag of the caller, by which is_direction() later tells who
// sends. In requests of the callee that is the To tag. SER and OpenSER take it
// so only when loose_route() has gone before; else the sender's tag.
func (r *router) fromTag(c *script.Context) string {
	if !r.appendTag {
		return ""
	}
	tag := c.Message.FromTag()
	if c.Message.ToTag() != "" && r.isUpstream(c) && (isKamailio(c) || isRouted(c)) {
		tag = c.Message.ToTag()
	}
	if tag == "" {
		return ""
	}
	return ";ftag=" + tag
}

func isKamailio(c *script.Context) bool {
	return c.Program == nil || c.Program.Dialect() == syntax.Kamailio
}

func (r *router) signature(c *script.Context) string {
	if r.signer == nil {
		return ""
	}
	return ";" + signatureParam + "=" + r.signer.sign(c.Message.CallID())
}

// user gives the user of the Record-Route URI: none, the Request-URI's or the
// value of an AVP.
func (r *router) user(c *script.Context) string {
	if !r.addUsername {
		return ""
	}
	if r.userAVP != "" && c.AVPs != nil {
		if user := c.AVPs.Get(r.userAVP).AsString(); user != "" {
			return user
		}
	}
	uri, err := sip.ParseURI(c.URI)
	if err != nil {
		return ""
	}
	return uri.User
}

func isSIPS(uri string) bool { return len(uri) > 5 && strings.EqualFold(uri[:5], "sips:") }
