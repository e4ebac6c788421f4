package media

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// air is a network in memory: what one session writes is kept, and read by its
// peer at once.
type air struct {
	from    netip.AddrPort
	peer    *Session // nil: nobody hears
	lose    func(packet rtp.Packet) bool
	packets []flying
	reports []report
}

type flying struct {
	at time.Duration // since the beginning
	rtp.Packet
}

// fakeEpoch is when the clocks of synctest begin.
var fakeEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (a *air) writeRTP(datagram []byte, to netip.AddrPort) error {
	var packet rtp.Packet
	if err := packet.Unmarshal(slices.Clone(datagram)); err != nil {
		return err
	}
	a.packets = append(a.packets, flying{time.Since(fakeEpoch), packet})
	if a.peer != nil && (a.lose == nil || !a.lose(packet)) {
		a.peer.readRTP(datagram, a.from, time.Now())
	}
	return nil
}

func (a *air) writeRTCP(datagram []byte, to netip.AddrPort) error {
	in, ok := parseReport(datagram)
	if !ok {
		return errors.New("no report")
	}
	a.reports = append(a.reports, in)
	if a.peer != nil {
		a.peer.readRTCP(datagram, netip.AddrPortFrom(a.from.Addr(), a.from.Port()+1), time.Now())
	}
	return nil
}

func (a *air) close() error { return nil }

var hereAddr, thereAddr = netip.MustParseAddrPort("127.0.0.1:5004"), netip.MustParseAddrPort("127.0.0.2:5004")

// inAir makes a session, and its like at the other end.
func inAir(pacer *Pacer) (here, there *Session, out, back *air) {
	out, back = &air{from: hereAddr}, &air{from: thereAddr}
	here, there = newSession(pacer, out, hereAddr), newSession(pacer, back, thereAddr)
	out.peer, back.peer = there, here
	return
}

// sourceFunc is a Source.
type sourceFunc func([]int16) bool

func (f sourceFunc) Frame(pcm []int16) bool { return f(pcm) }

func TestPacketsLeaveOnTime(t *testing.T) {
	for _, test := range []struct {
		codec   Codec
		wanted  time.Duration
		between time.Duration
		octets  int
	}{
		{PCMU, 0, 20 * time.Millisecond, 160},
		{PCMA, 30 * time.Millisecond, 30 * time.Millisecond, 240},
		{PCMU, 8 * time.Millisecond, 10 * time.Millisecond, 80},
		{PCMU, time.Hour, 200 * time.Millisecond, 1600},
		{G723, 60 * time.Millisecond, 60 * time.Millisecond, 48},
		{G723, 0, 30 * time.Millisecond, 24},
		{G729, 0, 20 * time.Millisecond, 20},
		{ILBC20, 60 * time.Millisecond, 60 * time.Millisecond, 114},
		{ILBC30, 20 * time.Millisecond, 30 * time.Millisecond, 50},
	} {
		synctest.Test(t, func(t *testing.T) {
			here, _, out, _ := inAir(NewPacer())
			start(t, here, Stream{Remote: thereAddr, Codec: test.codec, PayloadType: 9, Packetization: test.wanted, Send: true})
			time.Sleep(test.between*50 + slot/2)
			here.Close()
			synctest.Wait()
			if len(out.packets) != 51 {
				t.Fatalf("%v: %d packets", test.codec, len(out.packets))
			}
			for i, packet := range out.packets {
				first := out.packets[0]
				if packet.at != first.at+time.Duration(i)*test.between || packet.SequenceNumber != first.SequenceNumber+uint16(i) ||
					packet.Timestamp != first.Timestamp+uint32(i)*samples(test.between) || packet.Marker != (i == 0) ||
					packet.PayloadType != 9 || packet.SSRC != first.SSRC || len(packet.Payload) != test.octets {
					t.Fatalf("%v: packet %d at %v: %+v", test.codec, i, packet.at, packet.Header)
				}
			}
		})
	}
}

