// Streams of TCP: segments in their order, and the messages in them (RFC 9293).
package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"time"

	"viaduct/sip"
)

// Bounds of what is kept of streams.
const (
	maxConnections  = 16384
	maxWaiting      = 256      // segments of one direction behind a hole
	maxStreamMemory = 32 << 20 // bytes of all
	maxJump         = 1 << 20  // farther away is no hole but another connection
	framerCost      = 16 << 10 // what a framer may keep beyond what it tells
)

// Flags of a segment.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagPSH = 8
	flagACK = 16
)

// segment is a TCP segment.
type segment struct {
	from, to      netip.AddrPort
	sequence, ack uint32
	flags         byte
	data          []byte
	origin
}

// readSegment reads a TCP header.
func readSegment(p payload, o origin) (s segment, ok bool) {
	if len(p.data) < 20 {
		return s, false
	}
	header := int(p.data[12]>>4) * 4
	if header < 20 || header > len(p.data) {
		return s, false
	}
	return segment{
		from:     netip.AddrPortFrom(p.src, binary.BigEndian.Uint16(p.data)),
		to:       netip.AddrPortFrom(p.dst, binary.BigEndian.Uint16(p.data[2:])),
		sequence: binary.BigEndian.Uint32(p.data[4:]),
		ack:      binary.BigEndian.Uint32(p.data[8:]),
		flags:    p.data[13],
		data:     p.data[header:],
		origin:   o,
	}, true
}

// streams follows connections and gives away the messages in them.
type streams struct {
	take        func(from, to netip.AddrPort, connection uint64, text string, o origin)
	connections map[ends]*connection
	oldest      *connection // the list of all, by their last segment
	newest      *connection
	numbers     uint64
	memory      int
	holes       int
	tooLarge    int // messages of which only the header was given
}

// ends names a connection by its two ends, the lesser first.
type ends [2]netip.AddrPort

// connection is a TCP connection; sides[i] is what ends[i] sends.
type connection struct {
	ends         ends
	number       uint64 // 0 until it gave a message
	begun        bool   // its SYN was seen
	sides        [2]side
	memory       int
	older, newer *connection
}

// side is one direction of a connection.
type side struct {
	started bool
	next    uint32    // the sequence number that comes next
	first   uint32    // of a SYN, to tell a new one
	waiting []segment // behind a hole, sorted
	pending []byte    // may be the beginning of a start line
	framer  *sip.Framer
	at      time.Time // of the latest segment that was needed
}

// add takes a segment.
func (s *streams) add(g segment) {
	key, from := ends{g.from, g.to}, 0
	if g.to.Compare(g.from) < 0 {
		key, from = ends{g.to, g.from}, 1
	}
	c := s.connections[key]
	switch {
	case c == nil && len(g.data) == 0 && g.flags&flagSYN == 0:
		return
	case c != nil && g.flags&flagSYN != 0 && c.sides[from].started && c.sides[from].first != g.sequence && g.flags&flagACK == 0:
		s.end(c) // the port is used again
		c = nil
	}
	if c == nil {
		c = s.begin(key)
	}
	s.touch(c)
	d := &c.sides[from]
	if g.flags&flagSYN != 0 {
		g.sequence++
		if !d.started {
			c.begun = true
			d.started, d.first, d.next = true, g.sequence-1, g.sequence
		}
	}
	if !d.started {
		d.started, d.next = true, g.sequence
	}
	if len(g.data) > 0 {
		s.place(c, d, g)
	}
	if other := &c.sides[1-from]; g.flags&flagACK != 0 {
		for len(other.waiting) > 0 && int32(g.ack-other.waiting[0].sequence) > 0 { // it arrived, but is not in the file
			s.skipHole(c, other)
		}
	}
	s.account(c)
	if g.flags&flagRST != 0 {
		s.end(c)
	}
	for s.memory > maxStreamMemory || len(s.connections) > maxConnections {
		s.end(s.oldest)
	}
}

// place puts a segment where it belongs in its direction.
func (s *streams) place(c *connection, d *side, g segment) {
	ahead := int32(g.sequence - d.next)
	switch {
	case ahead > maxJump || ahead < -maxJump:
		s.drain(c, d)
		d.next = g.sequence
		d.lose()
		s.deliver(c, d, g)
	case ahead <= 0:
		s.deliver(c, d, g)
	default:
		g.data = bytes.Clone(g.data)
		at := len(d.waiting)
		for at > 0 && int32(d.waiting[at-1].sequence-g.sequence) > 0 {
			at--
		}
		d.waiting = append(d.waiting, segment{})
		copy(d.waiting[at+1:], d.waiting[at:])
		d.waiting[at] = g
		if len(d.waiting) > maxWaiting {
			s.skipHole(c, d)
		}
		return
	}
	for len(d.waiting) > 0 && int32(d.waiting[0].sequence-d.next) <= 0 {
		s.deliverWaiting(c, d)
	}
}

