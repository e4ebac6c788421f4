// Listening: which addresses are ours (RFC 3261 section 18.2.1).
package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"viaduct/internal/rawudp"
	"viaduct/wire"
)

// listener is one address that is ours, never changed once it is listed.
type listener struct {
	layer     *Layer
	transport wire.Transport
	local     netip.AddrPort
	datagrams *rawudp.Conn     // of UDP
	stream    *net.TCPListener // of TCP
	count     traffic

	changesSeen uint32 // the reader's: Layer.readerChanges when it looked last
}

// Listen binds an address, which may be 0.0.0.0 or [::] for all of its family,
// and port 0 for a free one. It gives the address as bound. An error says
// which address, and what is wrong with it. After Start it reads at once.
func (l *Layer) Listen(t wire.Transport, address netip.AddrPort) (netip.AddrPort, error) {
	address = unmap(address)
	added, err := l.bind(t, address)
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) {
			err = errno
		}
		return netip.AddrPort{}, fmt.Errorf("listen on %v %v: %w", t, address, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		added.close()
		return netip.AddrPort{}, fmt.Errorf("listen on %v %v: %w", t, address, ErrClosed)
	}
	list := append(slices.Clone(*l.listeners.Load()), added)
	l.listeners.Store(&list)
	if l.started {
		l.serve(added)
	}
	return added.local, nil
}

func (l *Layer) bind(t wire.Transport, address netip.AddrPort) (*listener, error) {
	if !address.IsValid() {
		return nil, errors.New("an IP address and a port are needed")
	}
	added := &listener{layer: l, transport: t}
	switch t {
	case wire.UDP:
		datagrams, err := rawudp.Listen(address)
		if err != nil {
			return nil, err
		}
		added.datagrams, added.local = datagrams, datagrams.Local()
		datagrams.Alone = added.isAlone
	case wire.TCP:
		// Go sets TCP_NODELAY on what is accepted, and lets the kernel probe
		// peers that have gone without a word.
		listening, err := new(net.ListenConfig).Listen(context.Background(), tcpNetwork(address.Addr()), address.String())
		if err != nil {
			return nil, err
		}
		added.stream = listening.(*net.TCPListener)
		added.local = addrPort(listening.Addr())
	default:
		return nil, ErrNoTransport
	}
	return added, nil
}

func (s *listener) close() {
	if s.datagrams != nil {
		s.datagrams.Close()
	} else {
		s.stream.Close()
	}
}

// isWildcard tells a socket that is bound to all addresses.
func (s *listener) isWildcard() bool { return s.local.Addr().IsUnspecified() }

// Listeners gives the transport and the bound address of each listener, in
// the order in which they were added.
func (l *Layer) Listeners() []wire.Flow {
	list := *l.listeners.Load()
	flows := make([]wire.Flow, len(list))
	for i, listener := range list {
		flows[i] = wire.Flow{Transport: listener.transport, Local: listener.local}
	}
	return flows
}

// tcpNetwork keeps IPv6 sockets from taking IPv4.
func tcpNetwork(address netip.Addr) string {
	if address.Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// unmap writes IPv4 as IPv4, as all addresses of flows are.
func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// addrPort reads the address of a TCP socket.
func addrPort(a net.Addr) netip.AddrPort { return unmap(a.(*net.TCPAddr).AddrPort()) }