// sleeper keeps the Pacer busy once.
type sleeper struct {
	since time.Time
	slept bool
}

func (s *sleeper) tick(now time.Time) time.Time {
	if busy := s.since.Add(30 * time.Millisecond); now.Before(busy) {
		return busy
	}
	if !s.slept {
		s.slept = true
		time.Sleep(75 * time.Millisecond)
	}
	return time.Time{}
}

func TestLateTimerLeapsInsteadOfBursting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pacer := NewPacer()
		here, _, out, _ := inAir(pacer)
		busy := &sleeper{since: time.Now()}
		start(t, here, Stream{Remote: thereAddr, Codec: PCMU, Send: true})
		pacer.add(busy)
		time.Sleep(106 * time.Millisecond)
		pacer.remove(busy)
		time.Sleep(99 * time.Millisecond)
		here.Close()
		synctest.Wait()
		var at, clock []int
		var marked []bool
		for _, packet := range out.packets {
			at = append(at, int((packet.at-out.packets[0].at)/time.Millisecond))
			clock = append(clock, int(packet.Timestamp-out.packets[0].Timestamp)/8)
			marked = append(marked, packet.Marker)
		}
		if want := []int{0, 20, 105, 120, 140, 160, 180, 200}; !reflect.DeepEqual(at, want) {
			t.Errorf("packets at %v ms, want %v", at, want)
		}
		if want := []int{0, 20, 100, 120, 140, 160, 180, 200}; !reflect.DeepEqual(clock, want) {
			t.Errorf("timestamps at %v ms, want %v", clock, want)
		}
		if want := []bool{true, false, true, false, false, false, false, false}; !reflect.DeepEqual(marked, want) {
			t.Errorf("markers %v, want %v", marked, want)
		}
	})
}

func TestHoldKeepsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, _, out, _ := inAir(NewPacer())
		talk := Stream{Remote: thereAddr, Codec: PCMU, EventType: 101, Send: true, Source: Tone(440)}
		held := talk
		held.Send = false
		start(t, here, talk)
		time.Sleep(95 * time.Millisecond)
		start(t, here, held)
		if err := here.SendEvent('1', 0); !errors.Is(err, ErrNotSending) {
			t.Error("a digit while held:", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if len(out.packets) != 5 {
			t.Fatalf("%d packets before and while held", len(out.packets))
		}
		start(t, here, talk)
		time.Sleep(10 * time.Millisecond)
		here.Close()
		synctest.Wait()
		if len(out.packets) != 6 {
			t.Fatalf("%d packets", len(out.packets))
		}
		last, next := out.packets[4], out.packets[5]
		if next.SequenceNumber != last.SequenceNumber+1 || !next.Marker || next.Timestamp-last.Timestamp != samples((next.at-last.at).Truncate(slot)) {
			t.Errorf("after %v: %+v, then %+v", next.at-last.at, last.Header, next.Header)
		}
	})
}

func TestSourceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there, out, _ := inAir(NewPacer())
		var ear []int16
		start(t, there, Stream{Remote: hereAddr, Codec: PCMU, Receive: true, Sink: earFunc(func(pcm []int16) { ear = append(ear, pcm...) })})
		start(t, here, Stream{Remote: thereAddr, Codec: PCMU, Send: true, Source: Samples(make([]int16, 500), false)})
		time.Sleep(time.Second)
		here.Close()
		there.Close()
		synctest.Wait()
		if len(out.packets) != 4 || len(ear) != 640 {
			t.Errorf("%d packets, %d samples heard", len(out.packets), len(ear))
		}
	})
}

