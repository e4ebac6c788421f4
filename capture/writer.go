// Writer: packets as a pcapng file, for Wireshark, sngrep and tcpdump.
package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"

	"viaduct/wire"
)

// application is what our files say of who wrote them. Only in these do the
// names of interfaces tell the transport, and the flags of packets which way
// they went.
const application = "viaduct"

// Numbers that the format wants (draft-ietf-opsawg-pcapng sections 4.1 to 4.3).
const (
	optionComment     = 1
	optionApplication = 4 // of a section
	optionName        = 2 // of an interface
	optionFlags       = 2 // of a packet
	flagInbound       = 1
	flagOutbound      = 2
	nanoseconds       = 9
)

// Writer writes packets as frames that might have carried them: UDP as it was,
// all else as streams of TCP with sound numbers and checksums, what was within
// TLS in the clear. So a file shows what TLS hides.
type Writer struct {
	to          io.Writer
	interfaces  [wire.WSS + 1]int // their numbers, from 1
	count       int
	connections map[ends]*written
	block       []byte
	frame       []byte
	last        time.Time
	err         error
}

// written is a connection that has been begun in the file.
type written struct {
	flow wire.Flow // of its first packet
	next [2]uint32 // sequence numbers by sender, in the order of ends
}

// NewWriter begins a file.
func NewWriter(to io.Writer) *Writer {
	w := &Writer{to: to, connections: make(map[ends]*written)}
	w.begin(blockSection)
	w.block = binary.LittleEndian.AppendUint32(w.block, orderMagic)
	w.block = append(w.block, 1, 0, 0, 0) // version 1.0
	w.block = binary.LittleEndian.AppendUint64(w.block, 1<<64-1)
	w.option(optionApplication, application)
	w.option(optionEnd, "")
	w.flush()
	return w
}

// maxDatagram is what one datagram of IPv4 carries.
const maxDatagram = 65535 - 20 - 8

// Write adds a packet, with a comment when there is one: why it was sent. Of a
// connection that both its ends have told of, only what the first told is
// written. An error of the io.Writer stays.
func (w *Writer) Write(p *wire.Packet, comment string) error {
	if w.err != nil {
		return w.err
	}
	from, to := sound(p.Flow.Local, p.Flow.Remote)
	flag := byte(flagOutbound)
	if !p.Outgoing {
		from, to = to, from
		flag = flagInbound
	}
	if !p.Time.IsZero() {
		w.last = p.Time
	}
	if !p.Flow.Transport.IsReliable() {
		if len(p.Text) > maxDatagram {
			return fmt.Errorf("a message of %d bytes does not fit a datagram", len(p.Text))
		}
		w.frame = appendUDP(appendEthernet(w.frame[:0], from), from, to, p.Text)
		w.packet(wire.UDP, flag, comment)
		return w.err
	}
	return w.stream(p, from, to, flag, comment)
}

// sound gives addresses of one family, also where they are not known.
func sound(a, b netip.AddrPort) (netip.AddrPort, netip.AddrPort) {
	first, second := a.Addr().Unmap().WithZone(""), b.Addr().Unmap().WithZone("")
	if !first.IsValid() {
		first = netip.IPv4Unspecified()
	}
	if !second.IsValid() {
		second = netip.IPv4Unspecified()
	}
	if first.Is4() != second.Is4() {
		first, second = netip.AddrFrom16(first.As16()), netip.AddrFrom16(second.As16())
	}
	return netip.AddrPortFrom(first, a.Port()), netip.AddrPortFrom(second, b.Port())
}

// maxSegment is how much of a message one segment carries.
const maxSegment = 32 << 10

