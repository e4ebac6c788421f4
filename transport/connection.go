// A connection: reads a stream, cuts messages out of it, and ends.
package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"viaduct/sip"
	"viaduct/wire"
)

// connection is one stream. One goroutine at a time reads it, and that one
// also buries it: whoever else wants its end calls shut.
type connection struct {
	layer    *Layer
	flow     wire.Flow // Local is the listener's address also when we connected from another port
	count    *traffic
	accepted bool // opened by the peer

	framer sip.Framer // the reader's
	mute   bool       // the reader's: the stream cannot be cut any further
	held   int        // the reader's: what the framer held, as its source knows
	source *source    // whose connection it is; from the table, while it stands there

	mu      sync.Mutex
	state   state
	conn    *net.TCPConn
	raw     syscall.RawConn
	cancel  context.CancelFunc // of the attempt to connect
	queue   []queued
	waiting int           // bytes in queue
	drained chan struct{} // closed when the goroutine that writes the queue ends; nil: there is none
	hangUp  bool          // when the queue is written, no more will be
	cause   error
	direct  directWrite

	watched
}

type state uint8

const (
	connecting state = iota
	open
	closed
)

// watched is what the watcher looks at: how often it came by since. The
// reader and the writers only set them back, which spares them the clock.
type watched struct {
	quiet   atomic.Int32 // since something passed
	due     atomic.Int32 // since a message began to come; 0: none is
	written atomic.Int32 // since a message was taken from the queue; 0: it is empty
}

// errEnded is how most connections end.
var errEnded = errors.New("the peer closed the connection")

// read takes messages until the connection ends or a handler hands over.
func (c *connection) read() {
	in := &Inbound{reader: c}
	for {
		if c.mute {
			c.discard()
			c.bury(errEnded)
			return
		}
		text, event, failed := c.framer.Next()
		switch {
		case event == sip.FrameTooLarge: // its body is still to come, and skipped
			in.Flow = c.flow
			c.layer.deliver(text, failed, in, c.count)
		case failed != nil:
			c.refuse(text, failed)
		case event == sip.FrameMessage:
			c.due.Store(0)
			in.Flow = c.flow
			c.layer.deliver(text, nil, in, c.count)
		case event == sip.FramePing:
			c.due.Store(0)
			c.count.keepAlives.Add(1)
			_ = c.send([]byte("\r\n"), nil) // RFC 5626 section 4.4.1; if it fails the next read does
		case event == sip.FrameSkipped:
			c.due.Store(0)
		case event == sip.FramePong:
			c.due.Store(0)
			c.count.keepAlives.Add(1)
		default:
			c.layer.noteReader(nil)
			if err := c.fill(); err != nil {
				c.bury(err)
				return
			}
		}
		if in.handedOver {
			return
		}
	}
}

// resume starts the goroutine that reads on, from the same framer.
func (c *connection) resume() { go c.read() }

// fill reads once.
func (c *connection) fill() error {
	if c.framer.Unfinished() {
		c.due.CompareAndSwap(0, 1)
	}
	space := c.framer.Space()
	if held := c.framer.Held(); held != c.held && !c.hold(held) {
		return ErrSourceFull
	}
	n, err := c.conn.Read(space)
	c.framer.Filled(n)
	if n > 0 {
		c.quiet.Store(0)
		return nil
	}
	if errors.Is(err, io.EOF) {
		return errEnded
	}
	return err
}

// refuse hands up text whose end cannot be found, to be answered if that is
// possible, and ends the connection in order. There is nothing to hand over:
// the handler may take its time.
func (c *connection) refuse(text string, failed *sip.ParseError) {
	c.mute = true
	c.due.Store(1)
	c.layer.connections.retire(c)
	c.layer.deliver(text, failed, &Inbound{Flow: c.flow}, c.count)
}

// maxDiscarded bounds what is read from a peer that was refused.
const maxDiscarded = 1 << 20

// discard says that no more will be written, and reads what comes until the
// peer closes. Closing with bytes unread would reset the connection, and the
// peer could lose the answer.
func (c *connection) discard() {
	c.finishWriting()
	nowhere := make([]byte, 4096)
	for total := 0; total < maxDiscarded; {
		n, err := c.conn.Read(nowhere)
		if err != nil {
			return
		}
		total += n
	}
}

// shut ends the connection from any goroutine; the first cause is kept.
func (c *connection) shut(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shutLocked(cause)
}

func (c *connection) shutLocked(cause error) {
	if c.cause == nil {
		c.cause = cause
	}
	if c.cancel != nil {
		c.cancel()
	}
	if c.conn != nil {
		c.conn.Close()
	}
}

// bury is the end of the reader, or of the attempt to connect: it alone tells
// the owners of what is still queued.
func (c *connection) bury(cause error) {
	c.layer.connections.remove(c)
	c.mu.Lock()
	c.shutLocked(cause)
	c.state = closed
	cause = c.cause
	drained := c.drained
	c.mu.Unlock()
	if drained != nil { // what it has just written is not lost
		<-drained
	}
	lost := c.queue // nobody else looks at the queue any more
	c.queue = nil
	for _, message := range lost {
		c.count.sendErrors.Add(1)
		if message.owner != nil {
			message.owner.TransportFailed(cause)
		}
	}
	c.layer.working.Done()
}
