// Zone: records by name, and the answers they make.
package dnstest

import (
	"strings"

	"github.com/miekg/dns"
)

// zone holds records by lower-case name.
type zone map[string][]dns.RR

// negativeTTL is what the SOA allows a negative answer to live, in seconds,
// when the zone has no SOA of its own.
const negativeTTL = 30

func parseZone(text string) (zone, error) {
	z := zone{}
	parser := dns.NewZoneParser(strings.NewReader(unindent(text)), "test.", "")
	parser.SetDefaultTTL(60)
	for record, ok := parser.Next(); ok; record, ok = parser.Next() {
		name := strings.ToLower(record.Header().Name)
		z[name] = append(z[name], record)
	}
	return z, parser.Err()
}

// unindent lets tests indent zones: a line that begins with a space would
// otherwise belong to the name above.
func unindent(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// fill puts in the answer to a question, behind the aliases that lead to it.
func (z zone) fill(answer *dns.Msg, question dns.Question) {
	name := strings.ToLower(question.Name)
	exists := false
	for range 8 { // an alias may lead in a circle
		alias := ""
		for _, record := range z[name] {
			exists = true
			switch header := record.Header(); {
			case header.Rrtype == question.Qtype:
				answer.Answer = append(answer.Answer, record)
			case header.Rrtype == dns.TypeCNAME:
				answer.Answer = append(answer.Answer, record)
				alias = strings.ToLower(record.(*dns.CNAME).Target)
			}
		}
		if alias == "" {
			break
		}
		name, exists = alias, false
	}
	if len(answer.Answer) > 0 && answer.Answer[len(answer.Answer)-1].Header().Rrtype == question.Qtype {
		return
	}
	if !exists && !z.hasBelow(name) {
		answer.Rcode = dns.RcodeNameError
	}
	answer.Ns = append(answer.Ns, z.authority())
}

// hasBelow tells whether names end with this one; it exists then, though it
// has no records (RFC 8020).
func (z zone) hasBelow(name string) bool {
	for other := range z {
		if strings.HasSuffix(other, "."+name) {
			return true
		}
	}
	return false
}

func (z zone) authority() dns.RR {
	for _, record := range z["test."] {
		if record.Header().Rrtype == dns.TypeSOA {
			return record
		}
	}
	return &dns.SOA{
		Hdr: dns.RR_Header{Name: "test.", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: negativeTTL},
		Ns:  "ns.test.", Mbox: "root.test.", Minttl: negativeTTL,
	}
}
