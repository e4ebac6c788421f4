// Transactions: requests that wait for their response, and their timers.
package stun

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// The schedule of RFC 8489 section 6.2.1: seven requests, the waits between
// them doubled, and 16 times the first wait after the last.
const (
	requests  = 7
	firstWait = 500 * time.Millisecond
	lastWait  = 16 * firstWait
)

// ErrTimeout says that a server has not answered any of the requests.
var ErrTimeout = errors.New("stun: no answer")

// Client holds the requests under way. The zero value is ready; its methods
// may be called from any goroutine.
type Client struct {
	mu      sync.Mutex
	pending map[transactionID]*pending
}

type transactionID = [12]byte

type pending struct {
	server netip.AddrPort
	answer chan result // with room for one
}

type result struct {
	mapped netip.AddrPort
	err    error
}

// Send writes a datagram to the socket. An error ends the transaction.
type Send func(datagram []byte, to netip.AddrPort) error

// Feed takes a message from the socket. It is true for a response to a request
// under way, from the server that was asked; all else is to be dropped.
func (c *Client) Feed(datagram []byte, from netip.AddrPort) bool {
	message, err := decode(datagram)
	if err != nil {
		return false
	}
	c.mu.Lock()
	asked, ok := c.pending[message.TransactionID]
	c.mu.Unlock()
	if !ok || unmapped(from) != unmapped(asked.server) || !isResponse(message.Type) {
		return false
	}
	mapped, err := outcome(message)
	select {
	case asked.answer <- result{mapped, err}:
	default: // answered already
	}
	return true
}

func unmapped(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// Mapped asks a server for the address it sees (RFC 8489 section 6.2.1). The
// answer comes through Feed. Without one it fails after 39.5 s with
// ErrTimeout; ctx may end it sooner.
func (c *Client) Mapped(ctx context.Context, send Send, server netip.AddrPort) (netip.AddrPort, error) {
	request, err := bindingRequest()
	if err != nil {
		return netip.AddrPort{}, err
	}
	answer := c.await(request.TransactionID, server)
	defer c.forget(request.TransactionID)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for sent, wait := 0, firstWait; ; {
		select {
		case got := <-answer:
			return got.mapped, got.err
		case <-ctx.Done():
			return netip.AddrPort{}, fmt.Errorf("stun: %v: %w", server, ctx.Err())
		case <-timer.C:
		}
		if sent == requests {
			return netip.AddrPort{}, fmt.Errorf("%w from %v to %d requests", ErrTimeout, server, sent)
		}
		if err := send(request.Raw, server); err != nil {
			return netip.AddrPort{}, fmt.Errorf("stun: %v: %w", server, err)
		}
		if sent++; sent == requests {
			wait = lastWait
		}
		timer.Reset(wait)
		wait *= 2
	}
}

func (c *Client) await(id transactionID, server netip.AddrPort) <-chan result {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending == nil {
		c.pending = map[transactionID]*pending{}
	}
	answer := make(chan result, 1)
	c.pending[id] = &pending{server, answer}
	return answer
}

func (c *Client) forget(id transactionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, id)
}

// KeepAlive asks again and again, so that the NAT keeps its mapping, and tells
// each mapped address that differs from the one before, the first too. The
// pause is drawn from 80 to 100 % of every (RFC 5626 section 4.4). It returns
// when a server does not answer or ctx ends.
func (c *Client) KeepAlive(ctx context.Context, send Send, server netip.AddrPort, every time.Duration, changed func(netip.AddrPort)) error {
	for last := (netip.AddrPort{}); ; {
		mapped, err := c.Mapped(ctx, send, server)
		if err != nil {
			return err
		}
		if mapped != last {
			last = mapped
			changed(mapped)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every - time.Duration(rand.Int64N(int64(every)/5+1))):
		}
	}
}

// Mapped asks over a socket that nobody else reads meanwhile; what is no
// answer is lost.
func Mapped(ctx context.Context, conn net.PacketConn, server netip.AddrPort) (netip.AddrPort, error) {
	var c Client
	ctx, cancel := context.WithCancelCause(ctx)
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		if err := c.read(conn); !errors.Is(err, errStopped) {
			cancel(err)
		}
	}()
	mapped, err := c.Mapped(ctx, func(datagram []byte, to netip.AddrPort) error {
		_, err := conn.WriteTo(datagram, net.UDPAddrFromAddrPort(to))
		return err
	}, server)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = fmt.Errorf("stun: %v: %w", server, cause)
	}
	conn.SetReadDeadline(time.Unix(1, 0)) // ends the reader
	<-reader
	conn.SetReadDeadline(time.Time{})
	cancel(nil)
	return mapped, err
}

var errStopped = errors.New("stun: stopped")

// read feeds the client until the deadline of the socket passes.
func (c *Client) read(conn net.PacketConn) error {
	buffer := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(buffer)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return errStopped
		case err != nil:
			return err
		}
		if addr, ok := from.(*net.UDPAddr); ok {
			c.Feed(buffer[:n], addr.AddrPort())
		}
	}
}
