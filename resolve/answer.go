// Answer: what the reply of a name server says about a name.
package resolve

import (
	"strings"
	"time"

	"github.com/miekg/dns"
)

// question is what a name server is asked, the name in lower case with a dot
// at its end.
type question struct {
	name string
	kind uint16 // dns.TypeA and others
}

// answer holds the records of the type that was asked for; none when there is
// no such name or no such record.
type answer struct{ records []dns.RR }

const (
	maxAliases = 8  // CNAMEs from a name to its records
	maxRecords = 64 // further ones of an answer are not used
)

// reading is what one reply says.
type reading struct {
	records []dns.RR
	ttl     time.Duration // as the records say, or the SOA of a negative answer; -1: nobody says
	// next is where a chain of aliases leaves the reply, to be asked for; "" when
	// it does not.
	next string
}

// read takes the answer to a question out of a reply.
func read(reply *dns.Msg, q question) reading {
	r := reading{ttl: -1}
	name := q.name
	for range maxAliases {
		alias := ""
		for _, record := range reply.Answer {
			header := record.Header()
			if header.Class != dns.ClassINET || !strings.EqualFold(header.Name, name) {
				continue
			}
			if header.Rrtype == q.kind && len(r.records) < maxRecords {
				r.records = append(r.records, record)
				r.shorten(header.Ttl)
			} else if cname, ok := record.(*dns.CNAME); ok && alias == "" {
				alias = cname.Target
				r.shorten(header.Ttl)
			}
		}
		if len(r.records) > 0 {
			return r
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if name != q.name && reply.Rcode == dns.RcodeSuccess && !hasSOA(reply) {
		r.next = name
		return r
	}
	for _, record := range reply.Ns { // RFC 2308 section 5
		if soa, ok := record.(*dns.SOA); ok {
			r.shorten(min(soa.Hdr.Ttl, soa.Minttl))
		}
	}
	return r
}

// shorten takes the smaller of two times. One with its highest bit set is no
// time (RFC 2181 section 8).
func (r *reading) shorten(seconds uint32) {
	if seconds > 1<<31-1 {
		seconds = 0
	}
	if ttl := time.Duration(seconds) * time.Second; r.ttl < 0 || ttl < r.ttl {
		r.ttl = ttl
	}
}

func hasSOA(reply *dns.Msg) bool {
	for _, record := range reply.Ns {
		if record.Header().Rrtype == dns.TypeSOA {
			return true
		}
	}
	return false
}

// bounded keeps the time of an answer within what the operator allows.
func (c *Config) bounded(r *reading) time.Duration {
	switch {
	case len(r.records) > 0:
		return min(max(r.ttl, c.MinTTL), c.MaxTTL)
	case r.ttl < 0:
		return c.NegativeTTL
	}
	return min(max(r.ttl, c.MinTTL), c.NegativeTTL)
}
