// Sending on streams: opening, using again, queues and failures.
package transport

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// listenTCP is a peer that accepts.
func listenTCP(t testing.TB) (*net.TCPListener, netip.AddrPort) {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	listener.SetDeadline(time.Now().Add(patience))
	return listener, addrPort(listener.Addr())
}

func acceptFrom(t testing.TB, listener *net.TCPListener) *net.TCPConn {
	t.Helper()
	conn, err := listener.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func mustSend(t testing.TB, l *Layer, f wire.Flow, text string, owner Owner) {
	t.Helper()
	if err := l.Send(f, []byte(text), owner); err != nil {
		t.Fatal(err)
	}
}

// The first messages open one connection, wait for it, and arrive in order;
// the text may be reused at once. What the peer sends on it is received.
func TestSendOpensOneConnection(t *testing.T) {
	noGoroutineLeft(t)
	l, r := start(t, Options{}, "TCP 127.0.0.1:0")
	listener, to := listenTCP(t)
	flow := wire.Flow{Transport: wire.TCP, Remote: to}
	var buffer []byte
	for n := range 20 {
		buffer = append(buffer[:0], request("TCP", n, 10)...)
		if err := l.Send(flow, buffer, nil); err != nil {
			t.Fatal(err)
		}
	}
	conn := acceptFrom(t, listener)
	var framer sip.Framer
	for n := range 20 {
		if got := readMessage(t, conn, &framer); got != request("TCP", n, 10) {
			t.Fatalf("message %d: got %q", n, got)
		}
	}
	io.WriteString(conn, request("TCP", 1, 0))
	got := r.next(t)
	if got.flow.Remote != to || got.flow.Local != local(l, 0) || got.flow.Connection == 0 {
		t.Errorf("flow %v", got.flow)
	}
	if n := l.Counters().Connections; n.Opened != 1 || n.Open != 1 {
		t.Errorf("counters %+v", n)
	}
}

// A request to a peer that is connected to us takes that connection.
func TestSendUsesAcceptedConnection(t *testing.T) {
	l, r := start(t, Options{}, "TCP 127.0.0.1:0")
	conn := dialTCP(t, local(l, 0))
	io.WriteString(conn, request("TCP", 1, 0))
	flow := r.next(t).flow
	var framer sip.Framer
	for n, f := range []wire.Flow{
		flow,
		{Transport: wire.TCP, Remote: flow.Remote},
		{Transport: wire.TCP, Remote: flow.Remote, Local: local(l, 0)},
		{Transport: wire.TCP, Connection: flow.Connection},
		{Transport: wire.TCP, Remote: flow.Remote, Connection: 999},
	} {
		mustSend(t, l, f, request("TCP", n, 0), nil)
		if got := readMessage(t, conn, &framer); got != request("TCP", n, 0) {
			t.Errorf("%v: got %q", f, got)
		}
	}
	if n := l.Counters().Connections; n.Open != 1 || n.Opened != 0 {
		t.Errorf("counters %+v", n)
	}
}

// The connection of a request is gone: its response goes to the address that
// the caller gives, over a new one.
func TestSendWhenTheConnectionIsGone(t *testing.T) {
	l, r := start(t, Options{}, "TCP 127.0.0.1:0")
	listener, to := listenTCP(t)
	conn := dialTCP(t, local(l, 0))
	io.WriteString(conn, request("TCP", 1, 0))
	flow := r.next(t).flow
	conn.Close()
	eventually(t, "the connection is forgotten", func() bool { return l.Counters().Connections.Open == 0 })
	if err := l.Send(wire.Flow{Transport: wire.TCP, Connection: flow.Connection}, []byte("x"), nil); !errors.Is(err, ErrConnectionLost) {
		t.Errorf("nowhere else to go: %v", err)
	}
	flow.Remote = to
	mustSend(t, l, flow, request("TCP", 2, 0), nil)
	if got := readMessage(t, acceptFrom(t, listener), &sip.Framer{}); got != request("TCP", 2, 0) {
		t.Errorf("got %q", got)
	}
}

// A peer that closed and listens on is connected again, without a word to
// the owner.
func TestSendAgainAfterThePeerClosed(t *testing.T) {
	l, _ := start(t, Options{}, "TCP 127.0.0.1:0")
	listener, to := listenTCP(t)
	flow := wire.Flow{Transport: wire.TCP, Remote: to}
	owner := make(failures, 10)
	for n := range 3 {
		mustSend(t, l, flow, request("TCP", n, 0), owner)
		conn := acceptFrom(t, listener)
		if got := readMessage(t, conn, &sip.Framer{}); got != request("TCP", n, 0) {
			t.Errorf("got %q", got)
		}
		conn.Close()
		eventually(t, "the connection is forgotten", func() bool { return l.Counters().Connections.Open == 0 })
	}
	if len(owner) != 0 {
		t.Errorf("the owner heard %v", <-owner)
	}
}

func TestConnectionRefusedTellsTheOwner(t *testing.T) {
	noGoroutineLeft(t)
	l, _ := start(t, Options{}, "TCP 127.0.0.1:0")
	listener, to := listenTCP(t)
	listener.Close()
	flow := wire.Flow{Transport: wire.TCP, Remote: to}
	owner := make(failures, 1)
	if err := l.Send(flow, []byte(request("TCP", 1, 0)), owner); err == nil {
		err = owner.next(t)
		if !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "connect to TCP "+to.String()+": connection refused") {
			t.Errorf("the owner heard %q", err)
		}
	} else if !errors.Is(err, syscall.ECONNREFUSED) { // it failed even before the message was queued
		t.Errorf("Send: %v", err)
	}
	eventually(t, "it is forgotten", func() bool { return l.Counters().Connections.Open == 0 })
	if n := l.Counters(); n.Connections.ConnectFailed != 1 || n.Transports[wire.TCP].SendErrors != 1 {
		t.Errorf("counters %+v", n)
	}
}

