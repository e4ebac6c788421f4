// Config: what an operator may decide, with the core parameters of scripts.
package resolve

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"

	"viaduct/wire"

	"github.com/miekg/dns"
)

// Families says which addresses are used of a name that has both.
type Families uint8

const (
	IPv4First Families = iota
	IPv6First          // dns_cache_flags 4
	IPv4Only           // dns_try_ipv6=no, dns_cache_flags 1
	IPv6Only           // dns_cache_flags 2
)

// Config decides how names are looked for. The comments name the core
// parameter of scripts, and Kamailio's value where ours is another.
type Config struct {
	NAPTR    bool     // dns_try_naptr: begin with NAPTR records; Kamailio: off
	Weights  bool     // dns_srv_lb: SRV weights share the load; off: the heaviest goes first; Kamailio: off
	Families Families // dns_try_ipv6, dns_cache_flags
	Failover bool     // use_dns_failover: give all hops, not just the first; Kamailio: off

	// Preference orders the transports where the owner of the name leaves the
	// choice to us: dns_udp_pref, dns_tcp_pref, dns_tls_pref. One that is not in
	// it is never chosen.
	Preference []wire.Transport
	// IgnoreOrder puts our preference above what NAPTR records say, against
	// RFC 3263: dns_naptr_ignore_rfc; Kamailio: on.
	IgnoreOrder bool

	Servers    []netip.AddrPort // name servers; none: those of ResolvConf
	MaxServers int              // dns_servers_no: of ResolvConf
	Timeout    time.Duration    // dns_retr_time: for one reply; 0: as ResolvConf says; Kamailio: so
	Attempts   int              // dns_retr_no + 1: how often each server is asked; 0: as ResolvConf says; Kamailio: so
	Limit      time.Duration    // for one question, whatever servers there are
	SearchList bool             // dns_use_search_list: of ResolvConf, for names with too few dots
	ResolvConf string           // file
	Hosts      string           // file; its names are never asked for, nor their NAPTR and SRV records; "" for none

	Cache       bool          // use_dns_cache
	Size        int           // answers and plans that are kept at most; Kamailio counts bytes: dns_cache_mem
	MinTTL      time.Duration // dns_cache_min_ttl
	MaxTTL      time.Duration // dns_cache_max_ttl; Kamailio: unbounded
	NegativeTTL time.Duration // dns_cache_negative_ttl: that there is no such name or record, at most; Kamailio: always
	FailureTTL  time.Duration // how long nobody is asked again after no server gave an answer
	StaleFor    time.Duration // how long after its end an answer still serves when no server gives another
	StaleAfter  time.Duration // how long a server may take before what is stale serves
	StaleTTL    time.Duration // how long what is stale then serves before the next question

	MaxWaiting   int // requests that wait for names at once; further ones get ErrBusy
	MaxQuestions int // open questions at once; further ones wait

	Random func() uint64 // for weights
	// Exchange sends one query to one server, over "udp" or "tcp", and gives
	// its reply. nil: over sockets.
	Exchange func(ctx context.Context, network string, server netip.AddrPort, query *dns.Msg) (*dns.Msg, error)
}

// Default is RFC 3263 whole.
func Default() Config {
	return Config{
		NAPTR:      true,
		Weights:    true,
		Failover:   true,
		Preference: []wire.Transport{wire.UDP, wire.TCP, wire.TLS},

		MaxServers: 3,
		Timeout:    2 * time.Second,
		Attempts:   2,
		Limit:      8 * time.Second,
		SearchList: true,
		ResolvConf: "/etc/resolv.conf",
		Hosts:      "/etc/hosts",

		Cache:       true,
		Size:        20_000,
		MaxTTL:      24 * time.Hour,
		NegativeTTL: time.Minute,
		FailureTTL:  5 * time.Second,
		StaleFor:    24 * time.Hour,
		StaleAfter:  1800 * time.Millisecond, // RFC 8767 section 5 recommends it, and 30 s for the next
		StaleTTL:    30 * time.Second,

		MaxWaiting:   4096,
		MaxQuestions: 128,

		Random: rand.Uint64,
	}
}

// completed fills in what cannot do without a value, and takes all time out
// of a cache that is switched off.
func (c Config) completed() Config {
	usual := Default()
	if c.Random == nil {
		c.Random = usual.Random
	}
	if c.Exchange == nil {
		c.Exchange = overSockets
	}
	orUsual(&c.MaxServers, usual.MaxServers)
	orUsual(&c.Limit, usual.Limit)
	orUsual(&c.Size, usual.Size)
	orUsual(&c.MaxWaiting, usual.MaxWaiting)
	orUsual(&c.MaxQuestions, usual.MaxQuestions)
	if c.Preference == nil {
		c.Preference = usual.Preference
	}
	if !c.Cache {
		c.MinTTL, c.MaxTTL, c.NegativeTTL, c.FailureTTL, c.StaleFor = 0, 0, 0, 0, 0
	}
	return c
}

func orUsual[T int | time.Duration](value *T, usual T) {
	if *value <= 0 {
		*value = usual
	}
}
