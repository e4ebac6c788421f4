// Link: the bad network between phones and server. It relays datagrams between a phone and its socket, and loses, doubles,
// delays and so reorders them in both directions.

package soak

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"viaduct/sip"
)

// quality of a link, in both directions.
type quality struct {
	loss, doubling float64       // of all datagrams
	delay          time.Duration // at most; each datagram has its own, so they overtake each other
}

// link is a socket whose datagrams have a hard time.
type link struct {
	loop    *loop
	quality quality
	random  *rand.Rand
	socket  *net.UDPConn
	receive func(text string, from netip.AddrPort)

	sent, received, lost, doubled int
}

func newLink(t *testing.T, l *loop, q quality, seed uint64) *link {
	t.Helper()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(freeAddress(t)))
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.SetReadBuffer(4 << 20) // what gets lost is for us to say
	t.Cleanup(func() { socket.Close() })
	k := &link{loop: l, quality: q, random: rand.New(rand.NewPCG(seed, 1)), socket: socket}
	return k
}

func (k *link) address() netip.AddrPort { return k.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

// start reads the socket until it is closed.
func (k *link) start(receive func(text string, from netip.AddrPort)) {
	k.receive = receive
	go func() {
		buffer := make([]byte, sip.MaxMessageSize)
		for {
			n, from, err := k.socket.ReadFromUDPAddrPort(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue // an ICMP error of something sent before
			}
			text := string(buffer[:n])
			k.loop.arrived <- func() {
				k.received++
				k.suffer(func() { k.receive(text, from) })
			}
		}
	}()
}

func (k *link) send(text string, to netip.AddrPort) {
	k.sent++
	k.suffer(func() { _, _ = k.socket.WriteToUDPAddrPort([]byte(text), to) })
}

// suffer lets a datagram through never, once or twice.
func (k *link) suffer(pass func()) {
	if k.random.Float64() < k.quality.loss {
		k.lost++
		return
	}
	k.loop.after(k.late(), pass)
	if k.random.Float64() < k.quality.doubling {
		k.doubled++
		k.loop.after(k.late(), pass)
	}
}

func (k *link) late() time.Duration {
	return time.Duration(k.random.Int64N(int64(k.quality.delay) + 1))
}
