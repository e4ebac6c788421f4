// Files of the format pcap (draft-ietf-opsawg-pcap).
package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// Magic numbers of pcap, read as big endian.
const (
	pcapMicro        = 0xa1b2c3d4
	pcapNano         = 0xa1b23c4d
	pcapMicroSwapped = 0xd4c3b2a1
	pcapNanoSwapped  = 0x4d3cb2a1
)

const (
	pcapFileHeader   = 24
	pcapRecordHeader = 16
)

// pcapFile reads pcap.
type pcapFile struct {
	from     io.Reader
	order    byteOrder
	fraction time.Duration // what the second half of a time counts
	link     linkType
	buffer   []byte
}

// isPcap tells by the first four bytes.
func isPcap(start []byte) bool {
	switch binary.BigEndian.Uint32(start) {
	case pcapMicro, pcapNano, pcapMicroSwapped, pcapNanoSwapped:
		return true
	}
	return false
}

func newPcapFile(from io.Reader) (*pcapFile, error) {
	var header [pcapFileHeader]byte
	if err := readFull(from, header[:], "its header"); err != nil {
		return nil, err
	}
	f := &pcapFile{from: from, order: binary.BigEndian, fraction: time.Microsecond}
	switch magic := binary.BigEndian.Uint32(header[:]); magic {
	case pcapMicroSwapped, pcapNanoSwapped:
		f.order = binary.LittleEndian
		if magic == pcapNanoSwapped {
			f.fraction = time.Nanosecond
		}
	case pcapNano:
		f.fraction = time.Nanosecond
	}
	if major := f.order.Uint16(header[4:]); major != 2 {
		return nil, fmt.Errorf("pcap of version %d is not known, only version 2", major)
	}
	f.link = linkType(f.order.Uint32(header[20:]) & 0xffff) // above: the length of a checksum behind each frame
	return f, nil
}

func (f *pcapFile) next() (frame, error) {
	var header [pcapRecordHeader]byte
	if err := readHead(f.from, header[:], "its header"); err != nil {
		return frame{}, err
	}
	length := f.order.Uint32(header[8:])
	if length > maxFrame {
		return frame{}, &DamagedError{What: fmt.Sprintf("%d bytes are more than a frame has", length)}
	}
	f.buffer = grow(f.buffer, int(length))
	if err := readFull(f.from, f.buffer, "it"); err != nil {
		return frame{}, err
	}
	seconds, fraction := f.order.Uint32(header[:]), f.order.Uint32(header[4:])
	return frame{
		origin: origin{at: time.Unix(int64(seconds), 0).Add(time.Duration(fraction) * f.fraction).UTC()},
		link:   f.link,
		data:   f.buffer,
	}, nil
}