// stuffed is a peer whose backlog is full, so that connecting to it takes
// for ever.
func stuffed(t testing.TB) netip.AddrPort {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(bound.(*syscall.SockaddrInet4).Port))
	for range 20 {
		conn, err := net.DialTimeout("tcp", to.String(), 200*time.Millisecond)
		if err != nil {
			return to
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this kernel lets a backlog grow")
	return to
}

func TestConnectTimeoutTellsTheOwner(t *testing.T) {
	noGoroutineLeft(t)
	to := stuffed(t)
	l, _ := start(t, Options{ConnectTimeout: 50 * time.Millisecond}, "TCP 127.0.0.1:0")
	owner := make(failures, 2)
	flow := wire.Flow{Transport: wire.TCP, Remote: to}
	mustSend(t, l, flow, request("TCP", 1, 0), owner)
	mustSend(t, l, flow, request("TCP", 2, 0), owner)
	for range 2 {
		if err := owner.next(t); !strings.Contains(err.Error(), "no answer within 50ms") {
			t.Errorf("the owner heard %q", err)
		}
	}
}

func TestCloseWhileConnecting(t *testing.T) {
	noGoroutineLeft(t)
	to := stuffed(t)
	l, _ := start(t, Options{ConnectTimeout: time.Hour}, "TCP 127.0.0.1:0")
	owner := make(failures, 1)
	mustSend(t, l, wire.Flow{Transport: wire.TCP, Remote: to}, request("TCP", 1, 0), owner)
	l.Close()
	if err := owner.next(t); !errors.Is(err, ErrClosed) {
		t.Errorf("the owner heard %v", err)
	}
	if err := l.Send(wire.Flow{Transport: wire.TCP, Remote: to}, []byte("x"), owner); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
}

// A peer that does not read stalls nobody; when too much waits for it, the
// connection is given up and the owners of what waited are told.
func TestPeerThatDoesNotRead(t *testing.T) {
	noGoroutineLeft(t)
	l, _ := start(t, Options{MaxQueuedBytes: 200_000}, "TCP 127.0.0.1:0")
	listener, to := listenTCP(t)
	flow := wire.Flow{Transport: wire.TCP, Remote: to}
	owner := make(failures, 100_000)
	var failed error
	sent := 0
	for failed == nil {
		if failed = l.Send(flow, []byte(request("TCP", sent, 10_000)), owner); failed == nil {
			sent++
		}
		if sent == 10 {
			acceptFrom(t, listener)
		}
		if sent > 50_000 {
			t.Fatal("half a gigabyte was queued")
		}
	}
	if !errors.Is(failed, ErrQueueFull) {
		t.Errorf("Send: %v", failed)
	}
	if err := owner.next(t); !errors.Is(err, ErrQueueFull) {
		t.Errorf("the owner heard %v", err)
	}
	eventually(t, "it is forgotten", func() bool { return l.Counters().Connections.Open == 0 })
	if told := len(owner) + 1; told > 21 {
		t.Errorf("%d owners told, more than fit the queue", told)
	}
	if n := l.Counters().Connections; n.QueueFull != 1 {
		t.Errorf("counters %+v", n)
	}
}

// What waits is written, in order, as soon as the peer reads again.
func TestPeerThatReadsLate(t *testing.T) {
	l, _ := start(t, Options{MaxQueuedBytes: 64 << 20}, "TCP 127.0.0.1:0")
	listener, to := listenTCP(t)
	flow := wire.Flow{Transport: wire.TCP, Remote: to}
	const messages = 1500 // more than the kernel takes
	for n := range messages {
		mustSend(t, l, flow, request("TCP", n, 10_000), nil)
	}
	conn := acceptFrom(t, listener)
	var framer sip.Framer
	for n := range messages {
		if got := readMessage(t, conn, &framer); got != request("TCP", n, 10_000) {
			t.Fatalf("message %d: got %.100q", n, got)
		}
	}
	mustSend(t, l, flow, request("TCP", 1, 0), nil)
	if got := readMessage(t, conn, &framer); got != request("TCP", 1, 0) {
		t.Errorf("after the queue: %q", got)
	}
}

func TestWriteTimeoutTellsTheOwner(t *testing.T) {
	l, _ := start(t, Options{MaxQueuedBytes: 64 << 20, WriteTimeout: 30 * time.Millisecond}, "TCP 127.0.0.1:0")
	_, to := listenTCP(t)
	owner := make(failures, 10_000)
	for n := range 1500 {
		if l.Send(wire.Flow{Transport: wire.TCP, Remote: to}, []byte(request("TCP", n, 10_000)), owner) != nil {
			break // given up already
		}
	}
	if err := owner.next(t); !errors.Is(err, ErrStalled) {
		t.Errorf("the owner heard %v", err)
	}
	if n := l.Counters().Connections; n.Stalled == 0 {
		t.Errorf("counters %+v", n)
	}
}

// Two layers talk both ways over the one connection that the first opened.
func TestLayersShareAConnection(t *testing.T) {
	a, heardByA := start(t, Options{}, "TCP 127.0.0.1:0")
	b, heardByB := start(t, Options{Handler: &recorder{also: answer}}, "TCP 127.0.0.1:0")
	for n := range 50 {
		mustSend(t, a, wire.Flow{Transport: wire.TCP, Remote: local(b, 0)}, request("TCP", n, 0), nil)
		if got := heardByB.next(t); got.text != request("TCP", n, 0) {
			t.Fatalf("got %q", got.text)
		}
		if got := heardByA.next(t); got.message.Status != 200 || got.flow.Remote != local(b, 0) || got.flow.Local != local(a, 0) {
			t.Fatalf("got %q on %v", got.text, got.flow)
		}
	}
	if n := b.Counters().Connections; n.Open != 1 || n.Accepted != 1 || n.Opened != 0 {
		t.Errorf("counters %+v", n)
	}
}
