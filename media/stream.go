// What a session does at a time: where to, with which codec, from which mouth
// to which ear.
package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"
)

// Source is a mouth. Frame fills 20 ms (160 samples); false: it has ended, and
// what it left in pcm is not sent. It is called by the Pacer of all sessions
// and must not wait.
type Source interface {
	Frame(pcm []int16) bool
}

// Sink is an ear. Frame takes 20 ms (160 samples), which are its own only
// until it returns. It is called by the reader of its session; a last frame
// may still come while Start or Close returns.
type Sink interface {
	Frame(pcm []int16)
}

// EncodedSource is a Source that also has frames of a codec, made elsewhere.
// Encoded puts the next one in frame, which is long enough, and gives its
// length; false: it has ended. Length 0: no frame at this time.
type EncodedSource interface {
	Source
	Encoded(frame []byte) (length int, more bool)
}

// EncodedSink is a Sink that also takes the frames of a codec as they came.
type EncodedSink interface {
	Sink
	Encoded(frame []byte)
}

// Stream is what a session does until the next Start.
type Stream struct {
	Remote     netip.AddrPort // where RTP is sent to, and whose host it is taken from
	RemoteRTCP netip.AddrPort // not valid: the next port of Remote
	Symmetric  bool           // answer to where the first packet came from, not to Remote (RFC 4961)

	Codec            Codec
	PayloadType      uint8         // of Codec in what is sent
	EventType        uint8         // of telephone-event in what is sent; 0: none
	ReceiveEventType uint8         // of telephone-event in what is received; 0: as EventType
	ReceiveType      uint8         // of Codec in what is received; 0: as PayloadType
	Packetization    time.Duration // of sound in a packet; 0: 20 ms; rounded to whole frames of the codec
	ReportEvery      time.Duration // between RTCP reports on average; 0: 5 s (RFC 3550 section 6.2)

	Send, Receive bool   // neither: held, only reports go out
	Source        Source // nil: silence, or frames of zeros for codecs that are not made here
	Sink          Sink   // nil: what comes is only counted

	// Events is told each digit that came by RFC 4733, when it has ended.
	// It is called by the reader of the session.
	Events func(digit byte, d time.Duration)
}

var (
	// ErrNoEncoder says that sound cannot be sent with a codec that is not made here.
	ErrNoEncoder = errors.New("media: nothing here encodes sound for this codec")
	// ErrNotSending says that the stream has no way to send a digit now.
	ErrNotSending = errors.New("media: the session does not send")
	// ErrClosed is what a closed session answers.
	ErrClosed = errors.New("media: the session is closed")
)

// running is a Stream in use. Only the two targets change, when Symmetric.
type running struct {
	Stream
	packet      time.Duration // of sound in a packet
	rtp, rtcp   atomic.Pointer[netip.AddrPort]
	encoded     EncodedSource
	encodedSink EncodedSink
}

func newRunning(stream Stream) (*running, error) {
	r := &running{Stream: stream}
	if (stream.Send || stream.Receive) && stream.Codec == NoCodec {
		return nil, errors.New("media: a stream that sends or receives needs a codec")
	}
	if stream.Send && (!stream.Remote.IsValid() || stream.Remote.Port() == 0 || stream.Remote.Addr().IsUnspecified()) {
		return nil, fmt.Errorf("media: there is no sending to %v", stream.Remote)
	}
	if stream.PayloadType > 127 || stream.EventType > 127 || stream.ReceiveType > 127 || stream.ReceiveEventType > 127 {
		return nil, errors.New("media: a payload type is at most 127")
	}
	if r.ReceiveType == 0 {
		r.ReceiveType = stream.PayloadType
	}
	if r.ReceiveEventType == 0 {
		r.ReceiveEventType = stream.EventType
	}
	if r.ReportEvery <= 0 {
		r.ReportEvery = reportEvery
	}
	if stream.Codec != NoCodec {
		r.packet = stream.Codec.packet(stream.Packetization)
	}
	if !stream.Codec.PCM() && stream.Send && stream.Source != nil {
		var ok bool
		if r.encoded, ok = stream.Source.(EncodedSource); !ok {
			return nil, fmt.Errorf("%w (%v): give a FrameFile as its source, or none", ErrNoEncoder, stream.Codec)
		}
		if of, ok := stream.Source.(*Frames); ok && of.Codec() != stream.Codec {
			return nil, fmt.Errorf("media: frames of %v are no frames of %v", of.Codec(), stream.Codec)
		}
	}
	if !stream.Codec.PCM() {
		r.encodedSink, _ = stream.Sink.(EncodedSink)
	}
	if stream.Remote.IsValid() {
		r.rtp.Store(&stream.Remote)
		control := stream.RemoteRTCP
		if !control.IsValid() && stream.Remote.Port() < 65535 {
			control = netip.AddrPortFrom(stream.Remote.Addr(), stream.Remote.Port()+1)
		}
		if control.IsValid() {
			r.rtcp.Store(&control)
		}
	}
	return r, nil
}

// accepts is true for a packet from the host that the stream is with; with
// Symmetric the first packet says where it is.
func (r *running) accepts(from netip.AddrPort, target *atomic.Pointer[netip.AddrPort], latched *bool) bool {
	if r.Symmetric && !*latched {
		*latched = true
		first := from // a copy, so that from need not be allocated for each packet
		target.Store(&first)
		return true
	}
	known := target.Load()
	return known != nil && known.Addr() == from.Addr()
}
