// Lanes: which element of the network an address, a name or a URI means.
package explain

import (
	"net/netip"
	"strings"

	"viaduct/sip"
)

func (c *call) learnAddresses(m *message) {
	flow := m.arrow.Packet.Flow
	local, remote := m.from(), m.to()
	if !m.arrow.Packet.Outgoing {
		local, remote = remote, local
	}
	c.addresses[flow.Local] = local
	c.addresses[flow.Remote] = remote
}

// learnHost notes the name that the sender gives itself: in Via, and in Contact
// where it is an endpoint. The sender of a response is one when it relays
// nothing and is not itself in Record-Route.
func (c *call) learnHost(m *message) {
	isEndpoint := m.origin == nil && !c.relays[m.from()] && !m.relayedBySender(c)
	if m.sip.IsRequest() {
		if len(m.vias) > 0 {
			c.learn(m.vias[0].Host, m.from())
		}
		isEndpoint = len(m.vias) == 1
	} else if m.sip.Status < 200 || m.sip.Status >= 300 || m.sip.Method != "INVITE" {
		return
	}
	if contact, ok := contactOf(m.sip); ok && isEndpoint {
		c.learn(contact.Host, m.from())
	}
}

func (c *call) learn(host string, lane int) {
	host = strings.ToLower(host)
	if _, known := c.hosts[host]; !known && host != "" {
		c.hosts[host] = lane
	}
}

// relayedBySender tells whether the sender of a response is a proxy on its way.
func (m *message) relayedBySender(c *call) bool {
	for v := range m.sip.Values(sip.FieldRecordRoute) {
		if c.laneOfURI(addressURI(v.Text)) == m.from() {
			return true
		}
	}
	return false
}

// name gives a lane's name, or its address.
func (c *call) name(lane int) string {
	l := &c.ladder.Lanes[lane]
	if l.Name != "" {
		return printable(l.Name)
	}
	if !l.Address.IsValid() {
		return "somebody"
	}
	if l.Address.Port() == 5060 {
		return l.Address.Addr().Unmap().String()
	}
	return netip.AddrPortFrom(l.Address.Addr().Unmap(), l.Address.Port()).String()
}

// laneOf gives the lane that a host and port lead to, -1 when it is not known.
func (c *call) laneOf(host string, port int) int {
	if address, err := sip.ParseHost(host); err == nil {
		if port == 0 {
			port = sip.DefaultPort("")
		}
		if lane, ok := c.addresses[netip.AddrPortFrom(address, uint16(port))]; ok {
			return lane
		}
	}
	if lane, ok := c.hosts[strings.ToLower(host)]; ok {
		return lane
	}
	return -1
}

func (c *call) laneOfURI(text string) int {
	u, err := sip.ParseURI(text)
	if err != nil || !u.IsSIP() {
		return -1
	}
	return c.laneOf(u.Host, u.Port)
}

// nameOfURI gives the name of the lane that a URI leads to, or the URI.
func (c *call) nameOfURI(text string) string {
	if lane := c.laneOfURI(text); lane >= 0 {
		return c.name(lane)
	}
	return printable(text)
}
