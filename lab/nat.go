// NAT: a relay between a phone's network and that of the others, and the STUN
// server that tells the phone how it looks from outside.
package lab

import (
	"net"
	"net/netip"

	"github.com/pion/stun/v3"

	own "viaduct/internal/stun"
)

// relay is a NAT at work, for one phone. To the others all that the phone
// sends comes from outside; inside, a socket stands for each of those whom it
// may speak to. What comes from anybody else is dropped.
type relay struct {
	phone   netip.AddrPort
	outside *net.UDPConn
	faces   map[netip.AddrPort]*net.UDPConn // inside, by whom they stand for
}

// openRelay opens a NAT's sockets for a phone. targets are those whom it may
// speak to. A NAT is no element of SIP: in ladders its outer address is the
// phone, and its faces are those for whom they stand.
func openRelay(g *ground, phone string, outside, inside netip.AddrPort, targets ...netip.AddrPort) (*relay, error) {
	r := &relay{faces: map[netip.AddrPort]*net.UDPConn{}}
	var err error
	if r.outside, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(outside)); err != nil {
		r.outside, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(outside.Addr(), 0)))
	}
	if err != nil {
		return nil, err
	}
	g.names[addressOf(r.outside)] = phone
	for _, target := range targets {
		face, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(inside.Addr(), 0)))
		if err != nil {
			r.Close()
			return nil, err
		}
		r.faces[target] = face
		g.names[addressOf(face)] = g.names[target]
	}
	return r, nil
}

func addressOf(c *net.UDPConn) netip.AddrPort {
	at := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// serve relays for a phone until Close.
func (r *relay) serve(phone netip.AddrPort) {
	r.phone = phone
	for target, face := range r.faces {
		go r.pass(face, func(from netip.AddrPort) (*net.UDPConn, netip.AddrPort) {
			if from != r.phone {
				return nil, from
			}
			return r.outside, target
		})
	}
	go r.pass(r.outside, func(from netip.AddrPort) (*net.UDPConn, netip.AddrPort) { return r.faces[from], r.phone })
}

// pass takes what comes in at a socket and sends it on as way says.
func (r *relay) pass(in *net.UDPConn, way func(from netip.AddrPort) (*net.UDPConn, netip.AddrPort)) {
	space := make([]byte, 65536)
	for {
		n, from, err := in.ReadFromUDPAddrPort(space)
		if err != nil {
			return
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		out, to := way(from)
		if out == nil {
			continue
		}
		out.WriteToUDPAddrPort(space[:n], to) // UDP may lose it
	}
}

// Close ends the relay.
func (r *relay) Close() error {
	for _, face := range r.faces {
		face.Close()
	}
	return r.outside.Close()
}

// mirror is a STUN server: it tells who asks how it sees him.
type mirror struct{ conn *net.UDPConn }

func openMirror(wish netip.AddrPort) (*mirror, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(wish))
	if err != nil {
		conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(wish.Addr(), 0)))
	}
	if err != nil {
		return nil, err
	}
	m := &mirror{conn}
	go m.serve()
	return m, nil
}

// serve answers Binding requests (RFC 8489 section 6.3.1).
func (m *mirror) serve() {
	space := make([]byte, 2048)
	for {
		n, from, err := m.conn.ReadFromUDPAddrPort(space)
		if err != nil {
			return
		}
		request := stun.New()
		if !own.IsMessage(space[:n]) || stun.Decode(space[:n], request) != nil || request.Type != stun.BindingRequest {
			continue
		}
		seen := &stun.XORMappedAddress{IP: from.Addr().Unmap().AsSlice(), Port: int(from.Port())}
		answer, err := stun.Build(stun.NewTransactionIDSetter(request.TransactionID), stun.BindingSuccess, seen, stun.Fingerprint)
		if err == nil {
			m.conn.WriteToUDPAddrPort(answer.Raw, from)
		}
	}
}

func (m *mirror) Close() error { return m.conn.Close() }
