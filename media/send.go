// The sending half of a session: one packet each packetization, on time.
package media

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/rtp"
)

// sender makes the packets. Their timestamps are counted from epoch by when
// they were due: after a late timer, a pause or a hold the timestamp leaps and
// the sequence number does not, and nothing is sent in a burst.
type sender struct {
	session  *Session
	ssrc     uint32
	sequence uint16
	first    uint32    // the timestamp of epoch
	epoch    time.Time // zero before the first packet

	stream  *running  // whose packet is next
	due     time.Time // when it is to be sent
	talking bool      // a packet went out one packetization ago: the next bears no marker
	ended   bool      // the source has
	pcm     []int16   // sound that waits for a packet
	dialing dialing
	buffer  [maxPacket]byte
}

const (
	headerSize = 12
	maxPacket  = 2048
)

// init draws what RFC 3550 section 5.1 wants random.
func (s *sender) init(session *Session) {
	var random [10]byte
	rand.Read(random[:]) // never fails
	s.session = session
	s.ssrc = binary.BigEndian.Uint32(random[:])
	s.first = binary.BigEndian.Uint32(random[4:])
	s.sequence = binary.BigEndian.Uint16(random[8:])
}

// timestamp is the RTP time of a moment.
func (s *sender) timestamp(at time.Time) uint32 {
	if s.epoch.IsZero() {
		return s.first
	}
	return s.first + uint32(int64(at.Sub(s.epoch))/int64(time.Second/clockRate))
}

// step sends the packet that is due, and gives the time of the next.
func (s *sender) step(stream *running, now time.Time) time.Time {
	if stream != s.stream {
		s.begin(stream, now)
	}
	if !stream.Send {
		return time.Time{}
	}
	if now.Before(s.due) {
		return s.due
	}
	if missed := now.Sub(s.due) / stream.packet; missed > 0 {
		s.due = s.due.Add(missed * stream.packet)
		s.talking = false
	}
	if s.epoch.IsZero() {
		s.epoch = s.due
	}
	s.packet(stream)
	s.due = s.due.Add(stream.packet)
	return s.due
}

// begin goes over to a stream; its first packet is due now, but not before
// the next one of the old stream would have been.
func (s *sender) begin(stream *running, now time.Time) {
	s.stream, s.talking, s.ended, s.pcm = stream, false, false, s.pcm[:0]
	if !stream.Send {
		s.dialing = dialing{}
	}
	if s.due.Before(now) {
		s.due = now
	}
}

// packet sends what this packetization holds: a digit, sound, or nothing.
func (s *sender) packet(stream *running) {
	payload := s.buffer[headerSize:headerSize]
	timestamp := s.timestamp(s.due)
	s.dialing.next(&s.session.digits, stream, timestamp)
	if s.dialing.event() {
		header := rtp.Header{PayloadType: stream.EventType, Marker: s.dialing.marker, Timestamp: s.dialing.timestamp}
		payload = s.dialing.appendEvent(payload, &s.session.digits, timestamp, samples(stream.packet))
		s.send(stream, header, payload)
		s.talking = false
		return
	}
	if stream.Codec.PCM() {
		payload = s.sound(stream, payload)
	} else {
		payload = s.frames(stream, payload)
	}
	if len(payload) == 0 {
		s.talking = false
		return
	}
	s.send(stream, rtp.Header{PayloadType: stream.PayloadType, Marker: !s.talking, Timestamp: timestamp}, payload)
	s.talking = true
}

// sound appends a packet of encoded sound; nothing once the source has ended.
func (s *sender) sound(stream *running, payload []byte) []byte {
	wanted := int(samples(stream.packet))
	for len(s.pcm) < wanted {
		start := len(s.pcm)
		s.pcm = append(s.pcm, make([]int16, frameSamples)...)
		frame := s.pcm[start:]
		if s.dialing.tone(frame, &s.session.digits) || stream.Source == nil {
			continue
		}
		if s.ended = s.ended || !stream.Source.Frame(frame); s.ended {
			clear(frame)
			if start == 0 {
				s.pcm = s.pcm[:0]
				return payload
			}
		}
	}
	payload = stream.Codec.encode(payload, s.pcm[:wanted])
	s.pcm = s.pcm[:copy(s.pcm, s.pcm[wanted:])]
	return payload
}

// frames appends a packet of frames that were encoded elsewhere.
func (s *sender) frames(stream *running, payload []byte) []byte {
	form := codecTable[stream.Codec]
	for range stream.packet / form.frame {
		room := payload[len(payload):min(len(payload)+form.octets, cap(payload))]
		if stream.encoded == nil {
			clear(room)
			payload = payload[:len(payload)+len(room)]
			continue
		}
		if s.ended {
			break
		}
		length, more := stream.encoded.Encoded(room)
		if s.ended = !more; more {
			payload = payload[:len(payload)+min(length, len(room))]
		}
	}
	return payload
}

// send completes the packet, whose payload lies behind the room for the header, and writes it.
func (s *sender) send(stream *running, header rtp.Header, payload []byte) {
	header.Version, header.SSRC, header.SequenceNumber = 2, s.ssrc, s.sequence
	s.sequence++
	if _, err := header.MarshalTo(s.buffer[:headerSize]); err != nil {
		return // does not happen: the header has no extension
	}
	var to netip.AddrPort
	if target := stream.rtp.Load(); target != nil {
		to = *target
	}
	s.session.figures.sent(len(payload)) // first: the other end may have it before we go on
	if s.session.sockets.writeRTP(s.buffer[:headerSize+len(payload)], to) != nil {
		s.session.figures.notSent(len(payload))
	}
}
