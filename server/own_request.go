// Own requests: what a route looks at that no message began: those of timers
// and events.
package server

import (
	"net/netip"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// ownRequest is the request that such a route sees. Nobody has sent it.
const ownRequest = "OPTIONS sip:script@viaduct.test SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.1\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: <sip:script@viaduct.test>;tag=own\r\n" +
	"To: <sip:script@viaduct.test>\r\n" +
	"Call-ID: own@viaduct.test\r\n" +
	"CSeq: 1 OPTIONS\r\n" +
	"Content-Length: 0\r\n\r\n"

// runOwn runs a route on a request of our own. set, called before, puts into
// the context what the route shall find there.
func (s *Server) runOwn(route *script.Route, set func(*module.Message)) {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5060)
	flow := wire.Flow{Transport: wire.UDP, Local: local, Remote: local}
	if len(s.proxy.Listeners) > 0 {
		l := s.proxy.Listeners[0]
		flow = wire.Flow{Transport: l.Transport, Local: l.Local, Remote: l.Local}
	}
	request, err := sip.Parse(ownRequest)
	if err != nil {
		return // it is sound, as a test says
	}
	m := &module.Message{Proxy: s.proxy}
	m.Host = m
	m.Message, m.Flow, m.URI = request, flow, request.RequestURI
	set(m)
	route.Run(&m.Context)
	if m.Unlock != nil {
		m.Unlock()
	}
}
