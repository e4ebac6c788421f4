// Puts packets in order and hands their sound to the ear.
package media

// playout waits for a few packets that overtook others, fills what was lost
// with silence, and cuts the sound into frames.
type playout struct {
	sink    Sink
	begun   bool
	next    uint16 // the sequence number that is heard next
	clock   uint32 // the timestamp that its sound should have
	clocked bool
	held    [reorder]heldPacket // by sequence number; those after next
	frame   []int16             // sound that waits to be a whole frame
	sound   []int16             // decoded
}

type heldPacket struct {
	full      bool
	silent    bool // holds no sound: an event
	timestamp uint32
	payload   []byte
}

const (
	reorder = 4             // packets: a missing one is given up when the 4th after it has come
	maxFill = 2 * clockRate // samples of silence for one gap; more is a clock that leapt
)

// packet takes sound; true: it came too late, or twice.
func (p *playout) packet(stream *running, sequence uint16, timestamp uint32, payload []byte) (late bool) {
	return p.take(stream, sequence, heldPacket{timestamp: timestamp, payload: payload})
}

// pass takes a packet without sound, so that it is not missed.
func (p *playout) pass(stream *running, sequence uint16) {
	p.take(stream, sequence, heldPacket{silent: true})
}

func (p *playout) restart() { *p = playout{sink: p.sink, frame: p.frame, sound: p.sound} }

func (p *playout) take(stream *running, sequence uint16, packet heldPacket) (late bool) {
	if !p.begun {
		p.begun, p.next = true, sequence
	}
	ahead := int16(sequence - p.next)
	if ahead < 0 || ahead < reorder && p.held[sequence%reorder].full {
		return true
	}
	for range min(int(ahead)-reorder+1, reorder) { // give up the oldest
		p.advance(stream)
	}
	if ahead >= reorder {
		p.next = max16(p.next, sequence-reorder+1)
	}
	if sequence == p.next {
		p.play(stream, packet)
		p.next++
	} else {
		packet.full = true
		packet.payload = append([]byte(nil), packet.payload...) // the reader's buffer is used again
		p.held[sequence%reorder] = packet
	}
	for p.held[p.next%reorder].full {
		p.advance(stream)
	}
	return false
}

// max16 is the later of two sequence numbers.
func max16(a, b uint16) uint16 {
	if int16(b-a) > 0 {
		return b
	}
	return a
}

// advance plays the next packet if it is there, and goes on.
func (p *playout) advance(stream *running) {
	if held := &p.held[p.next%reorder]; held.full {
		p.play(stream, *held)
		*held = heldPacket{}
	}
	p.next++
}

func (p *playout) play(stream *running, packet heldPacket) {
	if packet.silent || p.sink == nil {
		return
	}
	if !stream.Codec.PCM() {
		p.frames(stream, packet.payload)
		return
	}
	if gap := int32(packet.timestamp - p.clock); p.clocked && gap > 0 && gap <= maxFill {
		p.sound = append(p.sound[:0], make([]int16, gap)...)
		p.hear(p.sound)
	}
	p.sound = stream.Codec.decode(p.sound[:0], packet.payload)
	p.clock, p.clocked = packet.timestamp+uint32(len(p.sound)), true
	p.hear(p.sound)
}

func (p *playout) hear(sound []int16) {
	p.frame = append(p.frame, sound...)
	whole := p.frame
	for ; len(whole) >= frameSamples; whole = whole[frameSamples:] {
		p.sink.Frame(whole[:frameSamples])
	}
	p.frame = p.frame[:copy(p.frame, whole)]
}

func (p *playout) frames(stream *running, payload []byte) {
	if stream.encodedSink == nil {
		return
	}
	for len(payload) > 0 {
		length := stream.Codec.firstFrame(payload)
		if length == 0 {
			return // rubbish at the end
		}
		stream.encodedSink.Encoded(payload[:length])
		payload = payload[length:]
	}
}
