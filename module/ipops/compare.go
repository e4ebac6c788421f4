// Are these the same, and is this in that network?
package ipops

import (
	"net/netip"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func compareFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("compare_ips", func(_ *script.Context, a, b string) int { return same(a, b, true) }),
		module.OfTexts("compare_pure_ips", func(_ *script.Context, a, b string) int { return same(a, b, false) }),
		module.OfTexts("is_in_subnet", func(_ *script.Context, address, networks string) int { return inAny(address, networks) }),
	}
}

// same compares two addresses; brackets says whether one may have them.
func same(a, b string, brackets bool) int {
	first, k := parse(a)
	second, l := parse(b)
	if !brackets && (k == reference || l == reference) {
		return -1
	}
	return module.Bool(k != invalid && l != invalid && first == second)
}

// inAny tells whether an address lies in one of several networks, "10.0.0.0/8,
// 192.168.1.1". What is no network is left out.
func inAny(text, networks string) int {
	address, k := parse(text)
	if k == invalid || k == reference {
		return -1
	}
	for one := range sip.SplitList(networks) {
		if network, err := netip.ParsePrefix(one); err == nil && network.Contains(address) {
			return 1
		}
		if single, err := netip.ParseAddr(one); err == nil && single == address {
			return 1
		}
	}
	return -1
}
