// Package media is the mouth and the ears of a phone: RTP and RTCP (RFC 3550)
// over one pair of UDP ports, G.711, digits (RFC 4733 and in-band), tones and
// WAV files.
//
//	session, err := media.Open(here, 5004, 5099)     // the address goes into the offer
//	codec, err := media.ParseCodec("PCMU", "")       // what the answer chose
//	err = session.Start(media.Stream{                // again after each new offer: hold, another address
//		Remote: there, Codec: codec, PayloadType: 0, EventType: 101,
//		Send: true, Receive: true, Source: media.Tone(440), Sink: recorder,
//	})
//	err = session.SendEvent('5', 100*time.Millisecond)
//	err = session.Close()
//
// Sound is 16-bit linear PCM at 8000 Hz, one channel, in frames of 20 ms. What
// no table can encode (G.723.1, G.729, iLBC) is carried as it is, from and to
// files of frames (FrameFile).
//
// One Pacer sends for all sessions that it opened: a process with many calls
// makes one Pacer; Open makes one for its session alone. Sources are called by
// the Pacer, sinks by the reader of the session; neither may wait for long.
package media
