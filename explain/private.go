// Private addresses that were seen from outside: what a NAT leaves behind.
package explain

import (
	"net/netip"

	"viaduct/sip"
)

// carrierGrade is the shared address space of providers' NATs (RFC 6598).
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

// isPrivate tells addresses that cannot be reached from other networks.
func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLinkLocalUnicast() || carrierGrade.Contains(a)
}

// privateAddresses compares the addresses that an endpoint wrote into its
// message with the one from which it came.
func (q *inquest) privateAddresses(m *message) {
	flow := m.arrow.Packet.Flow
	source := flow.Local
	if !m.arrow.Packet.Outgoing {
		source = flow.Remote
	}
	from := source.Addr().Unmap()
	isHidden := func(host string) bool {
		address, err := sip.ParseHost(host)
		return err == nil && isPrivate(address) && address != from
	}
	if !from.IsValid() || isPrivate(from) || from.IsLoopback() {
		return
	}
	if m.sip.IsRequest() && len(m.vias) == 1 && isHidden(m.vias[0].Host) && !m.vias[0].HasRPort {
		q.find(Warning, m, PrivateVia, printable(m.vias[0].Host), from)
	}
	if m.sip.IsRequest() && len(m.vias) != 1 {
		return // a relay's; what the endpoint wrote was seen before, or is not to be judged from here
	}
	if contact, ok := contactOf(m.sip); ok && isHidden(contact.Host) {
		q.find(Warning, m, PrivateContact, printable(contact.Host), from)
	}
	for _, address := range connections(m.sip) {
		if isPrivate(address) && address != from {
			q.find(Warning, m, PrivateSession, address, from)
			break
		}
	}
}
