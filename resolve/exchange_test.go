package resolve

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/dnstest"

	"github.com/miekg/dns"
)

// several makes a resolver that asks several servers in memory.
func several(servers ...*dnstest.Server) *Resolver {
	byAddress := map[netip.AddrPort]*dnstest.Server{}
	var addresses []netip.AddrPort
	for i, server := range servers {
		address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(i + 1)}), 53)
		addresses = append(addresses, address)
		byAddress[address] = server
	}
	return inMemory(servers[0], func(c *Config) {
		c.Servers = addresses
		c.Exchange = func(ctx context.Context, network string, at netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
			return byAddress[at].Exchange(ctx, network, at, query)
		}
	})
}

func TestNextServer(t *testing.T) {
	tests := []struct {
		name   string
		first  dnstest.Behaviour
		within time.Duration
	}{
		{"silent", dnstest.Behaviour{Silent: true}, 2 * time.Second},
		{"slow", dnstest.Behaviour{Delay: 3 * time.Second}, 2 * time.Second},
		{"SERVFAIL", dnstest.Behaviour{Rcode: dns.RcodeServerFailure}, 0},
		{"REFUSED", dnstest.Behaviour{Rcode: dns.RcodeRefused}, 0},
		{"answers another question", dnstest.Behaviour{Forge: true}, 0},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			first, second := dnstest.New(t, two), dnstest.New(t, two)
			first.Behave(test.first)
			r := several(first, second)
			begun := time.Now()
			expect(t, test.name, hops(r, Query{URI: "sip:long.test:5060"}), "udp 127.0.0.1:5060")
			if took := time.Since(begun); took > test.within {
				t.Errorf("%s: it took %v, want %v", test.name, took, test.within)
			}
			// The one that answered is asked first from now on.
			first.Asked()
			second.Asked()
			expect(t, test.name, hops(r, Query{URI: "sip:short.test:5060", Reach: direct}), "udp 127.0.0.2:5060")
			if len(first.Asked()) != 0 || len(second.Asked()) != 1 {
				t.Errorf("%s: the faulty server was asked first again", test.name)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	tests := []struct {
		name    string
		acts    dnstest.Behaviour
		uri     string
		queries int // of each server
		takes   time.Duration
	}{
		{"silent: twice, as packets get lost", dnstest.Behaviour{Silent: true}, "sip:long.test:5060", 2, 8 * time.Second},
		{"refuses: once", dnstest.Behaviour{Rcode: dns.RcodeRefused}, "sip:long.test:5060", 1, 0},
		// Whoever keeps silent about NAPTR will about the rest.
		{"silent, a name with services", dnstest.Behaviour{Silent: true}, "sip:long.test", 2, 8 * time.Second},
		{"refuses, a name with services", dnstest.Behaviour{Rcode: dns.RcodeRefused}, "sip:long.test", 3, 0},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			first, second := dnstest.New(t, two), dnstest.New(t, two)
			first.Behave(test.acts)
			second.Behave(test.acts)
			r := several(first, second)
			begun := time.Now()
			_, err := r.AppendHops(nil, Query{URI: test.uri, Reach: direct}, nil)
			if !errors.Is(err, ErrUnanswered) {
				t.Errorf("%s: %v", test.name, err)
			}
			if took := time.Since(begun); took != test.takes {
				t.Errorf("%s: it took %v, want %v", test.name, took, test.takes)
			}
			for _, server := range []*dnstest.Server{first, second} {
				if asked := server.Asked(); len(asked) != test.queries {
					t.Errorf("%s: asked %v, want %d queries", test.name, asked, test.queries)
				}
			}
		})
	}
}

func TestLimit(t *testing.T) {
	inFakeTime(t, two, func(c *Config) { c.Timeout, c.Attempts, c.Limit = 10*time.Second, 10, 3*time.Second }, func(b *bench) {
		b.server.Behave(dnstest.Behaviour{Silent: true})
		begun := time.Now()
		expect(t, "silent", hopsError(b, "long.test:5060"), ErrUnanswered.Error())
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestNAPTRUnknown: some servers cannot say that they have no such record.
func TestNAPTRUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := dnstest.New(t, example)
		r := inMemory(server, func(c *Config) {
			exchange := c.Exchange
			c.Exchange = func(ctx context.Context, network string, at netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
				reply, err := exchange(ctx, network, at, query)
				if query.Question[0].Qtype == dns.TypeNAPTR {
					reply = new(dns.Msg)
					reply.SetRcode(query, dns.RcodeNotImplemented)
				}
				return reply, err
			}
		})
		expect(t, "by SRV", hops(r, Query{URI: "sip:services.test", Reach: reach("udp4", "tcp4")}), "udp 127.0.0.1:5070, tcp 127.0.0.2:5072")
	})
}

func TestOverTCPWhenCut(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.server.Behave(dnstest.Behaviour{Truncate: true})
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 2)
	})
}

func TestWithoutEDNS(t *testing.T) {
	inFakeTime(t, two, nil, func(b *bench) {
		b.server.Behave(dnstest.Behaviour{NoEDNS: true})
		b.asks("long.test:5060", "udp 127.0.0.1:5060", 2)
		b.server.Behave(dnstest.Behaviour{NoEDNS: true, Truncate: true})
		b.asks("short.test:5060", "udp 127.0.0.2:5060", 3)
	})
}

// TestOverSockets asks a server on loopback: over UDP, over TCP when the
// answer is too long for a datagram, and with one server that is not there.
func TestOverSockets(t *testing.T) {
	zone := strings.Builder{}
	for i := range 60 {
		zone.WriteString("_sip._udp.big.test. 60 SRV " + itoa(i) + " 0 5060 a-rather-long-name-of-a-host-" + itoa(i) + ".test.\n")
	}
	zone.WriteString("a-rather-long-name-of-a-host-0.test. 60 A 127.0.0.6\n")
	server := dnstest.New(t, example+zone.String())
	address := server.Listen()
	c := Default()
	c.Hosts, c.ResolvConf = "", ""
	c.Servers = []netip.AddrPort{address}
	r := &Resolver{}
	r.Configure(c)
	q := Query{URI: "sip:example.test", Reach: reach("udp4", "tcp4")}
	expect(t, "NAPTR", hops(r, q), "tcp 127.0.0.1:5070, udp 127.0.0.1:5070, udp 127.0.0.2:5080")
	server.Asked()
	expect(t, "a long answer", hops(r, Query{URI: "sip:big.test;transport=udp", Reach: direct}), "udp 127.0.0.6:5060")
	asked := strings.Join(server.Asked(), ", ")
	if !strings.HasPrefix(asked, "_sip._udp.big.test. SRV, _sip._udp.big.test. SRV tcp") {
		t.Errorf("asked %s, want the long answer over TCP", asked)
	}
	closed := dnstest.New(t, "").Listen()
	closed = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.77"), closed.Port()) // nobody listens there
	c.Servers = []netip.AddrPort{closed, address}
	r.Configure(c)
	expect(t, "the second server", hops(r, q), "tcp 127.0.0.1:5070, udp 127.0.0.1:5070, udp 127.0.0.2:5080")
}
