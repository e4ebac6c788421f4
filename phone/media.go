// Media: the mouth and the ears of calls, as the phone sees them.
package phone

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"viaduct/sdp"
)

// Media gives each call its sound. Config without one describes sound at
// Config.MediaPort but sends and hears none.
type Media interface {
	// Open makes the sound of one call, received at an address of ours. It is
	// called without a lock, and may wait when it has called wait before.
	Open(local netip.Addr, wait func()) (Sound, error)
}

// Sound is the RTP of one call. Start, Report and Close are called with the
// phone's lock held and must not wait.
type Sound interface {
	// Address is where RTP is received, as descriptions write it.
	Address() netip.AddrPort
	// Start begins to send and hear, or changes how.
	Start(s Stream) error
	// Press sends a digit, beside the sound (RFC 4733) or in it, and waits
	// until it is out.
	Press(ctx context.Context, digit byte, d time.Duration, inBand bool) error
	Report() Report
	Close() error
}

// Stream is what the two ends agreed on.
type Stream struct {
	Remote        netip.AddrPort // invalid: nothing can be sent
	Codec, DTMF   sdp.Codec      // as the peer numbers them; without a Name: none
	Ours, OurDTMF sdp.Codec      // the same as we number them: as they come
	Send, Receive bool
	Ptime         time.Duration                     // the peer's wish; 0: none
	Digit         func(digit byte, d time.Duration) // hears the peer's digits
}

// Report is what became of the sound of a call.
type Report struct {
	Codec                string // "PCMU"; "" when none was agreed on
	Local, Remote        netip.AddrPort
	Sent, Received, Lost uint64        // packets
	Jitter               time.Duration // RFC 3550 section 6.4.1
}

// ErrNoSound says that a call has no sound to put a digit in.
var ErrNoSound = errors.New("this call carries no sound")

// silence is the sound of phones without Media.
type silence netip.AddrPort

func (s silence) Address() netip.AddrPort                              { return netip.AddrPort(s) }
func (silence) Start(Stream) error                                     { return nil }
func (silence) Press(context.Context, byte, time.Duration, bool) error { return ErrNoSound }
func (s silence) Report() Report                                       { return Report{Local: netip.AddrPort(s)} }
func (silence) Close() error                                           { return nil }
