package resolve

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"viaduct/internal/dnstest"
	"viaduct/wire"
)

var nameServer = netip.MustParseAddrPort("127.0.0.1:53")

// inMemory makes a resolver that asks one server, without sockets and files.
func inMemory(server *dnstest.Server, change func(*Config)) *Resolver {
	c := Default()
	c.Hosts, c.ResolvConf = "", ""
	c.Servers = []netip.AddrPort{nameServer}
	c.Exchange = server.Exchange
	c.Random = rand.New(rand.NewPCG(1, 2)).Uint64
	if change != nil {
		change(&c)
	}
	r := &Resolver{}
	r.Configure(c)
	return r
}

// hops gives the hops of a URI as "udp 127.0.0.3:5060, …", or the error.
func hops(r *Resolver, q Query) string {
	found, err := r.AppendHops(nil, q, nil)
	if err != nil {
		return err.Error()
	}
	return written(found)
}

func written(hops []wire.Flow) string {
	var all []string
	for _, h := range hops {
		all = append(all, strings.ToLower(h.Transport.String())+" "+h.Remote.String())
	}
	return strings.Join(all, ", ")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// reach makes a Reach of "udp4", "tcp6" and others.
func reach(names ...string) (r Reach) {
	for _, name := range names {
		local := netip.IPv4Unspecified()
		if strings.HasSuffix(name, "6") {
			local = netip.IPv6Unspecified()
		}
		r.Add(wire.ParseTransport(name[:len(name)-1]), local)
	}
	return r
}

const example = `
	; section 4.1 of RFC 3263
	example.test.             60 NAPTR  50 50 "s" "SIPS+D2T" "" _sips._tcp.example.test.
	example.test.             60 NAPTR  90 50 "s" "SIP+D2T"  "" _sip._tcp.example.test.
	example.test.             60 NAPTR 100 50 "s" "SIP+D2U"  "" _sip._udp.example.test.
	example.test.             60 A 127.0.0.9
	_sips._tcp.example.test.  60 SRV 0 0 5071 one.example.test.
	_sip._tcp.example.test.   60 SRV 0 0 5070 one.example.test.
	_sip._udp.example.test.   60 SRV 1 0 5070 one.example.test.
	_sip._udp.example.test.   60 SRV 2 0 5080 two.example.test.
	one.example.test.         60 A 127.0.0.1
	two.example.test.         60 A 127.0.0.2
	two.example.test.         60 AAAA ::1

	order.test.               60 NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.services.test.
	order.test.               60 NAPTR 10 90 "s" "SIP+D2T" "" _sip._tcp.services.test.
	order.test.               60 NAPTR 10 80 "s" "SIP+D2T" "" _sip._tcp.example.test.

	; no NAPTR records
	services.test.            60 A 127.0.0.9
	_sip._udp.services.test.  60 SRV 0 0 5070 one.example.test.
	_sip._tcp.services.test.  60 SRV 0 0 5072 two.example.test.
	_sips._tcp.services.test. 60 SRV 0 0 5073 two.example.test.

	; nor SRV records
	plain.test.               60 A 127.0.0.3
	plain.test.               60 A 127.0.0.4
	plain.test.               60 AAAA ::1
	six.test.                 60 AAAA ::1

	; NAPTR records that are not for us
	odd.test.                 60 NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:x@y.test!" .
	odd.test.                 60 NAPTR 10 10 "s" "SIP+D2S" "" _sip._sctp.example.test.
	odd.test.                 60 NAPTR 20 10 "S" "sip+d2u" "" _sip._udp.elsewhere.test.
	odd.test.                 60 NAPTR 20 20 "s" "SIP+D2T" "!x!y!" _sip._tcp.example.test.
	_sip._udp.elsewhere.test. 60 SRV 0 0 5060 alias.test.
	alias.test.               60 CNAME alias2.test.
	alias2.test.              60 CNAME one.example.test.
	alone.test.               60 NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.none.test.
	alone.test.               60 A 127.0.0.5

	; offered by nobody, or by hosts without an address
	closed.test.              60 A 127.0.0.9
	_sip._udp.closed.test.    60 SRV 0 0 0 .
	lost.test.                60 A 127.0.0.9
	_sip._udp.lost.test.      60 SRV 0 0 5060 nobody.test.
	_sip._udp.lost.test.      60 SRV 1 0 5060 two.example.test.
	circle.test.              60 CNAME circle2.test.
	circle2.test.             60 CNAME circle.test.
`

func TestHops(t *testing.T) {
	all := reach("udp4", "udp6", "tcp4", "tcp6", "tls4", "tls6")
	tests := []struct {
		uri   string
		reach Reach
		want  string
	}{
		// A numeric target: no question at all.
		{"sip:bob@127.0.0.3", all, "udp 127.0.0.3:5060"},
		{"sip:bob@127.0.0.3:5070;transport=TCP", all, "tcp 127.0.0.3:5070"},
		{"sips:bob@[::1]", all, "tls [::1]:5061"},
		{"sips:bob@127.0.0.3:5070;transport=tcp", all, "tls 127.0.0.3:5070"},
		{"sip:bob@127.0.0.3;transport=tls", all, "tls 127.0.0.3:5061"},
		{"sip:bob@example.test;maddr=127.0.0.8", all, "udp 127.0.0.8:5060"},
		{"sip:bob@127.0.0.3;maddr=::1", all, "udp [::1]:5060"},

		// NAPTR, in the order of its owner, as far as we listen.
		{"sip:bob@example.test", all, "tls 127.0.0.1:5071, tcp 127.0.0.1:5070, udp 127.0.0.1:5070, udp 127.0.0.2:5080, udp [::1]:5080"},
		{"sip:bob@Example.TEST.", reach("udp4", "tcp4"), "tcp 127.0.0.1:5070, udp 127.0.0.1:5070, udp 127.0.0.2:5080"},
		{"sip:bob@example.test", reach("udp6"), "udp [::1]:5080"},
		{"sips:bob@example.test", all, "tls 127.0.0.1:5071"},
		{"sip:order.test", reach("udp4", "tcp4"), "tcp 127.0.0.1:5070, tcp 127.0.0.2:5072, udp 127.0.0.1:5070"},
		{"sip:odd.test", all, "udp 127.0.0.1:5060"},
		{"sip:alone.test", all, "udp 127.0.0.5:5060"},

		// A transport: SRV records of it.
		{"sip:bob@example.test;transport=udp", all, "udp 127.0.0.1:5070, udp 127.0.0.2:5080, udp [::1]:5080"},
		{"sip:bob@example.test;transport=tcp", all, "tcp 127.0.0.1:5070"},
		{"sip:bob@example.test;transport=tls", all, "tls 127.0.0.1:5071"},
		{"sips:bob@example.test;transport=tcp", all, "tls 127.0.0.1:5071"},
		{"sip:bob@plain.test;transport=tcp", reach("tcp4"), "tcp 127.0.0.3:5060, tcp 127.0.0.4:5060"},

		// A port: addresses of that very name.
		{"sip:bob@example.test:5060", all, "udp 127.0.0.9:5060"},
		{"sip:bob@example.test:5090;transport=tcp", all, "tcp 127.0.0.9:5090"},
		{"sips:bob@example.test:5090", all, "tls 127.0.0.9:5090"},

		// No NAPTR: SRV of the transports we listen on, as we prefer them.
		{"sip:bob@services.test", reach("udp4", "tcp4"), "udp 127.0.0.1:5070, tcp 127.0.0.2:5072"},
		{"sip:bob@services.test", reach("tcp4", "tls6"), "tcp 127.0.0.2:5072, tls [::1]:5073"},
		{"sips:bob@services.test", all, "tls 127.0.0.2:5073, tls [::1]:5073"},

		// Neither: addresses of the families that we listen on.
		{"sip:bob@plain.test", all, "udp 127.0.0.3:5060, udp 127.0.0.4:5060, udp [::1]:5060"},
		{"sip:bob@plain.test", reach("udp6", "tcp4"), "udp [::1]:5060"},
		{"sip:bob@plain.test", reach("tcp4"), "tcp 127.0.0.3:5060, tcp 127.0.0.4:5060"},
		{"sips:bob@plain.test", reach("udp4", "tls4"), "tls 127.0.0.3:5061, tls 127.0.0.4:5061"},
		{"sip:bob@plain.test;transport=ws", reach("ws4"), "ws 127.0.0.3:5060, ws 127.0.0.4:5060"},
		{"sip:bob@six.test", 0, "udp [::1]:5060"},
		{"sip:bob@six.test", reach("udp4"), ErrName.Error()},

		// Nothing to be found.
		{"sip:bob@none.test", all, ErrName.Error()},
		{"sip:bob@closed.test", all, ErrName.Error()},
		{"sip:bob@lost.test", all, "udp 127.0.0.2:5060, udp [::1]:5060"},
		{"sip:bob@circle.test", all, ErrName.Error()},
		{"sip:bob@a..test", all, ErrName.Error()},
		{"sip:bob@" + strings.Repeat("a", 64) + ".test", all, ErrName.Error()},
		{"sip:bob@1.2.3", all, ErrName.Error()},
		{"sip:bob@plain.test;maddr=", all, ErrName.Error()},
		{"tel:+4930123", all, ErrScheme.Error()},
		{"sip:bob@plain.test;transport=sctp", all, ErrTransport.Error()},
		{"sips:bob@plain.test;transport=udp", all, ErrTransport.Error()},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(dnstest.New(t, example), nil)
			q := Query{URI: test.uri, Reach: test.reach}
			expect(t, test.uri, hops(r, q), test.want)
			expect(t, test.uri+" out of the cache", hops(r, q), test.want)
		})
	}
}

