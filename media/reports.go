// When reports are sent, what they say, and what is learnt from those that come.
package media

import (
	"crypto/rand"
	"encoding/base64"
	mathrand "math/rand/v2"
	"net/netip"
	"time"
)

// reportEvery is the least time between reports on average (RFC 3550 section 6.2).
const reportEvery = 5 * time.Second

// reporter belongs to the Pacer's goroutine; session and cname do not change.
type reporter struct {
	session  *Session
	cname    string
	stream   *running
	due      time.Time
	sentThen uint64 // packets sent at the last report
}

// init draws a name that tells nothing about the host (RFC 7022 section 4.2).
func (r *reporter) init(session *Session) {
	var random [12]byte
	rand.Read(random[:])
	r.session, r.cname = session, base64.StdEncoding.EncodeToString(random[:])
}

// step sends the report that is due, and gives the time of the next. The first
// comes after half the time (RFC 3550 section 6.3.1).
func (r *reporter) step(stream *running, now time.Time) time.Time {
	if r.due.IsZero() {
		r.due = now.Add(spread(stream.ReportEvery / 2))
	} else if sooner := now.Add(stream.ReportEvery * 3 / 2); stream != r.stream && r.due.After(sooner) {
		r.due = now.Add(spread(stream.ReportEvery))
	}
	r.stream = stream
	if !now.Before(r.due) {
		r.due = now.Add(spread(stream.ReportEvery))
		r.send(stream)
	}
	return r.due
}

// spread draws from half to one and a half of a time, so that reports of many
// sessions do not fall together.
func spread(d time.Duration) time.Duration {
	return d/2 + time.Duration(mathrand.Int64N(int64(d)+1))
}

func (r *reporter) send(stream *running) {
	s, at := r.session, time.Now()
	f := &s.figures
	f.mu.Lock()
	out := report{ssrc: s.sender.ssrc, cname: r.cname, blocks: f.blocks(at)}
	if f.stats.Sent > r.sentThen {
		out.sender = &senderInfo{
			ntp: ntpTime(at), rtp: s.sender.timestamp(at), packets: uint32(f.stats.Sent), octets: uint32(f.stats.SentOctets),
		}
	}
	r.sentThen = f.stats.Sent
	f.mu.Unlock()
	r.session.write(stream, &out)
}

// write sends a report to where the stream's reports go.
func (s *Session) write(stream *running, out *report) {
	to := stream.rtcp.Load()
	if to == nil || to.Addr().IsUnspecified() {
		return
	}
	if err := s.sockets.writeRTCP(out.append(nil), *to); err == nil {
		s.figures.count(&s.figures.stats.ReportsSent)
	}
}

// blocks says how the other end is heard. The caller holds f.mu.
func (f *figures) blocks(at time.Time) []reportBlock {
	if !f.heard.begun {
		return nil
	}
	block := reportBlock{
		ssrc: f.heard.ssrc, fraction: f.heard.fraction(), lost: int32(min(f.heard.lost(), 1<<23-1)),
		highest: f.heard.highest, jitter: uint32(f.heard.jitter),
	}
	if f.remote.ssrc == f.heard.ssrc && !f.remote.at.IsZero() {
		block.lastSR, block.sinceThen = f.remote.middle, uint32(at.Sub(f.remote.at)*65536/time.Second)
	}
	return []reportBlock{block}
}

// sayGoodbye tells the other end that this one has left, unless it never spoke.
func (s *Session) sayGoodbye() {
	stats := s.Stats()
	if stream := s.stream.Load(); stream != nil && stats.Sent+stats.ReportsSent > 0 {
		s.write(stream, &report{ssrc: s.sender.ssrc, cname: s.reports.cname, bye: true})
	}
}

// control takes reports; it belongs to the goroutine that reads RTCP.
type control struct {
	session *Session
	stream  *running // that the rest belongs to
	latched bool     // a Symmetric stream knows its other end
}

// readRTCP takes a datagram from the RTCP port.
func (s *Session) readRTCP(datagram []byte, from netip.AddrPort, at time.Time) {
	f, c, stream := &s.figures, &s.control, s.stream.Load()
	if stream != c.stream {
		c.stream, c.latched = stream, false
	}
	if stream == nil {
		f.count(&f.stats.Early)
		return
	}
	in, ok := parseReport(datagram)
	if !ok {
		f.count(&f.stats.Malformed)
		return
	}
	if !stream.accepts(from, &stream.rtcp, &c.latched) {
		f.count(&f.stats.Strangers)
		return
	}
	f.learn(&in, s.sender.ssrc, at)
}

// learn keeps what a report says, of its sender and of us.
func (f *figures) learn(in *report, ssrc uint32, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.ReportsReceived++
	f.stats.Goodbye = f.stats.Goodbye || in.bye
	if in.sender != nil {
		f.stats.Sender = SenderReport{Time: fromNTP(in.sender.ntp), RTP: in.sender.rtp, Packets: in.sender.packets, Octets: in.sender.octets}
		f.remote.ssrc, f.remote.middle, f.remote.at = in.ssrc, middle(in.sender.ntp), at
	}
	for _, block := range in.blocks {
		if block.ssrc != ssrc {
			continue
		}
		f.stats.Reception = Reception{Fraction: float64(block.fraction) / 256, Lost: block.lost, Jitter: jitterTime(float64(block.jitter))}
		if elapsed := middle(ntpTime(at)) - block.lastSR - block.sinceThen; block.lastSR != 0 && int32(elapsed) >= 0 {
			f.stats.RoundTrip = time.Duration(elapsed) * time.Second / 65536
		}
	}
}
