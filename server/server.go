// Server: the life of a server, from its script to its last transaction.
package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/location"
	"viaduct/proxy"
	"viaduct/resolve"
	"viaduct/script"
	"viaduct/transaction"
	"viaduct/transport"
)

// Server runs one script on the messages of its listeners.
type Server struct {
	config       Config
	output       *output
	network      Network
	transactions *transaction.Layer
	proxy        *proxy.Proxy
	locations    tables
	kept         kept
	secret       [16]byte // signs Record-Route; the same for all scripts of this process
	names        atomic.Pointer[names]
	program      atomic.Pointer[program]
	draining     atomic.Bool // no new calls are taken
	dropped      Dropped
	traffic      traffic
	messages     sync.Pool // of *module.Message, empty
	overflowed   uint64    // datagrams that the log has told of
}

// Dropped counts the messages that were given up without an answer.
type Dropped struct {
	Malformed atomic.Uint64 // no SIP message, or none that can be answered
	Stray     atomic.Uint64 // responses that belong to nothing
	Script    atomic.Uint64 // responses that a reply route dropped
}

// New reads and compiles the script. An error is a syntax.ErrorList, or says
// that the file cannot be read.
func New(config Config) (*Server, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Grace == 0 {
		config.Grace = 5 * time.Second
	}
	if config.Timing == (transaction.Timing{}) {
		config.Timing = transaction.DefaultTiming
	}
	s := &Server{config: config, output: newOutput(config.Out)}
	rand.Read(s.secret[:])
	s.locations.byName, s.locations.keeper = map[string]*location.Table{}, config.Keeper
	s.locations.failed = func(name string, err error) {
		s.logf(script.LevelError, "the bindings of %s are not kept: %v\n", name, err)
	}
	if s.network = config.Network; s.network == nil {
		s.network = transport.New(transport.Options{Handler: s.Handler(), Tap: config.Tap})
	}
	s.proxy = &proxy.Proxy{Network: s.network, Resolver: resolve.New(), Local: s.local}
	first, err := s.compile()
	if err != nil {
		s.output.close()
		return nil, err
	}
	s.use(first)
	return s, nil
}

// Handler takes the messages of a network.
func (s *Server) Handler() transport.Handler { return (*handler)(s) }

// Run opens the listeners and serves until ctx ends; then it takes no new
// calls and lets open transactions end, for Config.Grace at most. ready,
// which may be nil, is called once all listeners are open.
func (s *Server) Run(ctx context.Context, ready func()) error {
	defer s.output.close()
	s.transactions = transaction.New(s.network, (*user)(s), s.config.Timing)
	s.proxy.Transactions = s.transactions
	defer s.transactions.Close()
	defer s.network.Close()
	if err := s.listen(); err != nil {
		return err
	}
	s.tick(s.config.Now()) // modules begin before the first message comes
	s.network.Start()
	if ready != nil {
		ready()
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			s.drain()
			return nil
		case <-second.C:
			s.tick(s.config.Now())
		}
	}
}

// tick does what is to be done once a second.
func (s *Server) tick(now time.Time) {
	s.locations.sweep(now)
	s.warnOfOverflow()
	p := s.program.Load()
	for _, m := range p.modules {
		if m.Tick != nil {
			m.Tick(p.Program, now)
		}
	}
}

// drain waits for the open transactions. Those that have their final response
// only absorb retransmissions and are not waited for.
func (s *Server) drain() {
	s.draining.Store(true)
	deadline := time.Now().Add(s.config.Grace)
	for s.transactions.Pending() > 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
}

// Reload compiles the script once more. When it has an error the old one goes
// on running. Transactions begun under the old one end under it.
func (s *Server) Reload() error {
	next, err := s.compile()
	if err != nil {
		return err
	}
	s.use(next)
	s.logf(script.LevelNotice, "script read again: %s\n", next.name)
	return nil
}

// use makes a program the one that new messages run.
func (s *Server) use(p *program) {
	names := resolving(p.Globals())
	if names.Servers = s.config.NameServers; names.Servers != nil {
		names.Hosts = ""
	}
	s.proxy.Resolver.Configure(names)
	s.proxy.MaxDatagram.Store(maxDatagram(p.Globals()))
	s.program.Store(p)
}

// Dropped counts what was given up without an answer.
func (s *Server) Dropped() *Dropped { return &s.dropped }

// Transactions gives how many server and client transactions there are.
func (s *Server) Transactions() (servers, clients int) { return s.transactions.Active() }

// Flush waits until all that was printed so far is with Config.Out.
func (s *Server) Flush() { s.output.flush() }

// logf writes a line of our own to the log.
func (s *Server) logf(level script.Level, format string, args ...any) {
	s.output.Log(level, fmt.Sprintf(format, args...))
}
