package media

import (
	"net/netip"
	"testing"
	"time"
)

// BenchmarkPacket is the way of one packet of µ-law without the system: made,
// and heard by a peer.
func BenchmarkPacket(b *testing.B) {
	for name, source := range map[string]Source{"silence": nil, "tone": Tone(440)} {
		b.Run(name, func(b *testing.B) {
			hears, heard := listener(b, nil)
			wire := &straight{to: hears}
			s := newSession(NewPacer(), wire, hereAddr)
			stream, err := newRunning(Stream{Remote: thereAddr, Codec: PCMU, Send: true, Source: source})
			if err != nil {
				b.Fatal(err)
			}
			now := fakeEpoch
			b.ReportAllocs()
			for b.Loop() {
				wire.now = now
				s.sender.step(stream, now)
				now = now.Add(frameTime)
				*heard = (*heard)[:0]
			}
		})
	}
}

// straight is a wire from one session to another.
type straight struct {
	air
	to  *Session
	now time.Time
}

func (s *straight) writeRTP(datagram []byte, _ netip.AddrPort) error {
	s.to.readRTP(datagram, thereAddr, s.now)
	return nil
}
