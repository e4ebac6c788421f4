// Package rawudp is a UDP socket with less between it and the kernel than
// net.UDPConn has: non-blocking system calls that the Go scheduler does not
// watch, inside the network poller. Such a call ends at once in any case, so
// there is nothing to watch, and a server that relays a datagram for each one
// it receives spends most of its time in these two calls.
//
// Where the kernel tells to which of its addresses a datagram was sent, a
// socket that is bound to all addresses passes that on, so that an answer can
// leave from the same one. On other systems, or with the build tag
// "portable", all goes through net.UDPConn.
package rawudp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// largest holds any UDP datagram.
const largest = 65536

// kernelBuffer is asked for as room for datagrams in the kernel, in bytes.
const kernelBuffer = 4 << 20

// Conn is a bound socket. One goroutine at a time may Receive, any number may
// Send.
type Conn struct {
	// Alone tells whether no other socket is read at present; nil: none is. It
	// is asked by Receive now and then, and set before its first call.
	Alone func() bool

	udp   *net.UDPConn
	raw   syscall.RawConn
	local netip.AddrPort

	receiver receiver

	// Numbers are used as the sockets in Send; they must not become those of
	// other files meanwhile, so Close waits for those within.
	closing    sync.RWMutex
	closed     bool
	fd, sender uintptr
}

// Listen binds a socket. Port 0 takes a free one. An IPv6 socket takes no
// IPv4. The error is that of the system call.
func Listen(local netip.AddrPort) (*Conn, error) {
	network := "udp6"
	if local.Addr().Is4() {
		network = "udp4"
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { prepare(fd, local.Addr()) })
	}}
	packets, err := config.ListenPacket(context.Background(), network, local.String())
	if err != nil {
		return nil, bare(err)
	}
	c := &Conn{udp: packets.(*net.UDPConn)}
	bound := c.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	c.local = netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
	if c.raw, err = c.udp.SyscallConn(); err == nil {
		err = c.raw.Control(func(fd uintptr) { c.fd = fd })
	}
	if err != nil {
		c.udp.Close()
		return nil, bare(err)
	}
	c.sender = openSender(c.fd, c.local)
	c.receiver.init(c)
	return c, nil
}

// bare takes the address and the name of the call off, the caller knows both.
func bare(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// Local gives the bound address.
func (c *Conn) Local() netip.AddrPort { return c.local }

// Close ends a waiting Receive, and makes Receive and Send give net.ErrClosed.
func (c *Conn) Close() error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	c.closeSender()
	return c.udp.Close()
}

// Send sends one datagram from an address of this host, or from the one that
// the socket is bound to, or the kernel's choice, when from is the zero Addr.
// It waits for room in a full socket, but not for long, as the goroutine that
// sends is often the one that reads. Errors are those of the system call, or
// net.ErrClosed.
func (c *Conn) Send(datagram []byte, to netip.AddrPort, from netip.Addr) error {
	err := c.sendNow(datagram, to, from)
	for _, pause := range [...]time.Duration{50 * time.Microsecond, 500 * time.Microsecond, 2 * time.Millisecond} {
		if !isFull(err) {
			break
		}
		time.Sleep(pause)
		err = c.sendNow(datagram, to, from)
	}
	return err
}

func (c *Conn) sendNow(datagram []byte, to netip.AddrPort, from netip.Addr) error {
	c.closing.RLock()
	defer c.closing.RUnlock()
	if c.closed {
		return net.ErrClosed
	}
	return c.send(datagram, to, from)
}

func isFull(err error) bool {
	return err == syscall.EAGAIN || err == syscall.ENOBUFS
}
