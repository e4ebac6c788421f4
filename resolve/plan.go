// Plan: all that a place leads to (RFC 3263 sections 4.1 and 4.2).
package resolve

import (
	"errors"
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
