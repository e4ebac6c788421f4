package server

import (
	"io"
	"testing"
	"time"

	"viaduct/resolve"
)

func TestScriptsSayHowNamesAreFound(t *testing.T) {
	r := start(t, `#!KAMAILIO
listen=udp:127.0.0.1:5060
dns_try_naptr=no
dns_srv_lb=off
use_dns_failover=no
dns_try_ipv6=no
dns_retr_time=3
dns_retr_no=1
dns_cache_negative_ttl=7
request_route { exit; }
`, nil)
	c := resolving(r.program.Load().Globals())
	if c.NAPTR || c.Weights || c.Failover || c.Families != resolve.IPv4Only || c.Timeout != 3*time.Second ||
		c.Attempts != 2 || c.NegativeTTL != 7*time.Second {
		t.Errorf("%+v", c)
	}
	usual := resolving(start(t, "", func(c *Config) { c.Out = io.Discard }).program.Load().Globals())
	if !usual.NAPTR || !usual.Weights || !usual.Failover || !usual.Cache {
		t.Errorf("the built-in script: %+v", usual)
	}
}

func TestScriptsSayWhatIsTooLarge(t *testing.T) {
	for _, test := range []struct {
		script string
		want   int64
	}{
		{"udp_mtu=1400\nudp_mtu_try_proto=TCP\n", 1400},
		{"udp_mtu=1400\nudp_mtu_try_proto=tcp\n", 1400},
		{"udp_mtu=1400\n", 0},
		{"udp_mtu=1400\nudp_mtu_try_proto=UDP\n", 0},
		{"udp_mtu=1400\nudp_mtu_try_proto=SCTP\n", 0},
		{"udp_mtu_try_proto=TCP\n", 0},
		{"", 0},
	} {
		s := start(t, "#!KAMAILIO\nlisten=udp:127.0.0.1:5060\n"+test.script+"request_route { exit; }\n", nil)
		if got := s.proxy.MaxDatagram.Load(); got != test.want {
			t.Errorf("%q: %d, want %d", test.script, got, test.want)
		}
	}
	if got := start(t, "", func(c *Config) { c.Out = io.Discard }).proxy.MaxDatagram.Load(); got != 1300 {
		t.Errorf("the built-in script: %d", got)
	}
}
