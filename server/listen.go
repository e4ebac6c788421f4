// Listening: from the script's listen lines to sockets, and which names are
// ours.
package server

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// address is one socket to open.
type address struct {
	transport wire.Transport
	local     netip.AddrPort
	advertise string // how Via and Record-Route write it; "" as it is
}

// listen opens every listener of the configuration, else of the script, else
// the usual ones.
func (s *Server) listen() error {
	globals := s.program.Load().Globals()
	addresses, err := s.addresses(globals)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		if a.transport == wire.TCP && globals.DisableTCP {
			continue
		}
		local, err := s.network.Listen(a.transport, a.local)
		if err != nil {
			return listenError(err)
		}
		l := proxy.Listener{Transport: a.transport, Local: local, SentBy: a.advertise}
		if l.SentBy == "" {
			l.SentBy = proxy.SentBy(wire.Flow{Transport: a.transport, Local: local})
		}
		s.proxy.Listeners = append(s.proxy.Listeners, l)
	}
	s.noteNames(s.program.Load())
	return nil
}

// listenError adds what to do about the usual reasons.
func listenError(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &Hinted{err, "another SIP server may be running here; choose another port: --listen udp:127.0.0.1:5070"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &Hinted{err, "this machine has no such address; see `ip address`"}
	case errors.Is(err, syscall.EACCES):
		return &Hinted{err, "ports below 1024 need rights; choose a higher one"}
	}
	return err
}

// addresses resolves the listen lines: interface names and host names become
// addresses, "*" all of ours, a missing transport UDP and TCP.
func (s *Server) addresses(globals *script.Globals) ([]address, error) {
	lines := s.config.Listen
	if lines == nil {
		lines = globals.Listens
	}
	port := globals.Port
	if port == 0 {
		port = 5060
	}
	if len(lines) == 0 {
		return usual(port)
	}
	var all []address
	for _, line := range lines {
		found, err := resolveLine(line, port)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	if len(all) == 0 {
		return nil, &Hinted{errors.New("no listen line names a transport that viaduct speaks"), "use udp: or tcp:"}
	}
	return all, nil
}

func resolveLine(line *syntax.Listen, port int) (all []address, err error) {
	transports := []wire.Transport{wire.UDP, wire.TCP}
	switch strings.ToLower(line.Proto) {
	case "", "*":
	case "udp":
		transports = transports[:1]
	case "tcp":
		transports = transports[1:]
	case "sctp":
		return nil, nil // no SCTP here; Kamailio without its module skips it too
	default:
		return nil, &Hinted{fmt.Errorf("%s: listen=%s: %s is not spoken yet", line.Position(), line.Host, line.Proto), "listen on udp: or tcp:"}
	}
	if line.Port != 0 {
		port = line.Port
	}
	hosts, err := hostAddresses(line.Host)
	if err != nil {
		return nil, fmt.Errorf("%s: listen=%s: %w", line.Position(), line.Host, err)
	}
	for _, host := range hosts {
		for _, t := range transports {
			a := address{transport: t, local: netip.AddrPortFrom(host, uint16(port))}
			if line.Advertise != nil {
				a.advertise = line.Advertise.Host
				if p := line.Advertise.Port; p != 0 && p != 5060 {
					a.advertise = fmt.Sprintf("%s:%d", a.advertise, p)
				}
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// hostAddresses reads an address, an interface name or a host name.
func hostAddresses(host string) ([]netip.Addr, error) {
	if host == "*" || host == "" {
		return []netip.Addr{netip.IPv4Unspecified()}, nil
	}
	if a, err := sip.ParseHost(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if i, err := net.InterfaceByName(host); err == nil {
		return interfaceAddresses(i)
	}
	names, err := net.LookupHost(host)
	if err != nil {
		return nil, errors.New("no such address, interface or host name")
	}
	var all []netip.Addr
	for _, name := range names {
		if a, err := netip.ParseAddr(name); err == nil {
			all = append(all, a.Unmap())
		}
	}
	return all, nil
}

func interfaceAddresses(i *net.Interface) (all []netip.Addr, err error) {
	addresses, err := i.Addrs()
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && !prefix.Addr().IsLinkLocalUnicast() {
			all = append(all, prefix.Addr().Unmap())
		}
	}
	return all, nil
}

// machineAddresses gives the addresses of all interfaces.
func machineAddresses() (all []netip.Addr, err error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for i := range interfaces {
		found, err := interfaceAddresses(&interfaces[i])
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// usual listens on loopback and private addresses, so that nothing is open to
// the world that nobody asked for.
func usual(port int) ([]address, error) {
	found, err := machineAddresses()
	if err != nil {
		return nil, err
	}
	var all []address
	for _, a := range found {
		if a.IsLoopback() || a.IsPrivate() {
			local := netip.AddrPortFrom(a, uint16(port))
			all = append(all, address{transport: wire.UDP, local: local}, address{transport: wire.TCP, local: local})
		}
	}
	if len(all) == 0 {
		return nil, &Hinted{errors.New("this machine has no loopback or private address"), "name one: --listen udp:ADDRESS:5060"}
	}
	return all, nil
}

// Listeners gives the open listeners.
func (s *Server) Listeners() []proxy.Listener { return s.proxy.Listeners }
