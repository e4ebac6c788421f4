// IP: from a packet to the datagram or segment in it (RFC 791, RFC 8200).
package capture

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Protocol numbers of IANA.
const (
	protocolHopByHop    = 0
	protocolIPv4        = 4
	protocolTCP         = 6
	protocolUDP         = 17
	protocolIPv6        = 41
	protocolRouting     = 43
	protocolFragment    = 44
	protocolAuth        = 51
	protocolNone        = 59
	protocolDestination = 60
	protocolMobility    = 135
)

// maxTunnels bounds how often IP lies within IP.
const maxTunnels = 4

// payload is what an IP packet carries.
type payload struct {
	protocol byte
	src, dst netip.Addr
	data     []byte
	cut      bool // the capture does not hold all of it
}

// payloadOf reads an IP packet, whole or as the last fragment of one; false
// when there is nothing to read in it, or not yet.
func (a *assembler) payloadOf(data []byte, at time.Time) (payload, bool) {
	for range maxTunnels {
		var p payload
		ok := false
		switch {
		case len(data) == 0:
		case data[0]>>4 == 4:
			p, ok = a.fromIPv4(data, at)
		case data[0]>>4 == 6:
			p, ok = a.fromIPv6(data, at)
		}
		if !ok || p.protocol != protocolIPv4 && p.protocol != protocolIPv6 {
			return p, ok
		}
		data = p.data
	}
	return payload{}, false
}

func (a *assembler) fromIPv4(data []byte, at time.Time) (p payload, ok bool) {
	if len(data) < 20 {
		return p, false
	}
	header := int(data[0]&15) * 4
	total := int(binary.BigEndian.Uint16(data[2:]))
	if total == 0 { // segmentation is left to the network card
		total = len(data)
	}
	if header < 20 || header > len(data) || total < header {
		return p, false
	}
	p = payload{
		protocol: data[9],
		src:      netip.AddrFrom4([4]byte(data[12:])),
		dst:      netip.AddrFrom4([4]byte(data[16:])),
		cut:      total > len(data),
	}
	p.data = data[header:min(total, len(data))]
	offset := binary.BigEndian.Uint16(data[6:])
	if offset&0x3fff == 0 { // neither an offset nor more fragments
		return p, true
	}
	id := fragmentID{p.src, p.dst, uint32(binary.BigEndian.Uint16(data[4:])), p.protocol}
	return a.join(id, fragment{p.data, int(offset&0x1fff) * 8, offset&0x2000 != 0, p.cut}, at)
}

func (a *assembler) fromIPv6(data []byte, at time.Time) (p payload, ok bool) {
	if len(data) < 40 {
		return p, false
	}
	p = payload{
		protocol: data[6],
		src:      netip.AddrFrom16([16]byte(data[8:])),
		dst:      netip.AddrFrom16([16]byte(data[24:])),
	}
	rest := data[40:]
	if length := int(binary.BigEndian.Uint16(data[4:])); length > 0 { // 0: a jumbogram, or segmentation by the card
		p.cut = length > len(rest)
		rest = rest[:min(length, len(rest))]
	}
	return a.behindExtensions(p, rest, at)
}

// behindExtensions takes the extension headers away (RFC 8200 section 4).
func (a *assembler) behindExtensions(p payload, rest []byte, at time.Time) (payload, bool) {
	for {
		var length int
		switch p.protocol {
		case protocolHopByHop, protocolRouting, protocolDestination, protocolMobility:
			if len(rest) < 8 {
				return p, false
			}
			length = 8 + int(rest[1])*8
		case protocolAuth:
			if len(rest) < 8 {
				return p, false
			}
			length = 8 + int(rest[1])*4
		case protocolFragment:
			if len(rest) < 8 {
				return p, false
			}
			offset := binary.BigEndian.Uint16(rest[2:])
			if offset&0xfff9 != 0 {
				id := fragmentID{p.src, p.dst, binary.BigEndian.Uint32(rest[4:]), rest[0]}
				p, ok := a.join(id, fragment{rest[8:], int(offset &^ 7), offset&1 != 0, p.cut}, at)
				if !ok {
					return p, false
				}
				return a.behindExtensions(p, p.data, at)
			}
			length = 8
		case protocolNone:
			return p, false
		default:
			p.data = rest
			return p, true
		}
		if length > len(rest) {
			return p, false
		}
		p.protocol, rest = rest[0], rest[length:]
	}
}
