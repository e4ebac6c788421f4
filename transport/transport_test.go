// Helpers of the tests: a layer with a handler that keeps what it hears, and
// plain sockets as peers.
package transport

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// heard is one call of a Handler.
type heard struct {
	flow    wire.Flow
	message *sip.Message
	text    string
	wrong   *sip.ParseError
}

// recorder is a Handler that sends what it hears through a channel, after a
// function of the test has had it.
type recorder struct {
	heard chan heard
	also  func(l *Layer, m *sip.Message, in *Inbound)
	layer *Layer // set by start
}

func (r *recorder) Receive(m *sip.Message, in *Inbound) {
	flow := in.Flow
	if r.also != nil {
		r.also(r.layer, m, in)
	}
	r.heard <- heard{flow, m, m.Text, nil}
}

func (r *recorder) Malformed(m *sip.Message, text string, err *sip.ParseError, in *Inbound) {
	flow := in.Flow
	if r.also != nil {
		r.also(r.layer, m, in)
	}
	r.heard <- heard{flow, m, text, err}
}

func (r *recorder) next(t testing.TB) heard {
	t.Helper()
	select {
	case h := <-r.heard:
		return h
	case <-time.After(patience):
		t.Fatal("nothing was received")
		panic("unreachable")
	}
}

// failures is an Owner.
type failures chan error

func (f failures) TransportFailed(err error) { f <- err }

func (f failures) next(t testing.TB) error {
	t.Helper()
	select {
	case err := <-f:
		return err
	case <-time.After(patience):
		t.Fatal("the owner heard nothing")
		panic("unreachable")
	}
}

// start makes a layer that listens on addresses like "UDP 127.0.0.1:0".
func start(t testing.TB, o Options, listen ...string) (*Layer, *recorder) {
	t.Helper()
	r, ok := o.Handler.(*recorder)
	if !ok {
		r = &recorder{}
		o.Handler = r
	}
	l := New(o)
	r.heard, r.layer = make(chan heard, 10000), l
	t.Cleanup(l.Close)
	for _, text := range listen {
		name, address, _ := strings.Cut(text, " ")
		if _, err := l.Listen(wire.ParseTransport(name), netip.MustParseAddrPort(address)); err != nil {
			if strings.Contains(address, "::") {
				t.Skip("no IPv6 on this host: ", err)
			}
			t.Fatal(err)
		}
	}
	l.Start()
	return l, r
}

func local(l *Layer, index int) netip.AddrPort { return l.Listeners()[index].Local }

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("did not come true: %s", what)
		}
	}
}

// noGoroutineLeft checks, when the test and its clean-ups are over, that as
// many goroutines run as now.
func noGoroutineLeft(t testing.TB) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%d goroutines before, %d now:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
			}
		}
	})
}

// request makes a sound request of about that size.
func request(transport string, number, bodySize int) string {
	return fmt.Sprintf("MESSAGE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:5070;branch=z9hG4bK%d;rport\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:a@example.test>;tag=1\r\nTo: <sip:bob@example.test>\r\nCall-ID: %d@example.test\r\n"+
		"CSeq: %d MESSAGE\r\nContent-Length: %d\r\n\r\n%s", transport, number, number, number, bodySize, strings.Repeat("x", bodySize))
}

// answer sends 200 for a request, on the flow it came.
func answer(l *Layer, m *sip.Message, in *Inbound) {
	if m != nil && m.IsRequest() {
		l.Send(in.Flow, sip.AppendReply(nil, m, &sip.Reply{Status: 200, Source: in.Remote}), nil)
	}
}

// dialTCP connects a plain socket.
func dialTCP(t testing.TB, to netip.AddrPort) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// dialUDP connects a plain socket: it takes answers from that address only.
func dialUDP(t testing.TB, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func remoteOf(conn net.Conn) netip.AddrPort {
	return netip.MustParseAddrPort(conn.LocalAddr().String())
}

// read gives the next bytes, or "" when the peer has closed.
func read(t testing.TB, conn net.Conn) string {
	t.Helper()
	buffer := make([]byte, 70000)
	n, err := conn.Read(buffer)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

// readMessage gives the next message of a stream, with what the framer keeps.
func readMessage(t testing.TB, conn net.Conn, f *sip.Framer) string {
	t.Helper()
	for {
		text, event, failed := f.Next()
		if failed != nil {
			t.Fatal(failed)
		}
		if event == sip.FrameMessage {
			return text
		}
		if event != sip.FrameNeedMore {
			continue
		}
		n, err := conn.Read(f.Space())
		f.Filled(n)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tapped is a Tap that keeps what it sees.
type tapped struct {
	mu      sync.Mutex
	packets []wire.Packet
}

func (p *tapped) Packet(packet *wire.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packets = append(p.packets, *packet)
}

func (p *tapped) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out bytes.Buffer
	for _, packet := range p.packets {
		direction, line, _ := "in", "", false
		if packet.Outgoing {
			direction = "out"
		}
		line, _, _ = strings.Cut(packet.Text, "\r\n")
		fmt.Fprintf(&out, "%s %v: %s\n", direction, packet.Flow.Transport, line)
	}
	return out.String()
}
