// Inbound: a message that came in, on its way up.
package transport

import (
	"errors"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// Inbound is the way a message came. Flow.Local is the address of ours to
// which it was sent, zero only on a connection that we opened without having
// a listener; answers go to the same Flow.
type Inbound struct {
	wire.Flow
	Note any // what the handler keeps with the message while it goes up

	reader     reader
	handedOver bool
}

// reader is a socket that another goroutine can go on reading.
type reader interface{ resume() }

// HandOver lets another goroutine read on, so that the caller may wait. It
// must be called by the handler's own goroutine, before it returns. Calling
// it again for the same message changes nothing. Messages of one connection
// may then overtake each other.
func (in *Inbound) HandOver() {
	if in.reader == nil || in.handedOver {
		return
	}
	in.handedOver = true
	in.reader.resume()
}

// deliver parses one message, or takes what the framer found wrong with it,
// and hands it up.
func (l *Layer) deliver(text string, framing *sip.ParseError, in *Inbound, count *traffic) {
	count.received.Add(1)
	count.receivedBytes.Add(uint64(len(text)))
	var arrived time.Time
	if l.options.Tap != nil {
		arrived = time.Now()
	}
	m, err := sip.Parse(text)
	if framing != nil && m != nil && !m.IsRequest() {
		m = nil // a response cannot be answered
	}
	if l.options.Tap != nil {
		l.options.Tap.Packet(&wire.Packet{Time: arrived, Flow: in.Flow, Text: text, Message: m})
	}
	if err == nil && framing == nil {
		l.options.Handler.Receive(m, in)
		return
	}
	count.malformed.Add(1)
	wrong := framing
	if wrong == nil && !errors.As(err, &wrong) {
		wrong = &sip.ParseError{Field: "message", Expected: err.Error(), Status: 400}
	}
	l.options.Handler.Malformed(m, text, wrong, in)
}
