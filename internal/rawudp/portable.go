//go:build !(linux && (amd64 || arm64 || riscv64 || loong64)) || portable

// The same through net.UDPConn, for systems without the calls of raw.go.

package rawudp

import (
	"errors"
	"net"
	"net/netip"
)

// tellsMore: net.UDPConn tells neither local addresses nor drops.
const tellsMore = false

func prepare(uintptr, netip.Addr) {}

// openSender: net.UDPConn sends by the socket that is read.
func openSender(fd uintptr, _ netip.AddrPort) uintptr { return fd }

func (c *Conn) closeSender() {}

type receiver struct {
	datagram [largest]byte
}

func (r *receiver) init(c *Conn) {
	_ = c.udp.SetReadBuffer(kernelBuffer)
	_ = c.udp.SetWriteBuffer(kernelBuffer)
}

// Receive waits for a datagram. The bytes hold until the next call. At is the
// address of this host to which it was sent when that is known, here never.
// The error is net.ErrClosed in the end, or one of the system call, after
// which one may go on.
func (c *Conn) Receive() (datagram []byte, source netip.AddrPort, at netip.Addr, err error) {
	n, source, err := c.udp.ReadFromUDPAddrPort(c.receiver.datagram[:])
	if errors.Is(err, net.ErrClosed) {
		return nil, source, at, net.ErrClosed
	}
	if err != nil {
		return nil, source, at, bare(err)
	}
	return c.receiver.datagram[:n], netip.AddrPortFrom(source.Addr().Unmap(), source.Port()), at, nil
}

// Drops counts the datagrams that the kernel threw away because the socket
// was full; 0 where it does not tell, as here.
func (c *Conn) Drops() uint64 { return 0 }

// send leaves the choice of the source address to the kernel.
func (c *Conn) send(datagram []byte, to netip.AddrPort, _ netip.Addr) error {
	if _, err := c.udp.WriteToUDPAddrPort(datagram, to); err != nil {
		return bare(err)
	}
	return nil
}
