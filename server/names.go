// Names: which hosts and ports are this server, what scripts call myself.
package server

import (
	"net/netip"
	"slices"
	"strings"

	"viaduct/module/corex"
	"viaduct/proxy"
	"viaduct/sip"
	"viaduct/wire"
)

// names answers `uri==myself`. It is made anew when a script is read.
type names struct {
	listeners []proxy.Listener
	machine   []netip.Addr // addresses of the interfaces, for listeners on all of them
	aliases   []alias
	domains   *corex.Subdomains
}

type alias struct {
	host    string
	address netip.Addr // what host means, if it is an address
	port    int        // 0: any
}

// noteNames collects the names of the listeners and of a script's aliases.
func (s *Server) noteNames(p *program) {
	n := &names{listeners: s.proxy.Listeners, domains: p.domains}
	n.machine, _ = machineAddresses()
	for _, a := range p.Globals().Aliases {
		address, _ := netip.ParseAddr(a.Host)
		n.aliases = append(n.aliases, alias{a.Host, address.Unmap(), a.Port})
	}
	for _, l := range n.listeners {
		if host, port, ok := advertised(l); ok {
			n.aliases = append(n.aliases, alias{host: host, port: port})
		}
	}
	s.names.Store(n)
}

// advertised gives the name of a listener that is not its address.
func advertised(l proxy.Listener) (host string, port int, ok bool) {
	u, err := sip.ParseURI("sip:" + l.SentBy)
	if err != nil {
		return "", 0, false
	}
	if a, err := sip.ParseHost(u.Host); err == nil && a == l.Local.Addr() {
		return "", 0, false
	}
	port = u.Port
	if port == 0 {
		port = 5060
	}
	return u.Host, port, true
}

// isMyself tells whether a host and port (0: the default port) are ours, over
// a transport or any.
func (s *Server) isMyself(host string, port int, transport wire.Transport) bool {
	n := s.names.Load()
	if n == nil {
		return false
	}
	named := port
	if port == 0 {
		port = 5060
	}
	address, err := sip.ParseHost(host)
	if err == nil {
		for i := range n.listeners {
			l := &n.listeners[i]
			if int(l.Local.Port()) == port && (l.Local.Addr() == address || l.Local.Addr().IsUnspecified() && slices.Contains(n.machine, address)) &&
				(transport == wire.NoTransport || transport == l.Transport) {
				return true
			}
		}
	}
	for _, a := range n.aliases {
		if (a.port == 0 || a.port == port || named == 0 && a.port == 5060) &&
			(strings.EqualFold(a.host, host) || err == nil && a.address == address) {
			return true
		}
	}
	return n.domains.Has(host, port, transport)
}

// warner is how we name ourselves in a Warning.
func (u *user) warner(flow wire.Flow) string { return proxy.SentBy(flow) }
