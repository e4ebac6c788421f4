// What kind of address is this?
package ipops

import (
	"net/netip"

	"viaduct/module"
	"viaduct/script"
)

func kindFunctions() []script.Function {
	return []script.Function{
		ask("is_ip", func(k kind) bool { return k != invalid }),
		ask("is_pure_ip", func(k kind) bool { return k == ipv4 || k == ipv6 }),
		ask("is_ipv4", func(k kind) bool { return k == ipv4 }),
		ask("is_ipv6", func(k kind) bool { return k == ipv6 }),
		ask("is_ipv6_reference", func(k kind) bool { return k == reference }),
		module.OfText("ip_type", func(_ *script.Context, text string) int {
			_, k := parse(text)
			return int(k)
		}),
		module.OfText("is_ip_rfc1918", func(_ *script.Context, text string) int {
			address, k := parse(text)
			return module.Bool(k == ipv4 && isPrivate(address))
		}),
	}
}

func ask(name string, yes func(kind) bool) script.Function {
	return module.OfText(name, func(_ *script.Context, text string) int {
		_, k := parse(text)
		return module.Bool(yes(k))
	})
}

// private are the networks of RFC 1918.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

func isPrivate(address netip.Addr) bool {
	for _, network := range private {
		if network.Contains(address) {
			return true
		}
	}
	return false
}
