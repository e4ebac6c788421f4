// Accepting connections.
package transport

import (
	"errors"
	"net"
	"time"

	"viaduct/wire"
)

// afterAcceptError is the pause when the process or the host has no room for
// another connection.
const afterAcceptError = 50 * time.Millisecond

// accept takes connections until the listener is closed.
func (s *listener) accept() {
	defer s.layer.working.Done()
	for {
		conn, err := s.stream.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.count.receiveErrors.Add(1)
			select {
			case <-time.After(afterAcceptError):
			case <-s.layer.ending.Done():
			}
		default:
			s.take(conn)
		}
	}
}

// take starts reading a new connection, unless there are too many, or too many
// of its source: those that are open belong to phones that can be called on
// nothing else.
func (s *listener) take(conn *net.TCPConn) {
	l := s.layer
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return
	}
	c := &connection{layer: l, count: &s.count, accepted: true, state: open, conn: conn, raw: raw,
		flow: wire.Flow{Transport: s.transport, Local: addrPort(conn.LocalAddr()), Remote: addrPort(conn.RemoteAddr())}}
	c.framer.LengthOptional = l.options.LengthOptional
	c.due.Store(1) // who connects has something to say
	if err := l.connections.add(c); err != nil {
		if errors.Is(err, ErrTooManyOfSource) {
			l.counts.refusedSource.Add(1)
		} else {
			l.counts.refused.Add(1)
		}
		conn.Close()
		return
	}
	l.counts.acceptedConnections.Add(1)
	go c.read()
}
