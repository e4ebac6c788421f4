// Subdomains: domains of which every name is ours (alias_subdomains).
package corex

import (
	"fmt"
	"strconv"
	"strings"

	"viaduct/sip"
	"viaduct/wire"
)

// Subdomains are domains that count as the server's own, with all names below
// them.
type Subdomains struct{ domains []domain }

type domain struct {
	transport wire.Transport // NoTransport: any
	name      string         // in lower case
	port      int            // 0: any
}

// Add takes "domain", "proto:domain" or "proto:domain:port".
func (s *Subdomains) Add(text string) error {
	rest := text
	d := domain{}
	if before, after, ok := strings.Cut(rest, ":"); ok {
		if d.transport = wire.ParseTransport(before); d.transport != wire.NoTransport || strings.EqualFold(before, "any") {
			rest = after
		}
	}
	if before, after, ok := strings.Cut(rest, ":"); ok {
		port, err := strconv.ParseUint(after, 10, 16)
		if err != nil {
			return fmt.Errorf("expected proto:domain:port, not %q", text)
		}
		rest, d.port = before, int(port)
	}
	if _, err := sip.ParseURI("sip:" + rest); err != nil || rest == "" || strings.ContainsAny(rest, ":;@") {
		return fmt.Errorf("expected a domain, not %q", text)
	}
	d.name = strings.ToLower(rest)
	s.domains = append(s.domains, d)
	return nil
}

// Has tells whether a host is one of the domains or below one. NoTransport and
// port 0 stand for any.
func (s *Subdomains) Has(host string, port int, transport wire.Transport) bool {
	host = strings.ToLower(host)
	for _, d := range s.domains {
		if d.port != 0 && port != 0 && d.port != port || d.transport != wire.NoTransport && transport != wire.NoTransport && d.transport != transport {
			continue
		}
		if below, ok := strings.CutSuffix(host, d.name); ok && (below == "" || strings.HasSuffix(below, ".")) {
			return true
		}
	}
	return false
}