// stream writes a message as segments, behind a handshake when the connection
// is new.
func (w *Writer) stream(p *wire.Packet, from, to netip.AddrPort, flag byte, comment string) error {
	key, sender := ends{from, to}, 0
	if to.Compare(from) < 0 {
		key, sender = ends{to, from}, 1
	}
	c := w.connections[key]
	switch {
	case c == nil, c.flow.Connection != p.Flow.Connection && c.flow.Local == p.Flow.Local:
		c = w.open(key, sender, c, p, flag)
	case c.flow.Connection != p.Flow.Connection:
		return nil // the other end's view of what is already written
	}
	for text := p.Text; text != ""; {
		n := min(len(text), maxSegment)
		w.segment(p.Flow.Transport, from, to, c.next[sender], c.next[1-sender], flagACK|flagPSH, text[:n], flag, comment)
		c.next[sender] += uint32(n)
		text, comment = text[n:], ""
	}
	return w.err
}

// open begins a connection by its handshake; the sender of its first message
// opens it.
func (w *Writer) open(key ends, sender int, before *written, p *wire.Packet, flag byte) *written {
	c := &written{flow: p.Flow}
	if before != nil { // far enough to be another connection
		c.next = [2]uint32{before.next[0] + 2*maxJump, before.next[1] + 2*maxJump}
	}
	w.connections[key] = c
	from, to := key[sender], key[1-sender]
	back := flag ^ (flagInbound | flagOutbound)
	first, second := &c.next[sender], &c.next[1-sender]
	w.segment(p.Flow.Transport, from, to, *first, 0, flagSYN, "", flag, "")
	*first++
	w.segment(p.Flow.Transport, to, from, *second, *first, flagSYN|flagACK, "", back, "")
	*second++
	w.segment(p.Flow.Transport, from, to, *first, *second, flagACK, "", flag, "")
	return c
}

func (w *Writer) segment(t wire.Transport, from, to netip.AddrPort, sequence, ack uint32, flags byte, data string, flag byte, comment string) {
	w.frame = appendTCP(appendEthernet(w.frame[:0], from), from, to, sequence, ack, flags, data)
	w.packet(t, flag, comment)
}

// packet writes the frame as an Enhanced Packet Block.
func (w *Writer) packet(t wire.Transport, flag byte, comment string) {
	if w.interfaces[t] == 0 {
		w.describe(t)
	}
	nanos := uint64(0)
	if !w.last.IsZero() {
		nanos = uint64(w.last.UnixNano())
	}
	w.begin(blockEnhancedPacket)
	for _, n := range []uint32{uint32(w.interfaces[t] - 1), uint32(nanos >> 32), uint32(nanos), uint32(len(w.frame)), uint32(len(w.frame))} {
		w.block = binary.LittleEndian.AppendUint32(w.block, n)
	}
	w.block = append(w.block, w.frame...)
	w.pad()
	w.option(optionFlags, string([]byte{flag, 0, 0, 0}))
	if comment != "" {
		w.option(optionComment, comment[:min(len(comment), 65532)])
	}
	w.option(optionEnd, "")
	w.flush()
}

// describe writes an Interface Description Block for a transport.
func (w *Writer) describe(t wire.Transport) {
	w.count++
	w.interfaces[t] = w.count
	w.begin(blockInterface)
	w.block = append(w.block, byte(linkEthernet), 0, 0, 0, 0, 0, 0, 0) // no limit of a frame's length
	w.option(optionName, t.String())
	w.option(optionResolution, string([]byte{nanoseconds}))
	w.option(optionEnd, "")
	w.flush()
}

func (w *Writer) begin(kind uint32) {
	w.block = binary.LittleEndian.AppendUint32(w.block[:0], kind)
	w.block = append(w.block, 0, 0, 0, 0) // its length
}

func (w *Writer) option(code uint16, value string) {
	w.block = binary.LittleEndian.AppendUint16(w.block, code)
	w.block = binary.LittleEndian.AppendUint16(w.block, uint16(len(value)))
	w.block = append(w.block, value...)
	w.pad()
}

func (w *Writer) pad() {
	for len(w.block)%4 != 0 {
		w.block = append(w.block, 0)
	}
}

func (w *Writer) flush() {
	length := uint32(len(w.block) + 4)
	binary.LittleEndian.PutUint32(w.block[4:], length)
	w.block = binary.LittleEndian.AppendUint32(w.block, length)
	if w.err == nil {
		_, w.err = w.to.Write(w.block)
	}
}
