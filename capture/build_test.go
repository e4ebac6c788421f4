package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// The tests build their captures here, layer by layer, from the inside out.

var (
	alice  = netip.MustParseAddrPort("192.0.2.1:5060")
	bob    = netip.MustParseAddrPort("192.0.2.2:5070")
	alice6 = netip.MustParseAddrPort("[2001:db8::1]:5060")
	bob6   = netip.MustParseAddrPort("[2001:db8::2]:5070")
	noon   = time.Date(2010, 11, 13, 12, 0, 0, 0, time.UTC)
)

// request is a sound message of any length.
func request(number int, body string) string {
	return fmt.Sprintf("OPTIONS sip:bob@biloxi.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%d\r\nFrom: <sip:alice@atlanta.test>;tag=1\r\n"+
		"To: <sip:bob@biloxi.test>\r\nCall-ID: call%d\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: %d\r\n\r\n%s", number, number, len(body), body)
}

func big16(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func big32(n uint32) []byte {
	return binary.BigEndian.AppendUint32(nil, n)
}
func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func udp(from, to netip.AddrPort, data string) []byte {
	return join(big16(int(from.Port())), big16(int(to.Port())), big16(8+len(data)), big16(0), []byte(data))
}

func tcp(from, to netip.AddrPort, sequence, ack uint32, flags byte, data string) []byte {
	return join(big16(int(from.Port())), big16(int(to.Port())), big32(sequence), big32(ack), []byte{6 << 4, flags}, big16(65535), make([]byte, 4),
		[]byte{1, 1, 1, 0}, []byte(data)) // with options
}

func ip(from, to netip.AddrPort, protocol byte, data []byte) []byte {
	if from.Addr().Is4() {
		return fragment4(from, to, protocol, 1, 0, false, data)
	}
	return join([]byte{6 << 4, 0, 0, 0}, big16(len(data)), []byte{protocol, 64}, from.Addr().AsSlice(), to.Addr().AsSlice(), data)
}

func fragment4(from, to netip.AddrPort, protocol byte, number, offset int, more bool, data []byte) []byte {
	field := offset / 8
	if more {
		field |= 0x2000
	}
	return join([]byte{4<<4 | 5, 0}, big16(20+len(data)), big16(number), big16(field), []byte{64, protocol}, big16(0),
		from.Addr().AsSlice(), to.Addr().AsSlice(), data)
}

// fragment6 is the packet with a Fragment header behind a Hop-by-Hop header.
func fragment6(from, to netip.AddrPort, protocol byte, number uint32, offset int, more bool, data []byte) []byte {
	field := offset
	if more {
		field |= 1
	}
	return ip(from, to, protocolHopByHop, join([]byte{protocolFragment, 0, 1, 4, 0, 0, 0, 0}, []byte{protocol, 0}, big16(field), big32(number), data))
}

func etherTypeOf(packet []byte) []byte {
	if packet[0]>>4 == 6 {
		return big16(etherIPv6)
	}
	return big16(etherIPv4)
}

func ethernet(packet []byte) []byte {
	return join(make([]byte, 12), etherTypeOf(packet), packet, make([]byte, max(0, 46-len(packet)))) // padded
}

func cooked(direction int, packet []byte) []byte {
	return join(big16(direction), make([]byte, 12), etherTypeOf(packet), packet)
}

// pcapOf is a file of frames, a millisecond apart.
func pcapOf(link linkType, frames ...[]byte) []byte {
	file := join(big32(pcapMicro), big16(2), big16(4), make([]byte, 8), big32(262144), big32(uint32(link)))
	for i, f := range frames {
		for _, n := range []int{int(noon.Unix()), i * 1000, len(f), len(f)} {
			file = binary.BigEndian.AppendUint32(file, uint32(n))
		}
		file = append(file, f...)
	}
	return file
}

// block is a pcapng block in little endian.
func block(kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	little := func(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
	return join(little(kind), little(uint32(len(body)+12)), body, little(uint32(len(body)+12)))
}