// deliver hands on what is new of a segment that leaves no hole.
func (s *streams) deliver(c *connection, d *side, g segment) {
	known := int(int32(d.next - g.sequence))
	if known >= len(g.data) {
		return
	}
	d.next = g.sequence + uint32(len(g.data))
	if g.at.After(d.at) {
		d.at = g.at
	}
	g.at, g.data = d.at, g.data[known:]
	s.feed(c, d, g)
}

func (s *streams) deliverWaiting(c *connection, d *side) {
	g := d.waiting[0]
	d.waiting = d.waiting[1:]
	s.deliver(c, d, g)
}

// skipHole goes on behind what is missing.
func (s *streams) skipHole(c *connection, d *side) {
	s.holes++
	d.lose()
	d.next = d.waiting[0].sequence
	for len(d.waiting) > 0 && int32(d.waiting[0].sequence-d.next) <= 0 {
		s.deliverWaiting(c, d)
	}
}

// drain gives all that waits.
func (s *streams) drain(c *connection, d *side) {
	for len(d.waiting) > 0 {
		s.skipHole(c, d)
	}
}

// lose forgets a message that has begun.
func (d *side) lose() { d.framer, d.pending = nil, nil }

// feed takes the next bytes of a direction and cuts messages out of them.
// Between two messages there is no framer: what comes must begin a message.
func (s *streams) feed(c *connection, d *side, g segment) {
	data := g.data
	if d.framer == nil {
		data = s.findStart(c, d, data)
		if data == nil {
			return
		}
		d.framer = &sip.Framer{LengthOptional: true}
	}
	d.framer.Write(data)
	for {
		text, event, err := d.framer.Next()
		switch {
		case event == sip.FrameMessage && isSIP([]byte(text)):
			s.give(c, g, text)
		case event == sip.FrameTooLarge: // its header is worth showing
			s.tooLarge++
			s.give(c, g, text)
		case event == sip.FrameMessage, event == sip.FrameNeedMore && err != nil: // no SIP any more
			d.lose()
			return
		case event == sip.FrameNeedMore:
			if !d.framer.Unfinished() {
				d.framer = nil
			}
			return
		}
	}
}

// give gives a message away, and its connection a number.
func (s *streams) give(c *connection, g segment, text string) {
	if c.number == 0 {
		s.numbers++
		c.number = s.numbers
	}
	s.take(g.from, g.to, c.number, text, g.origin)
}

// findStart gives data from where a message begins in it, nil when none does.
func (s *streams) findStart(c *connection, d *side, data []byte) []byte {
	if d.pending != nil {
		data = append(d.pending, data...)
		d.pending = nil
	}
	data = bytes.TrimLeft(data, "\r\n")
	is, sure := beginsSIP(data)
	switch {
	case is:
		return data
	case !sure:
		d.pending = bytes.Clone(data)
		return nil
	case c.number == 0 && c.begun: // another protocol
		return nil
	}
	for { // behind a hole a message begins somewhere
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			return nil
		}
		data = data[end+1:]
		if is, _ := beginsSIP(data); is {
			return data
		}
	}
}

func (s *streams) begin(key ends) *connection {
	if s.connections == nil {
		s.connections = make(map[ends]*connection)
	}
	c := &connection{ends: key}
	s.connections[key] = c
	return c
}

// end gives what waits in a connection and forgets it.
func (s *streams) end(c *connection) {
	for i := range c.sides {
		s.drain(c, &c.sides[i])
		c.sides[i].lose()
	}
	s.account(c)
	s.unlink(c)
	delete(s.connections, c.ends)
}

// endAll ends all connections, the oldest first.
func (s *streams) endAll() {
	for s.oldest != nil {
		s.end(s.oldest)
	}
}

// account counts what a connection keeps.
func (s *streams) account(c *connection) {
	now := 0
	for i := range c.sides {
		d := &c.sides[i]
		now += len(d.pending)
		for _, g := range d.waiting {
			now += len(g.data)
		}
		if d.framer != nil {
			now += framerCost + d.framer.Held()
		}
	}
	s.memory += now - c.memory
	c.memory = now
}

// touch makes a connection the newest.
func (s *streams) touch(c *connection) {
	if s.newest == c {
		return
	}
	s.unlink(c)
	c.older = s.newest
	if s.newest != nil {
		s.newest.newer = c
	}
	s.newest = c
	if s.oldest == nil {
		s.oldest = c
	}
}

func (s *streams) unlink(c *connection) {
	if c.older != nil {
		c.older.newer = c.newer
	} else if s.oldest == c {
		s.oldest = c.newer
	}
	if c.newer != nil {
		c.newer.older = c.older
	} else if s.newest == c {
		s.newest = c.older
	}
	c.older, c.newer = nil, nil
}
