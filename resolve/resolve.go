// Package resolve finds the next hop of a URI (RFC 3263). Addresses are used
// as they stand; names are asked for their A and AAAA records.
package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

var (
	// ErrScheme says that a URI leads to no next hop: tel:, mailto: and others.
	ErrScheme = errors.New("not a sip URI")
	// ErrTransport says that the transport is not one we speak.
	ErrTransport = errors.New("transport not supported")
	// ErrName says that a name has no address.
	ErrName = errors.New("name not found")
)

// Resolver asks for the addresses of names.
type Resolver struct {
	// Lookup gives the addresses of a host name. Timeout bounds it.
	Lookup  func(ctx context.Context, host string) ([]netip.Addr, error)
	Timeout time.Duration
}

// New makes a resolver that asks the machine's own.
func New() *Resolver {
	return &Resolver{Timeout: 5 * time.Second, Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}}
}

// Hop gives the transport and address to which a URI leads. wait, when not
// nil, is called before a question that may take time.
func (r *Resolver) Hop(uri string, wait func()) (wire.Flow, error) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return wire.Flow{}, err
	}
	if !u.IsSIP() {
		return wire.Flow{}, ErrScheme
	}
	flow := wire.Flow{Transport: wire.UDP}
	if name, ok := u.Param("transport"); ok {
		if flow.Transport = wire.ParseTransport(name); flow.Transport == wire.NoTransport {
			return wire.Flow{}, ErrTransport
		}
	}
	if u.Is("sips") {
		flow.Transport = wire.TLS
	}
	host := u.Host
	if maddr, ok := u.Param("maddr"); ok {
		host = maddr
	}
	address, err := r.address(host, wait)
	if err != nil {
		return wire.Flow{}, err
	}
	port := u.Port
	if port == 0 {
		port = sip.DefaultPort(flow.Transport.String())
	}
	flow.Remote = netip.AddrPortFrom(address, uint16(port))
	return flow, nil
}

func (r *Resolver) address(host string, wait func()) (netip.Addr, error) {
	if looksNumeric(host) {
		return sip.ParseHost(host)
	}
	if wait != nil {
		wait()
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.Timeout)
	defer cancel()
	addresses, err := r.Lookup(ctx, host)
	if err != nil || len(addresses) == 0 {
		return netip.Addr{}, ErrName
	}
	return addresses[0].Unmap(), nil
}

// looksNumeric tells an address from a name without the cost of an error: a
// name's last label begins with a letter.
func looksNumeric(host string) bool {
	if host == "" || host[0] == '[' {
		return true
	}
	for i := 0; i < len(host); i++ {
		if c := host[i]; (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return true
}
