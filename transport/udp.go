// UDP: datagrams in and out.
package transport

import (
	"errors"
	"net/netip"
	"time"

	"viaduct/wire"
)

// afterReadError keeps a socket that only fails from taking a whole core.
const afterReadError = 10 * time.Millisecond

// read takes datagrams until the socket is closed or a handler hands over.
func (s *listener) read() {
	in := &Inbound{reader: s}
	for !in.handedOver {
		datagram, remote, at, err := s.datagrams.Receive()
		if errors.Is(err, ErrClosed) {
			s.layer.working.Done()
			return
		}
		if err != nil {
			s.count.receiveErrors.Add(1)
			time.Sleep(afterReadError)
			continue
		}
		datagram = skipKeepAlive(datagram)
		if len(datagram) == 0 {
			s.count.keepAlives.Add(1)
			continue
		}
		if remote.Port() == 0 { // nobody can be answered there
			s.count.dropped.Add(1)
			continue
		}
		s.layer.noteReader(s)
		in.Flow = wire.Flow{Transport: wire.UDP, Local: s.localAt(at, remote), Remote: remote}
		s.layer.deliver(string(datagram), nil, in, &s.count)
	}
}

// noteReader learns who has read last: a UDP listener, or nil for a stream.
func (l *Layer) noteReader(s *listener) {
	if l.lastReader.Load() != s {
		l.lastReader.Store(s)
		l.readerChanges.Add(1)
	}
}

// isAlone tells whether no other socket was read since it was asked last.
func (s *listener) isAlone() bool {
	before := s.changesSeen
	s.changesSeen = s.layer.readerChanges.Load()
	return before == s.changesSeen
}

// resume starts the goroutine that reads on. The one before it reads no more:
// what it took stands in a string of its own.
func (s *listener) resume() { go s.read() }

// localAt gives our side of a datagram's flow.
func (s *listener) localAt(at netip.Addr, remote netip.AddrPort) netip.AddrPort {
	if at.IsValid() {
		return netip.AddrPortFrom(at, s.local.Port())
	}
	if s.isWildcard() {
		if source := s.layer.sources.toward(remote.Addr()); source.IsValid() {
			return netip.AddrPortFrom(source, s.local.Port())
		}
	}
	return s.local
}

// skipKeepAlive cuts off what holds a NAT's binding open and says nothing:
// line ends and NULs before a message, mostly instead of one.
func skipKeepAlive(datagram []byte) []byte {
	for len(datagram) > 0 && (datagram[0] == '\r' || datagram[0] == '\n' || datagram[0] == 0) {
		datagram = datagram[1:]
	}
	return datagram
}

// sendDatagram gives one message to the kernel.
func (l *Layer) sendDatagram(f wire.Flow, text []byte) error {
	var s *listener
	if f.Local.IsValid() {
		s = l.listenerAt(wire.UDP, f.Local)
	} else {
		s, f.Local = l.listenerFor(wire.UDP, f.Remote.Addr())
	}
	if s == nil || f.Local.Addr().Is4() != f.Remote.Addr().Is4() {
		return ErrNoListener
	}
	var from netip.Addr
	if s.isWildcard() && !f.Local.Addr().IsUnspecified() {
		from = f.Local.Addr()
	}
	l.tapOutgoing(f, text) // before the send, or the answer could be seen first
	if err := s.datagrams.Send(text, f.Remote, from); err != nil {
		return err
	}
	s.count.sent.Add(1)
	s.count.sentBytes.Add(uint64(len(text)))
	return nil
}
