// Session: the two descriptions that a call stands on, and how they change
// (RFC 3264; RFC 3261 section 14).
package phone

import (
	"net/netip"

	"viaduct/sdp"
)

// session is the media of one call. It is guarded by the phone's lock.
type session struct {
	call    *Call
	local   sdp.Local
	sound   Sound
	mine    *sdp.Description // in force; nil at first
	theirs  *sdp.Description
	pending *sdp.Description // our offer that waits for its answer
	codec   sdp.Codec
	want    sdp.Direction // ours: SendOnly when we have put the peer on hold
	closed  bool
}

// openSound makes the sound of a call that will have this local address. The
// lock is not held: it may wait for a STUN server.
func (p *Phone) openSound(local netip.AddrPort, wait func()) (Sound, error) {
	if p.config.Media == nil {
		return silence(p.silentAt(local)), nil
	}
	return p.config.Media.Open(local.Addr(), wait)
}

// openSession makes the session of a call with a sound.
func (c *Call) openSession(sound Sound) {
	p := c.phone
	s := &session{call: c, sound: sound}
	at := sound.Address()
	s.local = sdp.Local{
		User: p.config.User, Session: p.style.Session, Name: p.style.SessionName,
		Address: at.Addr(), Port: at.Port(), Codecs: p.config.Codecs, Ptime: p.config.Ptime,
	}
	if s.local.Session == 0 {
		s.local.Session = p.stack.random() >> 33 // fits every reader
	}
	c.session = s
}

const sdpType = "application/sdp"

// offer describes us anew.
func (s *session) offer(want sdp.Direction) body {
	s.pending = sdp.Offer(s.local.With(want)).After(s.mine)
	return body{sdpType, s.pending.String()}
}

// answer takes an offer of the peer; after an error all is as it was.
func (s *session) answer(offer string) (body, error) {
	theirs, err := sdp.Parse(offer)
	if err != nil {
		return body{}, err
	}
	mine, codec, err := sdp.Answer(theirs, s.local.With(s.want))
	if err != nil {
		return body{}, err
	}
	s.mine, s.theirs, s.codec = mine.After(s.mine), theirs, codec
	return body{sdpType, s.mine.String()}, nil
}

// accept takes the peer's answer to our offer. It is not the last one as long
// as the call is only ringing: who answers in the end may be another (section
// 13.2.1 of RFC 3261).
func (s *session) accept(answer string, last bool) error {
	if s.pending == nil {
		return nil
	}
	if answer == "" && s.theirs != nil { // it was in a provisional response
		s.settle(last)
		return nil
	}
	theirs, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	codec, err := s.pending.Accepted(theirs)
	if err != nil {
		return err
	}
	s.mine, s.theirs, s.codec = s.pending, theirs, codec
	s.settle(last)
	return nil
}

// refused takes back an offer that was refused.
func (s *session) refused() { s.pending = nil }

func (s *session) settle(last bool) {
	if last {
		s.pending = nil
	}
}

// start lets the sound follow what was agreed on.
func (s *session) start() error {
	if s.closed || s.mine == nil || s.theirs == nil {
		return nil
	}
	way := s.direction()
	stream := Stream{
		Remote: s.theirs.RTPAddr(), Codec: s.codec, Ptime: s.theirs.Ptime,
		Send: way.Sends(), Receive: way.Receives(), Digit: s.call.heardDigit,
	}
	if s.mine.DTMF.Name != "" && s.theirs.DTMF.Name != "" {
		stream.DTMF, stream.OurDTMF = s.theirs.DTMF, s.mine.DTMF
	}
	for _, codec := range s.mine.Codecs {
		if codec.Same(s.codec) {
			stream.Ours = codec
			break
		}
	}
	return s.sound.Start(stream)
}

// direction is which way sound flows, seen from us.
func (s *session) direction() sdp.Direction {
	if s.mine == nil || s.theirs == nil {
		return sdp.Inactive
	}
	return s.mine.Flow().And(s.theirs.Flow().Reverse())
}

// isHeld tells whether the peer has put us on hold.
func (s *session) isHeld() bool { return s.theirs != nil && !s.theirs.Flow().Receives() }

// report says what was sent and heard.
func (s *session) report() Report {
	r := s.sound.Report()
	r.Codec = s.codec.Name
	if s.theirs != nil {
		r.Remote = s.theirs.RTPAddr()
	}
	return r
}

func (s *session) close() {
	if !s.closed {
		s.closed = true
		s.sound.Close()
	}
}
