// Hosts and ports as URIs and Vias write them (RFC 3261 section 25.1).
package sip

import (
	"net/netip"
	"strings"
)

// scanHost finds the host that starts at offset at: a name, an IPv4 address or
// an IPv6 reference in brackets; "" when there is none.
func scanHost(s string, at int) (host string, next int) {
	next = at
	if at < len(s) && s[at] == '[' {
		closing := strings.IndexByte(s[at:], ']')
		if closing < 0 {
			return "", at
		}
		next = at + closing + 1
		address, err := ParseHost(s[at:next])
		if err != nil || !address.Is6() && !strings.Contains(s[at:next], ":") {
			return "", at
		}
		return s[at:next], next
	}
	for next < len(s) && class[s[next]]&classHost != 0 {
		next++
	}
	return s[at:next], next
}

// scanPort reads the digits of a port from offset at; 0 when there is none
// from 1 to 65535.
func scanPort(s string, at int) (port, next int) {
	next = at
	for next < len(s) && isDigit(s[next]) {
		next++
	}
	n, ok := parseUint(s[at:next], 65535)
	if !ok {
		return 0, at
	}
	return int(n), next
}

// ParseHost reads an address as URIs and Vias write it: IPv6 in brackets. An
// IPv4 address mapped into IPv6 is given as IPv4. Three colons, which the
// grammar of RFC 3261 led to by mistake, count as two (RFC 5118 section 4.10).
func ParseHost(host string) (netip.Addr, error) {
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
		if strings.IndexByte(host, '%') >= 0 { // a zone means nothing to a peer
			return netip.Addr{}, errHost
		}
		host = strings.Replace(host, ":::", "::", 1)
	}
	address, err := netip.ParseAddr(host)
	return address.Unmap(), err
}

// hostsAgree compares two hosts; IPv6 references by the address they mean.
func hostsAgree(a, b string) bool {
	if equalFold(a, b) {
		return true
	}
	if a == "" || b == "" || a[0] != '[' || b[0] != '[' {
		return false
	}
	left, leftError := ParseHost(a)
	right, rightError := ParseHost(b)
	return leftError == nil && rightError == nil && left == right
}

// DefaultPort is 5061 for TLS and 5060 for all else (section 19.1.2).
func DefaultPort(transport string) int {
	if equalFold(transport, "TLS") {
		return 5061
	}
	return 5060
}
