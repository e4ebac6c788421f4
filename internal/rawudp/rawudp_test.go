// Datagrams over loopback, in both families, from and to chosen addresses.
package rawudp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

func listen(t testing.TB, address string) *Conn {
	t.Helper()
	c, err := Listen(netip.MustParseAddrPort(address))
	if err != nil {
		if address[0] == '[' && (errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)) {
			t.Skipf("no IPv6 on this host: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestDatagramsBothWays(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			a, b := listen(t, address), listen(t, address)
			for _, size := range []int{0, 1, 1500, 65507} {
				sent := bytes.Repeat([]byte{'x'}, size)
				if err := a.Send(sent, b.Local(), netip.Addr{}); err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				got, source, at, err := b.Receive()
				if err != nil || !bytes.Equal(got, sent) || source != a.Local() || at.IsValid() {
					t.Fatalf("%d bytes: got %d from %v at %v, %v", size, len(got), source, at, err)
				}
			}
		})
	}
}

func TestTooLargeAndUnreachableAreTold(t *testing.T) {
	c := listen(t, "127.0.0.1:0")
	if err := c.Send(make([]byte, 65508), c.Local(), netip.Addr{}); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("65508 bytes: %v", err)
	}
	if err := c.Send([]byte("x"), netip.MustParseAddrPort("127.0.0.1:0"), netip.Addr{}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("port 0: %v", err)
	}
}

func TestAddressInUse(t *testing.T) {
	c := listen(t, "127.0.0.1:0")
	if _, err := Listen(c.Local()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second bind: %v", err)
	}
}

func TestCloseEndsReceive(t *testing.T) {
	c := listen(t, "127.0.0.1:0")
	ended := make(chan error)
	go func() {
		_, _, _, err := c.Receive()
		ended <- err
	}()
	time.Sleep(time.Millisecond) // mostly enough for it to wait; it must end in either case
	c.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive: %v", err)
	}
	if err := c.Send([]byte("x"), c.Local(), netip.Addr{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send: %v", err)
	}
}

// Bound to all addresses, the socket tells where a datagram arrived and can
// answer from there: a peer on a connected socket takes nothing else.
func TestWildcardAnswersFromWhereItWasAsked(t *testing.T) {
	for _, test := range []struct{ bind, ask string }{
		{"0.0.0.0:0", "127.168.1.15"},
		{"[::]:0", "::1"},
	} {
		t.Run(test.bind, func(t *testing.T) {
			c := listen(t, test.bind)
			asked := netip.AddrPortFrom(netip.MustParseAddr(test.ask), c.Local().Port())
			peer, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(asked))
			if err != nil {
				t.Skipf("no way to %v: %v", asked, err)
			}
			defer peer.Close()
			peer.Write([]byte("question"))
			_, source, at, err := c.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !tellsMore {
				t.Skip("this build does not tell local addresses")
			}
			if at != asked.Addr() {
				t.Errorf("arrived at %v, sent to %v", at, asked.Addr())
			}
			if err := c.Send([]byte("answer"), source, at); err != nil {
				t.Fatal(err)
			}
			peer.SetReadDeadline(time.Now().Add(10 * time.Second))
			answer := make([]byte, 100)
			n, err := peer.Read(answer)
			if err != nil || string(answer[:n]) != "answer" {
				t.Errorf("answer %q, %v", answer[:n], err)
			}
		})
	}
}

// What comes while nobody reads is dropped at last, and counted.
func TestDrops(t *testing.T) {
	full, sender := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	if n := full.Drops(); n != 0 {
		t.Errorf("%d drops before anything came", n)
	}
	text := make([]byte, 60000)
	for range 4 * kernelBuffer / len(text) { // Linux doubles what it was asked for
		sender.Send(text, full.Local(), netip.Addr{})
	}
	if full.Drops() == 0 {
		if !tellsMore {
			t.Skip("this build does not tell drops")
		}
		t.Error("no drop was counted")
	}
	full.Close()
	if n := full.Drops(); n != 0 {
		t.Errorf("%d drops of a closed socket", n)
	}
}

func TestNoGarbage(t *testing.T) {
	for _, bind := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
		a, b := listen(t, "127.0.0.1:0"), listen(t, bind)
		from := netip.MustParseAddr("127.0.0.1")
		to := netip.AddrPortFrom(from, b.Local().Port())
		text := []byte("OPTIONS sip:b@example.test SIP/2.0\r\n\r\n")
		if n := testing.AllocsPerRun(100, func() {
			if a.Send(text, to, netip.Addr{}) != nil {
				t.Fatal("not sent")
			}
			if _, source, _, err := b.Receive(); err != nil || b.Send(text, source, from) != nil {
				t.Fatal("not answered")
			}
			a.Receive()
		}); n != 0 {
			t.Errorf("%s: %v allocations", bind, n)
		}
	}
}

func BenchmarkSendReceive(b *testing.B) {
	sender, receiver := listen(b, "127.0.0.1:0"), listen(b, "127.0.0.1:0")
	text := bytes.Repeat([]byte{'x'}, 600)
	b.ReportAllocs()
	for b.Loop() {
		sender.Send(text, receiver.Local(), netip.Addr{})
		receiver.Receive()
	}
}

// Datagrams that wait in the kernel come out one by one, in order, whole, and
// with their own senders, however many one call takes.
func TestManyAtOnce(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0"} {
		t.Run(address, func(t *testing.T) {
			c := listen(t, address)
			to := c.Local()
			if to.Addr().IsUnspecified() {
				to = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), to.Port())
			}
			home := netip.AddrPortFrom(to.Addr(), 0).String()
			peers := []*Conn{listen(t, home), listen(t, home)}
			for round := range 5 {
				for i := range 37 {
					if err := peers[i%2].Send(bytes.Repeat([]byte{byte(i)}, i*round), to, netip.Addr{}); err != nil {
						t.Fatal(err)
					}
				}
				for i := range 37 {
					got, source, at, err := c.Receive()
					if err != nil || !bytes.Equal(got, bytes.Repeat([]byte{byte(i)}, i*round)) || source != peers[i%2].Local() {
						t.Fatalf("round %d, datagram %d: got %d bytes of %v from %v, %v", round, i, len(got), got[:min(1, len(got))], source, err)
					}
					if c.Local().Addr().IsUnspecified() && tellsMore && at != to.Addr() {
						t.Fatalf("round %d, datagram %d came to %v", round, i, at)
					}
				}
			}
		})
	}
}
