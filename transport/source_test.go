package transport

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// dialFrom connects from an address of this host.
func dialFrom(t testing.TB, from string, to netip.AddrPort) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(from)}, net.TCPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// isClosed tells whether the other side closes a connection at once.
func isClosed(conn *net.TCPConn) bool {
	conn.SetReadDeadline(time.Now().Add(patience))
	_, err := conn.Read(make([]byte, 1))
	return err != nil && !strings.Contains(err.Error(), "timeout")
}

func TestMaxPerSource(t *testing.T) {
	l, r := start(t, Options{MaxPerSource: 3}, "TCP 127.0.0.1:0")
	works := func(conn *net.TCPConn) {
		t.Helper()
		io.WriteString(conn, request("TCP", 1, 0))
		r.next(t)
	}
	var first *net.TCPConn
	for range 3 {
		first = dialFrom(t, "127.0.0.2", local(l, 0))
		works(first)
	}
	if !isClosed(dialFrom(t, "127.0.0.2", local(l, 0))) {
		t.Error("a fourth one is open")
	}
	works(dialFrom(t, "127.0.0.3", local(l, 0)))
	if n := l.Counters().Connections; n.RefusedSource != 1 || n.Refused != 0 || n.Open != 4 {
		t.Errorf("%+v", n)
	}
	first.Close()
	eventually(t, "one is gone", func() bool { return l.Counters().Connections.Open == 3 })
	works(dialFrom(t, "127.0.0.2", local(l, 0)))
}

// Half messages of one source may fill so much memory and no more, however
// many connections they come over; whole messages are taken meanwhile, and the
// memory is given back.
func TestMaxHeldBytes(t *testing.T) {
	l, r := start(t, Options{MaxHeldBytes: 500_000}, "TCP 127.0.0.1:0")
	half := strings.Replace(request("TCP", 1, 0), "Content-Length: 0", "Content-Length: 60000", 1) + strings.Repeat("x", 50000)
	const each = 65536 - 16384 // what the buffer of one takes beyond what is not counted
	fill := func() (all []*net.TCPConn) {
		full := l.Counters().Connections.SourceFull
		for l.Counters().Connections.SourceFull == full {
			all = append(all, dialFrom(t, "127.0.0.2", local(l, 0)))
			io.WriteString(all[len(all)-1], half)
			eventually(t, "it is read", func() bool {
				return heldBy(l, "127.0.0.2") == int64(len(all)*each) || l.Counters().Connections.SourceFull > full
			})
		}
		return all
	}
	all := fill()
	if want := 500_000/each + 1; len(all) != want {
		t.Errorf("no more is held at half message %d, want %d", len(all), want)
	}
	other := dialFrom(t, "127.0.0.3", local(l, 0))
	io.WriteString(other, half+strings.Repeat("x", 10000))
	if got := r.next(t); got.wrong != nil {
		t.Errorf("from elsewhere: %v", got.wrong)
	}
	small := dialFrom(t, "127.0.0.2", local(l, 0))
	io.WriteString(small, request("TCP", 2, 100))
	if got := r.next(t); got.wrong != nil {
		t.Errorf("a small one: %v", got.wrong)
	}
	small.Close()
	other.Close()
	for _, conn := range all {
		conn.Close()
	}
	eventually(t, "they are gone", func() bool { return l.Counters().Connections.Open == 0 })
	if n := len(l.connections.bySource); n != 0 {
		t.Errorf("%d sources are remembered", n)
	}
	if again := fill(); len(again) != len(all) {
		t.Errorf("%d half messages were held, %d before", len(again), len(all))
	}
}

func heldBy(l *Layer, source string) int64 {
	l.connections.mu.Lock()
	defer l.connections.mu.Unlock()
	if s := l.connections.bySource[netip.MustParseAddr(source)]; s != nil {
		return s.held.Load()
	}
	return 0
}

func TestSourceOf(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fe80::1%eth0": "fe80::", "::1": "::",
	} {
		if got := sourceOf(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s: %v, want %s", address, got, want)
		}
	}
}
