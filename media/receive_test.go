package media

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// datagram makes an RTP packet of 20 ms whose sound is one value.
func datagram(t testing.TB, sequence uint16, change func(*rtp.Packet)) []byte {
	packet := rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: 160 * uint32(sequence), SSRC: 1},
		Payload: AppendMuLaw(nil, slices.Repeat([]int16{int16(sequence) << 8}, frameSamples)),
	}
	if change != nil {
		change(&packet)
	}
	octets, err := packet.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// listener is a session that hears µ-law; heard gives for each frame which
// packet it came from, 0 for silence.
func listener(t testing.TB, change func(*Stream)) (s *Session, heard *[]int) {
	heard = &[]int{}
	s = newSession(NewPacer(), &air{from: hereAddr}, hereAddr)
	stream := Stream{Remote: thereAddr, Codec: PCMU, EventType: 101, Receive: true, Sink: earFunc(func(pcm []int16) {
		*heard = append(*heard, (int(pcm[80])+128)>>8)
	})}
	if change != nil {
		change(&stream)
	}
	start(t, s, stream)
	t.Cleanup(func() { s.Close() })
	return s, heard
}

func TestPacketsAreHeardInOrder(t *testing.T) {
	for _, test := range []struct {
		name  string
		order []uint16
		heard []int
		late  uint64
		lost  int64
	}{
		{"in order", []uint16{1, 2, 3}, []int{1, 2, 3}, 0, 0},
		{"two swapped", []uint16{1, 3, 2, 4}, []int{1, 2, 3, 4}, 0, 0},
		{"doubled", []uint16{1, 2, 2, 3, 5, 5, 4}, []int{1, 2, 3, 4, 5}, 2, -2},
		{"one lost", []uint16{1, 3, 4, 5, 6, 7}, []int{1, 0, 3, 4, 5, 6, 7}, 0, 1},
		{"one very late", []uint16{1, 3, 4, 5, 6, 2, 7}, []int{1, 0, 3, 4, 5, 6, 7}, 1, 0},
		{"many lost", []uint16{1, 11, 12, 13, 14}, []int{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 12, 13, 14}, 0, 9},
		{"a stray number", []uint16{1, 2, 30000, 3}, []int{1, 2, 3}, 0, 0},
		{"begun anew", []uint16{1, 2, 30000, 30001, 30002, 30003, 30004}, nil, 0, 0},
	} {
		s, heard := listener(t, nil)
		for _, sequence := range test.order {
			s.readRTP(datagram(t, sequence, nil), thereAddr, fakeEpoch)
		}
		if stats := s.Stats(); test.heard != nil && !reflect.DeepEqual(*heard, test.heard) || stats.Late != test.late || stats.Lost != test.lost {
			t.Errorf("%s: heard %v, %d late, %d lost", test.name, *heard, stats.Late, stats.Lost)
		}
	}
}

