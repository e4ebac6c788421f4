// Choosing among our own addresses: which listener reaches a peer.
package transport

import (
	"net"
	"net/netip"
	"sync"

	"viaduct/wire"
)

// LocalFor gives the address from which a peer is reached when nobody chose
// one: that of a listener of this transport and of the peer's family. Among
// several it is the one with the address that the kernel would choose; of one
// that listens on all addresses it is that address. A Via of ours holds it.
func (l *Layer) LocalFor(t wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool) {
	listener, local := l.listenerFor(t, unmap(remote).Addr())
	return local, listener != nil
}

func (l *Layer) listenerFor(t wire.Transport, remote netip.Addr) (*listener, netip.AddrPort) {
	var only, all, near, chosen *listener
	count := 0
	for _, s := range *l.listeners.Load() {
		if s.transport == t && s.local.Addr().Is4() == remote.Is4() {
			only = s
			count++
		}
	}
	if count == 0 || count == 1 && !only.isWildcard() {
		return only, localOf(only)
	}
	source := l.sources.toward(remote)
	for _, s := range *l.listeners.Load() {
		if s.transport != t || s.local.Addr().Is4() != remote.Is4() {
			continue
		}
		address := s.local.Addr()
		switch {
		case address == source:
			if chosen == nil {
				chosen = s
			}
		case s.isWildcard():
			if all == nil {
				all = s
			}
		case near == nil || address.IsLoopback() == remote.IsLoopback() && near.local.Addr().IsLoopback() != remote.IsLoopback():
			near = s
		}
	}
	switch {
	case chosen != nil:
		return chosen, chosen.local
	case all != nil && source.IsValid():
		return all, netip.AddrPortFrom(source, all.local.Port())
	case all != nil:
		return all, all.local
	}
	return near, near.local
}

func localOf(s *listener) netip.AddrPort {
	if s == nil {
		return netip.AddrPort{}
	}
	return s.local
}

// listenerAt finds the listener with a local address: its own, or any other
// address of this host when it listens on all.
func (l *Layer) listenerAt(t wire.Transport, local netip.AddrPort) *listener {
	var all *listener
	for _, s := range *l.listeners.Load() {
		if s.transport != t || s.local.Port() != local.Port() {
			continue
		}
		if s.local.Addr() == local.Addr() {
			return s
		}
		if s.isWildcard() && s.local.Addr().Is4() == local.Addr().Is4() {
			all = s
		}
	}
	return all
}

// maxSources bounds what is remembered; then it is learnt anew.
const maxSources = 4096

// sources remembers which address of ours the kernel chooses for a peer.
type sources struct {
	mu    sync.Mutex
	known map[netip.Addr]netip.Addr // the zero Addr: no route
}

func (s *sources) init() { s.known = map[netip.Addr]netip.Addr{} }

// forget makes the next question go to the kernel: routes may have changed.
func (s *sources) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}

func (s *sources) toward(remote netip.Addr) netip.Addr {
	s.mu.Lock()
	source, ok := s.known[remote]
	s.mu.Unlock()
	if ok {
		return source
	}
	source = askKernel(remote)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxSources {
		clear(s.known)
	}
	s.known[remote] = source
	return source
}

// askKernel connects a UDP socket, which sends nothing.
func askKernel(remote netip.Addr) netip.Addr {
	probe, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 5060)))
	if err != nil {
		return netip.Addr{}
	}
	defer probe.Close()
	return probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
