package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"viaduct/resolve"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// onSockets is a server on real sockets, with little patience for slow peers,
// and a call beside it that is placed again and again while the test lasts. Each exchange of it may take some seconds, but none may fail.
type onSockets struct {
	*Server
	t      *testing.T
	at     netip.AddrPort // UDP and TCP
	layer  *transport.Layer
	pinger *net.UDPConn
	pings  int

	afterRun func() // when the server has ended; may be nil

	stopCalls  chan struct{}
	callsEnded chan struct{}
	calls      atomic.Int64
}

// late is a handler that becomes known after the network that calls it.
type late struct{ transport.Handler }

// startOnSockets runs a script ("" is the built-in one). At the end of the
// test all is stopped; a call that failed or a goroutine left fails it.
func startOnSockets(t *testing.T, script string, out io.Writer) *onSockets {
	t.Helper()
	before := runtime.NumGoroutine()
	s := &onSockets{t: t, stopCalls: make(chan struct{}), callsEnded: make(chan struct{})}
	handler := &late{}
	s.layer = transport.New(transport.Options{Handler: handler, Tap: &onlyHere{t}, MessageTimeout: 300 * time.Millisecond,
		WriteTimeout: 500 * time.Millisecond, MaxQueuedBytes: 1 << 18})
	s.at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(1 + rand.IntN(250)), byte(rand.IntN(250)), 7}), 5060)
	config := Config{Out: out, Network: s.layer, Grace: time.Millisecond}
	if script != "" {
		config.Script = filepath.Join(t.TempDir(), "test.cfg")
		if err := os.WriteFile(config.Script, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"udp", "tcp"} {
		config.Listen = append(config.Listen, &syntax.Listen{
			Address: syntax.Address{Proto: name, Host: s.at.Addr().String(), Port: int(s.at.Port())}})
	}
	var err error
	if s.Server, err = New(config); err != nil {
		t.Fatal(err)
	}
	knowsNoNames(s.Server)
	handler.Handler = s.Handler()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	s.pinger = socket(t, s.at.Addr())
	phones := s.newPhones()
	go phones.callOn()
	t.Cleanup(func() {
		s.awaitCalls(2) // one that lived through the end of it, and one behind
		close(s.stopCalls)
		<-s.callsEnded
		phones.caller.Close()
		phones.callee.Close()
		s.pinger.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if s.afterRun != nil {
			s.afterRun()
		}
		for wait := 0; runtime.NumGoroutine() > before; wait++ {
			if wait == 500 {
				stacks := make([]byte, 1<<16)
				t.Errorf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	return s
}

// knowsNoNames keeps a server from asking any name server.
func knowsNoNames(s *Server) {
	s.proxy.Resolver.Configure(resolve.Config{
		Servers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")},
		Exchange: func(context.Context, string, netip.AddrPort, *dns.Msg) (*dns.Msg, error) {
			return nil, errors.New("no names here")
		},
	})
}

// awaitCalls waits for so many more calls beside to be completed.
func (s *onSockets) awaitCalls(count int64) {
	for target := s.calls.Load() + count; s.calls.Load() < target; time.Sleep(time.Millisecond) {
		select {
		case <-s.callsEnded:
			return // one has failed, and said so
		default:
		}
	}
}

// onlyHere fails a test that would send anything off this machine.
type onlyHere struct{ t *testing.T }

func (o *onlyHere) Packet(p *wire.Packet) {
	if p.Outgoing && !p.Flow.Remote.Addr().IsLoopback() {
		o.t.Errorf("sent to %v:\n%.500s", p.Flow.Remote, p.Text)
	}
}

func socket(t *testing.T, address netip.Addr) *net.UDPConn {
	t.Helper()
	connection, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

func addressOf(connection *net.UDPConn) netip.AddrPort {
	return connection.LocalAddr().(*net.UDPAddr).AddrPort()
}

// patience is how long a server may take to answer while it is bothered, on a
// machine that does other things too; how fast it is make mutations shows.
const patience = 10 * time.Second

// ping wants an answer from the server in time. A datagram may be lost when a
// flood has filled the kernel's buffer, so it asks more than once.
func (s *onSockets) ping(behind string) {
	s.t.Helper()
	s.pings++
	text := fmt.Sprintf("OPTIONS sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKp%d;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:pinger@test.test>;tag=p\r\nTo: <sip:%v>\r\nCall-ID: ping%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		s.at, addressOf(s.pinger), s.pings, s.at, s.pings)
	want := fmt.Sprintf("Call-ID: ping%d\r\n", s.pings)
	for range 4 {
		s.send(text)
		if _, err := readUntil(s.pinger, patience/4, want); err == nil {
			return
		}
	}
	s.t.Fatalf("no answer within %v behind %s", patience, behind)
}

// send sends a datagram from the pinger's socket.
func (s *onSockets) send(text string) {
	if _, err := s.pinger.WriteToUDPAddrPort([]byte(text), s.at); err != nil {
		s.t.Fatal(err)
	}
}

// readUntil gives the first message that holds a piece of text.
func readUntil(from *net.UDPConn, limit time.Duration, piece string) (string, error) {
	buffer := make([]byte, sip.MaxMessageSize)
	_ = from.SetReadDeadline(time.Now().Add(limit))
	for {
		n, _, err := from.ReadFromUDPAddrPort(buffer)
		switch text := string(buffer[:n]); {
		case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed):
			return "", err
		case err == nil && strings.Contains(text, piece):
			return text, nil
		}
	}
}

// phones are the caller and the callee of the call beside.
type phones struct {
	s              *onSockets
	caller, callee *net.UDPConn
}

func (s *onSockets) newPhones() *phones {
	return &phones{s, socket(s.t, s.at.Addr()), socket(s.t, s.at.Addr())}
}

// callOn registers the callee, and then calls it until the test ends.
func (p *phones) callOn() {
	defer close(p.s.callsEnded)
	register := fmt.Sprintf("REGISTER sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKr;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:good@%v>;tag=r\r\nTo: <sip:good@%v>\r\nCall-ID: register\r\nCSeq: 1 REGISTER\r\nContact: <sip:good@%v>\r\nContent-Length: 0\r\n\r\n",
		p.s.at, addressOf(p.callee), p.s.at, p.s.at, addressOf(p.callee))
	if _, err := p.exchange(p.callee, register, p.callee, "SIP/2.0 200 OK\r\n"); err != nil {
		p.s.t.Errorf("the callee cannot register: %v", err)
		return
	}
	for number := 1; ; number++ {
		select {
		case <-p.s.stopCalls:
			return
		default:
		}
		if err := p.call(number); err != nil {
			p.s.t.Errorf("call %d beside: %v", number, err)
			return
		}
		p.s.calls.Add(1)
		time.Sleep(5 * time.Millisecond)
	}
}

// call plays INVITE, 200, ACK, BYE, 200; what is lost is sent again.
func (p *phones) call(number int) error {
	n := strconv.Itoa(number)
	head := fmt.Sprintf("Max-Forwards: 70\r\nFrom: <sip:alice@test.test>;tag=a\r\nTo: <sip:good@%v>TAG\r\nCall-ID: call-%s\r\n", p.s.at, n)
	via := fmt.Sprintf("Via: SIP/2.0/UDP %v;rport;branch=z9hG4bKc%s", addressOf(p.caller), n)
	mine := "Call-ID: call-" + n + "\r\n"
	invite := fmt.Sprintf("INVITE sip:good@%v SIP/2.0\r\n%s-0\r\n%sCSeq: 1 INVITE\r\nContact: <sip:alice@%v>\r\nContent-Length: 0\r\n\r\n",
		p.s.at, via, strings.Replace(head, "TAG", "", 1), addressOf(p.caller))
	received, err := p.exchange(p.caller, invite, p.callee, mine+"CSeq: 1 INVITE")
	if err != nil {
		return fmt.Errorf("INVITE: %w", err)
	}
	answered, err := p.exchange(p.callee, reply(received, fmt.Sprintf("Contact: <sip:good@%v>\r\n", addressOf(p.callee))), p.caller, mine+"CSeq: 1 INVITE", "SIP/2.0 200")
	if err != nil {
		return fmt.Errorf("200: %w", err)
	}
	m, err := sip.Parse(answered)
	if err != nil {
		return err
	}
	head = strings.Replace(head, "TAG", ";tag=b", 1) + "Route: " + m.Get(sip.FieldRecordRoute) + "\r\n"
	within := fmt.Sprintf("sip:good@%v SIP/2.0\r\n%s", addressOf(p.callee), via)
	if _, err = p.exchange(p.caller, "ACK "+within+"-1\r\n"+head+"CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n", p.callee, mine+"CSeq: 1 ACK"); err != nil {
		return fmt.Errorf("ACK: %w", err)
	}
	if received, err = p.exchange(p.caller, "BYE "+within+"-2\r\n"+head+"CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n", p.callee, mine+"CSeq: 2 BYE"); err != nil {
		return fmt.Errorf("BYE: %w", err)
	}
	if _, err = p.exchange(p.callee, reply(received, ""), p.caller, mine+"CSeq: 2 BYE"); err != nil {
		return fmt.Errorf("200 to BYE: %w", err)
	}
	return nil
}

// reply is the callee's 200.
func reply(request, fields string) string {
	m, err := sip.Parse(request)
	if err != nil {
		return ""
	}
	return string(sip.AppendReply(nil, m, &sip.Reply{Status: 200, ToTag: "b", Fields: fields}))
}

// exchange sends a message until the other side of the server has seen one
// with these pieces.
func (p *phones) exchange(from *net.UDPConn, text string, to *net.UDPConn, pieces ...string) (string, error) {
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if _, err = from.WriteToUDPAddrPort([]byte(text), p.s.at); err != nil {
			return "", err
		}
		var found string
		if found, err = readUntil(to, patience/2, pieces[0]); err == nil {
			for _, piece := range pieces[1:] {
				if !strings.Contains(found, piece) {
					err = errors.New("another answer: " + found)
				}
			}
			if err == nil {
				return found, nil
			}
		}
	}
	return "", err
}

// addressWithoutPort is where a connection may leave from.
func addressWithoutPort(near *net.UDPConn) netip.AddrPort {
	return netip.AddrPortFrom(addressOf(near).Addr(), 0)
}
