// Digits that come in: the receiving half of RFC 4733.
package media

import (
	"encoding/binary"
	"time"
)

// listening puts the packets of an event together.
type listening struct {
	active   bool
	code     byte
	segment  uint32 // the timestamp of its last segment
	before   uint32 // samples in earlier segments
	duration uint32 // samples in the last one
	ended    uint32 // the timestamp of the segment that was told last
	told     bool   // ended holds one
}

// packet takes the payload of an event packet. It calls tell once for each
// event: at its first end packet, or when another begins and no end came.
func (l *listening) packet(timestamp uint32, payload []byte, tell func(byte, time.Duration)) (ok bool) {
	if len(payload) < 4 || int(payload[0]) >= len(digitNames) {
		return false
	}
	code, end, duration := payload[0], payload[1]&0x80 != 0, uint32(binary.BigEndian.Uint16(payload[2:]))
	if l.told && int32(timestamp-l.ended) <= 0 {
		return true // the end again, or something late
	}
	switch {
	case l.active && timestamp == l.segment && code == l.code:
		l.duration = max(l.duration, duration)
	case l.active && int32(timestamp-l.segment) < 0:
		return true // late
	case l.active && code == l.code && l.duration == lastSegment && timestamp == l.segment+lastSegment:
		l.before += lastSegment
		l.segment, l.duration = timestamp, duration
	default:
		l.end(tell)
		l.active, l.code, l.segment, l.before, l.duration = true, code, timestamp, 0, duration
	}
	if end {
		l.end(tell)
	}
	return true
}

// speech hears that sound goes on: an event whose end packets were all lost is over.
func (l *listening) speech(timestamp uint32, tell func(byte, time.Duration)) {
	if l.active && int32(timestamp-l.segment-l.duration) > 0 {
		l.end(tell)
	}
}

func (l *listening) end(tell func(byte, time.Duration)) {
	if !l.active {
		return
	}
	l.active, l.told, l.ended = false, true, l.segment
	if tell != nil {
		tell(digitNames[l.code], time.Duration(l.before+l.duration)*(time.Second/clockRate))
	}
}
