// How well the packets of one source come in (RFC 3550 appendix A).
package media

import "math"

const (
	maxDropout  = 3000 // A.1: a greater leap is a source that began anew
	maxMisorder = 100
)

// reception follows the sequence numbers of one source.
type reception struct {
	ssrc     uint32
	begun    bool
	base     uint32 // extended sequence number of the first packet
	highest  uint32 // extended
	suspect  uint32 // the sequence number that would confirm a new beginning; 1<<16: none
	received int64

	earlier      int64 // lost by sources before this one
	transit      uint32
	hasTransit   bool
	jitter       float64 // timestamp units
	priorExpect  int64   // at the last report
	priorReceive int64
}

// packet counts a packet; false: its number makes no sense (yet).
func (r *reception) packet(ssrc uint32, sequence uint16) bool {
	if !r.begun || ssrc != r.ssrc {
		r.begin(ssrc, sequence)
		return true
	}
	switch delta := sequence - uint16(r.highest); {
	case delta < maxDropout:
		r.highest += uint32(delta)
	case uint32(delta) <= 1<<16-maxMisorder:
		if uint32(sequence) != r.suspect {
			r.suspect = uint32(sequence + 1)
			return false
		}
		r.begin(ssrc, sequence)
		return true
	}
	r.suspect = 1 << 16
	r.received++
	return true
}

func (r *reception) begin(ssrc uint32, sequence uint16) {
	*r = reception{
		ssrc: ssrc, begun: true, suspect: 1 << 16, received: 1, earlier: r.lost(),
		base: uint32(sequence), highest: uint32(sequence),
	}
}

// arrival reckons the jitter (A.8); both times are in timestamp units.
func (r *reception) arrival(arrived, timestamp uint32) {
	transit := arrived - timestamp
	if r.hasTransit {
		r.jitter += (math.Abs(float64(int32(transit-r.transit))) - r.jitter) / 16
	}
	r.transit, r.hasTransit = transit, true
}

// leap forgets the last transit: a source that pauses moves its clock.
func (r *reception) leap() { r.hasTransit = false }

func (r *reception) expected() int64 { return int64(r.highest-r.base) + 1 }

// lost is A.3, over all sources so far.
func (r *reception) lost() int64 {
	if !r.begun {
		return 0
	}
	return r.earlier + r.expected() - r.received
}

// fraction is the share lost since the last time it was asked, in 256ths (A.3).
func (r *reception) fraction() byte {
	expected, received := r.expected()-r.priorExpect, r.received-r.priorReceive
	r.priorExpect, r.priorReceive = r.expected(), r.received
	if lost := expected - received; expected > 0 && lost > 0 {
		return byte(min(lost<<8/expected, 255))
	}
	return 0
}
