// The offer/answer model.
package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

var (
	// ErrNoCommonCodec says that the two ends share no encoding of speech; an
	// INVITE is then answered with 488 (RFC 3261 section 21.4.26).
	ErrNoCommonCodec = errors.New("sdp: no common codec")
	// ErrRefused says that the answer refuses the audio (port 0).
	ErrRefused = errors.New("sdp: the answer refuses the audio")
)

// Local is this end of a session.
type Local struct {
	User      string     // of o=; "" and what has spaces print "-"
	Session   uint64     // the number of the session; the first description has it as its version too
	Name      string     // of s=; "" prints "SIP Call"
	Address   netip.Addr // where RTP is received
	Port      uint16
	Codecs    []Codec // in order of preference; telephone-event among them: digits may be sent (RFC 4733)
	Direction Direction
	Ptime     time.Duration // wanted in a packet; 0: says nothing in an offer, in an answer what the offer says
}

// With gives the same end with another direction, for hold.
func (l Local) With(direction Direction) Local {
	l.Direction = direction
	return l
}

// describe is a description without codecs.
func (l Local) describe() *Description {
	d := &Description{
		User: l.User, Session: l.Session, Version: l.Session, Origin: l.Address.String(), Name: l.Name,
		Address: l.Address, Audio: true, Port: l.Port, Direction: l.Direction, Ptime: l.Ptime,
	}
	if d.User == "" || strings.ContainsAny(d.User, " \t\r\n") { // fields of o= have no spaces
		d.User = "-"
	}
	if d.Name == "" {
		d.Name = "SIP Call"
	}
	return d
}

// Offer describes all that this end can do.
func Offer(local Local) *Description {
	d := local.describe()
	d.Codecs, d.DTMF = speech(local.Codecs)
	return d
}

// speech parts the encodings of speech from telephone-event.
func speech(codecs []Codec) (speech []Codec, events Codec) {
	for _, codec := range codecs {
		if isEvents(codec) {
			events = codec
		} else {
			speech = append(speech, codec)
		}
	}
	return speech, events
}

// Answer picks the first codec of the offer that this end has too, and with it
// telephone-event when both have it; it refuses all other media. Its numbers
// are the offer's. An offer that switches the audio off (port 0) is answered
// alike, and chosen then has no name. ErrNoCommonCodec: there is none.
func Answer(offer *Description, local Local) (answer *Description, chosen Codec, err error) {
	if !offer.Audio {
		return nil, Codec{}, fmt.Errorf("%w: no audio over RTP/AVP is offered", ErrNoCommonCodec)
	}
	answer = local.describe()
	answer.Direction = local.Direction.And(offer.Flow().Reverse())
	for _, other := range offer.Others {
		other.Port = 0
		answer.Others = append(answer.Others, other)
	}
	if answer.Ptime == 0 {
		answer.Ptime = offer.Ptime
	}
	if offer.Port == 0 {
		answer.Port, answer.Codecs = 0, offer.Codecs
		return answer, Codec{}, nil
	}
	own, events := speech(local.Codecs)
	for _, offered := range offer.Codecs {
		if mine, ok := find(own, offered); ok {
			chosen = answered(offered, mine)
			answer.Codecs = []Codec{chosen}
			if offer.DTMF.Same(events) {
				answer.DTMF = answered(offer.DTMF, events)
			}
			return answer, chosen, nil
		}
	}
	return nil, Codec{}, ErrNoCommonCodec
}

// Accepted gives the codec that the author of the offer may send: the first of
// the answer that was offered, with the answer's payload type. Digits go with
// answer.DTMF when the offer has a DTMF too.
func (d *Description) Accepted(answer *Description) (Codec, error) {
	if offered, got := d.lines(), answer.lines(); offered != got {
		return Codec{}, fmt.Errorf("sdp: the answer has %d media lines, the offer %d", got, offered)
	}
	if !answer.Audio || answer.Port == 0 {
		return Codec{}, ErrRefused
	}
	for _, codec := range answer.Codecs {
		if mine, ok := find(d.Codecs, codec); ok {
			if codec.Parameters == "" { // then what the offer said of the encoding stands
				codec = answered(codec, mine)
			}
			return codec, nil
		}
	}
	return Codec{}, ErrNoCommonCodec
}

func (d *Description) lines() int {
	if d.Audio {
		return len(d.Others) + 1
	}
	return len(d.Others)
}

// After makes d follow the previous description of the same author: it keeps
// the session's number, and its version is one higher unless nothing has
// changed (RFC 3264 section 8). A nil previous leaves d as it is.
func (d *Description) After(previous *Description) *Description {
	if previous == nil {
		return d
	}
	d.User, d.Session, d.Version, d.Origin, d.Name = previous.User, previous.Session, previous.Version, previous.Origin, previous.Name
	if d.String() != previous.String() {
		d.Version++
	}
	return d
}
