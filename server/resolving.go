// What a script says about finding next hops (its dns_… parameters) and about
// the transport to them (udp_mtu).
package server

import (
	"strings"
	"time"

	"viaduct/resolve"
	"viaduct/script"
)

// resolving is RFC 3263 whole, less what the script switches off.
func resolving(globals *script.Globals) resolve.Config {
	c := resolve.Default()
	truth := func(into *bool, name string) {
		if v, ok := globals.Lookup(name); ok {
			*into = v.AsInt() != 0
		}
	}
	seconds := func(into *time.Duration, name string) {
		if v, ok := globals.Lookup(name); ok && v.AsInt() >= 0 {
			*into = time.Duration(v.AsInt()) * time.Second
		}
	}
	truth(&c.NAPTR, "dns_try_naptr")
	truth(&c.Weights, "dns_srv_lb")
	truth(&c.Failover, "use_dns_failover")
	truth(&c.IgnoreOrder, "dns_naptr_ignore_rfc")
	truth(&c.SearchList, "dns_use_search_list")
	truth(&c.Cache, "use_dns_cache")
	if v, ok := globals.Lookup("dns_try_ipv6"); ok && v.AsInt() == 0 {
		c.Families = resolve.IPv4Only
	}
	if v, ok := globals.Lookup("dns_servers_no"); ok {
		c.MaxServers = int(v.AsInt())
	}
	if v, ok := globals.Lookup("dns_retr_no"); ok {
		c.Attempts = int(v.AsInt()) + 1
	}
	seconds(&c.Timeout, "dns_retr_time")
	seconds(&c.MinTTL, "dns_cache_min_ttl")
	seconds(&c.MaxTTL, "dns_cache_max_ttl")
	seconds(&c.NegativeTTL, "dns_cache_negative_ttl")
	return c
}

// maxDatagram gives the size above which a request goes over TCP (RFC 3261
// section 18.1.1), 0 for none: as Kamailio, only when the script gives both
// udp_mtu and a udp_mtu_try_proto that we speak.
func maxDatagram(globals *script.Globals) int64 {
	limit, limited := globals.Lookup("udp_mtu")
	proto, named := globals.Lookup("udp_mtu_try_proto")
	if !limited || !named || !strings.EqualFold(proto.AsString(), "TCP") {
		return 0
	}
	return limit.AsInt()
}
