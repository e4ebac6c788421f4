package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"viaduct/hep"
	"viaduct/wire"
)

// texts reads a file that must be sound.
func texts(t *testing.T, file []byte) []string {
	t.Helper()
	packets, err := ReadAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range packets {
		all = append(all, p.Text)
	}
	return all
}

func wantTexts(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d messages, want %d: %.60q", len(got), len(want), got)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("message %d is %.80q, want %.80q", i, got[i], want[i])
		}
	}
}

func TestLinkLayers(t *testing.T) {
	text := request(1, "")
	four, six := ip(alice, bob, protocolUDP, udp(alice, bob, text)), ip(alice6, bob6, protocolUDP, udp(alice6, bob6, text))
	for _, test := range []struct {
		name  string
		link  linkType
		frame []byte
	}{
		{"Ethernet", linkEthernet, ethernet(four)},
		{"Ethernet, IPv6", linkEthernet, ethernet(six)},
		{"802.1Q", linkEthernet, join(make([]byte, 12), big16(etherVLAN), big16(7), big16(etherIPv4), four)},
		{"802.1ad", linkEthernet, join(make([]byte, 12), big16(etherQinQ), big16(7), big16(etherVLAN), big16(8), big16(etherIPv6), six)},
		{"MPLS", linkEthernet, join(make([]byte, 12), big16(etherMPLS), []byte{0, 0, 0, 9}, []byte{0, 0, 1, 9}, six)},
		{"PPPoE", linkEthernet, join(make([]byte, 12), big16(etherPPPoE), make([]byte, 6), big16(0x21), four)},
		{"Linux cooked", linkCooked, cooked(0, four)},
		{"Linux cooked, VLAN", linkCooked, join(make([]byte, 14), big16(etherVLAN), big16(7), big16(etherIPv4), four)},
		{"Linux cooked 2", linkCookedTwo, join(big16(etherIPv6), make([]byte, 18), six)},
		{"loopback", linkNull, join([]byte{2, 0, 0, 0}, four)},
		{"loopback of OpenBSD", linkLoop, join([]byte{0, 0, 0, 24}, six)},
		{"PPP", linkPPP, join([]byte{0xff, 3}, big16(0x57), six)},
		{"raw", linkRaw, four},
		{"raw of BSD", linkRawBSD, six},
		{"IPv4", linkIPv4, four},
		{"IPv6", linkIPv6, six},
		{"IP in IP", linkRaw, ip(bob6, alice6, protocolIPv4, four)},
		{"6in4", linkRaw, ip(bob, alice, protocolIPv6, six)},
		{"extension headers", linkRaw, ip(alice6, bob6, protocolHopByHop, join([]byte{protocolRouting, 0, 0, 0, 0, 0, 0, 0},
			[]byte{protocolDestination, 0, 0, 0, 0, 0, 0, 0}, []byte{protocolAuth, 0, 0, 0, 0, 0, 0, 0}, []byte{protocolUDP, 0, 0, 0, 0, 0, 0, 0}, udp(alice6, bob6, text)))},
	} {
		t.Run(test.name, func(t *testing.T) {
			packets, err := ReadAll(bytes.NewReader(pcapOf(test.link, test.frame)))
			if err != nil || len(packets) != 1 {
				t.Fatalf("%d packets, error %v", len(packets), err)
			}
			p := packets[0]
			from, to := alice, bob
			if p.Flow.Local.Addr().Is6() {
				from, to = alice6, bob6
			}
			if p.Text != text || p.Message == nil || p.Outgoing || !p.Time.Equal(noon) || p.Flow != (wire.Flow{Transport: wire.UDP, Local: to, Remote: from}) {
				t.Errorf("%+v", p)
			}
			for cut := range len(test.frame) { // nothing shorter may harm
				ReadAll(bytes.NewReader(pcapOf(test.link, test.frame[:cut])))
			}
		})
	}
}

