// Link: the bad network between phones and server. It relays datagrams between a phone and its socket, and loses, doubles,
// delays and so reorders them in both directions.

package soak

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
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
	timers
	loop    *loop
	quality quality
	random  *rand.Rand
	socket  *net.UDPConn
	journal journal
	receive func(text string)

	sent, received, lost, doubled int
}

func newLink(t *testing.T, l *loop, s timers, q quality, seed uint64) *link {
	t.Helper()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(freeAddress(t)))
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.SetReadBuffer(4 << 20) // what gets lost is for us to say
	t.Cleanup(func() { socket.Close() })
	return &link{timers: s, loop: l, quality: q, random: rand.New(rand.NewPCG(seed, 1)), socket: socket, journal: journal{}}
}

func (k *link) address() netip.AddrPort { return k.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

// start reads the socket until it is closed.
func (k *link) start(receive func(text string)) {
	k.receive = receive
	go func() {
		buffer := make([]byte, sip.MaxMessageSize)
		for {
			n, _, err := k.socket.ReadFromUDPAddrPort(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue // an ICMP error of something sent before
			}
			text := string(buffer[:n])
			k.loop.arrived <- func() {
				k.received++
				k.suffer("from the server", text, func() { k.receive(text) })
			}
		}
	}()
}

func (k *link) send(text string, to netip.AddrPort) {
	k.sent++
	k.suffer("to the server", text, func() {
		if _, err := k.socket.WriteToUDPAddrPort([]byte(text), to); err != nil {
			k.note(text, "could not be sent: "+err.Error())
		}
	})
}

// suffer lets a datagram through never, once or twice.
func (k *link) suffer(way, text string, pass func()) {
	if k.random.Float64() < k.quality.loss {
		k.lost++
		k.note(text, way+", lost by the link")
		return
	}
	k.note(text, way)
	k.loop.after(k.late(), pass)
	if k.random.Float64() < k.quality.doubling {
		k.doubled++
		k.note(text, way+", once more")
		k.loop.after(k.late(), pass)
	}
}

func (k *link) note(text, way string) { k.journal.note(k.loop.now(), text, way) }

func (k *link) late() time.Duration {
	return time.Duration(k.random.Int64N(int64(k.quality.delay) + 1))
}

// overflowed gives how many datagrams the kernel dropped since the socket of an address was not read in time; -1 where
// it does not tell.
func overflowed(at netip.AddrPort) int {
	table, _ := os.ReadFile("/proc/net/udp")
	address := at.Addr().As4()
	local := fmt.Sprintf("%02X%02X%02X%02X:%04X", address[3], address[2], address[1], address[0], at.Port())
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 12 && fields[1] == local && fields[2] == "00000000:0000" {
			if drops, err := strconv.Atoi(fields[12]); err == nil {
				return drops
			}
		}
	}
	return -1
}
