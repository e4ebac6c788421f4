// What a session has counted.
package media

import (
	"net/netip"
	"sync"
	"time"
)

// Stats is what a session has counted since Open. Octets are of payloads.
type Stats struct {
	Sent, SentOctets uint64
	SendErrors       uint64 // packets that the system did not take

	Received, ReceivedOctets uint64        // packets of the stream, events included
	Lost                     int64         // RFC 3550 section A.3; duplicates make it less
	Jitter                   time.Duration // RFC 3550 section A.8
	Late                     uint64        // of the received: too late to be heard, or doubles
	Events                   uint64        // digits that came by RFC 4733

	Malformed uint64 // dropped: no RTP or RTCP
	Strangers uint64 // dropped: from another host than the stream's
	Unknown   uint64 // dropped: of a payload type that was not agreed on
	Early     uint64 // dropped: before Start, or while the stream does not receive

	ReportsSent, ReportsReceived uint64
	Sender                       SenderReport  // the last that came
	Reception                    Reception     // the last that came: how the other end hears us
	RoundTrip                    time.Duration // by the last Reception that told; 0: none has
	Goodbye                      bool          // the other end has sent an RTCP BYE
}

// SenderReport is what the other end has said of its sending (RFC 3550 section 6.4.1).
type SenderReport struct {
	Time    time.Time // its clock; zero: no report has come
	RTP     uint32    // its timestamp at that time
	Packets uint32
	Octets  uint32
}

// Reception is what the other end has said of our packets (RFC 3550 section 6.4.1).
type Reception struct {
	Fraction float64 // lost since the report before, 0 to 1
	Lost     int32   // lost in all
	Jitter   time.Duration
}

// figures is shared by the Pacer, the two readers and Stats.
type figures struct {
	mu     sync.Mutex
	stats  Stats
	heard  reception
	remote struct { // of the last sender report
		ssrc   uint32
		middle uint32 // bits of its NTP time
		at     time.Time
	}
}

// Stats gives the figures of now.
func (s *Session) Stats() Stats {
	f := &s.figures
	f.mu.Lock()
	defer f.mu.Unlock()
	stats := f.stats
	stats.Lost = f.heard.lost()
	stats.Jitter = jitterTime(f.heard.jitter)
	return stats
}

func jitterTime(units float64) time.Duration {
	return time.Duration(units * float64(time.Second/clockRate))
}

func (f *figures) sent(octets int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Sent++
	f.stats.SentOctets += uint64(octets)
}

// notSent takes back what the system did not take.
func (f *figures) notSent(octets int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Sent--
	f.stats.SentOctets -= uint64(octets)
	f.stats.SendErrors++
}

// count adds to one of the counters of f.stats.
func (f *figures) count(counter *uint64) {
	f.mu.Lock()
	*counter++
	f.mu.Unlock()
}

// RemoteAddr is where RTP goes now: the stream's Remote, or with Symmetric
// where it came from. Not valid before the first Start.
func (s *Session) RemoteAddr() netip.AddrPort {
	if stream := s.stream.Load(); stream != nil {
		if target := stream.rtp.Load(); target != nil {
			return *target
		}
	}
	return netip.AddrPort{}
}
