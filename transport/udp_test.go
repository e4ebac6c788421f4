// Datagrams through the layer.
package transport

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"viaduct/sip"
	"viaduct/wire"
)

func TestUDPRequestAndAnswer(t *testing.T) {
	noGoroutineLeft(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			l, r := start(t, Options{Handler: &recorder{also: answer}}, "UDP "+address)
			peer := dialUDP(t, local(l, 0))
			text := request("UDP", 1, 10)
			peer.Write([]byte(text))
			got := r.next(t)
			want := wire.Flow{Transport: wire.UDP, Local: local(l, 0), Remote: remoteOf(peer)}
			if got.text != text || got.flow != want || got.message.Method != "MESSAGE" {
				t.Errorf("got %q on %v, want flow %v", got.text, got.flow, want)
			}
			if back := read(t, peer); !strings.HasPrefix(back, "SIP/2.0 200 OK\r\n") {
				t.Errorf("answer %q", back)
			}
			total := l.Counters()
			if n := total.Total(); n.Received != 1 || n.Sent != 1 || n.ReceivedBytes != uint64(len(text)) || n.SentBytes == 0 {
				t.Errorf("counters %+v", n)
			}
		})
	}
}

func TestUDPFromLayerToLayer(t *testing.T) {
	a, _ := start(t, Options{}, "UDP 127.0.0.1:0")
	b, heardByB := start(t, Options{}, "UDP 127.0.0.1:0")
	for _, size := range []int{0, 1400, 65000} {
		text := request("UDP", 1, size)
		if err := a.Send(wire.Flow{Transport: wire.UDP, Remote: local(b, 0)}, []byte(text), nil); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if got := heardByB.next(t); got.text != text || got.flow.Remote != local(a, 0) {
			t.Errorf("%d bytes: got %d from %v", size, len(got.text), got.flow.Remote)
		}
	}
}

func TestUDPKeepAlivesAndBadDatagrams(t *testing.T) {
	l, r := start(t, Options{}, "UDP 127.0.0.1:0")
	peer := dialUDP(t, local(l, 0))
	sound := request("UDP", 1, 0)
	noVia := strings.Replace(sound, "Via", "Vie", 1)
	badURI := strings.Replace(sound, "sip:bob@example.test SIP", "sip:b ob@example.test SIP", 1)
	for _, text := range []string{"", "\r\n", "\r\n\r\n", "\x00\x00\x00\x00", "\x00", noVia, badURI, "nonsense", "\r\n" + sound} {
		peer.Write([]byte(text))
	}
	for _, want := range []struct {
		text       string
		answerable bool
	}{{noVia, false}, {badURI, true}, {"nonsense", false}} {
		got := r.next(t)
		if got.text != want.text || got.wrong == nil || (got.message != nil) != want.answerable {
			t.Errorf("got %q, wrong %v, message %v", got.text, got.wrong, got.message)
		}
	}
	if got := r.next(t); got.text != sound || got.wrong != nil {
		t.Errorf("got %q, wrong %v", got.text, got.wrong)
	}
	counters := l.Counters()
	if n := counters.Transports[wire.UDP]; n.KeepAlives != 5 || n.Malformed != 3 || n.Received != 4 {
		t.Errorf("counters %+v", n)
	}
}

// A handler that waits after HandOver does not stop the socket, and one that
// hands over twice does not start two readers.
func TestUDPHandOver(t *testing.T) {
	noGoroutineLeft(t)
	release := make(chan struct{})
	l, r := start(t, Options{Handler: &recorder{also: func(_ *Layer, m *sip.Message, in *Inbound) {
		if m.CSeq.Number <= 3 {
			in.HandOver()
			in.HandOver()
			<-release
		}
	}}}, "UDP 127.0.0.1:0")
	peer := dialUDP(t, local(l, 0))
	for n := 1; n <= 10; n++ {
		peer.Write([]byte(request("UDP", n, 0)))
	}
	for n := uint32(4); n <= 10; n++ {
		if got := r.next(t); got.message.CSeq.Number != n {
			t.Errorf("got message %d, want %d", got.message.CSeq.Number, n)
		}
	}
	close(release)
	for range 3 {
		if got := r.next(t); got.message.CSeq.Number > 3 || got.text != request("UDP", int(got.message.CSeq.Number), 0) {
			t.Errorf("got %q", got.text)
		}
	}
}

// Close does not wait for a handler that has handed over.
func TestCloseDuringAWaitingHandler(t *testing.T) {
	noGoroutineLeft(t)
	release, waits := make(chan struct{}), make(chan struct{})
	l, r := start(t, Options{Handler: &recorder{also: func(_ *Layer, _ *sip.Message, in *Inbound) {
		in.HandOver()
		close(waits)
		<-release
	}}}, "UDP 127.0.0.1:0")
	dialUDP(t, local(l, 0)).Write([]byte(request("UDP", 1, 0)))
	<-waits
	l.Close()
	if err := l.Send(wire.Flow{Transport: wire.UDP, Remote: local(l, 0)}, []byte("x"), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after Close: %v", err)
	}
	close(release)
	r.next(t)
}

