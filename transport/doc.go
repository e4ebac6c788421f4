// Package transport is the floor of the sockets: it listens, reads, frames,
// connects, reuses connections and sends (RFC 3261 section 18; RFC 5626
// section 3.5.1 keep-alives).
//
//	layer := transport.New(transport.Options{Handler: handler})
//	address, err := layer.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:5060"))
//	layer.Start()
//	defer layer.Close()
//
// Each message is handed to the Handler on the goroutine that read it, and
// the next one is read when the handler returns: a message costs no goroutine
// and no channel. A handler that must wait says so first, and another
// goroutine takes over reading:
//
//	func (h handler) Receive(m *sip.Message, in *transport.Inbound) {
//		in.HandOver()
//		answer := askDatabase(m)
//		h.layer.Send(in.Flow, answer, nil)
//	}
//
// Send never waits. A datagram is given to the kernel at once. On a stream
// what the kernel does not take at once is queued, up to a limit, and so is
// what is sent while a connection is being opened. An Owner hears when that
// message could not be delivered.
//
// One goroutine reads each UDP socket and each connection, one accepts for
// each listener, one writes for a connection as long as it has a queue, and
// one watches over quiet and stalled connections.
//
// Order of locks: connections.mu, then connection.mu. No lock is held during
// a call of Handler, Owner or Tap.
package transport
