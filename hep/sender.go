// Sender: a tap that sends copies of all messages by HEP.
package hep

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/wire"
)

// SenderOptions says how copies are sent. The zero value will do.
type SenderOptions struct {
	Agent uint32 // who we are; HOMER wants a number that no other has
	Key   string // what proves it
	Queue int    // messages that may wait; 4096
}

const (
	usualQueue   = 4096
	dialPatience = 3 * time.Second
	redialPause  = time.Second // between two attempts to connect
	writePause   = 5 * time.Second
)

// Sender sends copies from a goroutine of its own, so that who taps never
// waits. What does not fit the queue, or cannot be sent, is dropped and counted.
type Sender struct {
	network, address string
	options          SenderOptions
	queue            chan wire.Packet
	closing          chan struct{}
	once             sync.Once
	working          sync.WaitGroup
	sent, dropped    atomic.Uint64
}

// NewSender makes a Sender over "udp" or "tcp". Over TCP it connects when there
// is something to send, and again when the connection broke. An error means
// that the address is none.
func NewSender(network, address string, options SenderOptions) (*Sender, error) {
	if network != "udp" && network != "tcp" {
		return nil, fmt.Errorf("HEP goes over udp or tcp, not %s", network)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, err
	}
	if options.Queue <= 0 {
		options.Queue = usualQueue
	}
	s := &Sender{network: network, address: address, options: options, queue: make(chan wire.Packet, options.Queue), closing: make(chan struct{})}
	s.working.Go(s.run)
	return s, nil
}

// Packet takes a copy for sending.
func (s *Sender) Packet(p *wire.Packet) {
	copied := *p
	copied.Message = nil // its text is all that is sent
	select {
	case s.queue <- copied:
	default:
		s.dropped.Add(1)
	}
}

// Sent and Dropped count messages.
func (s *Sender) Sent() uint64    { return s.sent.Load() }
func (s *Sender) Dropped() uint64 { return s.dropped.Load() }

// Close sends what waits, unless that takes long, and ends.
func (s *Sender) Close() {
	s.once.Do(func() { close(s.closing) })
	s.working.Wait()
}

// line is the connection of a Sender, nil while there is none.
type line struct {
	net.Conn
	buffer *bufio.Writer // of TCP
	failed time.Time     // when the last attempt to connect failed
}

func (s *Sender) run() {
	var l line
	defer l.close()
	for {
		select {
		case p := <-s.queue:
			s.send(&l, &p)
		case <-s.closing:
			for len(s.queue) > 0 {
				p := <-s.queue
				s.send(&l, &p)
			}
			return
		}
	}
}

// send sends one message; over TCP what is written leaves when none waits.
func (s *Sender) send(l *line, p *wire.Packet) {
	data, err := Append(nil, p, s.options.Agent, s.options.Key)
	if err == nil {
		err = s.write(l, data)
	}
	if err != nil {
		s.dropped.Add(1)
		return
	}
	s.sent.Add(1)
}

func (s *Sender) write(l *line, data []byte) error {
	if err := s.connect(l); err != nil {
		return err
	}
	if s.network == "udp" {
		_, err := l.Write(data)
		if err != nil { // nobody listens just now, as the system heard from the datagram before
			_, err = l.Write(data)
		}
		return err
	}
	l.SetWriteDeadline(time.Now().Add(writePause))
	_, err := l.buffer.Write(data)
	if err == nil && len(s.queue) == 0 {
		err = l.buffer.Flush()
	}
	if err != nil {
		l.close()
	}
	return err
}

// connect connects where there is no connection; not again at once after a failure.
func (s *Sender) connect(l *line) error {
	if l.Conn != nil {
		return nil
	}
	if time.Since(l.failed) < redialPause {
		return net.ErrClosed
	}
	conn, err := net.DialTimeout(s.network, s.address, dialPatience)
	if err != nil {
		l.failed = time.Now()
		return err
	}
	l.Conn, l.buffer = conn, bufio.NewWriterSize(conn, 1<<16)
	return nil
}

func (l *line) close() {
	if l.Conn == nil {
		return
	}
	l.buffer.Flush()
	l.Conn.Close()
	l.Conn = nil
}
