// What a message costs: allocations held to a budget, time to look at.
package transport

import (
	"net"
	"net/netip"
	"testing"

	"viaduct/sip"
	"viaduct/wire"
)

// echo is a Handler that sends each message back on its flow as it is.
type echo struct {
	send func(f wire.Flow, m *sip.Message)
}

func (e *echo) Receive(m *sip.Message, in *Inbound)                               { e.send(in.Flow, m) }
func (e *echo) Malformed(_ *sip.Message, _ string, _ *sip.ParseError, _ *Inbound) {}

// startEcho gives a layer that echoes, and a function that sends it one
// message and waits for the echo. Neither allocates but in the layer.
func startEcho(t testing.TB, transport string) (exchange func()) {
	var l *Layer
	buffer := make([]byte, 0, 65536)
	handler := &echo{}
	handler.send = func(f wire.Flow, m *sip.Message) { l.Send(f, append(buffer, m.Text...), nil) }
	l = New(Options{Handler: handler})
	t.Cleanup(l.Close)
	address, err := l.Listen(wire.ParseTransport(transport), netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	l.Start()
	var conn net.Conn
	if transport == "UDP" {
		conn = dialUDP(t, address)
	} else {
		conn = dialTCP(t, address)
	}
	text, back := []byte(request(transport, 1, 150)), make([]byte, 65536)
	return func() {
		conn.Write(text)
		for got := 0; got < len(text); {
			n, err := conn.Read(back)
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
	}
}

// A message costs its text and its Message, and sending it nothing.
func TestAllocationBudget(t *testing.T) {
	for _, test := range []struct {
		transport string
		budget    float64
	}{{"UDP", 2}, {"TCP", 3}} { // of a stream, the header is also copied to be read
		exchange := startEcho(t, test.transport)
		exchange()
		if n := testing.AllocsPerRun(500, exchange); n > test.budget {
			t.Errorf("%s: %v allocations for a message received and one sent, at most %v", test.transport, n, test.budget)
		}
	}
}

func BenchmarkReceiveAndSend(b *testing.B) {
	for _, transport := range []string{"UDP", "TCP"} {
		b.Run(transport, func(b *testing.B) {
			exchange := startEcho(b, transport)
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}
