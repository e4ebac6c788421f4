// Server: answers questions out of a zone, or misbehaves.
package dnstest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// ErrSilence is what a query in memory ends with that gets no answer.
var ErrSilence = errors.New("the name server keeps silent")

// Server is one name server. Its methods may be called while it serves.
type Server struct {
	t    testing.TB
	mu   sync.Mutex
	zone zone
	acts Behaviour
	log  []string
}

// Behaviour is what a server does other than answer.
type Behaviour struct {
	Below    string          // only questions about names that end so; "" all
	Silent   bool            // no answer at all
	Delay    time.Duration   // before each answer
	Hold     <-chan struct{} // no answer before it is closed
	Rcode    int             // this in place of an answer
	Truncate bool            // answers over UDP are empty and marked as cut
	NoEDNS   bool            // queries with EDNS are answered with FORMERR
	Forge    bool            // the answer is about another name
}

// New makes a server of a zone, which is written as RFC 1035 section 5 has it.
func New(t testing.TB, text string) *Server {
	t.Helper()
	s := &Server{t: t}
	s.SetZone(text)
	return s
}

// SetZone changes all records.
func (s *Server) SetZone(text string) {
	s.t.Helper()
	next, err := parseZone(text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zone = next
}

// Behave changes what the server does from now on.
func (s *Server) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts = b
}

// Asked gives the questions since it was asked last, as "name. TYPE", over
// TCP with " tcp" behind it, in the order of their arrival.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// Exchange answers a query without a socket; network is "udp" or "tcp".
func (s *Server) Exchange(ctx context.Context, network string, _ netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
	answer, acts := s.answer(network, query)
	if acts.Silent {
		<-ctx.Done()
		return nil, ErrSilence
	}
	if acts.Delay > 0 && !received(ctx, time.After(acts.Delay)) {
		return nil, ErrSilence
	}
	if acts.Hold != nil && !received(ctx, acts.Hold) {
		return nil, ErrSilence
	}
	return answer, nil
}

// received is false when the asker has given up.
func received[T any](ctx context.Context, from <-chan T) bool {
	select {
	case <-from:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer notes a query and makes its answer.
func (s *Server) answer(network string, query *dns.Msg) (*dns.Msg, Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	question := query.Question[0]
	line := strings.ToLower(question.Name) + " " + dns.TypeToString[question.Qtype]
	if network == "tcp" {
		line += " tcp"
	}
	s.log = append(s.log, line)
	acts := s.acts
	if acts.Below != "" && !dns.IsSubDomain(dns.Fqdn(acts.Below), question.Name) {
		acts = Behaviour{}
	}
	answer := new(dns.Msg)
	answer.SetReply(query)
	answer.RecursionAvailable = true
	switch {
	case acts.NoEDNS && query.IsEdns0() != nil:
		answer.Rcode = dns.RcodeFormatError
	case acts.Rcode != 0:
		answer.Rcode = acts.Rcode
	case acts.Truncate && network == "udp":
		answer.Truncated = true
	case !dns.IsSubDomain("test.", question.Name):
		answer.Rcode = dns.RcodeRefused
	default:
		s.zone.fill(answer, question)
	}
	if acts.Forge {
		answer.Question[0].Name = "forged." + question.Name
	}
	return answer, acts
}

// Listen opens the server on a port of 127.0.0.1 until the test ends.
func (s *Server) Listen() netip.AddrPort {
	s.t.Helper()
	datagrams, streams, err := bind()
	if err != nil {
		s.t.Fatal(err)
	}
	ending, end := context.WithCancel(context.Background())
	s.t.Cleanup(end)
	for _, server := range []*dns.Server{{PacketConn: datagrams}, {Listener: streams}} {
		network := "tcp"
		if server.PacketConn != nil {
			network = "udp"
		}
		server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
			answer, err := s.Exchange(ending, network, netip.AddrPort{}, query)
			if err != nil {
				return
			}
			if network == "udp" {
				answer.Truncate(sizeOf(query))
			}
			_ = w.WriteMsg(answer) // the asker may be gone
		})
		started := make(chan bool)
		server.NotifyStartedFunc = func() { close(started) }
		go server.ActivateAndServe()
		<-started
		// Cleanups run in reverse: the handlers are let go first.
		s.t.Cleanup(func() { end(); server.Shutdown() })
	}
	return datagrams.LocalAddr().(*net.UDPAddr).AddrPort()
}

// sizeOf gives how large a datagram the asker takes.
func sizeOf(query *dns.Msg) int {
	if option := query.IsEdns0(); option != nil {
		return int(option.UDPSize())
	}
	return dns.MinMsgSize
}

// bind opens one port for UDP and TCP.
func bind() (net.PacketConn, net.Listener, error) {
	for attempt := 0; ; attempt++ {
		streams, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		datagrams, err := net.ListenPacket("udp4", streams.Addr().String())
		if err == nil {
			return datagrams, streams, nil
		}
		streams.Close()
		if attempt == 20 {
			return nil, nil, err
		}
	}
}
