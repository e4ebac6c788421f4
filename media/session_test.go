package media

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func open(t testing.TB, pacer *Pacer) *Session {
	s, err := pacer.Open(loopback, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func start(t testing.TB, s *Session, stream Stream) {
	t.Helper()
	if err := s.Start(stream); err != nil {
		t.Fatal(err)
	}
}

// earFunc is a Sink.
type earFunc func([]int16)

func (f earFunc) Frame(pcm []int16) { f(pcm) }

// heard waits for something that another goroutine tells.
func heard[T any](t testing.TB, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(5 * time.Second):
		t.Fatal("nothing came within 5 s")
	}
	return value
}

func TestTwoSessionsTalk(t *testing.T) {
	pacer := NewPacer()
	a, b := open(t, pacer), open(t, pacer)
	if a.Addr().Port()%2 != 0 {
		t.Error("odd port", a.Addr())
	}
	sound, digits := make(chan []int16, 100), make(chan byte, 10)
	ear := earFunc(func(pcm []int16) { sound <- append([]int16(nil), pcm...) })
	start(t, b, Stream{
		Remote: a.Addr(), Codec: PCMA, PayloadType: 8, EventType: 101, Receive: true, Sink: ear, ReportEvery: 50 * time.Millisecond,
		Events: func(digit byte, d time.Duration) { digits <- digit },
	})
	start(t, a, Stream{
		Remote: b.Addr(), Codec: PCMA, PayloadType: 8, EventType: 101, Send: true, Receive: true, Source: Tone(440), ReportEvery: 50 * time.Millisecond,
	})
	got := heard(t, sound)
	want := make([]int16, frameSamples)
	Tone(440).Frame(want)
	for i := range want {
		if d := int(got[i]) - int(want[i]); d < -300 || d > 300 {
			t.Fatalf("sample %d is %d, want about %d", i, got[i], want[i])
		}
	}
	for _, digit := range []byte("5#") {
		if err := a.SendEvent(digit, 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	if first, second := heard(t, digits), heard(t, digits); first != '5' || second != '#' {
		t.Errorf("digits %c and %c", first, second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := a.Flush(ctx); err != nil {
		t.Error(err)
	}
	a.Close()
	for !b.Stats().Goodbye {
		time.Sleep(time.Millisecond)
		if ctx.Err() != nil {
			t.Fatal("no BYE came")
		}
	}
	sent, received := a.Stats(), b.Stats()
	if sent.Sent == 0 || received.Received+uint64(max(received.Lost, 0)) > sent.Sent || received.Lost != 0 || received.Events != 2 {
		t.Errorf("sent %+v\nreceived %+v", sent, received)
	}
	if sent.ReportsSent == 0 || received.ReportsReceived == 0 || received.Sender.Packets == 0 {
		t.Errorf("reports: sent %+v\nreceived %+v", sent, received)
	}
}