func TestUDPSendErrors(t *testing.T) {
	l, _ := start(t, Options{}, "UDP 127.0.0.1:0")
	to := netip.MustParseAddrPort("127.0.0.1:9")
	for _, test := range []struct {
		name string
		flow wire.Flow
		size int
		want error
	}{
		{"too large", wire.Flow{Transport: wire.UDP, Remote: to}, 65508, syscall.EMSGSIZE},
		{"not ours", wire.Flow{Transport: wire.UDP, Remote: to, Local: netip.MustParseAddrPort("127.0.0.1:1")}, 1, ErrNoListener},
		{"other family", wire.Flow{Transport: wire.UDP, Remote: netip.MustParseAddrPort("[::1]:9")}, 1, ErrNoListener},
		{"other family, ours", wire.Flow{Transport: wire.UDP, Local: local(l, 0), Remote: netip.MustParseAddrPort("[::1]:9")}, 1, ErrNoListener},
		{"no remote", wire.Flow{Transport: wire.UDP}, 1, ErrNoRemote},
		{"no transport", wire.Flow{Remote: to}, 1, ErrNoTransport},
		{"not yet", wire.Flow{Transport: wire.TLS, Remote: to}, 1, ErrNoTransport},
	} {
		if err := l.Send(test.flow, make([]byte, test.size), nil); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	counters := l.Counters()
	if n := counters.Total(); n.SendErrors != 7 || n.Sent != 0 {
		t.Errorf("counters %+v", n)
	}
}

// Of a socket bound to all addresses, the flow holds the one that was asked,
// and the answer leaves from it.
func TestUDPWildcard(t *testing.T) {
	for _, test := range []struct{ listen, ask string }{{"0.0.0.0:0", "127.168.1.15"}, {"[::]:0", "::1"}} {
		t.Run(test.listen, func(t *testing.T) {
			l, r := start(t, Options{Handler: &recorder{also: answer}}, "UDP "+test.listen)
			asked := netip.AddrPortFrom(netip.MustParseAddr(test.ask), local(l, 0).Port())
			peer := dialUDP(t, asked)
			peer.Write([]byte(request("UDP", 1, 0)))
			got := r.next(t)
			if got.flow.Local != asked {
				if chosen, _ := l.LocalFor(wire.UDP, got.flow.Remote); got.flow.Local == chosen {
					t.Skip("this build does not tell local addresses")
				}
				t.Errorf("flow %v, asked %v", got.flow, asked)
			}
			if back := read(t, peer); !strings.HasPrefix(back, "SIP/2.0 200 OK\r\n") {
				t.Errorf("answer %q", back)
			}
			unbound := wire.Flow{Transport: wire.UDP, Local: local(l, 0), Remote: local(l, 0)}
			unbound.Remote = netip.AddrPortFrom(netip.MustParseAddr(test.ask), local(l, 0).Port())
			if err := l.Send(unbound, []byte(request("UDP", 2, 0)), nil); err != nil {
				t.Errorf("from the wildcard address: %v", err)
			}
			if got := r.next(t); got.message.CSeq.Number != 2 || got.flow.Remote.Addr().IsUnspecified() {
				t.Errorf("got %v", got.flow)
			}
		})
	}
}

func TestTapSeesBothWays(t *testing.T) {
	tap := &tapped{}
	l, r := start(t, Options{Handler: &recorder{also: answer}, Tap: tap}, "UDP 127.0.0.1:0", "TCP 127.0.0.1:0")
	peer := dialUDP(t, local(l, 0))
	peer.Write([]byte(request("UDP", 1, 0)))
	read(t, peer)
	peer.Write([]byte("nonsense"))
	r.next(t)
	r.next(t)
	stream := dialTCP(t, local(l, 1))
	stream.Write([]byte(request("TCP", 1, 0) + "\r\n\r\n"))
	readMessage(t, stream, &sip.Framer{})
	want := "in UDP: MESSAGE sip:bob@example.test SIP/2.0\nout UDP: SIP/2.0 200 OK\nin UDP: nonsense\n" +
		"in TCP: MESSAGE sip:bob@example.test SIP/2.0\nout TCP: SIP/2.0 200 OK\n"
	if got := tap.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, packet := range tap.packets {
		if packet.Time.IsZero() || !packet.Flow.Local.IsValid() || !packet.Flow.Remote.IsValid() {
			t.Errorf("packet without time or flow: %+v", packet)
		}
		if packet.Flow.Transport == wire.TCP && packet.Flow.Connection == 0 {
			t.Errorf("packet without connection: %+v", packet)
		}
	}
}