func TestQuestions(t *testing.T) {
	tests := []struct {
		uri   string
		reach Reach
		want  string
	}{
		{"sip:bob@127.0.0.3", 0, ""},
		{"sip:bob@plain.test:5060", reach("udp4"), "plain.test. A"},
		{"sip:bob@plain.test:5060", reach("udp6"), "plain.test. AAAA"},
		{"sip:bob@example.test;transport=tcp", reach("tcp4"), "_sip._tcp.example.test. SRV, one.example.test. A"},
		{"sip:bob@plain.test", reach("udp4", "tcp4"),
			"plain.test. NAPTR, _sip._tcp.plain.test. SRV, _sip._udp.plain.test. SRV, plain.test. A"},
		{"sip:bob@example.test", reach("udp4"),
			"example.test. NAPTR, _sip._udp.example.test. SRV, one.example.test. A, two.example.test. A"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			server := dnstest.New(t, example)
			r := inMemory(server, nil)
			waits := 0
			for range 3 {
				r.AppendHops(nil, Query{URI: test.uri, Reach: test.reach}, func() { waits++ })
			}
			asked := server.Asked()
			expect(t, test.uri, sorted(asked, test.want), test.want)
			if want := min(len(asked), 1); waits != want {
				t.Errorf("%s: told to wait %d times, want %d", test.uri, waits, want)
			}
		})
	}
}

