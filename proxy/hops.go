// Hops: where a request may go, and the listener it leaves from (RFC 3261
// section 16.6 step 7, RFC 3263).
package proxy

import (
	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/wire"
)

// appendHops puts all hops of a target behind dst, the first to try first; uri
// is the Request-URI. seed chooses among equal ones, see resolve.Query; wait,
// which may be nil, is called before the wait for a name server.
func (p *Proxy) appendHops(dst []wire.Flow, target *Target, uri string, seed uint64, wait func()) ([]wire.Flow, error) {
	if target.Flow.Remote.IsValid() {
		return append(dst, target.Flow), nil
	}
	if target.Destination != "" {
		uri = target.Destination
	}
	for first := range sip.SplitList(target.Path) {
		if path, err := sip.ParseNameAddr(first); err == nil {
			uri = path.URI
		}
		break
	}
	return p.Resolver.AppendHops(dst, resolve.Query{URI: uri, Reach: p.reach(), Seed: seed}, wait)
}

// reach tells which hops our listeners reach.
func (p *Proxy) reach() (r resolve.Reach) {
	for i := range p.Listeners {
		r.Add(p.Listeners[i].Transport, p.Listeners[i].Local.Addr())
	}
	return r
}

// leave chooses the listener from which a request goes to a hop.
func (p *Proxy) leave(wanted, hop wire.Flow) (wire.Flow, error) {
	from := wanted.Local
	if wanted.Transport == hop.Transport && from.IsValid() && from.Addr().Is4() == hop.Remote.Addr().Is4() {
		hop.Local = from
		return hop, nil
	}
	local, ok := p.Network.LocalFor(hop.Transport, hop.Remote)
	if !ok {
		return hop, ErrNoListener
	}
	hop.Local = local
	return hop, nil
}

// nextHop gives the first hop that a listener of ours reaches, for a request
// that is sent once and has no other chance.
func (p *Proxy) nextHop(r *Request, target *Target, uri string) (wire.Flow, error) {
	var wait func()
	if r.Inbound != nil {
		wait = r.Inbound.HandOver
	}
	var space [4]wire.Flow
	hops, err := p.appendHops(space[:0], target, uri, r.seed, wait)
	if err != nil {
		return wire.Flow{}, err
	}
	for _, hop := range hops {
		if hop, err = p.leave(r.SendFrom, hop); err == nil {
			return hop, nil
		}
	}
	return wire.Flow{}, err
}
