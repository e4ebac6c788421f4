// Streams through the layer: reading and answering.
package transport

import (
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

func TestTCPRequestAndAnswer(t *testing.T) {
	noGoroutineLeft(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0"} {
		t.Run(address, func(t *testing.T) {
			l, r := start(t, Options{Handler: &recorder{also: answer}}, "TCP "+address)
			to := local(l, 0)
			if to.Addr().IsUnspecified() {
				to = addrPort(&net.TCPAddr{IP: net.IPv4(127, 168, 1, 15), Port: int(to.Port())})
			}
			conn := dialTCP(t, to)
			var framer sip.Framer
			for n := 1; n <= 3; n++ {
				text := request("TCP", n, 100*n)
				conn.Write([]byte(text))
				got := r.next(t)
				want := wire.Flow{Transport: wire.TCP, Local: to, Remote: remoteOf(conn), Connection: 1}
				if got.text != text || got.flow != want {
					t.Errorf("got %q on %v, want flow %v", got.text, got.flow, want)
				}
				if back := readMessage(t, conn, &framer); !strings.HasPrefix(back, "SIP/2.0 200 OK\r\n") {
					t.Errorf("answer %q", back)
				}
			}
			counters := l.Counters()
			if n := counters.Transports[wire.TCP]; n.Received != 3 || n.Sent != 3 {
				t.Errorf("counters %+v", n)
			}
			if n := counters.Connections; n.Open != 1 || n.Accepted != 1 {
				t.Errorf("counters %+v", n)
			}
			conn.Close()
			eventually(t, "the connection is forgotten", func() bool { return l.Counters().Connections.Open == 0 })
		})
	}
}

// However the peer cuts what it writes, the same messages come in the same
// order, ten in a stream, from several peers at once.
func TestTCPCutAnywhere(t *testing.T) {
	const peers, messages = 8, 10
	l, r := start(t, Options{}, "TCP 127.0.0.1:0")
	for peer := range peers {
		conn := dialTCP(t, local(l, 0))
		go func() {
			random := rand.New(rand.NewPCG(uint64(peer), 0))
			var stream string
			for n := range messages {
				stream += request("TCP", 1000*peer+n, random.IntN(500)) + strings.Repeat("\r\n", random.IntN(2))
			}
			for stream != "" {
				n := min(1+random.IntN(1+random.IntN(1500)), len(stream))
				if _, err := io.WriteString(conn, stream[:n]); err != nil {
					return
				}
				stream = stream[n:]
			}
		}()
	}
	next := map[uint64]uint32{}
	for range peers * messages {
		got := r.next(t)
		if got.wrong != nil {
			t.Fatalf("%v in %q", got.wrong, got.text)
		}
		if number := got.message.CSeq.Number % 1000; number != next[got.flow.Connection] {
			t.Errorf("connection %d: message %d, want %d", got.flow.Connection, number, next[got.flow.Connection])
		}
		next[got.flow.Connection]++
	}
}

func TestTCPPing(t *testing.T) {
	l, r := start(t, Options{}, "TCP 127.0.0.1:0")
	conn := dialTCP(t, local(l, 0))
	io.WriteString(conn, "\r\n\r")
	io.WriteString(conn, "\n")
	if got := read(t, conn); got != "\r\n" {
		t.Errorf("answer to a ping: %q", got)
	}
	io.WriteString(conn, "\r\n"+request("TCP", 1, 0))
	r.next(t)
	counters := l.Counters()
	if n := counters.Transports[wire.TCP]; n.KeepAlives != 2 || n.Received != 1 || n.Sent != 0 {
		t.Errorf("counters %+v", n)
	}
}

// What cannot be cut is answered where it can, and then the connection ends
// in order: the answer arrives though the peer wrote much more.
func TestTCPRefusesWhatCannotBeCut(t *testing.T) {
	sound := request("TCP", 1, 0)
	noLength := strings.Replace(sound, "Content-Length: 0\r\n", "", 1)
	response := "SIP/2.0 200 OK\r\n" + noLength[strings.Index(noLength, "Via"):]
	endless := strings.TrimSuffix(noLength, "\r\n") + strings.Repeat("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 900)
	for _, test := range []struct {
		name, stream string
		status       int
		answerable   bool
	}{
		{"no Content-Length", noLength + strings.Repeat("body", 50000), 400, true},
		{"response without Content-Length", response, 400, false},
		{"endless header", endless, 513, true},
		{"HTTP", "GET / HTTP/1.1\r\nHost: example.test\r\n\r\n", 400, false},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			noGoroutineLeft(t)
			l, r := start(t, Options{Handler: &recorder{also: answer}}, "TCP 127.0.0.1:0")
			conn := dialTCP(t, local(l, 0))
			go io.WriteString(conn, test.stream)
			got := r.next(t)
			if got.wrong == nil || got.wrong.Status != test.status || (got.message != nil) != test.answerable {
				t.Errorf("wrong %v, message %v", got.wrong, got.message)
			}
			back, err := io.ReadAll(conn)
			if err != nil || strings.HasPrefix(string(back), "SIP/2.0 200 OK\r\n") != test.answerable {
				t.Errorf("got %q, %v", back, err)
			}
			if n := l.Counters(); n.Transports[wire.TCP].Malformed != 1 {
				t.Errorf("counters %+v", n)
			}
			conn.Close()
			eventually(t, "the connection is forgotten", func() bool { return l.Counters().Connections.Open == 0 })
		})
	}
}

