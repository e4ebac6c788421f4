// Writing to a connection: at once what the kernel takes, the rest by a queue.
package transport

import (
	"errors"
	"fmt"
	"slices"
)

// queued is a message, or the rest of one, that waits to be written.
type queued struct {
	text  []byte
	owner Owner
}

// errFull is what a direct write gives when the kernel takes no more.
var errFull = errors.New("no room in the socket")

// send writes a message or queues it. The error is ErrConnectionLost when the
// connection took nothing of it and never will.
func (c *connection) send(text []byte, owner Owner) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed || c.cause != nil || c.hangUp {
		return c.lostLocked()
	}
	rest := text
	if c.state == open && len(c.queue) == 0 {
		n, err := c.direct.write(c.raw, text)
		if err != nil && err != errFull {
			c.shutLocked(err)
			if n == 0 {
				return c.lostLocked()
			}
			return err
		}
		c.quiet.Store(0)
		rest = text[n:]
	}
	if len(rest) == 0 {
		return nil
	}
	if c.waiting+len(rest) > c.layer.options.MaxQueuedBytes {
		c.layer.counts.queueFull.Add(1)
		c.shutLocked(ErrQueueFull)
		return ErrQueueFull
	}
	c.queue = append(c.queue, queued{slices.Clone(rest), owner})
	c.waiting += len(rest)
	c.startDraining()
	return nil
}

func (c *connection) lostLocked() error {
	if c.cause == nil {
		return ErrConnectionLost
	}
	return fmt.Errorf("%w: %w", ErrConnectionLost, c.cause)
}

// startDraining needs c.mu. The reader lives as long as the connection is
// open, so that working is not zero when it is raised.
func (c *connection) startDraining() {
	if c.state == open && c.drained == nil && len(c.queue) > 0 {
		c.drained = make(chan struct{})
		c.written.Store(1)
		c.layer.working.Go(c.drain)
	}
}

// drain writes the queue, one message after the other, and ends with it.
func (c *connection) drain() {
	for {
		text := c.nextQueued()
		if text == nil {
			return
		}
		if _, err := c.conn.Write(text); err != nil {
			c.shut(err) // the reader finds it closed and buries it
		} else {
			c.dequeue()
		}
	}
}

// nextQueued gives the message to write; it stays in the queue until it is
// written, or its owner would not hear of a failure.
func (c *connection) nextQueued() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed || c.cause != nil || len(c.queue) == 0 {
		close(c.drained)
		c.drained = nil
		c.written.Store(0)
		if c.hangUp && c.cause == nil {
			c.conn.CloseWrite()
		}
		return nil
	}
	return c.queue[0].text
}

func (c *connection) dequeue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting -= len(c.queue[0].text)
	c.queue[0] = queued{}
	if c.queue = c.queue[1:]; len(c.queue) == 0 {
		c.queue = nil
	}
	c.written.Store(1)
	c.quiet.Store(0)
}

// finishWriting tells the peer that no more comes, once the queue is written.
func (c *connection) finishWriting() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hangUp = true
	if c.drained == nil && c.cause == nil {
		c.conn.CloseWrite()
	}
}