// One goroutine sends for all, and it ends with the last session.
func TestPacerIsOneGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pacer, before := NewPacer(), runtime.NumGoroutine()
		var sessions []*Session
		for range 200 {
			s := newSession(pacer, &air{from: hereAddr}, hereAddr)
			start(t, s, Stream{Remote: thereAddr, Codec: PCMU, Send: true})
			sessions = append(sessions, s)
		}
		if more := runtime.NumGoroutine() - before; more != 1 {
			t.Errorf("%d goroutines more", more)
		}
		time.Sleep(time.Second)
		for _, s := range sessions {
			if sent := s.Stats().Sent; sent < 49 || sent > 51 {
				t.Fatalf("%d packets in a second", sent)
			}
			s.Close()
		}
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more != 0 {
			t.Errorf("%d goroutines left", more)
		}
		start(t, newSession(pacer, &air{}, hereAddr), Stream{}) // it begins anew
		pacer.remove(pacer.members[0])
	})
}

func TestEventsOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there, out, _ := inAir(NewPacer())
		told := map[byte]time.Duration{}
		start(t, there, Stream{Remote: hereAddr, Codec: PCMU, EventType: 101, Receive: true,
			Events: func(digit byte, d time.Duration) { told[digit] = d }})
		start(t, here, Stream{Remote: thereAddr, Codec: PCMU, EventType: 101, Send: true, Source: Tone(440)})
		for digit, d := range map[byte]time.Duration{'2': 90 * time.Millisecond, 'd': 0, '!': 20 * time.Second} {
			if err := here.SendEvent(digit, d); err != nil {
				t.Fatal(err)
			}
			if err := here.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Millisecond)
		here.Close()
		there.Close()
		synctest.Wait()
		want := map[byte]time.Duration{'2': 90 * time.Millisecond, 'D': 40 * time.Millisecond, '!': 20 * time.Second}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
		if lost := there.Stats().Lost; lost != 0 || there.Stats().Events != 3 {
			t.Errorf("%+v", there.Stats())
		}

		var first []flying // the packets of digit 2
		for _, packet := range out.packets {
			if packet.PayloadType == 101 && packet.Payload[0] == 2 {
				first = append(first, packet)
			}
		}
		durations, ends := []uint16{}, []bool{}
		for i, packet := range first {
			if packet.Timestamp != first[0].Timestamp || packet.Marker != (i == 0) || packet.SequenceNumber != first[0].SequenceNumber+uint16(i) {
				t.Errorf("packet %d: %+v", i, packet.Header)
			}
			durations = append(durations, binary.BigEndian.Uint16(packet.Payload[2:]))
			ends = append(ends, packet.Payload[1]&0x80 != 0)
		}
		if !reflect.DeepEqual(durations, []uint16{160, 320, 480, 640, 720, 720, 720}) ||
			!reflect.DeepEqual(ends, []bool{false, false, false, false, true, true, true}) {
			t.Errorf("durations %v, ends %v", durations, ends)
		}
	})
}

func TestTonesOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there, _, _ := inAir(NewPacer())
		var told []byte
		detector := NewDTMFDetector(func(digit byte, d time.Duration) {
			told = append(told, digit)
			if d < 60*time.Millisecond || d > 100*time.Millisecond {
				t.Errorf("%c lasted %v", digit, d)
			}
		})
		start(t, there, Stream{Remote: hereAddr, Codec: PCMA, Receive: true, Sink: detector})
		start(t, here, Stream{Remote: thereAddr, Codec: PCMA, Send: true, Source: Tone(440), Packetization: 30 * time.Millisecond})
		for _, digit := range []byte("0123456789*#ABCD") {
			if err := here.SendTone(digit, 80*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		if err := here.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
		here.Close()
		there.Close()
		synctest.Wait()
		if string(told) != "0123456789*#ABCD" {
			t.Errorf("heard %s", told)
		}
	})
}

func TestDigitsThatCannotBeSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, _, _, _ := inAir(NewPacer())
		if err := here.SendTone('1', 0); !errors.Is(err, ErrNotSending) {
			t.Error("before Start:", err)
		}
		start(t, here, Stream{Remote: thereAddr, Codec: G729, Send: true})
		for name, err := range map[string]error{
			"no telephone-event": here.SendEvent('1', 0),
			"no such event":      here.SendEvent('x', 0),
			"no tones for it":    here.SendTone('!', 0),
			"no encoder":         here.SendTone('1', 0),
			"no encoder for sound": here.Start(Stream{
				Remote: thereAddr, Codec: G729, Send: true, Source: Tone(440)}),
			"no codec":       here.Start(Stream{Remote: thereAddr, Send: true}),
			"nowhere":        here.Start(Stream{Codec: PCMU, Send: true}),
			"old hold":       here.Start(Stream{Remote: netip.MustParseAddrPort("0.0.0.0:5004"), Codec: PCMU, Send: true}),
			"type above 127": here.Start(Stream{Remote: thereAddr, Codec: PCMU, PayloadType: 200}),
		} {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		start(t, here, Stream{Remote: thereAddr, Codec: PCMU, EventType: 101, Send: true})
		full := false
		for range maxQueue + 2 {
			full = here.SendEvent('1', time.Hour) != nil
		}
		if !full {
			t.Error("the queue has no end")
		}
		here.Close()
		synctest.Wait()
		if err := here.Flush(t.Context()); err != nil {
			t.Error("Close drops what waits:", err)
		}
		if err := here.Start(Stream{}); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := here.SendEvent('1', 0); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

func TestEchoComesBack(t *testing.T) {
	for _, codec := range []Codec{PCMU, G723} {
		synctest.Test(t, func(t *testing.T) {
			here, there, _, back := inAir(NewPacer())
			mouth, ear := Echo()
			detector := &ToneDetector{}
			start(t, there, Stream{Remote: hereAddr, Codec: codec, Send: true, Receive: true, Source: mouth, Sink: ear})
			var source Source = Tone(1000)
			if !codec.PCM() {
				source = nil // frames of zeros
			}
			start(t, here, Stream{Remote: thereAddr, Codec: codec, Send: true, Receive: true, Source: source, Sink: detector})
			time.Sleep(500 * time.Millisecond)
			here.Close()
			there.Close()
			synctest.Wait()
			if frequency, ok := detector.Dominant(); codec.PCM() && (!ok || frequency < 999 || frequency > 1001) {
				t.Errorf("%v: heard %v %v", codec, frequency, ok)
			}
			if len(back.packets) < 15 {
				t.Errorf("%v: %d packets came back", codec, len(back.packets))
			}
		})
	}
}

func TestReportsTellLossAndRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there, out, back := inAir(NewPacer())
		out.lose = func(packet rtp.Packet) bool { return packet.SequenceNumber%10 == 3 }
		both := Stream{Codec: PCMU, Send: true, Receive: true}
		both.Remote = hereAddr
		start(t, there, both)
		both.Remote = thereAddr
		start(t, here, both)
		time.Sleep(time.Minute + slot/2)
		here.Close()
		there.Close()
		synctest.Wait()
		stats := here.Stats()
		if stats.Sent < 2990 || stats.Lost != 0 || stats.Received != there.Stats().Sent {
			t.Errorf("%+v", stats)
		}
		if lost := there.Stats().Lost; lost < 295 || lost > 301 || stats.Sent-there.Stats().Received-uint64(lost) > 2 { // the first and the last are not missed
			t.Errorf("%d lost", lost)
		}
		if r := stats.Reception; r.Fraction < 0.08 || r.Fraction > 0.12 || r.Lost < 200 || stats.RoundTrip > time.Millisecond {
			t.Errorf("%+v, round trip %v", r, stats.RoundTrip)
		}
		if !there.Stats().Goodbye || there.Stats().Jitter != 0 {
			t.Errorf("%+v", there.Stats())
		}
		if count := len(out.reports); count < 9 || count > 25 { // each 2.5 to 7.5 s
			t.Errorf("%d reports in a minute", count)
		}
		for _, in := range back.reports[:len(back.reports)-1] {
			if in.sender == nil || in.cname != there.reports.cname || in.ssrc != there.sender.ssrc {
				t.Errorf("%+v", in)
			}
		}
	})
}