// Text that is cut but not sound costs one answer, not the connection.
func TestTCPGoesOnAfterAnUnsoundMessage(t *testing.T) {
	l, r := start(t, Options{}, "TCP 127.0.0.1:0")
	conn := dialTCP(t, local(l, 0))
	sound := request("TCP", 1, 5)
	io.WriteString(conn, strings.Replace(sound, "CSeq: 1 MESSAGE", "CSeq: 1 INVITE", 1)+sound)
	if got := r.next(t); got.wrong == nil || got.message == nil {
		t.Errorf("wrong %v, message %v", got.wrong, got.message)
	}
	if got := r.next(t); got.wrong != nil || got.text != sound {
		t.Errorf("wrong %v, text %q", got.wrong, got.text)
	}
}

// So does a message that is too large, when it says where it ends.
func TestTCPGoesOnAfterATooLargeMessage(t *testing.T) {
	l, r := start(t, Options{Handler: &recorder{also: answer}, MessageTimeout: 100 * time.Millisecond}, "TCP 127.0.0.1:0")
	conn := dialTCP(t, local(l, 0))
	sound := request("TCP", 1, 5)
	huge := strings.Replace(request("TCP", 2, 0), "Content-Length: 0", "Content-Length: 1000000", 1)
	var framer sip.Framer
	for range 2 {
		io.WriteString(conn, huge+strings.Repeat(sound, 1000000/len(sound)+1)[:1000000])
		if got := r.next(t); got.wrong == nil || got.wrong.Status != 513 || got.message == nil || got.text != huge {
			t.Errorf("wrong %v, message %v, text %.300q", got.wrong, got.message, got.text)
		}
		readMessage(t, conn, &framer)
		time.Sleep(300 * time.Millisecond) // nothing is awaited that could be late
		io.WriteString(conn, sound)
		if got := r.next(t); got.wrong != nil || got.text != sound {
			t.Errorf("wrong %v, text %q", got.wrong, got.text)
		}
		readMessage(t, conn, &framer)
	}
	io.WriteString(conn, huge+strings.Repeat("x", 999999))
	if got := r.next(t); got.wrong == nil {
		t.Errorf("text %.300q", got.text)
	}
	eventually(t, "a body that does not come ends the connection", func() bool { return l.Counters().Connections.Slow == 1 })
}

func TestTCPLengthOptional(t *testing.T) {
	l, r := start(t, Options{LengthOptional: true}, "TCP 127.0.0.1:0")
	text := strings.Replace(request("TCP", 1, 0), "Content-Length: 0\r\n", "", 1)
	io.WriteString(dialTCP(t, local(l, 0)), text+text)
	for range 2 {
		if got := r.next(t); got.text != text || got.wrong != nil {
			t.Errorf("got %q, wrong %v", got.text, got.wrong)
		}
	}
}

// The next message of a connection is read though the handler of the one
// before it waits.
func TestTCPHandOver(t *testing.T) {
	noGoroutineLeft(t)
	release := make(chan struct{})
	l, r := start(t, Options{Handler: &recorder{also: func(_ *Layer, m *sip.Message, in *Inbound) {
		if m.CSeq.Number < 3 {
			in.HandOver()
			in.HandOver()
			<-release
		}
	}}}, "TCP 127.0.0.1:0")
	conn := dialTCP(t, local(l, 0))
	third := request("TCP", 3, 10)
	io.WriteString(conn, request("TCP", 1, 0)+request("TCP", 2, 0)+third[:50])
	io.WriteString(conn, third[50:])
	if got := r.next(t); got.text != third {
		t.Errorf("got %q", got.text)
	}
	close(release)
	r.next(t)
	r.next(t)
	select {
	case got := <-r.heard:
		t.Errorf("read twice: %q", got.text)
	default:
	}
}

