// Files of the format pcapng (draft-ietf-opsawg-pcapng).
package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"viaduct/wire"
)

// Block types of pcapng.
const (
	blockSection        = 0x0a0d0d0a
	blockInterface      = 1
	blockPacketObsolete = 2
	blockSimplePacket   = 3
	blockEnhancedPacket = 6
)

const (
	blockOverhead = 12 // type, length, and the length again
	orderMagic    = 0x1a2b3c4d
)

// Options of blocks.
const (
	optionEnd        = 0
	optionResolution = 9  // of an interface: what a time counts
	optionOffset     = 14 // of an interface: seconds to add to a time
)

const (
	maxBlock      = 2 * maxFrame
	maxInterfaces = 4096
)

// pcapngFile reads pcapng.
type pcapngFile struct {
	from       io.Reader
	order      byteOrder
	interfaces []pcapngInterface // of this section
	before     uint32            // interfaces of earlier sections
	ours       bool              // this section is one of our own files
	buffer     []byte
}

// pcapngInterface is what a frame must know of where it was seen.
type pcapngInterface struct {
	link      linkType
	snapshot  uint32
	perSecond uint64
	offset    int64          // seconds
	transport wire.Transport // of our own files
}

// isPcapng tells by the first four bytes.
func isPcapng(start []byte) bool { return binary.BigEndian.Uint32(start) == blockSection }

func newPcapngFile(from io.Reader) *pcapngFile {
	return &pcapngFile{from: from, order: binary.LittleEndian}
}

func (f *pcapngFile) next() (frame, error) {
	for {
		kind, body, err := f.block()
		if err != nil {
			return frame{}, err
		}
		found := false
		var p frame
		switch kind {
		case blockSection:
			f.before += uint32(len(f.interfaces))
			f.interfaces = f.interfaces[:0]
			f.ours = false
			if len(body) > 16 {
				for code, value := range f.options(body[16:]) {
					f.ours = f.ours || code == optionApplication && string(value) == application
				}
			}
		case blockInterface:
			err = f.addInterface(body)
		case blockEnhancedPacket:
			p, err = f.packet(body, 4, 20)
			found = true
		case blockPacketObsolete:
			p, err = f.packet(body, 2, 20)
			found = true
		case blockSimplePacket:
			p, err = f.simplePacket(body)
			found = true
		}
		if err != nil || found {
			return p, err
		}
	}
}

// block reads a block and gives what is between its two lengths.
func (f *pcapngFile) block() (kind uint32, body []byte, err error) {
	var header [8]byte
	if err := readHead(f.from, header[:], "the header of a block"); err != nil {
		return 0, nil, err
	}
	kind = f.order.Uint32(header[:])
	read := 0
	if kind == blockSection { // the same in both orders of bytes
		f.buffer = grow(f.buffer, 4)
		if err := readFull(f.from, f.buffer, "the header of a section"); err != nil {
			return 0, nil, err
		}
		switch {
		case binary.LittleEndian.Uint32(f.buffer) == orderMagic:
			f.order = binary.LittleEndian
		case binary.BigEndian.Uint32(f.buffer) == orderMagic:
			f.order = binary.BigEndian
		default:
			return 0, nil, &DamagedError{What: "the header of a section is not sound"}
		}
		read = 4
	}
	length := f.order.Uint32(header[4:])
	if length < uint32(blockOverhead+read) || length > maxBlock || length%4 != 0 {
		return 0, nil, &DamagedError{What: fmt.Sprintf("a block of %d bytes", length)}
	}
	f.buffer = grow(f.buffer, int(length)-8)
	if err := readFull(f.from, f.buffer[read:], "a block"); err != nil {
		return 0, nil, err
	}
	end := len(f.buffer) - 4
	if f.order.Uint32(f.buffer[end:]) != length {
		return 0, nil, &DamagedError{What: "the two lengths of a block differ"}
	}
	return kind, f.buffer[:end], nil
}

