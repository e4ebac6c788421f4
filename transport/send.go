// Send: from a Flow to the socket that serves it.
package transport

import (
	"errors"
	"time"

	"viaduct/wire"
)

// Send sends one message on a flow and never waits for the peer. The text may
// be reused when it returns.
//
// A datagram leaves from the socket of f.Local. A message on a stream takes
// the connection f.Connection; when that is gone or not given, another one
// with f.Remote, whoever opened it; and when there is none, one is opened
// while the message waits. Zero f.Local: as LocalFor chooses.
//
// After an error nothing was sent and owner hears nothing. Otherwise owner,
// when it is not nil, may still hear from another goroutine that the message
// could not be delivered.
func (l *Layer) Send(f wire.Flow, text []byte, owner Owner) error {
	f.Remote = unmap(f.Remote)
	if f.Local.IsValid() {
		f.Local = unmap(f.Local)
	}
	err := ErrNoTransport
	switch {
	case !f.Remote.IsValid() && f.Connection == 0:
		err = ErrNoRemote
	case f.Transport == wire.UDP:
		err = l.sendDatagram(f, text)
	case f.Transport == wire.TCP:
		err = l.sendStream(f, text, owner)
	}
	if err != nil && f.Transport <= wire.WSS {
		l.counts.other[f.Transport].sendErrors.Add(1)
	}
	return err
}

// sendStream tries another connection when the first one turns out to be dead
// before it took a byte, as one does that the peer has closed meanwhile.
func (l *Layer) sendStream(f wire.Flow, text []byte, owner Owner) error {
	for tapped := false; ; {
		c, fresh, err := l.connectionFor(f)
		if err != nil {
			return err
		}
		if !tapped {
			l.tapOutgoing(c.flow, text)
			tapped = true
		}
		err = c.send(text, owner)
		if err == nil {
			c.count.sent.Add(1)
			c.count.sentBytes.Add(uint64(len(text)))
			return nil
		}
		if fresh || !errors.Is(err, ErrConnectionLost) || !f.Remote.IsValid() {
			return err
		}
		l.connections.retire(c)
		f.Connection = 0
	}
}

// connectionFor finds a living connection, or begins to open a fresh one.
func (l *Layer) connectionFor(f wire.Flow) (c *connection, fresh bool, err error) {
	if f.Connection != 0 {
		if c = l.connections.numbered(f.Connection); c != nil {
			return c, false, nil
		}
	}
	if !f.Remote.IsValid() {
		return nil, false, ErrConnectionLost
	}
	if c = l.connections.with(f); c != nil {
		return c, false, nil
	}
	return l.open(f)
}

// tapOutgoing shows a message that is about to leave.
func (l *Layer) tapOutgoing(f wire.Flow, text []byte) {
	if l.options.Tap != nil {
		l.options.Tap.Packet(&wire.Packet{Time: time.Now(), Flow: f, Outgoing: true, Text: string(text)})
	}
}
