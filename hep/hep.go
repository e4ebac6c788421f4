// Package hep speaks HEP, the Homer Encapsulation Protocol, by which SIP servers
// send copies of their messages to HOMER, sngrep and others: version 3, and for
// reading also versions 1 and 2.
//
//	sender, err := hep.NewSender("udp", "127.0.0.1:9060", hep.SenderOptions{Agent: 2001})
//	options.Tap = sender            // a wire.Tap that never blocks
//
//	receiver, err := hep.Listen("127.0.0.1:9060")
//	err = receiver.Serve(ctx, tap)  // each copy as a wire.Packet
//
// It knows no SIP: what a packet carries is text to it.
package hep

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"viaduct/wire"
)

// Types of chunks that have vendor 0.
const (
	chunkFamily       = 1
	chunkProtocol     = 2
	chunkSource4      = 3
	chunkDestination4 = 4
	chunkSource6      = 5
	chunkDestination6 = 6
	chunkSourcePort   = 7
	chunkDestPort     = 8
	chunkSeconds      = 9
	chunkMicroseconds = 10
	chunkKind         = 11
	chunkAgent        = 12
	chunkKey          = 14
	chunkPayload      = 15
	chunkCompressed   = 16
	chunkCorrelation  = 17
)

// Values of chunks.
const (
	family4 = 2
	family6 = 10

	protocolTCP = 6
	protocolUDP = 17
	protocolIDP = 22 // stands for TLS and WebSocket, as Kamailio has it

	KindSIP = 1 // what is carried; others are RTCP (5), logs (100) …
)

const (
	headSize  = 6 // "HEP3" and the length of all
	chunkHead = 6 // vendor, type and length
	maxSize   = 65535
)

// Message is what a packet of HEP says.
type Message struct {
	Packet      wire.Packet // received: Local is where it went to, Remote where it came from
	Kind        uint8       // of Packet.Text: KindSIP
	Agent       uint32      // who tells it
	Key         string      // what proves that, "" when nothing does
	Correlation string      // what ties it to others, "" for SIP
}

// ErrTooLarge is a message that does not fit a packet of HEP.
var ErrTooLarge = fmt.Errorf("a packet of HEP has at most %d bytes", maxSize)

// Append writes a packet of HEP version 3 behind dst. Agent and key are left
// out when they are zero.
func Append(dst []byte, p *wire.Packet, agent uint32, key string) ([]byte, error) {
	if len(p.Text)+len(key) > maxSize-200 { // the other chunks need less
		return dst, ErrTooLarge
	}
	from, to := p.Flow.Local, p.Flow.Remote
	if !p.Outgoing {
		from, to = to, from
	}
	start := len(dst)
	dst = append(dst, "HEP3\x00\x00"...)
	src, dest := from.Addr().Unmap(), to.Addr().Unmap()
	if src.Is4() || dest.Is4() || !src.IsValid() && !dest.IsValid() {
		dst = append8(dst, chunkFamily, family4)
		dst = append8(dst, chunkProtocol, protocolOf(p.Flow.Transport))
		dst = appendChunk(dst, chunkSource4, address4(src))
		dst = appendChunk(dst, chunkDestination4, address4(dest))
	} else {
		dst = append8(dst, chunkFamily, family6)
		dst = append8(dst, chunkProtocol, protocolOf(p.Flow.Transport))
		dst = appendChunk(dst, chunkSource6, address6(src))
		dst = appendChunk(dst, chunkDestination6, address6(dest))
	}
	dst = append16(dst, chunkSourcePort, from.Port())
	dst = append16(dst, chunkDestPort, to.Port())
	if !p.Time.IsZero() {
		dst = append32(dst, chunkSeconds, uint32(p.Time.Unix()))
		dst = append32(dst, chunkMicroseconds, uint32(p.Time.Nanosecond()/1000))
	}
	dst = append8(dst, chunkKind, KindSIP)
	if agent != 0 {
		dst = append32(dst, chunkAgent, agent)
	}
	if key != "" {
		dst = appendChunk(dst, chunkKey, key)
	}
	dst = appendChunk(dst, chunkPayload, p.Text)
	binary.BigEndian.PutUint16(dst[start+4:], uint16(len(dst)-start))
	return dst, nil
}

func protocolOf(t wire.Transport) uint8 {
	switch t {
	case wire.TCP:
		return protocolTCP
	case wire.TLS, wire.WS, wire.WSS:
		return protocolIDP
	}
	return protocolUDP
}

func address4(a netip.Addr) string {
	if !a.Is4() {
		return "\x00\x00\x00\x00"
	}
	four := a.As4()
	return string(four[:])
}

func address6(a netip.Addr) string {
	if !a.IsValid() {
		a = netip.IPv6Unspecified()
	}
	sixteen := a.As16()
	return string(sixteen[:])
}

func appendChunk(dst []byte, kind uint16, value string) []byte {
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, kind)
	dst = binary.BigEndian.AppendUint16(dst, uint16(chunkHead+len(value)))
	return append(dst, value...)
}

