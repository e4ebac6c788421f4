// Addresses: the lines of a file, ready to be asked.
package permissions

import (
	"net/netip"
	"strings"

	"viaduct/sip"
)

// addresses finds the first line of a file that fits. Networks lie in one map,
// which is asked once for each length of a prefix that occurs.
type addresses struct {
	peers    []peer // in the order of the file
	networks map[netip.Prefix][]int
	names    map[string][]int
	lengths  [2][]int // of the prefixes of IPv4 and IPv6, each once
}

// anyGroup asks all groups.
const anyGroup = -1

func (a *addresses) add(p peer) {
	at := len(a.peers)
	a.peers = append(a.peers, p)
	if !p.prefix.IsValid() {
		if a.names == nil {
			a.names = map[string][]int{}
		}
		a.names[p.name] = append(a.names[p.name], at)
		return
	}
	if a.networks == nil {
		a.networks = map[netip.Prefix][]int{}
	}
	a.networks[p.prefix] = append(a.networks[p.prefix], at)
	lengths := &a.lengths[family(p.prefix.Addr())]
	for _, known := range *lengths {
		if known == p.prefix.Bits() {
			return
		}
	}
	*lengths = append(*lengths, p.prefix.Bits())
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// find gives the line for an address, or nil. Single addresses are looked at
// before networks; of several the first counts.
func (a *addresses) find(group int, address netip.Addr, port uint16) *peer {
	address = address.Unmap()
	first := len(a.peers)
	single := address.BitLen()
	if at := a.among(a.networks[netip.PrefixFrom(address, single)], group, port); at >= 0 {
		return &a.peers[at]
	}
	for _, bits := range a.lengths[family(address)] {
		if bits == single {
			continue
		}
		network, err := address.Prefix(bits)
		if err != nil {
			continue
		}
		if at := a.among(a.networks[network], group, port); at >= 0 {
			first = min(first, at)
		}
	}
	if first == len(a.peers) {
		return nil
	}
	return &a.peers[first]
}

// findText is find for an address or a name as text. Names are not looked up.
func (a *addresses) findText(group int, text string, port uint16) *peer {
	if address, err := sip.ParseHost(text); err == nil {
		return a.find(group, address, port)
	}
	if at := a.among(a.names[strings.ToLower(text)], group, port); at >= 0 {
		return &a.peers[at]
	}
	return nil
}

// among gives the first of some lines that has the group and the port, or -1.
func (a *addresses) among(lines []int, group int, port uint16) int {
	for _, at := range lines {
		p := &a.peers[at]
		if (group == anyGroup || group == p.group) && (p.port == 0 || p.port == port) {
			return at
		}
	}
	return -1
}
