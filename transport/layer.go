// Layer: all sockets of the server, and the doors to the floors above.
package transport

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// Handler takes what was read. Its methods are called from many goroutines.
type Handler interface {
	// Receive is called for each message, on the goroutine that read it; in
	// must not be kept.
	Receive(m *sip.Message, in *Inbound)
	// Malformed is called for text that sip.Parse refused; m is not nil when
	// it can be answered (see sip.Parse). On a stream it is also called for the
	// header of a message that is too large, and for text whose end cannot be
	// found; then the connection is closed when it returns.
	Malformed(m *sip.Message, text string, err *sip.ParseError, in *Inbound)
}

// Owner hears that a message which Send took could not be delivered after
// all: no connection could be opened, or it was lost before all was written
// (section 18.4). It is never called from inside Send.
type Owner interface {
	TransportFailed(err error)
}

// Options of a Layer; the zero value of each limit takes its default.
type Options struct {
	Handler Handler
	Tap     wire.Tap // sees each message that passes; may be nil

	MaxConnections int           // of streams, both ways; further ones are refused; 16384
	MaxPerSource   int           // of streams that one address (of IPv6 one /64) opens; further ones are refused; 1024
	MaxHeldBytes   int           // of half messages beyond 16 KiB each, on all streams with one address; who needs more is closed; 16 MiB
	MaxQueuedBytes int           // unwritten bytes of one connection before it is given up; 1 MiB
	IdleTimeout    time.Duration // of a connection on which nothing passes; 1 hour
	MessageTimeout time.Duration // from the first byte of a message to its last, and from accepting a connection to its first message; 15 s
	WriteTimeout   time.Duration // of one queued message to a peer that does not read; 20 s
	ConnectTimeout time.Duration // 5 s

	// LengthOptional takes a message without Content-Length on a stream as
	// one without a body, instead of refusing it (section 18.3).
	LengthOptional bool
}

// What may go wrong with a send, apart from the errors of system calls.
var (
	ErrClosed             = net.ErrClosed
	ErrNoListener         = errors.New("no listener for this transport and address")
	ErrNoTransport        = errors.New("this transport is not spoken here")
	ErrNoRemote           = errors.New("the address to send to is missing")
	ErrTooManyConnections = errors.New("too many connections")
	ErrTooManyOfSource    = errors.New("too many connections from this address")
	ErrSourceFull         = errors.New("too much of half messages from this address")
	ErrQueueFull          = errors.New("the peer does not read, too much is waiting for it")
	ErrConnectionLost     = errors.New("the connection was closed")
	ErrIdle               = errors.New("nothing passed for too long")
	ErrSlow               = errors.New("a message took too long to arrive")
	ErrStalled            = errors.New("a message took too long to be written")
)

// Layer owns the sockets. Make it with New; call Listen for each address,
// then Start.
type Layer struct {
	options     Options
	listeners   atomic.Pointer[[]*listener] // replaced, never changed
	connections connections
	sources     sources
	counts      layerCounts

	lastReader    atomic.Pointer[listener] // that took a datagram; nil: a stream was read since
	readerChanges atomic.Uint32

	stop   context.CancelFunc // ends connecting and watching
	ending context.Context

	mu      sync.Mutex
	started bool
	closed  bool
	working sync.WaitGroup // a reader, acceptor, writer or watcher each
}

// New makes a layer without sockets.
func New(o Options) *Layer {
	orDefault(&o.MaxConnections, 16384)
	orDefault(&o.MaxPerSource, 1024)
	orDefault(&o.MaxHeldBytes, 16<<20)
	orDefault(&o.MaxQueuedBytes, 1<<20)
	orDefault(&o.IdleTimeout, time.Hour)
	orDefault(&o.MessageTimeout, 15*time.Second)
	orDefault(&o.WriteTimeout, 20*time.Second)
	orDefault(&o.ConnectTimeout, 5*time.Second)
	l := &Layer{options: o}
	l.listeners.Store(new([]*listener))
	l.connections.init(o.MaxConnections, o.MaxPerSource)
	l.sources.init()
	l.ending, l.stop = context.WithCancel(context.Background())
	return l
}

func orDefault[T int | time.Duration](value *T, usual T) {
	if *value <= 0 {
		*value = usual
	}
}

// Start lets reading and accepting begin.
func (l *Layer) Start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started || l.closed {
		return
	}
	l.started = true
	l.working.Go(l.watch)
	for _, listener := range *l.listeners.Load() {
		l.serve(listener)
	}
}

// serve starts the goroutine of a listener.
func (l *Layer) serve(listener *listener) {
	l.working.Add(1)
	if listener.datagrams != nil {
		go listener.read()
	} else {
		go listener.accept()
	}
}

// Close ends all sockets and waits for the goroutines of the layer; not for
// handlers that have handed over. It must not be called by a handler. What is
// queued is lost, and its owners are told.
func (l *Layer) Close() {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	if first {
		for _, listener := range *l.listeners.Load() {
			listener.close()
		}
		for _, c := range l.connections.close() {
			c.shut(ErrClosed)
		}
		l.stop() // last: who is connecting has heard the cause
	}
	l.working.Wait()
}
