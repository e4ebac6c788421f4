// The receiving half of a session: packets from strangers until they prove
// otherwise.
package media

import (
	"net/netip"
	"time"

	"github.com/pion/rtp"

	"viaduct/internal/stun"
)

// receiver belongs to the goroutine that reads RTP.
type receiver struct {
	session   *Session
	began     time.Time // of the clock that arrivals are measured by
	stream    *running  // that the rest belongs to
	latched   bool      // a Symmetric stream knows its other end
	listening listening
	playout   playout
	tell      func(digit byte, d time.Duration)
}

// readRTP takes a datagram from the RTP port.
func (s *Session) readRTP(datagram []byte, from netip.AddrPort, at time.Time) {
	if stun.IsMessage(datagram) && s.stun.Feed(datagram, from) {
		return
	}
	s.receiver.packet(datagram, from, at)
}

// packet takes one datagram.
func (r *receiver) packet(datagram []byte, from netip.AddrPort, at time.Time) {
	f := &r.session.figures
	stream := r.session.stream.Load()
	if stream == nil {
		f.count(&f.stats.Early)
		return
	}
	if stream != r.stream {
		r.stream, r.latched, r.playout = stream, false, playout{sink: stream.Sink}
		r.tell = r.teller(stream)
	}
	var packet rtp.Packet
	if err := packet.Unmarshal(datagram); err != nil || packet.Version != 2 {
		f.count(&f.stats.Malformed)
		return
	}
	speech := stream.Codec != NoCodec && packet.PayloadType == stream.ReceiveType
	event := packet.PayloadType == stream.ReceiveEventType && stream.ReceiveEventType != 0
	if !speech && !event {
		f.count(&f.stats.Unknown)
		return
	}
	if !stream.accepts(from, &stream.rtp, &r.latched) {
		f.count(&f.stats.Strangers)
		return
	}
	if !stream.Receive {
		f.count(&f.stats.Early)
		return
	}
	if r.began.IsZero() {
		r.began = at
	}
	if !r.counted(&packet, event, samples(at.Sub(r.began))) {
		return
	}
	if event {
		r.event(stream, &packet)
		return
	}
	r.listening.speech(packet.Timestamp, r.tell)
	if late := r.playout.packet(stream, packet.SequenceNumber, packet.Timestamp, packet.Payload); late {
		f.count(&f.stats.Late)
	}
}

// counted puts a packet in the figures; false: it is not to be heard.
func (r *receiver) counted(packet *rtp.Packet, event bool, arrived uint32) bool {
	f := &r.session.figures
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.heard.begun && f.heard.ssrc != packet.SSRC {
		r.playout.restart()
		r.listening = listening{}
	}
	if !f.heard.packet(packet.SSRC, packet.SequenceNumber) {
		return false
	}
	f.stats.Received++
	f.stats.ReceivedOctets += uint64(len(packet.Payload))
	if event || packet.Marker { // an event's timestamp stands still
		f.heard.leap()
	}
	if !event {
		f.heard.arrival(arrived, packet.Timestamp)
	}
	return true
}

func (r *receiver) event(stream *running, packet *rtp.Packet) {
	r.playout.pass(stream, packet.SequenceNumber)
	if !r.listening.packet(packet.Timestamp, packet.Payload, r.tell) {
		f := &r.session.figures
		f.count(&f.stats.Malformed)
	}
}

func (r *receiver) teller(stream *running) func(byte, time.Duration) {
	return func(digit byte, d time.Duration) {
		f := &r.session.figures
		f.count(&f.stats.Events)
		if stream.Events != nil {
			stream.Events(digit, d)
		}
	}
}
