// Chunks: packets of one call as one compressed row.
package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/klauspost/compress/zstd"

	"viaduct/sip"
	"viaduct/wire"
)

// Packet is a packet as it was recorded.
type Packet struct {
	wire.Packet
	Decision string // what was decided on it: script line, action, target set, reason; "" when nothing was noted
}

// A chunk is, before compression, chunkVersion and then for each packet
//
//	flags       1 byte: 1 outgoing, 2 with a decision
//	time        varint, µs since the packet before it, of the first since 1970
//	transport   1 byte, as wire.Transport
//	local       1 byte for the length of the address (0, 4, 16), address, 2 bytes for the port
//	remote      likewise
//	connection  uvarint
//	decision    uvarint length, text; only when flags say so
//	text        uvarint length, text
const chunkVersion = 1

const (
	flagOutgoing = 1 << iota
	flagDecision
)

// maxChunk bounds a chunk that is read, against damaged files.
const maxChunk = 64 << 20

var errChunk = errors.New("messages are damaged")

// appendPacket writes a packet behind dst; before is the time of the one
// before it in µs.
func appendPacket(dst []byte, p *Packet, before int64) []byte {
	if len(dst) == 0 {
		dst = append(dst, chunkVersion)
	}
	flags := byte(0)
	if p.Outgoing {
		flags |= flagOutgoing
	}
	if p.Decision != "" {
		flags |= flagDecision
	}
	dst = append(dst, flags)
	dst = binary.AppendVarint(dst, p.Time.UnixMicro()-before)
	dst = append(dst, byte(p.Flow.Transport))
	dst = appendAddress(dst, p.Flow.Local)
	dst = appendAddress(dst, p.Flow.Remote)
	dst = binary.AppendUvarint(dst, p.Flow.Connection)
	if p.Decision != "" {
		dst = binary.AppendUvarint(dst, uint64(len(p.Decision)))
		dst = append(dst, p.Decision...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(p.Text)))
	return append(dst, p.Text...)
}

func appendAddress(dst []byte, a netip.AddrPort) []byte {
	if !a.IsValid() {
		return append(dst, 0)
	}
	if a.Addr().Is4() {
		ip := a.Addr().As4()
		dst = append(append(dst, 4), ip[:]...)
	} else {
		ip := a.Addr().As16()
		dst = append(append(dst, 16), ip[:]...)
	}
	return binary.BigEndian.AppendUint16(dst, a.Port())
}

// parseChunk reads packets behind dst.
func parseChunk(dst []Packet, chunk []byte) ([]Packet, error) {
	if len(chunk) == 0 || chunk[0] != chunkVersion {
		return dst, errChunk
	}
	r := chunkReader{rest: chunk[1:]}
	var micros int64
	for len(r.rest) > 0 && !r.failed {
		var p Packet
		flags := r.byte()
		micros += r.varint()
		p.Time, p.Outgoing = time.UnixMicro(micros), flags&flagOutgoing != 0
		p.Flow.Transport = wire.Transport(r.byte())
		p.Flow.Local, p.Flow.Remote = r.address(), r.address()
		p.Flow.Connection = r.uvarint()
		if flags&flagDecision != 0 {
			p.Decision = r.text()
		}
		p.Text = r.text()
		if r.failed {
			break
		}
		if m, err := sip.Parse(p.Text); err == nil {
			p.Message = m
		}
		dst = append(dst, p)
	}
	if r.failed {
		return dst, errChunk
	}
	return dst, nil
}

// chunkReader takes pieces from the front of a chunk until one is not there.
type chunkReader struct {
	rest   []byte
	failed bool
}

func (r *chunkReader) take(n uint64) []byte {
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	piece := r.rest[:n]
	r.rest = r.rest[n:]
	return piece
}

func (r *chunkReader) byte() byte {
	if piece := r.take(1); piece != nil {
		return piece[0]
	}
	return 0
}

func (r *chunkReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.take(uint64(max(n, 0)))
	r.failed = r.failed || n <= 0
	return v
}

func (r *chunkReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.take(uint64(max(n, 0)))
	r.failed = r.failed || n <= 0
	return v
}

func (r *chunkReader) text() string { return string(r.take(r.uvarint())) }

func (r *chunkReader) address() netip.AddrPort {
	size := r.byte()
	if size == 0 {
		return netip.AddrPort{}
	}
	address, ok := netip.AddrFromSlice(r.take(uint64(size)))
	port := r.take(2)
	if !ok || port == nil {
		r.failed = true
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(address, binary.BigEndian.Uint16(port))
}

// newCompressor gives an encoder whose EncodeAll uses the calling goroutine.
func newCompressor() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(64<<10), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options above are wrong
	}
	return e
}

func newDecompressor() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxChunk))
	if err != nil {
		panic(err) // the options above are wrong
	}
	return d
}

// unpack reads the packets of a row behind dst.
func unpack(dst []Packet, d *zstd.Decoder, row []byte) ([]Packet, error) {
	chunk, err := d.DecodeAll(row, nil)
	if err != nil {
		return dst, fmt.Errorf("%w: %w", errChunk, err)
	}
	return parseChunk(dst, chunk)
}
