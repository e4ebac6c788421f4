package capture

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"viaduct/wire"
)

// exchange is a packet of each kind, the same at each call.
func exchange() []wire.Packet {
	var packets []wire.Packet
	add := func(t wire.Transport, local, remote netip.AddrPort, connection uint64, outgoing bool, body string) {
		number := len(packets) + 1
		text := request(number, body)
		packets = append(packets, wire.Packet{
			Time: noon.Add(time.Duration(number) * 1234567), Flow: wire.Flow{Transport: t, Local: local, Remote: remote, Connection: connection},
			Outgoing: outgoing, Text: text, Message: parse(text),
		})
	}
	add(wire.UDP, alice, bob, 0, false, "")
	add(wire.UDP, alice, bob, 0, true, "v=0\r\n")
	add(wire.UDP, alice6, bob6, 0, true, "odd")
	add(wire.TCP, alice, bob, 1, true, "")
	add(wire.TCP, alice, bob, 1, false, strings.Repeat("v=0\r\n", 10000))
	add(wire.TCP, alice6, bob6, 2, false, "")
	add(wire.TLS, alice, netip.MustParseAddrPort("192.0.2.3:5061"), 3, false, "")
	add(wire.TLS, alice, netip.MustParseAddrPort("192.0.2.3:5061"), 3, true, "")
	add(wire.WS, alice, netip.MustParseAddrPort("192.0.2.3:80"), 4, true, "")
	add(wire.WSS, alice, netip.MustParseAddrPort("192.0.2.3:443"), 5, true, "")
	add(wire.TCP, alice, bob, 6, true, "again, from the same ports")
	return packets
}

func fileOf(t *testing.T, packets []wire.Packet) []byte {
	t.Helper()
	var file bytes.Buffer
	w := NewWriter(&file)
	for i := range packets {
		if err := w.Write(&packets[i], "why"); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// What is written is read again as it was.
func TestWriterRoundTrip(t *testing.T) {
	want := exchange()
	got, err := ReadAll(bytes.NewReader(fileOf(t, want)))
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d packets, want %d, error %v", len(got), len(want), err)
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Text != w.Text || !g.Time.Equal(w.Time) || g.Flow != w.Flow || g.Outgoing != w.Outgoing || g.Message == nil {
			t.Errorf("packet %d is %v %+v %.40q\nwant %v %+v", i, g.Time, g.Flow, g.Text, w.Time, w.Flow)
		}
	}
}

func TestWriterTakesWhatIsNotKnown(t *testing.T) {
	text := request(1, "")
	got, err := ReadAll(bytes.NewReader(fileOf(t, []wire.Packet{{Text: text}, {Text: text, Flow: wire.Flow{Transport: wire.TCP, Remote: bob6}}})))
	if err != nil || len(got) != 2 || got[0].Text != text || got[1].Text != text {
		t.Errorf("%v, error %v", got, err)
	}
}

// Two ends of one connection in one transcript are one stream.
func TestWriterOfBothEnds(t *testing.T) {
	packets := []wire.Packet{
		{Text: request(1, ""), Outgoing: true, Flow: wire.Flow{Transport: wire.TCP, Local: alice, Remote: bob, Connection: 1}},
		{Text: request(1, ""), Flow: wire.Flow{Transport: wire.TCP, Local: bob, Remote: alice, Connection: 2}},
		{Text: request(2, ""), Outgoing: true, Flow: wire.Flow{Transport: wire.TCP, Local: bob, Remote: alice, Connection: 2}},
		{Text: request(2, ""), Flow: wire.Flow{Transport: wire.TCP, Local: alice, Remote: bob, Connection: 1}},
	}
	wantTexts(t, texts(t, fileOf(t, packets)), request(1, ""), request(2, ""))
}

// A capture tells both directions of a stream as received.
func TestWriterOfACapture(t *testing.T) {
	frames := append(stream(1000, request(1, ""), 1460), ip(bob, alice, protocolTCP, tcp(bob, alice, 100, 0, flagACK, request(2, ""))))
	packets, err := ReadAll(bytes.NewReader(pcapOf(linkRaw, frames...)))
	if err != nil {
		t.Fatal(err)
	}
	wantTexts(t, texts(t, fileOf(t, packets)), request(1, ""), request(2, ""))
}

func TestWriterRefusesAndFails(t *testing.T) {
	w := NewWriter(failing{})
	if err := w.Write(&wire.Packet{Text: request(1, "")}, ""); err != errFull {
		t.Errorf("error %v", err)
	}
	w = NewWriter(&bytes.Buffer{})
	if err := w.Write(&wire.Packet{Text: strings.Repeat("x", maxDatagram+1)}, ""); err == nil {
		t.Error("a message larger than a datagram was written")
	}
	if err := w.Write(&wire.Packet{Text: request(1, "")}, strings.Repeat("c", 1<<17)); err != nil {
		t.Errorf("error %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }
