// Queue: packets on their way from the network to the disk.
package store

import (
	"sync"

	"viaduct/wire"
)

// queue is bounded and never lets its callers wait.
type queue struct {
	maxPackets, maxBytes int
	wake                 chan struct{} // holds one when the queue is no longer empty

	mu      sync.Mutex
	packets []wire.Packet
	bytes   int // of the texts
	missed  missed
}

// missed counts the packets for which there was no room.
type missed struct {
	calls map[string]int // by Call-ID
	total int            // those of no known call included
}

// maxMissedCalls bounds the calls whose missed packets are counted apart.
const maxMissedCalls = 10_000

func newQueue(maxPackets, maxBytes int) *queue {
	return &queue{maxPackets: maxPackets, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

// put takes a packet, or counts it when there is no room.
func (q *queue) put(p *wire.Packet) {
	q.mu.Lock()
	if len(q.packets) == q.maxPackets || q.bytes+len(p.Text) > q.maxBytes {
		q.miss(p)
		q.mu.Unlock()
		return
	}
	q.packets = append(q.packets, *p)
	q.bytes += len(p.Text)
	isFirst := len(q.packets) == 1
	q.mu.Unlock()
	if isFirst {
		q.signal()
	}
}

// signal wakes who waits for packets.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) miss(p *wire.Packet) {
	q.missed.total++
	id := callID(p)
	if _, known := q.missed.calls[id]; id == "" || !known && len(q.missed.calls) == maxMissedCalls {
		return
	}
	if q.missed.calls == nil {
		q.missed.calls = make(map[string]int)
	}
	q.missed.calls[id]++
}

// take gives all there is and leaves room, for which space is used again.
func (q *queue) take(space []wire.Packet) ([]wire.Packet, missed) {
	clear(space)
	q.mu.Lock()
	defer q.mu.Unlock()
	packets, lost := q.packets, q.missed
	q.packets, q.bytes, q.missed = space[:0], 0, missed{}
	return packets, lost
}