func TestWhatIsNoSIP(t *testing.T) {
	got := texts(t, pcapOf(linkRaw,
		ip(alice, bob, protocolUDP, udp(alice, bob, "\r\n\r\n")),
		ip(alice, bob, protocolUDP, udp(alice, bob, "\x80\x00\x12\x34voice")),
		ip(alice, bob, protocolUDP, udp(alice, bob, "GET / HTTP/1.1\r\n\r\n")),
		ip(alice, bob, protocolUDP, udp(alice, bob, "NOTIFY * HTTP/1.1\r\nX: SIP/2.0\r\n\r\n")),
		ip(alice, bob, protocolUDP, udp(alice, bob, "\r\n"+request(1, ""))),
		ip(alice, bob, protocolUDP, udp(alice, bob, "SIP/2.0 200 OK\r\nCall-ID: unsound\r\n\r\n")),
		ip(alice, bob, 132, []byte("SCTP"))))
	wantTexts(t, got, request(1, ""), "SIP/2.0 200 OK\r\nCall-ID: unsound\r\n\r\n")
	if id := CallID(&wire.Packet{Text: got[1]}); id != "unsound" {
		t.Errorf("Call-ID %q", id)
	}
}

func TestFragments(t *testing.T) {
	text := request(1, strings.Repeat("v=0\r\n", 1000))
	datagram := udp(alice, bob, text)
	four := func(number, from, to int) []byte {
		return fragment4(alice, bob, protocolUDP, number, from, to < len(datagram), datagram[from:to])
	}
	six := func(from, to int) []byte {
		return fragment6(alice6, bob6, protocolUDP, 9, from, to < len(datagram), datagram[from:to])
	}
	end := len(datagram)
	for name, frames := range map[string][][]byte{
		"in order":     {four(1, 0, 1480), four(1, 1480, 2960), four(1, 2960, end)},
		"backwards":    {four(1, 2960, end), four(1, 1480, 2960), four(1, 0, 1480)},
		"twice":        {four(1, 0, 1480), four(1, 0, 1480), four(1, 1480, end)},
		"overlapping":  {four(1, 0, 1480), four(1, 800, 2960), four(1, 2960, end)},
		"mixed":        {four(1, 0, 1480), four(2, 0, 1480), four(1, 1480, end)},
		"IPv6":         {six(0, 1440), six(1440, end)},
		"IPv6, behind": {six(1440, end), six(0, 1440)},
	} {
		t.Run(name, func(t *testing.T) {
			wantTexts(t, texts(t, pcapOf(linkRaw, frames...)), text)
		})
	}
	t.Run("not all", func(t *testing.T) {
		r, err := NewReader(bytes.NewReader(pcapOf(linkRaw, four(1, 0, 1480), four(1, 2960, end))))
		if err != nil {
			t.Fatal(err)
		}
		if packets, err := r.All(); err != nil || len(packets) != 0 || r.Counts().Fragments != 1 {
			t.Errorf("%d packets, error %v, %+v", len(packets), err, r.Counts())
		}
	})
}

func TestFragmentsAreBounded(t *testing.T) {
	var a assembler
	piece := make([]byte, 60000)
	for i := range 1500 {
		id := fragmentID{alice.Addr(), bob.Addr(), uint32(i), protocolUDP}
		a.join(id, fragment{piece, 0, true, false}, noon)
		a.join(fragmentID{number: 1 << 31}, fragment{piece[:8*(1+i%9)], 8 * (i % 1000), true, false}, noon)
		if a.held > maxFragmentWait || len(a.waiting) > maxFragmented || len(a.order) > 4*maxFragmented {
			t.Fatalf("after %d: %d bytes of %d packets, %d in order", i, a.held, len(a.waiting), len(a.order))
		}
	}
}

func TestCopiesOfAnotherInterface(t *testing.T) {
	once := ip(alice, bob, protocolUDP, udp(alice, bob, request(1, "")))
	out, in := cooked(4, once), cooked(0, once)
	wantTexts(t, texts(t, pcapOf(linkCooked, out, in)), request(1, ""))
	wantTexts(t, texts(t, pcapOf(linkCooked, out, in, in, out)), request(1, ""), request(1, "")) // it was repeated
	wantTexts(t, texts(t, pcapOf(linkCooked, out, out)), request(1, ""), request(1, ""))
}

