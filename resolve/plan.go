// Plan: all that a place leads to (RFC 3263 sections 4.1 and 4.2).
package resolve

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"viaduct/wire"

	"github.com/miekg/dns"
)

// plan is where a place leads, before weights choose the order.
type plan struct {
	targets []target
	err     error // ErrName: it leads nowhere, and that is certain
}

// target is one host to try.
type target struct {
	tier   int // those of a lower one come first; of one tier, weights choose
	weight uint16
	hops   []wire.Flow // its addresses; never empty
}

// What one plan holds at most. An owner of names could make us ask for more
// than any call needs.
const (
	maxServices = 8  // SRV names
	maxTargets  = 16 // hosts
	maxHops     = 8  // addresses of one host
)

// plan looks a place up.
func (d *directory) plan(at place) (*plan, time.Duration, error) {
	s := survey{directory: d, place: at, ttl: d.config.MaxTTL}
	system := d.system.now()
	host := strings.TrimSuffix(at.host, ".")
	if known := system.hosts[host]; len(known) > 0 {
		// The operator has the last word: what name servers say of this name does
		// not matter then.
		s.hold(systemTTL)
		s.add(0, 0, at.usual(d.config.Preference), at.port, known)
		return s.result()
	}
	if _, ok := dns.IsDomainName(host); !ok {
		return &plan{err: ErrName}, d.config.NegativeTTL, nil
	}
	for _, name := range system.candidates(at.host, d.config.SearchList) {
		if err := s.follow(name); err != nil {
			return nil, 0, err
		}
		if len(s.targets) > 0 {
			break
		}
	}
	return s.result()
}

// survey gathers one plan.
type survey struct {
	*directory
	place
	ttl     time.Duration
	targets []target
	failed  error // of a question that could have led further
}

// hold keeps the plan from outliving what it is made of.
func (s *survey) hold(ttl time.Duration) { s.ttl = min(s.ttl, ttl) }

// fail notes that a question has no answer now but may have one soon.
func (s *survey) fail(err error) {
	s.failed = err
	s.hold(s.config.FailureTTL)
}

func (s *survey) result() (*plan, time.Duration, error) {
	if len(s.targets) > 0 {
		return &plan{targets: s.targets}, s.ttl, nil
	}
	if s.failed != nil {
		return nil, 0, s.failed
	}
	return &plan{err: ErrName}, min(s.ttl, s.config.NegativeTTL), nil
}

// follow goes the ways of RFC 3263 from a full name: a port or an odd
// transport leads to its addresses at once, all else by SRV records if there
// are any.
func (s *survey) follow(name string) error {
	if s.port == 0 && (s.transport == wire.NoTransport || servicePrefix(s.transport) != "") {
		services, err := s.services(name)
		if err != nil {
			return err
		}
		found, err := s.servers(services)
		if err != nil || found {
			return err
		}
	}
	t := s.usual(s.config.Preference)
	addresses := s.addresses([]string{name}, []wire.Transport{t})
	s.add(len(s.targets), 0, t, s.port, addresses[0])
	if len(s.targets) == 0 && s.failed != nil && !errors.Is(s.failed, errRefused) {
		return s.failed
	}
	return nil
}

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

// asked is the answer to one of several questions.
type asked struct {
	answer
	ttl time.Duration
	err error
}

func (s *survey) reply(name string, kind uint16) asked {
	found, ttl, err := s.question(name, kind)
	if err != nil {
		return asked{err: err}
	}
	return asked{*found, ttl, nil}
}

// question asks once for all who want to know.
func (s *survey) question(name string, kind uint16) (*answer, time.Duration, error) {
	q := question{strings.ToLower(dns.Fqdn(name)), kind}
	return s.answers.find(q, nil, func() (*answer, time.Duration, error) { return s.ask(q) })
}

// together does several things at once.
func together(n int, do func(i int)) {
	if n == 1 {
		do(0)
		return
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}