func (f *pcapngFile) addInterface(body []byte) error {
	if len(body) < 8 || len(f.interfaces) == maxInterfaces {
		return &DamagedError{What: "the description of an interface is not sound"}
	}
	i := pcapngInterface{link: linkType(f.order.Uint16(body)), snapshot: f.order.Uint32(body[4:]), perSecond: 1e6}
	for code, value := range f.options(body[8:]) {
		switch {
		case code == optionResolution && len(value) == 1:
			i.perSecond = perSecond(value[0])
		case code == optionOffset && len(value) == 8:
			i.offset = int64(f.order.Uint64(value))
		case code == optionName && f.ours:
			i.transport = wire.ParseTransport(string(value))
		}
	}
	f.interfaces = append(f.interfaces, i)
	return nil
}

// perSecond reads if_tsresol: a power of ten, or of two when its first bit is set.
func perSecond(resolution byte) uint64 {
	power := uint(resolution & 0x7f)
	if resolution&0x80 != 0 {
		return 1 << min(power, 63)
	}
	return uint64(math.Pow10(int(min(power, 19))))
}

// options yields the options behind the fixed part of a block.
func (f *pcapngFile) options(rest []byte) func(yield func(uint16, []byte) bool) {
	return func(yield func(uint16, []byte) bool) {
		for len(rest) >= 4 {
			code, length := f.order.Uint16(rest), int(f.order.Uint16(rest[2:]))
			rest = rest[4:]
			if code == optionEnd || length > len(rest) || !yield(code, rest[:length]) {
				return
			}
			rest = rest[min((length+3)&^3, len(rest)):]
		}
	}
}

// packet reads an Enhanced Packet Block, or the obsolete Packet Block, whose
// number of the interface is shorter.
func (f *pcapngFile) packet(body []byte, numberSize, fixed int) (frame, error) {
	if len(body) < fixed {
		return frame{}, &DamagedError{What: "a packet block is too short"}
	}
	number := f.order.Uint32(body)
	if numberSize == 2 {
		number = uint32(f.order.Uint16(body))
	}
	if int64(number) >= int64(len(f.interfaces)) {
		return frame{}, &DamagedError{What: fmt.Sprintf("interface %d is not described", number)}
	}
	at := &f.interfaces[number]
	length := f.order.Uint32(body[12:])
	if length > uint32(len(body)-fixed) {
		return frame{}, &DamagedError{What: "a packet is longer than its block"}
	}
	p := frame{
		origin: origin{
			at:        at.time(uint64(f.order.Uint32(body[4:]))<<32 | uint64(f.order.Uint32(body[8:]))),
			place:     uint64(f.before+number) << 32,
			transport: at.transport,
		},
		link: at.link,
		data: body[fixed : fixed+int(length)],
	}
	if f.ours {
		for code, value := range f.options(body[min(fixed+(int(length)+3)&^3, len(body)):]) {
			p.outgoing = p.outgoing || code == optionFlags && len(value) == 4 && f.order.Uint32(value)&3 == flagOutbound
		}
	}
	return p, nil
}

func (i *pcapngInterface) time(count uint64) time.Time {
	seconds, rest := count/i.perSecond, count%i.perSecond
	nanoseconds := float64(rest) / float64(i.perSecond) * 1e9
	if 1e9%i.perSecond == 0 { // exactly
		nanoseconds = float64(rest * (1e9 / i.perSecond))
	}
	return time.Unix(int64(seconds)+i.offset, int64(nanoseconds)).UTC()
}

func (f *pcapngFile) simplePacket(body []byte) (frame, error) {
	if len(body) < 4 || len(f.interfaces) == 0 {
		return frame{}, &DamagedError{What: "a packet block without an interface"}
	}
	at := &f.interfaces[0]
	length := min(f.order.Uint32(body), uint32(len(body)-4))
	if at.snapshot > 0 {
		length = min(length, at.snapshot)
	}
	return frame{origin: origin{place: uint64(f.before) << 32}, link: at.link, data: body[4 : 4+length]}, nil
}