func TestHEPWithinACapture(t *testing.T) {
	inner := wire.Packet{Time: noon.Add(time.Hour), Flow: wire.Flow{Transport: wire.TCP, Local: alice6, Remote: bob6}, Text: request(1, "")}
	data, err := hep.Append(nil, &inner, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := ReadAll(bytes.NewReader(pcapOf(linkRaw, ip(alice, bob, protocolUDP, udp(alice, bob, string(data))))))
	if err != nil || len(packets) != 1 || packets[0].Flow != inner.Flow || !packets[0].Time.Equal(inner.Time) || packets[0].Text != inner.Text {
		t.Errorf("%+v, error %v", packets, err)
	}
}

func TestPcapHeaders(t *testing.T) {
	packet := ip(alice, bob, protocolUDP, udp(alice, bob, request(1, "")))
	for _, test := range []struct {
		order binary.ByteOrder
		magic uint32
		unit  time.Duration
	}{
		{binary.LittleEndian, pcapMicro, time.Microsecond}, {binary.BigEndian, pcapMicro, time.Microsecond},
		{binary.LittleEndian, pcapNano, time.Nanosecond}, {binary.BigEndian, pcapNano, time.Nanosecond},
	} {
		var file []byte
		for _, n := range []uint32{test.magic, 0, 0, 0, 65535, uint32(linkRaw), uint32(noon.Unix()), 123456, uint32(len(packet)), uint32(len(packet))} {
			word := make([]byte, 4)
			test.order.PutUint32(word, n)
			file = append(file, word...)
		}
		test.order.PutUint16(file[4:], 2)
		test.order.PutUint16(file[6:], 4)
		packets, err := ReadAll(bytes.NewReader(append(file, packet...)))
		if err != nil || len(packets) != 1 || !packets[0].Time.Equal(noon.Add(123456*test.unit)) {
			t.Errorf("%v %x: %v, error %v", test.order, test.magic, packets, err)
		}
	}
}

func TestPcapngBlocks(t *testing.T) {
	packet := ip(alice, bob, protocolUDP, udp(alice, bob, request(1, "")))
	little := func(numbers ...uint32) (b []byte) {
		for _, n := range numbers {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		return b
	}
	padded := append(bytes.Clone(packet), make([]byte, 3-(len(packet)+3)%4)...)
	section := block(blockSection, little(orderMagic, 1, 0xffffffff, 0xffffffff))
	// Nanoseconds since 2010, as options say.
	precise := block(blockInterface, join(little(uint32(linkRaw), 0), []byte{optionResolution, 0, 1, 0, 9, 0, 0, 0}, []byte{optionOffset, 0, 8, 0}, little(1262304000, 0), little(0)))
	plain := block(blockInterface, little(uint32(linkEthernet), 262144))
	length := uint32(len(packet))
	comment := join([]byte{1, 0, 5, 0}, []byte("hello\x00\x00\x00"), little(0))
	file := join(section, precise, plain, block(0xbad, little(1, 2)),
		block(blockEnhancedPacket, join(little(0, 0, 1500, length, length), padded, comment)),
		block(blockPacketObsolete, join([]byte{1, 0, 0, 0}, little(0, 2000, length+14, length+14), make([]byte, 12), big16(etherIPv4), packet)),
		section, block(blockInterface, little(uint32(linkIPv4), 0)),
		block(blockSimplePacket, join(little(length), packet)))
	packets, err := ReadAll(bytes.NewReader(file))
	if err != nil || len(packets) != 1 { // all three are copies of one, at three places
		t.Fatalf("%d packets, error %v", len(packets), err)
	}
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	for {
		f, err := r.frames.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := ipOf(f.link, f.data); !bytes.Equal(got, packet) {
			t.Errorf("frame %d holds %q", len(times), got)
		}
		times = append(times, f.at)
	}
	if len(times) != 3 || !times[0].Equal(time.Date(2010, 1, 1, 0, 0, 0, 1500, time.UTC)) || !times[1].Equal(time.UnixMicro(2000)) || !times[2].IsZero() {
		t.Errorf("times %v", times)
	}
}

// A file cut anywhere gives what was whole, and one error.
func TestTruncated(t *testing.T) {
	frame := ip(alice, bob, protocolUDP, udp(alice, bob, request(1, "")))
	file := pcapOf(linkRaw, frame, frame, frame)
	size := pcapRecordHeader + len(frame)
	for cut := 4; cut < len(file); cut++ {
		packets, err := ReadAll(bytes.NewReader(file[:cut]))
		whole := max(0, (cut-pcapFileHeader)/size)
		between := cut >= pcapFileHeader && (cut-pcapFileHeader)%size == 0
		if len(packets) != whole || (err == nil) != between {
			t.Fatalf("cut at %d: %d packets, error %v", cut, len(packets), err)
		}
		var damaged *DamagedError
		if err != nil && cut >= pcapFileHeader && (!errors.As(err, &damaged) || damaged.Frame != whole+1) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"", "the file is empty"},
		{"abc", "neither pcap, pcapng nor a transcript"},
		{"\x7fELF\x02\x01\x01\x00", "neither pcap, pcapng nor a transcript"},
		{"INVITE sip:bob@biloxi.test SIP/2.0\r\n", "neither pcap, pcapng nor a transcript: line 1: expected "},
		{"<!doctype HTML><p>hello</p>", "a page of HTML, but not one that viaduct wrote"},
		{"\x1f\x8b nonsense", "the file cannot be decompressed: "},
		{"\xa1\xb2\xc3\xd4\x00\x03\x00\x00" + strings.Repeat("\x00", 16), "pcap of version 3 is not known"},
		{"\xa1\xb2\xc3\xd4\x00\x02", "the capture is damaged: the file ends within its header"},
		{string(pcapOf(linkRaw)) + strings.Repeat("\xff", 16), "the capture is damaged: frame 1: 4294967295 bytes are more than a frame has"},
		{"\x0a\x0d\x0d\x0a\x00\x00\x00\x1cABCDEFGHIJKLMNOPQRST", "the capture is damaged: frame 1: the header of a section is not sound"},
		{string(block(blockSection, []byte("\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"))) + string(block(blockEnhancedPacket, make([]byte, 20))),
			"the capture is damaged: frame 1: interface 0 is not described"},
	} {
		packets, err := ReadAll(strings.NewReader(test.file))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || len(packets) != 0 {
			t.Errorf("%.20q: %d packets, error %v, want %s", test.file, len(packets), err, test.want)
		}
	}
}

func TestTranscript(t *testing.T) {
	text := "# by hand\n* UDP 192.0.2.2:5070 <- 192.0.2.1:5060\n| OPTIONS sip:bob@biloxi.test SIP/2.0\n|\n"
	wantTexts(t, texts(t, []byte(text)), "OPTIONS sip:bob@biloxi.test SIP/2.0\r\n\r\n")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(text))
	z.Close()
	wantTexts(t, texts(t, zipped.Bytes()), "OPTIONS sip:bob@biloxi.test SIP/2.0\r\n\r\n")
}

