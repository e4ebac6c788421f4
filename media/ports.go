// The pair of UDP ports below a session.
package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// sockets is what a session writes to: its ports.
type sockets interface {
	writeRTP(datagram []byte, to netip.AddrPort) error
	writeRTCP(datagram []byte, to netip.AddrPort) error
	close() error
}

// ports is an even port for RTP and the next for RTCP.
type ports struct {
	rtp, rtcp *net.UDPConn
	addr      netip.AddrPort // of RTP
}

// anyPairTries bounds the search where the system names the ports: nearly all
// have a free neighbour.
const anyPairTries = 64

// openPorts takes the first free pair from first to last; 0, 0: any.
func openPorts(local netip.Addr, first, last uint16) (*ports, error) {
	if first == 0 && last == 0 {
		var err error
		for range anyPairTries {
			var port uint16
			if port, err = freePort(local); err != nil {
				break
			}
			var p *ports
			if p, err = openPair(local, port&^1); err == nil {
				return p, nil
			}
		}
		return nil, fmt.Errorf("media: no pair of ports on %v: %w", local, err)
	}
	err := errors.New("there is no even one with a next one")
	for port := (int(first) + 1) &^ 1; port < int(last); port += 2 {
		var p *ports
		if p, err = openPair(local, uint16(port)); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("media: no pair of ports from %d to %d on %v: %w", first, last, local, err)
}

func freePort(local netip.Addr) (uint16, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return uint16(conn.LocalAddr().(*net.UDPAddr).Port), nil
}

func openPair(local netip.Addr, port uint16) (*ports, error) {
	if port == 0 {
		return nil, errors.New("0 is no port")
	}
	p := &ports{addr: netip.AddrPortFrom(local, port)}
	var err error
	if p.rtp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(p.addr)); err != nil {
		return nil, err
	}
	if p.rtcp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, port+1))); err != nil {
		p.rtp.Close()
		return nil, err
	}
	return p, nil
}

func (p *ports) writeRTP(datagram []byte, to netip.AddrPort) error {
	_, err := p.rtp.WriteToUDPAddrPort(datagram, to)
	return err
}

func (p *ports) writeRTCP(datagram []byte, to netip.AddrPort) error {
	_, err := p.rtcp.WriteToUDPAddrPort(datagram, to)
	return err
}

func (p *ports) close() error { return errors.Join(p.rtp.Close(), p.rtcp.Close()) }

// read hands on what comes to a socket until it is closed.
func (p *ports) read(conn *net.UDPConn, take func([]byte, netip.AddrPort)) {
	buffer := make([]byte, maxPacket)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		switch {
		case err == nil:
			take(buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
		case errors.Is(err, net.ErrClosed):
			return
		default: // of an earlier write: the system tells it here
			time.Sleep(time.Millisecond)
		}
	}
}
