// Versions 1 and 2 of HEP: a struct of C before the message. Kamailio's
// siptrace speaks version 1 unless it is told otherwise.
package hep

import (
	"encoding/binary"
	"net/netip"
	"time"

	"viaduct/wire"
)

// Layout: version, length of this head, address family, protocol, two ports and
// two addresses; of version 2, seconds, microseconds and agent follow in the
// order of the machine that sent them, which is little endian nearly always.
const (
	oldHead  = 8
	oldTimes = 12
)

func decodeOld(data []byte) (Message, error) {
	if len(data) < oldHead || data[0] != 1 && data[0] != 2 {
		return Message{}, &DecodeError{"it does not begin as one"}
	}
	addresses := 4
	if data[2] == family6 {
		addresses = 16
	} else if data[2] != family4 {
		return Message{}, &DecodeError{"neither IPv4 nor IPv6"}
	}
	end := oldHead + 2*addresses
	times := end
	if data[0] == 2 {
		end += oldTimes
	}
	if length := int(data[1]); length != times && length != end || len(data) <= end {
		return Message{}, &DecodeError{"its length is not that of its version"}
	}
	m := Message{Kind: KindSIP}
	p := &m.Packet
	switch data[3] {
	case protocolTCP:
		p.Flow.Transport = wire.TCP
	case protocolUDP:
		p.Flow.Transport = wire.UDP
	case protocolIDP:
		p.Flow.Transport = wire.TLS
	}
	source, _ := netip.AddrFromSlice(data[oldHead : oldHead+addresses])
	destination, _ := netip.AddrFromSlice(data[oldHead+addresses : times])
	p.Flow.Remote = netip.AddrPortFrom(source.Unmap(), binary.BigEndian.Uint16(data[4:]))
	p.Flow.Local = netip.AddrPortFrom(destination.Unmap(), binary.BigEndian.Uint16(data[6:]))
	if data[0] == 2 {
		p.Time = time.Unix(int64(binary.LittleEndian.Uint32(data[times:])), int64(binary.LittleEndian.Uint32(data[times+4:]))*1000).UTC()
		m.Agent = uint32(binary.LittleEndian.Uint16(data[times+8:]))
	}
	p.Text = string(data[end:])
	return m, nil
}