// Captures that the Suricata project publishes, with tshark's counts of them.
func TestPublicCaptures(t *testing.T) {
	for _, test := range []struct {
		file            string
		messages, calls int
		from            netip.AddrPort
	}{
		{"sip-body-frames.pcap", 10, 3, netip.MustParseAddrPort("200.57.7.195:5060")},
		{"sip-body-large.pcap.gz", 2, 1, netip.MustParseAddrPort("127.0.0.1:59809")},
		{"sip-compact-form.pcap", 1, 1, netip.MustParseAddrPort("1.1.1.1:5555")},
		{"sip-method.pcap.gz", 81, 6, netip.MustParseAddrPort("192.168.1.2:5060")},
		{"sip-options-method.pcap", 2, 1, netip.MustParseAddrPort("192.168.1.10:5060")},
		{"sip-sdp.pcap", 2, 1, netip.MustParseAddrPort("1.1.1.1:5555")},
		{"sip-tcp-method.pcap", 2, 1, netip.MustParseAddrPort("127.0.0.1:58882")},
	} {
		t.Run(test.file, func(t *testing.T) {
			f, err := os.Open(filepath.Join("testdata", "suricata-verify", test.file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			packets, err := ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			calls := map[string]bool{}
			for i := range packets {
				calls[CallID(&packets[i])] = true
			}
			if len(packets) != test.messages || len(calls) != test.calls || packets[0].Flow.Remote != test.from {
				t.Errorf("%d messages of %d calls, the first from %v", len(packets), len(calls), packets[0].Flow.Remote)
			}
		})
	}
}