func TestSequenceNumbersGoRound(t *testing.T) {
	s, _ := listener(t, nil)
	for sequence := uint16(65500); sequence != 40; sequence++ {
		if sequence != 3 {
			s.readRTP(datagram(t, sequence, nil), thereAddr, fakeEpoch)
		}
	}
	if stats := s.Stats(); stats.Received != 75 || stats.Lost != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestStrangePacketsAreCounted(t *testing.T) {
	good := datagram(t, 1, nil)
	s, heard := listener(t, nil)
	for _, test := range []struct {
		octets []byte
		from   netip.AddrPort
	}{
		{nil, thereAddr},
		{good[:11], thereAddr},
		{append([]byte{0x40}, good[1:]...), thereAddr}, // version 1
		{append([]byte{0xA0}, append(slices.Clone(good[1:]), 255)...), thereAddr},                       // more padding than packet
		{[]byte("INVITE sip:a@b.test SIP/2.0\r\n\r\n"), thereAddr},                                      // no RTP at all
		{datagram(t, 2, func(p *rtp.Packet) { p.PayloadType = 3 }), thereAddr},                          // not agreed on
		{datagram(t, 0, func(p *rtp.Packet) { p.PayloadType = 101; p.Payload = []byte{1} }), thereAddr}, // a short event
		{good, netip.MustParseAddrPort("127.0.0.3:5004")},
		{good, netip.MustParseAddrPort("127.0.0.2:6000")}, // the same host
	} {
		s.readRTP(test.octets, test.from, fakeEpoch)
	}
	stats := s.Stats()
	if stats.Malformed != 6 || stats.Unknown != 1 || stats.Strangers != 1 || stats.Received != 2 || len(*heard) != 1 {
		t.Errorf("%+v, heard %d", stats, len(*heard))
	}
	held, heard := listener(t, func(s *Stream) { s.Receive = false })
	held.readRTP(good, thereAddr, fakeEpoch)
	fresh := newSession(NewPacer(), &air{}, hereAddr)
	fresh.readRTP(good, thereAddr, fakeEpoch)
	fresh.readRTCP(good, thereAddr, fakeEpoch)
	if held.Stats().Early != 1 || len(*heard) != 0 || fresh.Stats().Early != 2 {
		t.Error(held.Stats(), fresh.Stats())
	}
}

func TestSymmetricAnswersToWhereItCameFrom(t *testing.T) {
	s, _ := listener(t, func(s *Stream) { s.Symmetric = true })
	public := netip.MustParseAddrPort("127.0.0.9:40000")
	s.readRTP([]byte("rubbish decides nothing"), netip.MustParseAddrPort("127.0.0.8:1"), fakeEpoch)
	s.readRTP(datagram(t, 1, nil), public, fakeEpoch)
	s.readRTP(datagram(t, 2, nil), thereAddr, fakeEpoch)
	if stats := s.Stats(); s.RemoteAddr() != public || stats.Received != 1 || stats.Strangers != 1 {
		t.Errorf("%v %+v", s.RemoteAddr(), stats)
	}
}

// The example of RFC 3550 A.8: the jitter goes to the mean deviation.
func TestJitter(t *testing.T) {
	s, _ := listener(t, nil)
	at := fakeEpoch
	for sequence := uint16(1); sequence < 400; sequence++ {
		delay := time.Duration(sequence%2) * 8 * time.Millisecond // 8 ms to and fro
		s.readRTP(datagram(t, sequence, nil), thereAddr, at.Add(delay))
		at = at.Add(20 * time.Millisecond)
	}
	if jitter := s.Stats().Jitter; jitter < 7900*time.Microsecond || jitter > 8*time.Millisecond {
		t.Error(jitter)
	}
}

// eventPacket makes one of RFC 4733.
func eventPacket(t testing.TB, sequence uint16, timestamp uint32, code byte, end bool, duration uint16) []byte {
	flags := byte(10)
	if end {
		flags |= 0x80
	}
	return datagram(t, sequence, func(p *rtp.Packet) {
		p.PayloadType, p.Timestamp = 101, timestamp
		p.Payload = binary.BigEndian.AppendUint16([]byte{code, flags}, duration)
	})
}

func TestEventsAreToldOnce(t *testing.T) {
	type digit struct {
		name byte
		d    time.Duration
	}
	var told []digit
	s, _ := listener(t, func(s *Stream) {
		s.Events = func(name byte, d time.Duration) { told = append(told, digit{name, d}) }
	})
	sequence := uint16(0)
	send := func(timestamp uint32, code byte, end bool, duration uint16) {
		sequence++
		s.readRTP(eventPacket(t, sequence, timestamp, code, end, duration), thereAddr, fakeEpoch)
	}
	send(1000, 5, false, 160)
	send(1000, 5, false, 320)
	for range 3 {
		send(1000, 5, true, 480)
	}
	send(1000, 5, false, 160) // late
	send(2000, 11, true, 800) // only an end came
	send(9000, 1, false, 160) // its end is lost: another begins
	send(9000, 1, false, 320)
	send(12000, 1, false, 160) // its end is lost: speech goes on
	sequence = 80
	s.readRTP(datagram(t, 81, nil), thereAddr, fakeEpoch)
	send(20000, 2, false, 0xFFFF) // 10 s in two segments
	send(20000+0xFFFF, 2, false, 160)
	send(20000+0xFFFF, 2, true, 14465)
	send(20000+0xFFFF, 2, true, 14465)
	send(300000, 99, true, 160) // no digit
	want := []digit{
		{'5', 60 * time.Millisecond}, {'#', 100 * time.Millisecond}, {'1', 40 * time.Millisecond}, {'1', 20 * time.Millisecond}, {'2', 10 * time.Second},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("%v\nwant %v", told, want)
	}
}

func TestReportsSurviveTheWire(t *testing.T) {
	for _, want := range []report{
		{ssrc: 7},
		{ssrc: 7, cname: "abc", bye: true},
		{ssrc: 7, cname: "abcd/efgh+ijkl=", sender: &senderInfo{ntp: 1 << 60, rtp: 3, packets: 4, octets: 5}},
		{ssrc: 7, blocks: []reportBlock{{ssrc: 8, fraction: 9, lost: -3, highest: 1 << 20, jitter: 11, lastSR: 12, sinceThen: 13}, {lost: 1<<23 - 1}}},
	} {
		octets := want.append(nil)
		got, ok := parseReport(octets)
		if !ok || !reflect.DeepEqual(got, want) || len(octets)%4 != 0 {
			t.Errorf("%+v\nwant %+v", got, want)
		}
		for cut := 1; cut < 8; cut++ {
			if _, ok := parseReport(octets[:cut]); ok {
				t.Errorf("%+v cut to %d octets is read", want, cut)
			}
		}
	}
	at := time.Date(2036, 2, 7, 6, 28, 15, 500_000_000, time.UTC)
	if got := fromNTP(ntpTime(at)); got.Sub(at).Abs() > time.Microsecond {
		t.Errorf("%v, want %v", got, at)
	}
}

func FuzzRTP(f *testing.F) {
	f.Add(datagram(f, 1, nil), datagram(f, 3, func(p *rtp.Packet) { p.SSRC = 9 }), byte(PCMU))
	f.Add(datagram(f, 1, nil), eventPacket(f, 2, 160, 5, true, 800), byte(PCMA))
	f.Add(datagram(f, 9, func(p *rtp.Packet) { p.Payload = []byte{2, 1, 1, 1, 3} }), []byte{0xA0, 0, 0, 2}, byte(G723))
	f.Add(datagram(f, 9, nil), datagram(f, 10, func(p *rtp.Packet) { p.Payload = make([]byte, 12) }), byte(G729))
	f.Fuzz(func(t *testing.T, first, second []byte, codec byte) {
		s, _ := listener(t, func(s *Stream) {
			s.Codec = PCMU + Codec(codec)%ILBC30
			_, s.Sink = Echo()
		})
		for range 2 {
			s.readRTP(first, thereAddr, fakeEpoch)
			s.readRTP(second, thereAddr, fakeEpoch.Add(time.Second))
		}
		stats := s.Stats()
		if counted := stats.Malformed + stats.Unknown + stats.Received; counted > 4+4 || counted == 0 && len(first) == 0 {
			t.Errorf("%+v", stats)
		}
	})
}

func FuzzRTCP(f *testing.F) {
	full := report{ssrc: 1, sender: &senderInfo{}, blocks: []reportBlock{{ssrc: 2}}, cname: "x", bye: true}
	f.Add(full.append(nil))
	f.Add((&report{ssrc: 1}).append(nil))
	f.Fuzz(func(t *testing.T, octets []byte) {
		s, _ := listener(t, nil)
		s.readRTCP(octets, thereAddr, fakeEpoch)
		if in, ok := parseReport(octets); ok {
			again, ok := parseReport(in.append(nil))
			if len(in.blocks) <= 31 && (!ok || again.ssrc != in.ssrc || len(again.blocks) != len(in.blocks)) {
				t.Errorf("%+v\nread again\n%+v", in, again)
			}
		}
	})
}
