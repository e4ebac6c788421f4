// Digits on their way out: the queue of those that wait, and the one that sounds.
package media

import (
	"encoding/binary"
	"errors"
	"strings"
	"sync"
)

// digitNames lists the digits by their event code (RFC 4733 section 3.2);
// 16 is a flash of the hook.
const digitNames = "0123456789*#ABCD!"

func eventCode(digit byte) (code byte, ok bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	i := strings.IndexByte(digitNames, digit)
	return byte(max(i, 0)), i >= 0
}

const (
	maxQueue    = 64
	shortest    = 40 * clockRate / 1000 // samples; receivers may pass over less (ITU-T Q.24)
	pause       = 60 * clockRate / 1000 // samples between two digits
	lastSegment = 0xFFFF                // samples that fit in one event (RFC 4733 section 2.5.1.3)
	endPackets  = 3                     // RFC 4733 section 2.5.1.4
	eventVolume = 10                    // -10 dBm0
)

// press is a digit to be sent.
type press struct {
	code   byte
	length uint32 // samples
	tone   bool   // in the sound, not as an event
}

// digitQueue is filled by any goroutine and emptied by the Pacer's.
type digitQueue struct {
	mu      sync.Mutex
	waiting []press
	sounds  bool // one has been taken and is not done
	flushes []chan struct{}
}

func (q *digitQueue) put(p press) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == maxQueue {
		return errors.New("media: too many digits wait")
	}
	p.length = max(p.length, shortest)
	q.waiting = append(q.waiting, p)
	return nil
}

func (q *digitQueue) take() (p press, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return press{}, false
	}
	p, q.waiting, q.sounds = q.waiting[0], q.waiting[1:], true
	return p, true
}

// done says that the digit taken has been sent.
func (q *digitQueue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sounds = false
	q.release()
}

func (q *digitQueue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting, q.sounds = nil, false
	q.release()
}

func (q *digitQueue) release() {
	if len(q.waiting) > 0 || q.sounds {
		return
	}
	for _, flush := range q.flushes {
		close(flush)
	}
	q.flushes = nil
}

// empty gives a channel that is closed once no digit waits or sounds.
func (q *digitQueue) empty() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	flush := make(chan struct{})
	q.flushes = append(q.flushes, flush)
	q.release()
	return flush
}

// dialing is the digit that sounds. The zero value is none.
type dialing struct {
	press
	active bool
	pause  uint32 // samples until the next may begin

	// of an event:
	timestamp uint32 // of its segment
	before    uint32 // samples in earlier segments
	marker    bool   // no packet of it has been sent
	ends      int    // packets sent with the end bit

	// of a tone:
	pair   *dual
	played uint32
}

// next takes a digit from the queue when it is time for one. It drops those
// that the stream has no way to send.
func (d *dialing) next(queue *digitQueue, stream *running, timestamp uint32) {
	if d.active {
		return
	}
	if interval := samples(stream.packet); d.pause > 0 {
		d.pause -= min(d.pause, interval)
		return
	}
	p, ok := queue.take()
	for ; ok; p, ok = queue.take() {
		if p.tone && stream.Codec.PCM() || !p.tone && stream.EventType != 0 {
			*d = dialing{press: p, active: true, timestamp: timestamp, marker: true}
			if p.tone {
				d.pair = dtmfPair(p.code)
			}
			return
		}
		queue.done()
	}
}

// event is true while an event sounds, in place of speech.
func (d *dialing) event() bool { return d.active && !d.press.tone }

// appendEvent makes the payload of the packet that is sent at a time, and
// steps on. The length it tells is of the time up to the next packet.
func (d *dialing) appendEvent(payload []byte, queue *digitQueue, now, interval uint32) []byte {
	length, flags := now-d.timestamp+interval, byte(eventVolume)
	left := d.press.length - d.before
	segment := length > lastSegment && left > lastSegment
	switch {
	case segment:
		length = lastSegment
	case length >= left:
		length = left
		flags |= 0x80
		d.ends++
	}
	payload = append(payload, d.code, flags)
	payload = binary.BigEndian.AppendUint16(payload, uint16(length))
	if d.marker = false; segment {
		d.before += lastSegment
		d.timestamp += lastSegment
	}
	if d.ends == endPackets {
		*d = dialing{pause: pause}
		queue.done()
	}
	return payload
}

// tone puts the tone that sounds in a frame, silence after its end; false: none sounds.
func (d *dialing) tone(frame []int16, queue *digitQueue) bool {
	if !d.active || !d.press.tone {
		return false
	}
	part := frame[:min(uint32(len(frame)), d.length-d.played)]
	d.pair.Frame(part)
	clear(frame[len(part):])
	if d.played += uint32(len(part)); d.played == d.length {
		if d.pause += uint32(len(frame) - len(part)); d.pause >= pause {
			*d = dialing{}
			queue.done()
		}
	}
	return true
}