// sorted brings what was asked at the same time into the order of want.
func sorted(asked []string, want string) string {
	order := strings.Split(want, ", ")
	slices.SortStableFunc(asked, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return strings.Join(asked, ", ")
}

func TestConfig(t *testing.T) {
	tests := []struct {
		name   string
		uri    string
		change func(*Config)
		want   string
	}{
		{"no NAPTR", "sip:example.test", func(c *Config) { c.NAPTR = false },
			"udp 127.0.0.1:5070, udp 127.0.0.2:5080, udp [::1]:5080, tcp 127.0.0.1:5070, tls 127.0.0.1:5071"},
		{"no failover", "sip:example.test", func(c *Config) { c.Failover = false }, "tls 127.0.0.1:5071"},
		{"our preference first", "sip:example.test", func(c *Config) {
			c.IgnoreOrder = true
			c.Preference = []wire.Transport{wire.TCP, wire.UDP}
		}, "tcp 127.0.0.1:5070, udp 127.0.0.1:5070, udp 127.0.0.2:5080, udp [::1]:5080"},
		{"IPv6 first", "sip:plain.test", func(c *Config) { c.Families = IPv6First },
			"udp [::1]:5060, udp 127.0.0.3:5060, udp 127.0.0.4:5060"},
		{"IPv4 only", "sip:plain.test", func(c *Config) { c.Families = IPv4Only }, "udp 127.0.0.3:5060, udp 127.0.0.4:5060"},
		{"IPv6 only", "sip:plain.test", func(c *Config) { c.Families = IPv6Only }, "udp [::1]:5060"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			expect(t, test.name, hops(inMemory(dnstest.New(t, example), test.change), Query{URI: test.uri}), test.want)
		})
	}
}

func TestHopGivesTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(dnstest.New(t, example), nil)
		waited := false
		flow, err := r.Hop("sip:plain.test", func() { waited = true })
		if err != nil || flow.Remote.String() != "127.0.0.3:5060" || flow.Transport != wire.UDP || !waited {
			t.Errorf("%v %v, waited %v", flow, err, waited)
		}
		if _, err := r.Hop("sip:none.test", nil); !errors.Is(err, ErrName) {
			t.Errorf("a name that is not there: %v", err)
		}
	})
}

func TestHopsGoBehindWhatIsThere(t *testing.T) {
	r := New()
	before := wire.Flow{Transport: wire.TLS}
	got, err := r.AppendHops([]wire.Flow{before}, Query{URI: "sip:127.0.0.1"}, nil)
	if err != nil || len(got) != 2 || got[0] != before {
		t.Errorf("%v %v", got, err)
	}
	if got, err = r.AppendHops(got[:1], Query{URI: "tel:1"}, nil); err == nil || len(got) != 1 {
		t.Errorf("an error gives %v", got)
	}
}

// A plan must not grow with what the owner of a name writes.
func TestBounds(t *testing.T) {
	var zone strings.Builder
	for i := range 40 {
		n := string(rune('a'+i%26)) + string(rune('a'+i/26))
		zone.WriteString("big.test. 60 NAPTR 1 1 \"s\" \"SIP+D2U\" \"\" _" + n + ".big.test.\n")
		zone.WriteString("_aa.big.test. 60 SRV 0 1 5060 " + n + ".big.test.\n")
		for j := range 20 {
			zone.WriteString(n + ".big.test. 60 A 127.0." + itoa(i) + "." + itoa(j) + "\n")
		}
	}
	synctest.Test(t, func(t *testing.T) {
		server := dnstest.New(t, zone.String())
		r := inMemory(server, nil)
		found, err := r.AppendHops(nil, Query{URI: "sip:big.test", Reach: reach("udp4")}, nil)
		if err != nil || len(found) != maxTargets*maxHops {
			t.Errorf("%d hops, %v", len(found), err)
		}
		if asked := len(server.Asked()); asked > 1+maxServices+maxTargets {
			t.Errorf("%d questions", asked)
		}
	})
}