func append8(dst []byte, kind uint16, value uint8) []byte {
	return append(dst, 0, 0, 0, byte(kind), 0, chunkHead+1, value)
}

func append16(dst []byte, kind, value uint16) []byte {
	return binary.BigEndian.AppendUint16(append(dst, 0, 0, 0, byte(kind), 0, chunkHead+2), value)
}

func append32(dst []byte, kind uint16, value uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, byte(kind), 0, chunkHead+4), value)
}

// DecodeError says what is wrong with a packet.
type DecodeError struct{ What string }

func (e *DecodeError) Error() string { return "not a packet of HEP: " + e.What }

// Is tells by the first bytes whether data may be a packet of HEP version 3.
func Is(data []byte) bool { return len(data) >= headSize && string(data[:4]) == "HEP3" }

// Decode reads one packet of HEP, as a datagram holds it. The text is a copy.
// Errors are of type *DecodeError.
func Decode(data []byte) (Message, error) {
	if !Is(data) {
		return decodeOld(data)
	}
	if size := int(binary.BigEndian.Uint16(data[4:])); size < headSize || size > len(data) {
		return Message{}, &DecodeError{fmt.Sprintf("its length says %d bytes, and it has %d", size, len(data))}
	} else {
		data = data[headSize:size]
	}
	var d decoder
	for len(data) > 0 {
		if len(data) < chunkHead {
			return Message{}, &DecodeError{"it ends within a chunk"}
		}
		vendor, kind, size := binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:]), int(binary.BigEndian.Uint16(data[4:]))
		if size < chunkHead || size > len(data) {
			return Message{}, &DecodeError{fmt.Sprintf("chunk %d has %d bytes of %d that are left", kind, size, len(data))}
		}
		if vendor == 0 {
			if err := d.chunk(kind, data[chunkHead:size]); err != nil {
				return Message{}, err
			}
		}
		data = data[size:]
	}
	return d.message()
}

// decoder gathers what the chunks of a packet say.
type decoder struct {
	Message
	source, destination         netip.Addr
	sourcePort, destinationPort uint16
	seconds, microseconds       uint32
	timed, paid                 bool
}

func (d *decoder) chunk(kind uint16, value []byte) error {
	size, fixed := sizeOf(kind)
	if fixed && len(value) != size {
		return &DecodeError{fmt.Sprintf("chunk %d holds %d bytes, not %d", kind, len(value), size)}
	}
	switch kind {
	case chunkProtocol:
		switch value[0] {
		case protocolTCP:
			d.Packet.Flow.Transport = wire.TCP
		case protocolUDP:
			d.Packet.Flow.Transport = wire.UDP
		case protocolIDP:
			d.Packet.Flow.Transport = wire.TLS
		}
	case chunkSource4, chunkSource6:
		d.source, _ = netip.AddrFromSlice(value)
	case chunkDestination4, chunkDestination6:
		d.destination, _ = netip.AddrFromSlice(value)
	case chunkSourcePort:
		d.sourcePort = binary.BigEndian.Uint16(value)
	case chunkDestPort:
		d.destinationPort = binary.BigEndian.Uint16(value)
	case chunkSeconds:
		d.seconds, d.timed = binary.BigEndian.Uint32(value), true
	case chunkMicroseconds:
		d.microseconds = binary.BigEndian.Uint32(value)
	case chunkKind:
		d.Kind = value[0]
	case chunkAgent:
		d.Agent = binary.BigEndian.Uint32(value)
	case chunkKey:
		d.Key = string(value)
	case chunkCorrelation:
		d.Correlation = string(value)
	case chunkPayload:
		d.Packet.Text, d.paid = string(value), true
	case chunkCompressed:
		text, err := inflate(value)
		if err != nil {
			return &DecodeError{"its payload cannot be decompressed"}
		}
		d.Packet.Text, d.paid = text, true
	}
	return nil
}

// sizeOf gives the size of chunks that have one.
func sizeOf(kind uint16) (size int, fixed bool) {
	switch kind {
	case chunkFamily, chunkProtocol, chunkKind:
		return 1, true
	case chunkSourcePort, chunkDestPort:
		return 2, true
	case chunkSource4, chunkDestination4, chunkSeconds, chunkMicroseconds, chunkAgent:
		return 4, true
	case chunkSource6, chunkDestination6:
		return 16, true
	}
	return 0, false
}

func (d *decoder) message() (Message, error) {
	if !d.paid {
		return Message{}, &DecodeError{"it carries nothing"}
	}
	if d.timed {
		d.Packet.Time = time.Unix(int64(d.seconds), int64(d.microseconds)*1000).UTC()
	}
	if d.source.IsValid() {
		d.Packet.Flow.Remote = netip.AddrPortFrom(d.source.Unmap(), d.sourcePort)
	}
	if d.destination.IsValid() {
		d.Packet.Flow.Local = netip.AddrPortFrom(d.destination.Unmap(), d.destinationPort)
	}
	return d.Message, nil
}
