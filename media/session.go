// A session: one pair of ports, one stream at a time.
package media

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/internal/stun"
)

// Session sends and receives on an even port for RTP and the next for RTCP
// (RFC 3550 section 11). Its methods may be called from any goroutine.
type Session struct {
	pacer   *Pacer
	sockets sockets
	addr    netip.AddrPort

	stream   atomic.Pointer[running] // nil before the first Start
	closed   atomic.Bool
	starting sync.Mutex // held by Start and Close, so that they do not cross

	digits   digitQueue
	sender   sender   // of the Pacer's goroutine alone
	reports  reporter // likewise
	receiver receiver // of the reader of RTP alone
	control  control  // of the reader of RTCP alone
	stun     stun.Client
	figures  figures
}

// Open takes the first free pair of ports from first to last, with a Pacer for
// this session alone. 0, 0: any pair.
func Open(local netip.Addr, first, last uint16) (*Session, error) {
	return NewPacer().Open(local, first, last)
}

// Open takes the first free pair of ports from first to last. 0, 0: any pair.
func (p *Pacer) Open(local netip.Addr, first, last uint16) (*Session, error) {
	ports, err := openPorts(local, first, last)
	if err != nil {
		return nil, err
	}
	s := newSession(p, ports, ports.addr)
	go ports.read(ports.rtp, func(datagram []byte, from netip.AddrPort) { s.readRTP(datagram, from, time.Now()) })
	go ports.read(ports.rtcp, func(datagram []byte, from netip.AddrPort) { s.readRTCP(datagram, from, time.Now()) })
	return s, nil
}

func newSession(pacer *Pacer, sockets sockets, addr netip.AddrPort) *Session {
	s := &Session{pacer: pacer, sockets: sockets, addr: addr}
	s.sender.init(s)
	s.reports.init(s)
	s.receiver.session, s.control.session = s, s
	return s
}

// Addr is where RTP is received.
func (s *Session) Addr() netip.AddrPort { return s.addr }

// Start begins with a stream, or goes over to another: hold, a new address, a
// new codec. Sequence numbers and timestamps go on; digits that wait are
// dropped when the new stream does not send.
func (s *Session) Start(stream Stream) error {
	next, err := newRunning(stream)
	if err != nil {
		return err
	}
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	if !stream.Send {
		s.digits.drop()
	}
	s.stream.Store(next)
	s.pacer.add(s)
	return nil
}

// SendEvent sends a digit (0-9 * # A-D, ! for a flash) by RFC 4733, after those
// that still wait. Sound pauses meanwhile. It does not wait; Flush does.
func (s *Session) SendEvent(digit byte, d time.Duration) error {
	code, ok := eventCode(digit)
	if !ok {
		return fmt.Errorf("media: %q is no digit", digit)
	}
	stream, err := s.sending()
	if err != nil {
		return err
	}
	if stream.EventType == 0 {
		return errors.New("media: the other end takes no telephone-event")
	}
	return s.digits.put(press{code: code, length: samples(d)})
}

// SendTone sends a digit (0-9 * # A-D) as its pair of tones in the sound,
// after those that still wait.
func (s *Session) SendTone(digit byte, d time.Duration) error {
	code, ok := eventCode(digit)
	if !ok || code > 15 {
		return fmt.Errorf("media: %q has no tones", digit)
	}
	stream, err := s.sending()
	if err != nil {
		return err
	}
	if !stream.Codec.PCM() {
		return fmt.Errorf("%w (%v)", ErrNoEncoder, stream.Codec)
	}
	return s.digits.put(press{code: code, length: samples(d), tone: true})
}

func (s *Session) sending() (*running, error) {
	stream := s.stream.Load()
	if s.closed.Load() {
		return nil, ErrClosed
	}
	if stream == nil || !stream.Send {
		return nil, ErrNotSending
	}
	return stream, nil
}

// Flush waits until all digits have been sent, or dropped.
func (s *Session) Flush(ctx context.Context) error {
	select {
	case <-s.digits.empty():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Mapped asks a STUN server how it sees the RTP port, for an offer from behind
// a NAT; before Start or while a stream runs.
func (s *Session) Mapped(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error) {
	return s.stun.Mapped(ctx, s.sockets.writeRTP, server)
}

// Close says goodbye by RTCP, and ends the session; a second Close does
// nothing. It does not wait for a Source, Sink or Events that is being called.
func (s *Session) Close() error {
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.closed.Swap(true) {
		return nil
	}
	s.pacer.remove(s)
	s.digits.drop()
	s.sayGoodbye()
	return s.sockets.close()
}

// tick is one turn of the Pacer; it gives the time of the next, zero for none
// before the next Start.
func (s *Session) tick(now time.Time) time.Time {
	stream := s.stream.Load()
	if stream == nil || s.closed.Load() {
		return time.Time{}
	}
	next := s.reports.step(stream, now)
	if due := s.sender.step(stream, now); !due.IsZero() && due.Before(next) {
		next = due
	}
	return next
}

// samples counts those of a time, at 8000 Hz.
func samples(d time.Duration) uint32 { return uint32(d / (time.Second / clockRate)) }
