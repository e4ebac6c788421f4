// Servers: SRV records, and the addresses of the hosts that they name (RFC 3263
// section 4.2).
package resolve

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"viaduct/wire"

	"github.com/miekg/dns"
)

// host is what an SRV record leads to.
type host struct {
	target
	transport wire.Transport
	port      uint16
	name      string
}

// servers asks for SRV records and their addresses (4.2). found tells whether
// there are any records, if only to say that there is no server.
func (s *survey) servers(services []service) (found bool, err error) {
	replies := make([]asked, len(services))
	together(len(services), func(i int) { replies[i] = s.reply(services[i].name, dns.TypeSRV) })
	var hosts []host
	tier := 0
	for i, reply := range replies {
		if reply.err != nil {
			err = reply.err
			s.hold(s.config.FailureTTL)
			continue
		}
		s.hold(reply.ttl)
		records := serviceRecords(reply.records, s.config.Weights)
		found = found || len(records) > 0
		for n, record := range records {
			if n > 0 && record.Priority != records[n-1].Priority {
				tier++
			}
			if record.Target != "." && len(hosts) < maxTargets { // "." says: not offered
				hosts = append(hosts, host{
					target{tier: tier, weight: record.Weight}, services[i].transport, record.Port, strings.ToLower(record.Target),
				})
			}
		}
		tier++
	}
	if !found {
		if err != nil && !errors.Is(err, errRefused) {
			return false, err
		}
		return false, nil
	}
	names, transports := make([]string, len(hosts)), make([]wire.Transport, len(hosts))
	for i := range hosts {
		names[i], transports[i] = hosts[i].name, hosts[i].transport
	}
	for i, addresses := range s.addresses(names, transports) {
		h := &hosts[i]
		s.add(h.tier, h.weight, h.transport, h.port, addresses)
	}
	return true, nil
}

// serviceRecords gives SRV records by priority. Of one priority those without
// weight come first, where RFC 2782 wants them before it draws; when weights
// are not drawn, the heaviest.
func serviceRecords(records []dns.RR, drawn bool) []*dns.SRV {
	all := make([]*dns.SRV, 0, len(records))
	for _, record := range records {
		if srv, ok := record.(*dns.SRV); ok {
			all = append(all, srv)
		}
	}
	slices.SortFunc(all, func(a, b *dns.SRV) int {
		weight := cmp.Compare(a.Weight, b.Weight)
		if !drawn {
			weight = -weight
		}
		// The name and port last: the order is the same whatever the name
		// server's was, so that a seed has one meaning.
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), weight, strings.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	return all
}
