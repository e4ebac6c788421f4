// Reader: the SIP messages of a file, one by one.
package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"viaduct/hep"
	"viaduct/wire"
)

// maxText bounds files that are read as a whole: transcripts and call files.
const maxText = 256 << 20

// Counts says what a Reader has found.
type Counts struct {
	Frames        int // of the file; 0 of a transcript
	Messages      int
	Copies        int // messages left out because another interface had them too
	UnknownFrames int // of a link layer that is not read
	Cut           int // messages that the capture does not hold whole, and those beyond sip.MaxMessageSize
	Fragments     int // packets whose fragments did not all come
	Holes         int // in streams
}

// Reader reads a capture.
type Reader struct {
	frames frames
	assembler
	streams
	copies
	counts Counts
	ready  []wire.Packet // to be given
	err    error         // to be given behind them
}

// NewReader finds out what kind of file it is: pcap, pcapng, a transcript, a
// page with one (AppendEmbedded), or one of these compressed by gzip.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{}
	r.take = r.fromStream
	in := bufio.NewReaderSize(from, 1<<16)
	if start, _ := in.Peek(2); len(start) == 2 && start[0] == 0x1f && start[1] == 0x8b {
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("the file cannot be decompressed: %w", err)
		}
		in = bufio.NewReaderSize(unzipped, 1<<16)
	}
	start, err := in.Peek(4)
	switch {
	case len(start) == 0 && errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty")
	case len(start) < 4:
		return nil, errUnknown
	case isPcap(start):
		r.frames, err = newPcapFile(in)
		if err != nil {
			return nil, err
		}
	case isPcapng(start):
		r.frames = newPcapngFile(in)
	default:
		if err := r.readText(in); err != nil {
			return nil, err
		}
	}
	return r, nil
}

var errUnknown = errors.New("neither pcap, pcapng nor a transcript")

// readText reads a file of text as a whole.
func (r *Reader) readText(in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, maxText+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxText:
		return fmt.Errorf("a transcript of more than %d MB", maxText>>20)
	case bytes.IndexByte(text, 0) >= 0:
		return errUnknown
	}
	transcript := string(text)
	if isPage(transcript) {
		found := false
		if transcript, found = embedded(transcript); !found {
			return errors.New("a page of HTML, but not one that viaduct wrote")
		}
	}
	packets, err := wire.ParseTranscript(transcript)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnknown, err)
	}
	r.ready, r.err = packets, io.EOF
	r.counts.Messages = len(packets)
	return nil
}

// Next gives the next message: received, Local being where it went to and
// Remote where it came from; but files of a Writer and transcripts know which
// way it went. Messages come in the order of the file, but those
// of a stream with a hole later. At the end the error is io.EOF; a
// *DamagedError means that the file has more which cannot be read.
func (r *Reader) Next() (wire.Packet, error) {
	for len(r.ready) == 0 && r.err == nil {
		r.readFrame()
	}
	if len(r.ready) == 0 {
		return wire.Packet{}, r.err
	}
	p := r.ready[0]
	r.ready = r.ready[1:]
	return p, nil
}

// Counts tells what was found so far.
func (r *Reader) Counts() Counts {
	c := r.counts
	c.Fragments = r.assembler.lost + len(r.assembler.waiting)
	c.Holes = r.streams.holes
	c.Cut += r.streams.tooLarge
	return c
}

// readFrame reads one frame, or ends.
func (r *Reader) readFrame() {
	f, err := r.frames.next()
	if err != nil {
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			damaged.Frame = r.counts.Frames + 1
		}
		r.endAll()
		r.err = err
		return
	}
	r.counts.Frames++
	if !f.link.known() {
		r.counts.UnknownFrames++
		return
	}
	packet, direction := ipOf(f.link, f.data)
	if packet == nil {
		return
	}
	p, ok := r.payloadOf(packet, f.at)
	if !ok {
		return
	}
	switch p.protocol {
	case protocolUDP:
		f.place |= uint64(direction)
		r.datagram(p, f.origin)
	case protocolTCP:
		if s, ok := readSegment(p, f.origin); ok {
			r.add(s)
		}
	}
}

// datagram takes a UDP datagram (RFC 768).
func (r *Reader) datagram(p payload, o origin) {
	if len(p.data) < 8 {
		return
	}
	from := netip.AddrPortFrom(p.src, binary.BigEndian.Uint16(p.data))
	to := netip.AddrPortFrom(p.dst, binary.BigEndian.Uint16(p.data[2:]))
	length := int(binary.BigEndian.Uint16(p.data[4:]))
	data := p.data[8:]
	if length >= 8 && length <= len(p.data) {
		data = p.data[8:length]
	}
	if hep.Is(data) { // a copy tells what it is a copy of
		if m, err := hep.Decode(data); err == nil && m.Kind == hep.KindSIP {
			o.at = m.Packet.Time
			r.message(m.Packet.Flow, m.Packet.Text, o)
		}
		return
	}
	if !isSIP(data) {
		data = bytes.TrimLeft(data, "\r\n") // RFC 3261 section 7.5 allows them before a message
		if !isSIP(data) {
			return
		}
	}
	text := string(data)
	if r.isCopy(from, to, text, o.place, o.at) {
		r.counts.Copies++
		return
	}
	if p.cut || length > len(p.data) {
		r.counts.Cut++
	}
	r.message(wire.Flow{Transport: wire.UDP, Local: to, Remote: from}, text, o)
}

func (r *Reader) fromStream(from, to netip.AddrPort, connection uint64, text string, o origin) {
	flow := wire.Flow{Transport: wire.TCP, Local: to, Remote: from, Connection: connection}
	if o.transport.IsReliable() {
		flow.Transport = o.transport
	}
	r.message(flow, text, o)
}

func (r *Reader) message(flow wire.Flow, text string, o origin) {
	if o.outgoing {
		flow.Local, flow.Remote = flow.Remote, flow.Local
	}
	r.counts.Messages++
	r.ready = append(r.ready, wire.Packet{Time: o.at, Flow: flow, Outgoing: o.outgoing, Text: text, Message: parse(text)})
}

// ReadAll reads a whole capture in the order of time. With an error, the
// packets are what could be read.
func ReadAll(from io.Reader) ([]wire.Packet, error) {
	r, err := NewReader(from)
	if err != nil {
		return nil, err
	}
	packets, err := r.All()
	return packets, err
}

// All reads what is left in the order of time. With an error, the packets are
// what could be read.
func (r *Reader) All() ([]wire.Packet, error) {
	var packets []wire.Packet
	for {
		p, err := r.Next()
		if err != nil {
			if r.frames != nil { // a transcript is in the order of who wrote it
				slices.SortStableFunc(packets, func(a, b wire.Packet) int { return a.Time.Compare(b.Time) })
			}
			if err == io.EOF {
				err = nil
			}
			return packets, err
		}
		packets = append(packets, p)
	}
}
