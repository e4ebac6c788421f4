package capture

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"viaduct/wire"
)

// stream makes the frames of a connection from alice to bob that carries text
// in pieces, from a sequence number on.
func stream(sequence uint32, text string, piece int) [][]byte {
	frames := [][]byte{
		ip(alice, bob, protocolTCP, tcp(alice, bob, sequence-1, 0, flagSYN, "")),
		ip(bob, alice, protocolTCP, tcp(bob, alice, 99, sequence, flagSYN|flagACK, "")),
	}
	for at := 0; at < len(text); at += piece {
		frames = append(frames, ip(alice, bob, protocolTCP, tcp(alice, bob, sequence+uint32(at), 100, flagACK, text[at:min(at+piece, len(text))])))
	}
	return append(frames, ip(alice, bob, protocolTCP, tcp(alice, bob, sequence+uint32(len(text)), 100, flagACK|flagFIN, "")))
}

func TestStreams(t *testing.T) {
	one, two, three := request(1, ""), request(2, "v=0\r\n"), request(3, strings.Repeat("x", 3000))
	all := "\r\n\r\n" + one + two + "\r\n\r\n" + three
	for _, piece := range []int{1, 2, 3, 7, 100, 1000, 1460, 100000} {
		wantTexts(t, texts(t, pcapOf(linkRaw, stream(1000, all, piece)...)), one, two, three)
		wantTexts(t, texts(t, pcapOf(linkRaw, stream(0xffffff00, all, piece)...)), one, two, three) // the number goes round
	}
	shuffle := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		frames := stream(0xfffffff0, all, 100)
		middle := frames[2 : len(frames)-1]
		shuffle.Shuffle(len(middle), func(i, j int) { middle[i], middle[j] = middle[j], middle[i] })
		middle = append(middle, middle[:5]...) // and some twice
		wantTexts(t, texts(t, pcapOf(linkRaw, append(frames[:2:2], middle...)...)), one, two, three)
	}
}

func TestStreamFlow(t *testing.T) {
	frames := append(stream(1000, request(1, ""), 1460), stream(50000, request(2, ""), 1460)...)
	frames = append(frames, ip(bob, alice, protocolTCP, tcp(bob, alice, 100, 0, flagACK, request(3, ""))))
	packets, err := ReadAll(bytes.NewReader(pcapOf(linkRaw, frames...)))
	if err != nil || len(packets) != 3 {
		t.Fatalf("%d packets, error %v", len(packets), err)
	}
	for i, want := range []wire.Flow{
		{Transport: wire.TCP, Local: bob, Remote: alice, Connection: 1},
		{Transport: wire.TCP, Local: bob, Remote: alice, Connection: 2},
		{Transport: wire.TCP, Local: alice, Remote: bob, Connection: 2},
	} {
		if packets[i].Flow != want {
			t.Errorf("packet %d: %+v", i, packets[i].Flow)
		}
	}
}

// What is not in the file must not hide what is.
func TestStreamsWithHoles(t *testing.T) {
	one, two, three := request(1, strings.Repeat("v=0\r\n", 600)), request(2, ""), request(3, "")
	all := one + two + three
	t.Run("no beginning", func(t *testing.T) {
		wantTexts(t, texts(t, pcapOf(linkRaw, stream(1000, all, 1000)[4:]...)), two, three)
	})
	t.Run("a hole", func(t *testing.T) {
		frames := stream(1000, two+one+three+two, 1000)
		wantTexts(t, texts(t, pcapOf(linkRaw, append(frames[:3:3], frames[4:]...)...)), two, three, two)
	})
	t.Run("a hole that the other end has confirmed", func(t *testing.T) {
		frames := stream(1000, two+one+three+two, 1000)
		frames = append(frames[:3:3], frames[4:]...)
		frames = append(frames, ip(bob, alice, protocolTCP, tcp(bob, alice, 100, 50000, flagACK, "")),
			ip(bob, alice, protocolUDP, udp(bob, alice, request(4, ""))))
		wantTexts(t, texts(t, pcapOf(linkRaw, frames...)), two, three, two, request(4, ""))
	})
	t.Run("another protocol", func(t *testing.T) {
		wantTexts(t, texts(t, pcapOf(linkRaw, stream(1000, "POST /log HTTP/1.1\r\n\r\n"+two, 1000)...)))
	})
	t.Run("garbage behind a message", func(t *testing.T) {
		wantTexts(t, texts(t, pcapOf(linkRaw, stream(1000, two+"\x00\x01garbage\r\n"+three+three, len(two)+11)...)), two, three, three)
	})
}

func TestStreamsAreBounded(t *testing.T) {
	given := 0
	s := streams{take: func(_, _ netip.AddrPort, _ uint64, _ string, _ origin) { given++ }}
	data := strings.Repeat("x", 60000)
	for i := range 700 {
		from := netip.AddrPortFrom(alice.Addr(), uint16(i))
		s.add(segment{from: from, to: bob, sequence: 0, flags: flagSYN})
		s.add(segment{from: from, to: bob, sequence: 1, data: []byte("INVITE sip:bob@biloxi.test SIP/2.0\r\nContent-Length: 60000\r\n\r\n" + data[:100])})
		s.add(segment{from: from, to: bob, sequence: 70000, data: []byte(data)})
		if s.memory > maxStreamMemory || len(s.connections) > maxConnections {
			t.Fatalf("after %d: %d bytes of %d connections", i, s.memory, len(s.connections))
		}
	}
	s.endAll()
	if s.memory != 0 || len(s.connections) != 0 || s.oldest != nil || s.newest != nil {
		t.Errorf("%d bytes of %d connections are left", s.memory, len(s.connections))
	}
}
