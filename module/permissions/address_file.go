// A file of addresses: a line each, "group address [bits [port [tag]]]".
package permissions

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"viaduct/sip"
)

// peer is one line.
type peer struct {
	group  int
	prefix netip.Prefix // of an address or a network; zero: it has a name
	name   string       // in lower case
	port   uint16       // 0: any
	tag    string
}

// parseAddresses reads the text of a file. Empty lines, and what stands behind
// #, do not count. An error names the line.
func parseAddresses(path, text string) (*addresses, error) {
	all, number := new(addresses), 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		one, err := parsePeer(words)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		all.add(one)
	}
	return all, nil
}

var errPeer = errors.New("expected group, address, and perhaps bits of the network, port and tag")

func parsePeer(words []string) (p peer, err error) {
	if len(words) < 2 || len(words) > 5 {
		return p, errPeer
	}
	if p.group, err = strconv.Atoi(words[0]); err != nil || p.group < 1 {
		return p, fmt.Errorf("%q is no group: expected a number above 0", words[0])
	}
	bits, port := 0, uint64(0)
	if len(words) > 2 {
		if bits, err = strconv.Atoi(words[2]); err != nil {
			return p, fmt.Errorf("%q is no number of bits", words[2])
		}
	}
	if len(words) > 3 {
		if port, err = strconv.ParseUint(words[3], 10, 16); err != nil {
			return p, fmt.Errorf("%q is no port", words[3])
		}
	}
	if len(words) > 4 {
		p.tag = words[4]
	}
	p.port = uint16(port)
	return p, p.setAddress(words[1], bits)
}

// setAddress reads an address, a network, or a name. Bits 0 stand for all.
func (p *peer) setAddress(text string, bits int) error {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if bits := prefix.Bits() - 96; prefix.Addr().Is4In6() && bits >= 0 {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), bits)
		}
		p.prefix = prefix.Masked()
		return nil
	}
	address, err := sip.ParseHost(text)
	if err != nil {
		if strings.ContainsAny(text, "/,;[]") {
			return fmt.Errorf("%q is neither an address nor a name", text)
		}
		p.name = strings.ToLower(text)
		return nil
	}
	if bits == 0 {
		bits = address.BitLen()
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return fmt.Errorf("a network of %s has no %d bits", text, bits)
	}
	p.prefix = prefix
	return nil
}
