package hep

import (
	"bytes"
	"compress/zlib"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"viaduct/wire"
)

var (
	alice  = netip.MustParseAddrPort("192.0.2.1:5060")
	bob    = netip.MustParseAddrPort("192.0.2.2:5070")
	alice6 = netip.MustParseAddrPort("[2001:db8::1]:5060")
	bob6   = netip.MustParseAddrPort("[2001:db8::2]:5070")
	noon   = time.Date(2010, 11, 13, 12, 0, 0, 123456000, time.UTC)
)

const text = "OPTIONS sip:bob@biloxi.test SIP/2.0\r\n\r\n"

// Packets that HOMER's agents have sent.
func TestDecodeVectors(t *testing.T) {
	for _, test := range []struct {
		file          string
		local, remote string
		at            time.Time
		starts, ends  string
		size          int
	}{
		{"hep3-sip-1.bin", "192.168.245.250:5060", "192.168.247.250:5060", time.Unix(1520606104, 119540000), "SIP/2.0 200 OK\r\nCall-ID: BC099884@6dfcffe8\r\n", "RTP/AVP 8", 673},
		{"hep2-sip-1.bin", "192.168.0.254:5060", "10.0.1.100:5060", time.Time{}, "SIP/2.0 200 OK\r\nFrom: <sip:mod_sofia@44.122.111.112:5060>", "\r\n\r\n", 519},
	} {
		data, err := os.ReadFile("testdata/" + test.file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(data)
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		p := m.Packet
		if p.Flow.Transport != wire.UDP || p.Flow.Local.String() != test.local || p.Flow.Remote.String() != test.remote || !p.Time.Equal(test.at) ||
			m.Kind != KindSIP || len(p.Text) != test.size || !strings.HasPrefix(p.Text, test.starts) || !strings.HasSuffix(p.Text, test.ends) {
			t.Errorf("%s: %+v %v %d %.60q", test.file, p.Flow, p.Time, len(p.Text), p.Text)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, test := range []struct {
		packet wire.Packet
		want   wire.Flow
	}{
		{wire.Packet{Flow: wire.Flow{Transport: wire.UDP, Local: alice, Remote: bob}}, wire.Flow{Transport: wire.UDP, Local: alice, Remote: bob}},
		{wire.Packet{Flow: wire.Flow{Transport: wire.UDP, Local: alice, Remote: bob}, Outgoing: true}, wire.Flow{Transport: wire.UDP, Local: bob, Remote: alice}},
		{wire.Packet{Flow: wire.Flow{Transport: wire.TCP, Local: alice6, Remote: bob6}}, wire.Flow{Transport: wire.TCP, Local: alice6, Remote: bob6}},
		{wire.Packet{Flow: wire.Flow{Transport: wire.TLS, Local: alice, Remote: bob}}, wire.Flow{Transport: wire.TLS, Local: alice, Remote: bob}},
		{wire.Packet{Flow: wire.Flow{Transport: wire.WSS, Local: alice, Remote: bob}}, wire.Flow{Transport: wire.TLS, Local: alice, Remote: bob}},
		{wire.Packet{Flow: wire.Flow{Transport: wire.UDP, Remote: bob}}, wire.Flow{Transport: wire.UDP, Local: netip.MustParseAddrPort("0.0.0.0:0"), Remote: bob}},
		{wire.Packet{Flow: wire.Flow{Transport: wire.UDP, Local: bob6}}, wire.Flow{Transport: wire.UDP, Local: bob6, Remote: netip.MustParseAddrPort("[::]:0")}},
	} {
		test.packet.Text, test.packet.Time = text, noon
		data, err := Append([]byte("before"), &test.packet, 2001, "secret")
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(data[len("before"):])
		p := m.Packet
		if err != nil || p.Flow != test.want || p.Outgoing || p.Text != text || !p.Time.Equal(noon) || m.Agent != 2001 || m.Key != "secret" || m.Kind != KindSIP {
			t.Errorf("%+v: %+v, error %v", test.packet.Flow, m, err)
		}
	}
	if _, err := Append(nil, &wire.Packet{Text: strings.Repeat("x", 65500)}, 0, ""); err != ErrTooLarge {
		t.Errorf("error %v", err)
	}
}

// packetOf puts chunks together.
func packetOf(chunks ...[]byte) []byte {
	data := append([]byte("HEP3\x00\x00"), bytes.Join(chunks, nil)...)
	data[4], data[5] = byte(len(data)>>8), byte(len(data))
	return data
}

func TestCompressed(t *testing.T) {
	deflated := func(s string) []byte {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		z.Write([]byte(s))
		z.Close()
		return appendChunk(nil, chunkCompressed, b.String())
	}
	if m, err := Decode(packetOf(deflated(text))); err != nil || m.Packet.Text != text {
		t.Errorf("%q, error %v", m.Packet.Text, err)
	}
	for _, bad := range [][]byte{deflated(strings.Repeat("x", 1<<20)), appendChunk(nil, chunkCompressed, "nonsense")} {
		if _, err := Decode(packetOf(bad)); err == nil {
			t.Error("it was taken")
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	payload := appendChunk(nil, chunkPayload, text)
	for _, test := range []struct {
		data []byte
		want string
	}{
		{nil, "it does not begin as one"},
		{[]byte("OPTIONS sip:bob@biloxi.test SIP/2.0\r\n"), "it does not begin as one"},
		{[]byte("HEP3\x00\x05"), "its length says 5 bytes, and it has 6"},
		{[]byte("HEP3\x01\x00abc"), "its length says 256 bytes, and it has 9"},
		{packetOf(), "it carries nothing"},
		{packetOf([]byte{0, 0, 0}), "it ends within a chunk"},
		{packetOf([]byte{0, 0, 0, 15, 0, 5}), "chunk 15 has 5 bytes of 6 that are left"},
		{packetOf([]byte{0, 0, 0, 15, 0, 9, 1}), "chunk 15 has 9 bytes of 7 that are left"},
		{packetOf(appendChunk(nil, chunkSource4, "abc"), payload), "chunk 3 holds 3 bytes, not 4"},
		{packetOf(append8(nil, chunkSourcePort, 1), payload), "chunk 7 holds 1 bytes, not 2"},
		{[]byte{1, 16, 3, 17, 0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 'x'}, "neither IPv4 nor IPv6"},
		{[]byte{1, 99, 2, 17, 0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 'x'}, "its length is not that of its version"},
		{[]byte{2, 16, 2, 17, 0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 'x'}, "its length is not that of its version"},
	} {
		if _, err := Decode(test.data); err == nil || err.Error() != "not a packet of HEP: "+test.want {
			t.Errorf("%q: error %v, want %s", test.data, err, test.want)
		}
	}
	// Vendors may add what they like.
	if m, err := Decode(packetOf([]byte{0, 9, 0, 3, 0, 7, 1}, append8(nil, 99, 1), payload)); err != nil || m.Packet.Text != text {
		t.Errorf("%+v, error %v", m, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"hep3-sip-1.bin", "hep2-sip-1.bin"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	six, _ := Append(nil, &wire.Packet{Text: text, Time: noon, Flow: wire.Flow{Transport: wire.TLS, Local: alice6, Remote: bob6}}, 1, "k")
	f.Add(six)
	f.Add([]byte{2, 28, 2, 6, 0, 1, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 'x'})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Append(nil, &m.Packet, m.Agent, m.Key)
		if err != nil {
			return
		}
		if second, err := Decode(again); err != nil || second.Packet.Text != m.Packet.Text || second.Agent != m.Agent || second.Key != m.Key {
			t.Errorf("%+v became %+v, error %v", m, second, err)
		}
	})
}
