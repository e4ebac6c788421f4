// The link layer: from a frame to the IP packet in it.
package capture

import "encoding/binary"

// linkType numbers link layers (LINKTYPE_ values of tcpdump.org).
type linkType uint32

const (
	linkNull      linkType = 0 // BSD loopback: address family in the order of the machine
	linkEthernet  linkType = 1
	linkPPP       linkType = 9
	linkRawBSD    linkType = 12
	linkRawOpen   linkType = 14
	linkRaw       linkType = 101
	linkLoop      linkType = 108 // OpenBSD loopback
	linkCooked    linkType = 113 // Linux "any"
	linkIPv4      linkType = 228
	linkIPv6      linkType = 229
	linkCookedTwo linkType = 276
)

// EtherType values.
const (
	etherIPv4  = 0x0800
	etherVLAN  = 0x8100
	etherIPv6  = 0x86dd
	etherQinQ  = 0x88a8
	etherQinQ2 = 0x9100
	etherMPLS  = 0x8847
	etherPPPoE = 0x8864
)

// maxTags bounds the VLAN tags and MPLS labels of one frame.
const maxTags = 8

func (l linkType) known() bool {
	switch l {
	case linkNull, linkEthernet, linkPPP, linkRawBSD, linkRawOpen, linkRaw, linkLoop, linkCooked, linkIPv4, linkIPv6, linkCookedTwo:
		return true
	}
	return false
}

// ipOf finds the IP packet of a frame, nil when it holds none. The direction
// tells places of a cooked capture apart: on "any" a datagram is seen on
// each interface, once going out and once coming in.
func ipOf(link linkType, data []byte) (packet []byte, direction uint32) {
	switch link {
	case linkEthernet:
		if len(data) >= 14 {
			packet = behindType(binary.BigEndian.Uint16(data[12:]), data[14:])
		}
	case linkCooked:
		if len(data) >= 16 {
			packet = behindType(binary.BigEndian.Uint16(data[14:]), data[16:])
			direction = 1 + uint32(binary.BigEndian.Uint16(data))
		}
	case linkCookedTwo:
		if len(data) >= 20 {
			packet = behindType(binary.BigEndian.Uint16(data), data[20:])
			direction = 1 + binary.BigEndian.Uint32(data[4:])<<8 + uint32(data[10])
		}
	case linkNull, linkLoop: // the family says no more than the packet itself does
		if len(data) >= 4 {
			packet = data[4:]
		}
	case linkPPP:
		if len(data) >= 4 && data[0] == 0xff && data[1] == 3 { // address and control of HDLC
			data = data[2:]
		}
		packet = behindPPP(data)
	case linkRaw, linkRawBSD, linkRawOpen, linkIPv4, linkIPv6:
		packet = data
	}
	return packet, direction
}

// behindType takes VLAN tags, MPLS labels and PPPoE away.
func behindType(kind uint16, data []byte) []byte {
	for range maxTags {
		switch kind {
		case etherIPv4, etherIPv6:
			return data
		case etherVLAN, etherQinQ, etherQinQ2:
			if len(data) < 4 {
				return nil
			}
			kind, data = binary.BigEndian.Uint16(data[2:]), data[4:]
		case etherMPLS:
			if len(data) < 4 {
				return nil
			}
			if last := data[2]&1 != 0; last {
				kind = etherIPv4 // or 6: the packet tells
			}
			data = data[4:]
		case etherPPPoE:
			if len(data) < 6 {
				return nil
			}
			return behindPPP(data[6:])
		default:
			return nil
		}
	}
	return nil
}

func behindPPP(data []byte) []byte {
	if len(data) < 2 {
		return nil
	}
	switch binary.BigEndian.Uint16(data) {
	case 0x0021, 0x0057: // IPv4, IPv6
		return data[2:]
	}
	return nil
}
