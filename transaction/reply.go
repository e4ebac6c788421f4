// Where responses go (RFC 3261 section 18.2.2, RFC 3581 section 4).
package transaction

import (
	"net/netip"

	"viaduct/sip"
	"viaduct/wire"
)

// ReplyFlow gives the way of the responses to a request that came over flow:
// back over its connection; over UDP to maddr, or to the source address, at
// the source port when the client asked for it (rport) or force is set, else
// at the port of the Via.
func ReplyFlow(m *sip.Message, flow wire.Flow, force bool) wire.Flow {
	if flow.Transport.IsReliable() {
		return flow
	}
	_, port := m.Via.SentBy()
	if maddr, ok := sip.Param(m.Via.Params, "maddr"); ok {
		if address, err := sip.ParseHost(maddr); err == nil && isOneHost(address) {
			flow.Remote = netip.AddrPortFrom(address, uint16(port))
			return flow
		}
	}
	if !m.Via.HasRPort && !force {
		flow.Remote = netip.AddrPortFrom(flow.Remote.Addr(), uint16(port))
	}
	return flow
}

// newConnection gives the way of a response whose connection is gone: to the
// address that the request came from, at the port of its Via.
func newConnection(m *sip.Message, flow wire.Flow) netip.AddrPort {
	if !flow.Transport.IsReliable() {
		return netip.AddrPort{}
	}
	_, port := m.Via.SentBy()
	return netip.AddrPortFrom(flow.Remote.Addr(), uint16(port))
}

// ViaFlow gives the way of a response by the Via value it carries, for those
// that are forwarded without state.
func ViaFlow(via *sip.Via, local wire.Flow) (wire.Flow, bool) {
	host := via.Host
	if via.Received != "" {
		host = via.Received
	}
	if maddr, ok := sip.Param(via.Params, "maddr"); ok {
		host = maddr
	}
	address, err := sip.ParseHost(host)
	transport := wire.ParseTransport(via.Transport)
	if err != nil || !isOneHost(address) || transport == wire.NoTransport {
		return wire.Flow{}, false
	}
	_, port := via.SentBy()
	if n, ok := parsePort(via.RPort); ok {
		port = n
	}
	flow := wire.Flow{Transport: transport, Remote: netip.AddrPortFrom(address, uint16(port))}
	if transport == local.Transport && local.Local.Addr().Is4() == address.Is4() {
		flow.Local = local.Local
	}
	return flow, true
}

// isOneHost tells an address at which one host may listen: a Via that names
// another would have us send to many (RFC 4475 section 3.3.10).
func isOneHost(address netip.Addr) bool {
	broadcast := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	return address != broadcast && !address.IsMulticast() && !address.IsUnspecified()
}

func parsePort(s string) (int, bool) {
	port := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || port > 65535 {
			return 0, false
		}
		port = port*10 + int(s[i]-'0')
	}
	return port, port > 0 && port <= 65535
}
