package resolve

import (
	"testing"
	"time"

	"github.com/miekg/dns"
)

// reply makes a reply of records as zones write them; of the SOA it is the
// authority section's.
func reply(t testing.TB, rcode int, records ...string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.Rcode = rcode
	for _, text := range records {
		record, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		if record.Header().Rrtype == dns.TypeSOA {
			m.Ns = append(m.Ns, record)
		} else {
			m.Answer = append(m.Answer, record)
		}
	}
	return m
}

func TestRead(t *testing.T) {
	const soa = "test. 100 SOA ns.test. root.test. 1 2 3 4 50"
	tests := []struct {
		name    string
		reply   *dns.Msg
		records int
		ttl     time.Duration
		next    string
	}{
		{"records, the shortest time counts", reply(t, 0, "a.test. 9 A 127.0.0.1", "a.test. 7 A 127.0.0.2"), 2, 7 * time.Second, ""},
		{"names differ in case", reply(t, 0, "A.Test. 9 A 127.0.0.1"), 1, 9 * time.Second, ""},
		{"of another name, type or class", reply(t, 0, "b.test. 9 A 127.0.0.1", "a.test. 9 AAAA ::1", "a.test. 9 CH A 127.0.0.1"), 0, -1, ""},
		{"an alias, its time counts too", reply(t, 0, "b.test. 9 A 127.0.0.1", "a.test. 3 CNAME b.test."), 1, 3 * time.Second, ""},
		{"two aliases", reply(t, 0, "a.test. 9 CNAME b.test.", "b.test. 8 CNAME c.test.", "c.test. 7 A 127.0.0.1"), 1, 7 * time.Second, ""},
		{"an alias whose end is elsewhere", reply(t, 0, "a.test. 9 CNAME b.test."), 0, 9 * time.Second, "b.test."},
		{"an alias of nothing", reply(t, 0, "a.test. 90 CNAME b.test.", soa), 0, 50 * time.Second, ""},
		{"an alias of no name", reply(t, dns.RcodeNameError, "a.test. 9 CNAME b.test."), 0, 9 * time.Second, ""},
		{"aliases in a circle", reply(t, 0, "a.test. 9 CNAME b.test.", "b.test. 9 CNAME a.test."), 0, 9 * time.Second, ""},
		{"no record: the SOA's minimum", reply(t, 0, soa), 0, 50 * time.Second, ""},
		{"no name: the SOA's own time if that is shorter", reply(t, dns.RcodeNameError, "test. 20 SOA ns.test. root.test. 1 2 3 4 50"), 0, 20 * time.Second, ""},
		{"nothing at all", reply(t, 0), 0, -1, ""},
		{"a time with its highest bit", reply(t, 0, "a.test. 2147483648 A 127.0.0.1"), 1, 0, ""},
	}
	for _, test := range tests {
		got := read(test.reply, question{"a.test.", dns.TypeA})
		if len(got.records) != test.records || got.ttl != test.ttl || got.next != test.next {
			t.Errorf("%s: %d records, %v, next %q; want %d, %v, %q", test.name, len(got.records), got.ttl, got.next, test.records, test.ttl, test.next)
		}
	}
}

// FuzzRead reads replies as they come off the wire: whatever they say, what is
// taken from them is of the right type and bounded.
func FuzzRead(f *testing.F) {
	for _, m := range []*dns.Msg{
		reply(f, 0, "a.test. 9 A 127.0.0.1", "a.test. 7 A 127.0.0.2"),
		reply(f, 0, "a.test. 9 CNAME b.test.", "b.test. 8 CNAME c.test.", "c.test. 7 AAAA ::1"),
		reply(f, 0, `a.test. 9 NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.a.test.`),
		reply(f, 0, "a.test. 9 SRV 1 2 5060 b.test."),
		reply(f, dns.RcodeNameError, "test. 20 SOA ns.test. root.test. 1 2 3 4 50"),
	} {
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		m := new(dns.Msg)
		if m.Unpack(packed) != nil {
			return
		}
		c := Default()
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeSRV, dns.TypeNAPTR} {
			got := read(m, question{"a.test.", kind})
			if len(got.records) > maxRecords || got.ttl < -1 || got.ttl > 1<<31*time.Second {
				t.Fatalf("%d records for %v", len(got.records), got.ttl)
			}
			if ttl := c.bounded(&got); ttl < 0 || ttl > c.MaxTTL {
				t.Fatalf("kept for %v", ttl)
			}
			for _, record := range got.records {
				if record.Header().Rrtype != kind {
					t.Fatalf("%v in place of type %d", record, kind)
				}
				if address, ok := addressOf(record); ok && (kind == dns.TypeA) != address.Is4() && !address.Is4() {
					t.Fatalf("%v gives %v", record, address)
				}
			}
		}
	})
}
