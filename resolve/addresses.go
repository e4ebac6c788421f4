// Addresses: A and AAAA records, as far as our listeners reach them (RFC 7984).
package resolve

import (
	"net/netip"
	"strings"

	"viaduct/wire"

	"github.com/miekg/dns"
)

// addresses gives the addresses of each name that can be reached over its
// transport, those of the preferred family first.
func (s *survey) addresses(names []string, transports []wire.Transport) [][]netip.Addr {
	hosts := s.system.now().hosts
	found := make([][]netip.Addr, len(names))
	var questions []question
	var of []int // the name that a question is about
	for i, name := range names {
		if known := hosts[strings.TrimSuffix(name, ".")]; len(known) > 0 {
			s.hold(systemTTL)
			found[i] = known
			continue
		}
		for _, kind := range s.families(transports[i]) {
			questions = append(questions, question{name, kind})
			of = append(of, i)
		}
	}
	replies := make([]asked, len(questions))
	together(len(questions), func(i int) { replies[i] = s.reply(questions[i].name, questions[i].kind) })
	for i, reply := range replies {
		if reply.err != nil {
			s.fail(reply.err)
			continue
		}
		s.hold(reply.ttl)
		for _, record := range reply.records {
			if address, ok := addressOf(record); ok {
				found[of[i]] = append(found[of[i]], address)
			}
		}
	}
	return found
}

// families gives the record types to ask for, in the order of preference.
func (s *survey) families(t wire.Transport) []uint16 {
	var order []uint16
	switch s.config.Families {
	case IPv4First:
		order = []uint16{dns.TypeA, dns.TypeAAAA}
	case IPv6First:
		order = []uint16{dns.TypeAAAA, dns.TypeA}
	case IPv4Only:
		order = []uint16{dns.TypeA}
	case IPv6Only:
		order = []uint16{dns.TypeAAAA}
	}
	reached := order[:0]
	for _, kind := range order {
		if s.reach.Has(t, kind == dns.TypeA) {
			reached = append(reached, kind)
		}
	}
	return reached
}

func addressOf(record dns.RR) (netip.Addr, bool) {
	switch r := record.(type) {
	case *dns.A:
		address, ok := netip.AddrFromSlice(r.A)
		return address.Unmap(), ok
	case *dns.AAAA:
		address, ok := netip.AddrFromSlice(r.AAAA)
		return address.Unmap(), ok
	}
	return netip.Addr{}, false
}

// add puts a target behind the others, unless nothing of it can be reached.
func (s *survey) add(tier int, weight uint16, t wire.Transport, port uint16, addresses []netip.Addr) {
	var hops []wire.Flow
	for _, address := range addresses {
		if len(hops) < maxHops && s.reach.Has(t, address.Is4()) {
			hops = append(hops, wire.Flow{Transport: t, Remote: netip.AddrPortFrom(address, portOr(port, t))})
		}
	}
	if len(hops) > 0 {
		s.targets = append(s.targets, target{tier, weight, hops})
	}
}
