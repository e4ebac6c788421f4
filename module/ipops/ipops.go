// Package ipops holds the words of a script about addresses: what kind, which
// network, and those of a name.
//
//	kind.go      is_ip and its kin, ip_type
//	detailed.go  detailed_ip_type: what an address is for
//	compare.go   compare_ips, is_in_subnet
//	dns.go       dns_query, $dns, dns_…_match_ip
//	host.go      $HN
package ipops

import (
	"net/netip"
	"strings"

	"viaduct/script"
)

// New gives the module.
func New() *script.Module {
	m := &script.Module{Name: "ipops", Variables: []script.Variable{
		{Name: "dns", Bind: bindDNS},
		{Name: "HN", Bind: bindHost},
	}}
	m.Functions = append(m.Functions, kindFunctions()...)
	m.Functions = append(m.Functions, detailedFunctions()...)
	m.Functions = append(m.Functions, compareFunctions()...)
	m.Functions = append(m.Functions, dnsFunctions()...)
	return m
}

// kind is how an address is written.
type kind int

const (
	invalid   kind = -1
	ipv4      kind = 1
	ipv6      kind = 2
	reference kind = 3 // IPv6 in brackets, as in a URI
)

// parse reads an address. Zones are refused: they mean nothing to a peer.
func parse(text string) (netip.Addr, kind) {
	brackets := len(text) > 2 && text[0] == '[' && text[len(text)-1] == ']'
	if brackets {
		text = text[1 : len(text)-1]
	}
	address, err := netip.ParseAddr(text)
	switch {
	case err != nil || strings.IndexByte(text, '%') >= 0:
		return netip.Addr{}, invalid
	case address.Is4() && brackets:
		return netip.Addr{}, invalid
	case address.Is4():
		return address, ipv4
	case brackets:
		return address, reference
	}
	return address, ipv6
}
