// What an address is for, by the registries of IANA (RFC 6890).
package ipops

import (
	"net/netip"

	"viaduct/module"
	"viaduct/script"
)

// purpose is what a network is for.
type purpose struct {
	network netip.Prefix
	name    string
}

// purposes of IPv4 and of IPv6; the first that fits counts.
var purposes = [2][]purpose{
	{
		{netip.MustParsePrefix("0.0.0.0/8"), "PRIVATE"},
		{netip.MustParsePrefix("10.0.0.0/8"), "PRIVATE"},
		{netip.MustParsePrefix("100.64.0.0/10"), "SHARED"},
		{netip.MustParsePrefix("127.0.0.0/8"), "LOOPBACK"},
		{netip.MustParsePrefix("169.254.0.0/16"), "LINK-LOCAL"},
		{netip.MustParsePrefix("172.16.0.0/12"), "PRIVATE"},
		{netip.MustParsePrefix("192.0.0.0/24"), "RESERVED"},
		{netip.MustParsePrefix("192.0.2.0/24"), "TEST-NET"},
		{netip.MustParsePrefix("192.88.99.0/24"), "6TO4-RELAY"},
		{netip.MustParsePrefix("192.168.0.0/16"), "PRIVATE"},
		{netip.MustParsePrefix("198.18.0.0/15"), "RESERVED"},
		{netip.MustParsePrefix("198.51.100.0/24"), "TEST-NET"},
		{netip.MustParsePrefix("203.0.113.0/24"), "TEST-NET"},
		{netip.MustParsePrefix("224.0.0.0/4"), "MULTICAST"},
		{netip.MustParsePrefix("255.255.255.255/32"), "BROADCAST"},
		{netip.MustParsePrefix("240.0.0.0/4"), "RESERVED"},
		{netip.MustParsePrefix("0.0.0.0/0"), "PUBLIC"},
	},
	{
		{netip.MustParsePrefix("::/128"), "UNSPECIFIED"},
		{netip.MustParsePrefix("::1/128"), "LOOPBACK"},
		{netip.MustParsePrefix("::ffff:0:0/96"), "IPV4MAP"},
		{netip.MustParsePrefix("100::/64"), "DISCARD"},
		{netip.MustParsePrefix("2001::/32"), "TEREDO"},
		{netip.MustParsePrefix("2001:2::/48"), "BMWG"},
		{netip.MustParsePrefix("2001:db8::/32"), "DOCUMENTATION"},
		{netip.MustParsePrefix("2001:10::/28"), "ORCHID"},
		{netip.MustParsePrefix("2002::/16"), "6TO4"},
		{netip.MustParsePrefix("2000::/3"), "GLOBAL-UNICAST"},
		{netip.MustParsePrefix("fc00::/7"), "UNIQUE-LOCAL-UNICAST"},
		{netip.MustParsePrefix("fe80::/10"), "LINK-LOCAL-UNICAST"},
		{netip.MustParsePrefix("ff00::/8"), "MULTICAST"},
		{netip.MustParsePrefix("::/0"), "RESERVED"},
	},
}

func detailedFunctions() []script.Function {
	return []script.Function{
		detailed("detailed_ip_type", func(k kind) bool { return k != invalid }),
		detailed("detailed_ipv4_type", func(k kind) bool { return k == ipv4 }),
		detailed("detailed_ipv6_type", func(k kind) bool { return k == ipv6 || k == reference }),
	}
}

// detailed makes detailed_…_type(address, variable).
func detailed(name string, takes func(kind) bool) script.Function {
	return script.Function{
		Name: name, MinArgs: 2, MaxArgs: 2,
		Bind: func(args []script.Arg) (script.Action, error) {
			text := module.Text(args[0])
			target, err := module.Target(args, 1)
			if err != nil {
				return nil, err
			}
			return func(c *script.Context) int {
				address, k := parse(text(c))
				return module.Bool(takes(k) && target.Assign(c, script.StringValue(purposeOf(address))) == nil)
			}, nil
		},
	}
}

func purposeOf(address netip.Addr) string {
	family := 0
	if address.Is6() {
		family = 1
	}
	for _, p := range purposes[family] {
		if p.network.Contains(address) || address.Is4In6() && p.name == "IPV4MAP" {
			return p.name
		}
	}
	return ""
}
