// Output: what is printed, in order, without ever making a call wait.
package server

import (
	"io"
	"strconv"
	"sync"
	"time"

	"viaduct/script"
)

// maxPending bounds the text that waits for a slow terminal.
const maxPending = 4 << 20

// output hands text to its own goroutine. When the reader of the terminal or
// pipe stops, text beyond maxPending is dropped and counted; when it is
// closed, all is.
type output struct {
	to io.Writer

	mu      sync.Mutex
	more    sync.Cond
	pending []byte
	dropped int // pieces of text since the last that was taken
	closed  bool
	writing bool // a piece is on its way to the reader
	done    chan struct{}
}

func newOutput(to io.Writer) *output {
	o := &output{to: to, done: make(chan struct{})}
	o.more.L = &o.mu
	go o.write()
	return o
}

// Log takes a line of the log.
func (o *output) Log(_ script.Level, text string) { o.Print(0, []byte(text)) }

// Print takes text as it is; it is copied.
func (o *output) Print(_ script.Level, text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.pending)+len(text) > maxPending {
		o.dropped++
		return
	}
	if o.dropped > 0 {
		o.pending = append(o.pending, "("...)
		o.pending = strconv.AppendInt(o.pending, int64(o.dropped), 10)
		o.pending = append(o.pending, " pieces of text were not printed: nobody read them in time)\n"...)
		o.dropped = 0
	}
	o.pending = append(o.pending, text...)
	o.more.Broadcast()
}

// write is the goroutine that may wait.
func (o *output) write() {
	defer close(o.done)
	var space []byte
	for {
		o.mu.Lock()
		for len(o.pending) == 0 && !o.closed {
			o.more.Wait()
		}
		text := o.pending
		o.pending = space[:0]
		closed := o.closed
		o.writing = len(text) > 0
		o.mu.Unlock()
		if len(text) > 0 {
			o.to.Write(text) // an error means that nobody reads: the server goes on
			o.wrote()
		}
		if closed && len(text) == 0 {
			return
		}
		if space = text; cap(space) > maxPending/4 {
			space = nil
		}
	}
}

// wrote notes that a piece of text is out.
func (o *output) wrote() {
	o.mu.Lock()
	o.writing = false
	o.mu.Unlock()
	o.more.Broadcast()
}

// flush waits until nothing is left to be written.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.pending) > 0 || o.writing {
		o.more.Wait()
	}
}

// lastWords is how long a reader has for what is left at the end.
const lastWords = time.Second

// close prints what is left and ends the goroutine, unless nobody reads.
func (o *output) close() {
	o.mu.Lock()
	o.closed = true
	o.more.Broadcast()
	o.mu.Unlock()
	select {
	case <-o.done:
	case <-time.After(lastWords):
	}
}