func TestTCPTimeouts(t *testing.T) {
	const short = 20 * time.Millisecond
	for _, test := range []struct {
		name    string
		options Options
		write   string
		count   func(Connections) uint64
	}{
		{"says nothing", Options{MessageTimeout: short}, "", func(n Connections) uint64 { return n.Slow }},
		{"half a header", Options{MessageTimeout: short}, request("TCP", 1, 0) + "INVITE sip:", func(n Connections) uint64 { return n.Slow }},
		{"half a body", Options{MessageTimeout: short}, request("TCP", 1, 10)[:243], func(n Connections) uint64 { return n.Slow }},
		{"quiet after a message", Options{IdleTimeout: short}, request("TCP", 1, 0), func(n Connections) uint64 { return n.Idle }},
		{"quiet after a ping", Options{IdleTimeout: short}, "\r\n\r\n", func(n Connections) uint64 { return n.Idle }},
	} {
		t.Run(test.name, func(t *testing.T) {
			noGoroutineLeft(t)
			l, _ := start(t, test.options, "TCP 127.0.0.1:0")
			conn := dialTCP(t, local(l, 0))
			io.WriteString(conn, test.write)
			if _, err := io.ReadAll(conn); err != nil {
				t.Errorf("the connection did not end in order: %v", err)
			}
			eventually(t, "it is counted", func() bool { return test.count(l.Counters().Connections) == 1 })
		})
	}
}

// A peer that sends a byte now and then gains no time by it.
// Section 18: by themselves connections stay open for as long as a transaction
// may need, timer C included.
func TestConnectionsOutliveTransactions(t *testing.T) {
	l := New(Options{})
	defer l.Close()
	if l.options.IdleTimeout < 4*time.Minute {
		t.Errorf("a connection is closed after %v of silence", l.options.IdleTimeout)
	}
}

func TestTCPTrickle(t *testing.T) {
	l, _ := start(t, Options{MessageTimeout: 30 * time.Millisecond}, "TCP 127.0.0.1:0")
	conn := dialTCP(t, local(l, 0))
	text := request("TCP", 1, 10000)
	for i := range text {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	eventually(t, "the slow peer is counted", func() bool { return l.Counters().Connections.Slow == 1 })
	if n := l.Counters(); n.Transports[wire.TCP].Received != 0 {
		t.Errorf("counters %+v", n)
	}
}

// Further connections are refused; when one ends there is room again.
func TestTCPMaxConnections(t *testing.T) {
	l, r := start(t, Options{MaxConnections: 2}, "TCP 127.0.0.1:0")
	first, second := dialTCP(t, local(l, 0)), dialTCP(t, local(l, 0))
	for _, conn := range []net.Conn{first, second} {
		io.WriteString(conn, request("TCP", 1, 0))
		r.next(t)
	}
	if got := read(t, dialTCP(t, local(l, 0))); got != "" {
		t.Errorf("got %q", got)
	}
	to := wire.Flow{Transport: wire.TCP, Remote: local(l, 0)}
	if err := l.Send(to, []byte("x"), nil); err != ErrTooManyConnections {
		t.Errorf("Send: %v", err)
	}
	if n := l.Counters().Connections; n.Open != 2 || n.Refused != 2 {
		t.Errorf("counters %+v", n)
	}
	first.Close()
	eventually(t, "one has ended", func() bool { return l.Counters().Connections.Open == 1 })
	io.WriteString(dialTCP(t, local(l, 0)), request("TCP", 2, 0))
	if got := r.next(t); got.message.CSeq.Number != 2 {
		t.Errorf("got %q", got.text)
	}
}

func TestManyConnectionsLeaveNothing(t *testing.T) {
	noGoroutineLeft(t)
	l, r := start(t, Options{Handler: &recorder{also: answer}}, "TCP 127.0.0.1:0", "TCP 127.0.0.1:0", "UDP 127.0.0.1:0")
	for n := range 200 {
		conn := dialTCP(t, local(l, n%2))
		io.WriteString(conn, request("TCP", n, 0)+"INV")
	}
	for range 200 {
		r.next(t)
	}
	if open := l.Counters().Connections.Open; open != 200 {
		t.Errorf("%d connections", open)
	}
	l.Close()
	if open := l.Counters().Connections.Open; open != 0 {
		t.Errorf("%d connections after Close", open)
	}
	l.Close()
}
