package store

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"viaduct/wire"
)

// oddPackets have whatever a packet may have.
func oddPackets() []Packet {
	six := netip.MustParseAddrPort("[2001:db8::1]:5061")
	return []Packet{
		{Packet: wire.Packet{Time: testTime, Text: "\x00\xff"}},
		{Packet: wire.Packet{Time: testTime.Add(-time.Hour), Outgoing: true, Text: "", Flow: wire.Flow{Transport: wire.TCP, Local: six, Remote: callerAddress, Connection: 1 << 60}}},
		{Packet: wire.Packet{Time: testTime, Text: "x", Flow: wire.Flow{Transport: wire.WSS, Remote: six}}, Decision: "s.cfg:4 t_relay"},
	}
}

func appendAll(packets []Packet) (chunk []byte) {
	var before int64
	for i := range packets {
		chunk = appendPacket(chunk, &packets[i], before)
		before = packets[i].Time.UnixMicro()
	}
	return chunk
}

func samePacket(a, b Packet) bool {
	return a.Time.Equal(b.Time) && a.Flow == b.Flow && a.Outgoing == b.Outgoing && a.Text == b.Text && a.Decision == b.Decision
}

func TestChunkKeepsPackets(t *testing.T) {
	want := oddPackets()
	for _, p := range relayedCall("1@test", "alice", "bob", testTime, time.Hour) {
		want = append(want, Packet{Packet: p})
	}
	row := newCompressor().EncodeAll(appendAll(want), nil)
	got, err := unpack(nil, newDecompressor(), row)
	if err != nil || !slices.EqualFunc(got, want, samePacket) {
		t.Errorf("%v: %+v\nwant %+v", err, got, want)
	}
	for i, p := range got {
		if hasMessage := i >= len(oddPackets()); (p.Message != nil) != hasMessage {
			t.Errorf("packet %d: parsed %v", i, !hasMessage)
		}
	}
}

// A chunk that is cut anywhere gives an error and the packets before the cut.
func TestDamagedChunk(t *testing.T) {
	whole := appendAll(oddPackets())
	for end := range whole {
		packets, err := parseChunk(nil, whole[:end])
		atEnd := end == 1 || len(packets) > 0 && len(appendAll(packets)) == end // 1: none at all
		if (err == nil) != atEnd {
			t.Errorf("cut at %d: %d packets, %v", end, len(packets), err)
		}
	}
	if _, err := unpack(nil, newDecompressor(), []byte("nonsense")); !errors.Is(err, errChunk) {
		t.Errorf("%v", err)
	}
}

// FuzzChunk reads what a damaged file may hold; what can be read is written
// and read again the same.
func FuzzChunk(f *testing.F) {
	f.Add(appendAll(oddPackets()))
	f.Add([]byte{chunkVersion})
	f.Add([]byte{chunkVersion, 0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 16})
	f.Add([]byte{2, 1})
	f.Fuzz(func(t *testing.T, chunk []byte) {
		packets, err := parseChunk(nil, chunk)
		if err != nil {
			return
		}
		again, err := parseChunk(nil, appendAll(packets))
		if len(packets) > 0 && err != nil || !slices.EqualFunc(packets, again, samePacket) {
			t.Fatalf("%v: %+v\nwant %+v", err, again, packets)
		}
	})
}
