package resolve

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/dnstest"
)

const hostsFile = "# the machine's own\n127.0.0.1\tlocalhost localhost.\n::1 localhost ip6-localhost\n" +
	"127.0.0.5 pbx PBX.example.test # and a word\n\nnonsense\n127.0.0.6\n300.0.0.1 bad.test\nfe80::1%lo zoned.test\n::ffff:127.0.0.7 mapped.test"

func TestReadHosts(t *testing.T) {
	hosts := readHosts(strings.NewReader(hostsFile))
	for name, want := range map[string]string{
		"localhost": "127.0.0.1 127.0.0.1 ::1", "ip6-localhost": "::1", "pbx": "127.0.0.5", "pbx.example.test": "127.0.0.5",
		"bad.test": "", "zoned.test": "", "mapped.test": "127.0.0.7", "nonsense": "", "word": "",
	} {
		var got []string
		for _, address := range hosts[name] {
			got = append(got, address.String())
		}
		expect(t, name, strings.Join(got, " "), want)
	}
}

func FuzzHosts(f *testing.F) {
	f.Add(hostsFile)
	f.Add("127.0.0.1 a\r\n::1 a b c#d\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		for name, addresses := range readHosts(strings.NewReader(text)) {
			if name != strings.ToLower(name) || strings.ContainsAny(name, "# \t\n") || len(addresses) == 0 {
				t.Errorf("%q has %v", name, addresses)
			}
			for _, address := range addresses {
				if !address.IsValid() || address.Is4In6() || address.Zone() != "" {
					t.Errorf("%q has %v", name, address)
				}
			}
		}
	})
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.TempDir(), name)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestHosts: its names are not asked for, and a change is seen.
func TestHosts(t *testing.T) {
	file := write(t, "hosts", hostsFile)
	inFakeTime(t, example+"\n_sip._udp.host.test. 60 SRV 0 0 5066 pbx.example.test.", func(c *Config) { c.Hosts = file }, func(b *bench) {
		b.asks("pbx.example.test", "udp 127.0.0.5:5060", 0)
		b.asks("PBX", "udp 127.0.0.5:5060", 0)
		b.asks("localhost:5070;transport=tcp", ErrName.Error(), 0) // nobody of ours speaks TCP
		b.asks("ip6-localhost", ErrName.Error(), 0)
		b.asks("host.test;transport=udp", "udp 127.0.0.5:5066", 1)
		write(t, file, strings.ReplaceAll(hostsFile, "127.0.0.5", "127.0.0.55"))
		time.Sleep(systemTTL)
		b.asks("pbx.example.test", "udp 127.0.0.55:5060", 0)
		write(t, file, "")
		time.Sleep(systemTTL)
		b.asks("pbx.example.test:5060", ErrName.Error(), 1)
	})
}

func TestResolvConf(t *testing.T) {
	tests := []struct {
		text    string
		servers string
		search  string
		timeout time.Duration
		tries   int
	}{
		{"nameserver 127.0.0.53\nnameserver ::1\nsearch a.test b.test\noptions timeout:3 attempts:4\n",
			"127.0.0.53:53 [::1]:53", "a.test b.test", 3 * time.Second, 4},
		{"nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver 127.0.0.3\nnameserver 127.0.0.4\n",
			"127.0.0.1:53 127.0.0.2:53 127.0.0.3:53", "", 5 * time.Second, 2},
		{"nameserver dns.test\ndomain c.test\n", "127.0.0.1:53", "c.test", 5 * time.Second, 2},
		{"", "127.0.0.1:53", "", 5 * time.Second, 2},
	}
	for _, test := range tests {
		c := Config{ResolvConf: write(t, "resolv.conf", test.text)}.completed()
		var s settings
		s.readResolvConf(&c)
		var servers []string
		for _, server := range s.servers {
			servers = append(servers, server.String())
		}
		expect(t, test.text, strings.Join(servers, " "), test.servers)
		expect(t, test.text, strings.Join(s.search, " "), test.search)
		if s.timeout != test.timeout || s.attempts != test.tries {
			t.Errorf("%q: %v, %d times", test.text, s.timeout, s.attempts)
		}
		c.Servers, c.Timeout, c.Attempts = []netip.AddrPort{nameServer}, time.Second, 1
		s.readResolvConf(&c)
		if !slices.Equal(s.servers, c.Servers) || s.timeout != time.Second || s.attempts != 1 {
			t.Errorf("%q: the operator's word does not count: %+v", test.text, s)
		}
	}
}

func TestSearchList(t *testing.T) {
	file := write(t, "resolv.conf", "search one.test Two.Test\n")
	zone := `
		pbx.two.test.            60 A 127.0.0.2
		_sip._udp.gate.one.test. 60 SRV 0 0 5070 pbx.two.test.
		far.test.two.test.       60 A 127.0.0.9`
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(dnstest.New(t, zone), func(c *Config) { c.ResolvConf = file })
		for uri, want := range map[string]string{
			"sip:pbx":       "udp 127.0.0.2:5060",
			"sip:gate":      "udp 127.0.0.2:5070",
			"sip:pbx.":      ErrUnanswered.Error(), // whole names are not completed; the server refuses all but test.
			"sip:far.test":  ErrName.Error(),       // dots enough
			"sip:none":      ErrUnanswered.Error(),
			"sip:gate:5060": ErrUnanswered.Error(),
		} {
			got, _, _ := strings.Cut(hops(r, Query{URI: uri, Reach: direct}), ": they refused")
			expect(t, uri, got, want)
		}
		off := inMemory(dnstest.New(t, zone), func(c *Config) { c.ResolvConf, c.SearchList = file, false })
		if got := hops(off, Query{URI: "sip:pbx", Reach: direct}); !strings.HasPrefix(got, ErrUnanswered.Error()) {
			t.Errorf("without the search list: %s", got)
		}
	})
}
