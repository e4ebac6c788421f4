// Frames as bytes: headers with sound lengths and checksums (RFC 791,
// RFC 8200, RFC 768, RFC 9293, RFC 1071).
package capture

import (
	"encoding/binary"
	"net/netip"
)

const hopLimit = 64

// appendEthernet writes a header with made-up addresses. Raw IP would need none,
// but libpcap reads no file with several interfaces of that kind.
func appendEthernet(dst []byte, from netip.AddrPort) []byte {
	dst = append(dst, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2)
	if from.Addr().Is6() {
		return binary.BigEndian.AppendUint16(dst, etherIPv6)
	}
	return binary.BigEndian.AppendUint16(dst, etherIPv4)
}

// appendIP writes a header for a payload of that many bytes.
func appendIP(dst []byte, from, to netip.Addr, protocol byte, length int) []byte {
	if from.Is6() {
		dst = append(dst, 6<<4, 0, 0, 0)
		dst = binary.BigEndian.AppendUint16(dst, uint16(length))
		dst = append(dst, protocol, hopLimit)
		dst = append(dst, from.AsSlice()...)
		return append(dst, to.AsSlice()...)
	}
	start := len(dst)
	dst = append(dst, 4<<4|5, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(20+length))
	dst = append(dst, 0, 0, 0x40, 0, hopLimit, protocol, 0, 0) // not to be fragmented
	dst = append(dst, from.AsSlice()...)
	dst = append(dst, to.AsSlice()...)
	binary.BigEndian.PutUint16(dst[start+10:], checksum(0, dst[start:]))
	return dst
}

func appendUDP(dst []byte, from, to netip.AddrPort, data string) []byte {
	dst = appendIP(dst, from.Addr(), to.Addr(), protocolUDP, 8+len(data))
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, from.Port())
	dst = binary.BigEndian.AppendUint16(dst, to.Port())
	dst = binary.BigEndian.AppendUint16(dst, uint16(8+len(data)))
	dst = append(dst, 0, 0)
	dst = append(dst, data...)
	sum := checksum(pseudoHeader(from.Addr(), to.Addr(), protocolUDP, len(dst)-start), dst[start:])
	if sum == 0 { // which would mean that there is none
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(dst[start+6:], sum)
	return dst
}

func appendTCP(dst []byte, from, to netip.AddrPort, sequence, ack uint32, flags byte, data string) []byte {
	dst = appendIP(dst, from.Addr(), to.Addr(), protocolTCP, 20+len(data))
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(dst, from.Port())
	dst = binary.BigEndian.AppendUint16(dst, to.Port())
	dst = binary.BigEndian.AppendUint32(dst, sequence)
	dst = binary.BigEndian.AppendUint32(dst, ack)
	dst = append(dst, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0) // a window that is never full
	dst = append(dst, data...)
	binary.BigEndian.PutUint16(dst[start+16:], checksum(pseudoHeader(from.Addr(), to.Addr(), protocolTCP, len(dst)-start), dst[start:]))
	return dst
}

// pseudoHeader sums what UDP and TCP have of the IP header in their checksums.
func pseudoHeader(from, to netip.Addr, protocol byte, length int) uint32 {
	return sumOf(from.AsSlice()) + sumOf(to.AsSlice()) + uint32(protocol) + uint32(length)
}

func sumOf(data []byte) (sum uint32) {
	for ; len(data) > 1; data = data[2:] {
		sum += uint32(binary.BigEndian.Uint16(data))
	}
	if len(data) == 1 {
		sum += uint32(data[0]) << 8
	}
	return sum
}

// checksum is the Internet checksum (RFC 1071). 64 KiB of words fit the sum.
func checksum(sum uint32, data []byte) uint16 {
	sum += sumOf(data)
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
