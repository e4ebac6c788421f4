// Opening connections, in the background.
package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"viaduct/wire"
)

// open begins to connect to f.Remote, from the address of f.Local or the one
// that LocalFor gives, and gives the connection to queue messages on; not a
// fresh one when another goroutine was first.
func (l *Layer) open(f wire.Flow) (c *connection, fresh bool, err error) {
	f.Connection = 0
	var s *listener
	if f.Local.IsValid() {
		if s = l.listenerAt(f.Transport, f.Local); s == nil {
			return nil, false, ErrNoListener
		}
	}
	if s == nil || f.Local.Addr().IsUnspecified() {
		_, f.Local = l.listenerFor(f.Transport, f.Remote.Addr())
	}
	if f.Local.IsValid() && f.Local.Addr().Is4() != f.Remote.Addr().Is4() {
		return nil, false, ErrNoListener
	}
	ending, cancel := context.WithTimeout(l.ending, l.options.ConnectTimeout)
	c = &connection{layer: l, count: &l.counts.other[f.Transport], flow: f, cancel: cancel}
	c.framer.LengthOptional = l.options.LengthOptional
	found, err := l.connections.findOrAdd(c)
	if found != nil || err != nil {
		cancel()
		if errors.Is(err, ErrTooManyConnections) {
			l.counts.refused.Add(1)
		}
		return found, false, err
	}
	go c.connect(ending)
	return c, true, nil
}

// connect opens the connection and becomes its reader.
func (c *connection) connect(ending context.Context) {
	dialer := net.Dialer{LocalAddr: c.localAddress()}
	conn, err := dialer.DialContext(ending, tcpNetwork(c.flow.Remote.Addr()), c.flow.Remote.String())
	if err == nil {
		err = c.opened(conn.(*net.TCPConn))
	}
	c.cancel()
	if err != nil {
		c.layer.counts.connectFailed.Add(1)
		c.bury(c.connectError(err))
		return
	}
	c.layer.counts.openedConnections.Add(1)
	c.read()
}

// localAddress is where to connect from: an address of ours, any port.
func (c *connection) localAddress() net.Addr {
	local := c.flow.Local.Addr()
	if !local.IsValid() || local.IsUnspecified() {
		return nil
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
}

// opened lets writing begin, first what was queued meanwhile.
func (c *connection) opened(conn *net.TCPConn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		conn.Close()
		return c.cause
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return err
	}
	c.conn, c.raw, c.state = conn, raw, open
	c.quiet.Store(0)
	c.startDraining()
	return nil
}

// connectError says in short what is wrong, and with whom.
func (c *connection) connectError(err error) error {
	var errno syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &errno):
		err = errno
	case errors.As(err, &timeout) && timeout.Timeout():
		err = fmt.Errorf("no answer within %v", c.layer.options.ConnectTimeout.Round(time.Millisecond))
	}
	return fmt.Errorf("connect to %v %v: %w", c.flow.Transport, c.flow.Remote, err)
}
