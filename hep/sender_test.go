package hep

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/wire"
)

// gathering is a tap that counts, and tells when it has enough.
type gathering struct {
	mu    sync.Mutex
	texts map[string]int
	want  int
	done  chan struct{}
}

func gather(want int) *gathering {
	return &gathering{texts: map[string]int{}, want: want, done: make(chan struct{})}
}

func (g *gathering) Packet(p *wire.Packet) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.texts[p.Text]++
	if g.want--; g.want == 0 {
		close(g.done)
	}
}

func (g *gathering) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.done:
	case <-time.After(10 * time.Second):
		t.Fatal("not all came")
	}
}

// serve runs a receiver until the test ends.
func serve(t *testing.T, tap wire.Tap) *Receiver {
	t.Helper()
	r, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- r.Serve(ctx, tap) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return r
}

func TestSenderToReceiver(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			const messages = 200
			g := gather(messages)
			r := serve(t, g)
			s, err := NewSender(network, r.Addr(), SenderOptions{Agent: 1})
			if err != nil {
				t.Fatal(err)
			}
			for i := range messages {
				s.Packet(&wire.Packet{Time: noon, Text: fmt.Sprintf("%d %s", i, strings.Repeat("x", i*10)), Flow: wire.Flow{Transport: wire.UDP, Local: alice, Remote: bob}})
			}
			g.wait(t)
			s.Close()
			if len(g.texts) != messages || s.Sent() != messages || s.Dropped() != 0 || r.Received() != messages || r.Bad() != 0 {
				t.Errorf("%d texts, %d sent, %d dropped, %d received, %d bad", len(g.texts), s.Sent(), s.Dropped(), r.Received(), r.Bad())
			}
		})
	}
}

// Who taps does not wait, whatever becomes of the copies.
func TestSenderDropsAndCounts(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close() // accepts in the kernel, but nobody reads
	s, err := NewSender("tcp", nobody.Addr().String(), SenderOptions{Queue: 10})
	if err != nil {
		t.Fatal(err)
	}
	const messages = 1000
	for range messages {
		s.Packet(&wire.Packet{Text: strings.Repeat("x", 60000)})
	}
	if s.Dropped() == 0 {
		t.Error("nothing was dropped")
	}
	nobody.Close()
	s.Packet(&wire.Packet{Text: strings.Repeat("x", 65500)})
}

// A receiver that goes away and comes back is found again.
func TestSenderConnectsAgain(t *testing.T) {
	t.Parallel()
	first, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	g := gather(1)
	go func() { served <- first.Serve(ctx, g) }()
	s, err := NewSender("tcp", first.Addr(), SenderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Packet(&wire.Packet{Text: "one"})
	g.wait(t)
	stop()
	<-served
	second, err := Listen(first.Addr())
	if err != nil {
		t.Skipf("the port was taken meanwhile: %v", err)
	}
	ctx, stop = context.WithCancel(context.Background())
	g = gather(1)
	go func() { served <- second.Serve(ctx, g) }()
	defer func() { stop(); <-served }()
	for again := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-g.done:
			again.Stop()
			return
		case <-again.C:
			s.Packet(&wire.Packet{Text: "two"})
		}
	}
}

func TestNewSenderRefuses(t *testing.T) {
	for _, bad := range []struct{ network, address string }{{"sctp", "127.0.0.1:9060"}, {"udp", "nowhere"}} {
		if _, err := NewSender(bad.network, bad.address, SenderOptions{}); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

// Nonsense is counted; on a stream it ends the connection.
func TestReceiverCountsNonsense(t *testing.T) {
	g := gather(1)
	r := serve(t, g)
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	good, _ := Append(nil, &wire.Packet{Text: "good"}, 0, "")
	for i := range good { // in pieces
		conn.Write(good[i : i+1])
	}
	g.wait(t)
	conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection is still open: %v", err)
	}
	if r.Bad() != 1 || r.Received() != 1 {
		t.Errorf("%d bad, %d received", r.Bad(), r.Received())
	}
}
