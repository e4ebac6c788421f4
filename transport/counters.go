// Counters: what has passed, and what went wrong.
package transport

import (
	"sync/atomic"

	"viaduct/wire"
)

// Counters are totals since the start, but for Connections.Open.
type Counters struct {
	Transports  [wire.WSS + 1]Traffic // by wire.Transport
	Connections Connections
}

// Traffic of one transport. Messages and bytes are those of SIP, without
// keep-alives.
type Traffic struct {
	Received, ReceivedBytes uint64
	Sent, SentBytes         uint64 // given to the kernel, or queued for it
	Malformed               uint64 // of the received, what was no sound message
	KeepAlives              uint64 // CRLF and the like, received
	Dropped                 uint64 // datagrams that cannot be answered
	Overflowed              uint64 // datagrams that the kernel dropped because they were not read in time, where it tells
	ReceiveErrors           uint64
	SendErrors              uint64
}

// Connections of the stream transports.
type Connections struct {
	Open          int
	Accepted      uint64
	Opened        uint64 // by us
	ConnectFailed uint64
	Refused       uint64 // MaxConnections was reached, either way
	RefusedSource uint64 // MaxPerSource was reached
	Idle          uint64 // closed: IdleTimeout
	Slow          uint64 // closed: MessageTimeout
	Stalled       uint64 // closed: WriteTimeout
	QueueFull     uint64 // closed: MaxQueuedBytes
	SourceFull    uint64 // closed: MaxHeldBytes
}

// Total sums the transports.
func (c *Counters) Total() (total Traffic) {
	for i := range c.Transports {
		total.add(&c.Transports[i])
	}
	return total
}

func (t *Traffic) add(o *Traffic) {
	t.Received += o.Received
	t.ReceivedBytes += o.ReceivedBytes
	t.Sent += o.Sent
	t.SentBytes += o.SentBytes
	t.Malformed += o.Malformed
	t.KeepAlives += o.KeepAlives
	t.Dropped += o.Dropped
	t.Overflowed += o.Overflowed
	t.ReceiveErrors += o.ReceiveErrors
	t.SendErrors += o.SendErrors
}

// traffic counts for one listener and what it accepted, or for what we opened.
type traffic struct {
	received, receivedBytes, sent, sentBytes                  atomic.Uint64
	malformed, keepAlives, dropped, receiveErrors, sendErrors atomic.Uint64
}

func (t *traffic) snapshot() Traffic {
	return Traffic{
		Received: t.received.Load(), ReceivedBytes: t.receivedBytes.Load(),
		Sent: t.sent.Load(), SentBytes: t.sentBytes.Load(),
		Malformed: t.malformed.Load(), KeepAlives: t.keepAlives.Load(), Dropped: t.dropped.Load(),
		ReceiveErrors: t.receiveErrors.Load(), SendErrors: t.sendErrors.Load(),
	}
}

// layerCounts are those that belong to no listener.
type layerCounts struct {
	other [wire.WSS + 1]traffic // by transport: on connections that we opened, and what could not be sent

	acceptedConnections, openedConnections, connectFailed, refused atomic.Uint64
	idle, slow, stalled, queueFull, refusedSource, sourceFull      atomic.Uint64
}

// Counters gives a snapshot.
func (l *Layer) Counters() Counters {
	n := &l.counts
	counters := Counters{Connections: Connections{
		Open:     l.connections.open(),
		Accepted: n.acceptedConnections.Load(), Opened: n.openedConnections.Load(),
		ConnectFailed: n.connectFailed.Load(), Refused: n.refused.Load(),
		Idle: n.idle.Load(), Slow: n.slow.Load(), Stalled: n.stalled.Load(), QueueFull: n.queueFull.Load(),
		RefusedSource: n.refusedSource.Load(), SourceFull: n.sourceFull.Load(),
	}}
	for t := range counters.Transports {
		other := n.other[t].snapshot()
		counters.Transports[t].add(&other)
	}
	for _, listener := range *l.listeners.Load() {
		count := listener.count.snapshot()
		if listener.datagrams != nil {
			count.Overflowed = listener.datagrams.Drops()
		}
		counters.Transports[listener.transport].add(&count)
	}
	return counters
}
