// Audio: sound over RTP, for phones that really speak.
package phone

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"viaduct/media"
)

// Audio is the Media of phones that speak and hear. Its calls share one pacer,
// so that any number of them costs one sending goroutine.
type Audio struct {
	// First and Last bound the ports of RTP and RTCP; 0, 0: any.
	First, Last uint16
	// STUN is asked for the address that descriptions name; invalid: nobody.
	STUN netip.AddrPort
	// Mouth and Ear give each call what it says and what hears it; nil are
	// silence and nobody. A Sink with a Close is closed with its call.
	Mouth func() (media.Source, error)
	Ear   func() (media.Sink, error)
	// Both gives mouth and ear that belong together, in place of Mouth; Ear
	// then hears as well.
	Both func() (media.Source, media.Sink, error)

	pacer *media.Pacer
}

// NewAudio makes sound for any number of phones.
func NewAudio() *Audio { return &Audio{pacer: media.NewPacer()} }

// stunPatience is how long a call waits for the STUN server.
const stunPatience = 2 * time.Second

// Open takes a pair of ports.
func (a *Audio) Open(local netip.Addr, wait func()) (Sound, error) {
	session, err := a.pacer.Open(local, a.First, a.Last)
	if err != nil {
		return nil, fmt.Errorf("no port for sound: %w", err)
	}
	v := &voice{session: session, address: session.Addr()}
	if a.STUN.IsValid() {
		wait()
		ctx, cancel := context.WithTimeout(context.Background(), stunPatience)
		defer cancel()
		if v.address, err = session.Mapped(ctx, a.STUN); err != nil {
			session.Close()
			return nil, fmt.Errorf("the STUN server %v: %w", a.STUN, err)
		}
	}
	if err := v.open(a); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// voice is the sound of one call.
type voice struct {
	session *media.Session
	address netip.AddrPort
	mouth   media.Source
	ear     media.Sink
	other   media.Sink // that of Audio.Both
}

func (v *voice) open(a *Audio) (err error) {
	if a.Both != nil {
		if v.mouth, v.other, err = a.Both(); err != nil {
			return err
		}
	} else if a.Mouth != nil {
		if v.mouth, err = a.Mouth(); err != nil {
			return err
		}
	}
	if a.Ear != nil {
		v.ear, err = a.Ear()
	}
	return err
}

func (v *voice) Address() netip.AddrPort { return v.address }

// Start goes over to a stream. Without a codec or an address of the peer it
// rests.
func (v *voice) Start(s Stream) error {
	if s.Codec.Name == "" || !s.Remote.IsValid() || s.Remote.Port() == 0 {
		s.Send, s.Receive = false, false
	}
	stream := media.Stream{
		Remote: s.Remote, Symmetric: true, Send: s.Send, Receive: s.Receive, Packetization: s.Ptime,
		PayloadType: s.Codec.PayloadType, ReceiveType: s.Ours.PayloadType,
		EventType: s.DTMF.PayloadType, ReceiveEventType: s.OurDTMF.PayloadType,
		Source: v.mouth, Events: s.Digit,
	}
	if s.Codec.Name != "" {
		codec, err := media.ParseCodec(s.Codec.Name, s.Codec.Parameters)
		if err != nil {
			return err
		}
		stream.Codec, stream.Sink = codec, v.hearing(s, codec)
		if _, encoded := v.mouth.(media.EncodedSource); !codec.PCM() && !encoded {
			stream.Source = nil // sound that nothing here can encode
		}
	}
	return v.session.Start(stream)
}

// hearing gives the ear, which also knows the tones of digits: a peer may send
// them in the sound although it could do so beside it.
func (v *voice) hearing(s Stream, codec media.Codec) media.Sink {
	var all ears
	for _, ear := range []media.Sink{v.ear, v.other} {
		if ear != nil {
			all = append(all, ear)
		}
	}
	if s.Digit != nil && codec.PCM() {
		all = append(all, media.NewDTMFDetector(s.Digit))
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0] // it may take encoded frames as well
	}
	return all
}

// ears hears with all of them.
type ears []media.Sink

func (e ears) Frame(pcm []int16) {
	for _, ear := range e {
		ear.Frame(pcm)
	}
}

func (v *voice) Press(ctx context.Context, digit byte, d time.Duration, inBand bool) error {
	send := v.session.SendEvent
	if inBand {
		send = v.session.SendTone
	}
	if err := send(digit, d); err != nil {
		return err
	}
	return v.session.Flush(ctx)
}

func (v *voice) Report() Report {
	s := v.session.Stats()
	return Report{
		Local: v.session.Addr(), Remote: v.session.RemoteAddr(),
		Sent: s.Sent, Received: s.Received, Lost: uint64(max(s.Lost, 0)), Jitter: s.Jitter,
	}
}

// Close ends the sound; it does not wait for the other goroutines of it.
func (v *voice) Close() error {
	err := v.session.Close()
	if ear, ok := v.ear.(interface{ Close() error }); ok {
		ear.Close()
	}
	return err
}
