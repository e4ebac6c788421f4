// Services: which SRV names to ask for, by NAPTR records or by our own
// preference (RFC 3263 section 4.1).
package resolve

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"viaduct/wire"

	"github.com/miekg/dns"
)

// service is an SRV name, and the transport of its servers.
type service struct {
	transport wire.Transport
	name      string
}

// services gives the SRV names to ask for, in the order of preference (4.1).
func (s *survey) services(name string) ([]service, error) {
	if s.transport != wire.NoTransport {
		return []service{{s.transport, servicePrefix(s.transport) + name}}, nil
	}
	if s.config.NAPTR {
		named, err := s.pointers(name)
		if err != nil || len(named) > 0 {
			return named, err
		}
	}
	var all []service
	for _, t := range s.config.Preference {
		if s.allows(t) {
			all = append(all, service{t, servicePrefix(t) + name})
		}
	}
	return all, nil
}

// servicePrefix begins the SRV name of a transport; "" where none is defined.
func servicePrefix(t wire.Transport) string {
	switch t {
	case wire.UDP:
		return "_sip._udp."
	case wire.TCP:
		return "_sip._tcp."
	case wire.TLS:
		return "_sips._tcp."
	}
	return ""
}

// allows tells whether a transport may be chosen.
func (s *survey) allows(t wire.Transport) bool {
	return s.reach.Speaks(t) && (!s.secure || t == wire.TLS) && servicePrefix(t) != "" && slices.Contains(s.config.Preference, t)
}

// pointers gives the services that NAPTR records name.
func (s *survey) pointers(name string) ([]service, error) {
	found, ttl, err := s.question(name, dns.TypeNAPTR)
	if errors.Is(err, errRefused) {
		// Servers that do not know this type are met with. What the name is
		// without it, is found out.
		s.hold(s.config.FailureTTL)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.hold(ttl)
	type pointer struct {
		service
		order, preference, ours int
	}
	var all []pointer
	for _, record := range found.records {
		naptr, ok := record.(*dns.NAPTR)
		if !ok || !strings.EqualFold(naptr.Flags, "s") || naptr.Regexp != "" || naptr.Replacement == "." {
			continue
		}
		if t := serviceTransport(naptr.Service); s.allows(t) {
			all = append(all, pointer{
				service{t, naptr.Replacement},
				int(naptr.Order), int(naptr.Preference), slices.Index(s.config.Preference, t),
			})
		}
	}
	slices.SortStableFunc(all, func(a, b pointer) int {
		theirs := cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.preference, b.preference))
		if s.config.IgnoreOrder {
			return cmp.Or(cmp.Compare(a.ours, b.ours), theirs)
		}
		return theirs
	})
	services := make([]service, 0, min(len(all), maxServices))
	for i := range all[:cap(services)] {
		services = append(services, all[i].service)
	}
	return services, nil
}

// serviceTransport reads the service field of a NAPTR record (section 9).
func serviceTransport(field string) wire.Transport {
	switch strings.ToUpper(field) {
	case "SIP+D2U":
		return wire.UDP
	case "SIP+D2T":
		return wire.TCP
	case "SIPS+D2T":
		return wire.TLS
	}
	return wire.NoTransport
}
