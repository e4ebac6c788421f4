package proxy

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"viaduct/internal/dnstest"
	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// station is a proxy on one socket of loopback, which one goroutine reads. It
// relays to where the Request-URI points.
type station struct {
	*bench       // for what a handler must have
	hooks  Hooks // of INVITE
	local  netip.AddrPort
}

func (s *station) Receive(m *sip.Message, in *transport.Inbound) { s.proxy.Transactions.Receive(m, in) }

func (s *station) Request(m *sip.Message, in *transport.Inbound, acked *transaction.Server) {
	if acked != nil {
		return
	}
	var hooks Hooks
	if m.Method == "INVITE" {
		hooks = s.hooks
	}
	c := s.proxy.Begin(Request{Message: m, Flow: in.Flow, Inbound: in}, hooks)
	c.Relay(Target{})
	c.Done()
}

func newStation(t *testing.T, names netip.AddrPort, hooks Hooks) *station {
	s := &station{bench: &bench{t: t}, hooks: hooks}
	network := transport.New(transport.Options{Handler: s})
	var err error
	if s.local, err = network.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	s.proxy = &Proxy{Network: network, Resolver: resolve.New(), Listeners: []Listener{{wire.UDP, s.local, s.local.String()}}}
	c := resolve.Default()
	c.Hosts, c.ResolvConf = "", ""
	c.Servers = []netip.AddrPort{names}
	s.proxy.Resolver.Configure(c)
	s.proxy.Transactions = transaction.New(network, s, transaction.DefaultTiming)
	t.Cleanup(s.proxy.Transactions.Close)
	t.Cleanup(network.Close)
	network.Start()
	return s
}

// peer is a socket of loopback.
type peer struct {
	t *testing.T
	*net.UDPConn
}

func newPeer(t *testing.T) *peer {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return &peer{t, socket}
}

func (p *peer) port() int { return p.LocalAddr().(*net.UDPAddr).Port }

func (p *peer) request(to netip.AddrPort, method, uri, id string) {
	text := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@127.0.0.1>;tag=a\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: %[4]s\r\nCSeq: 1 %[1]s\r\nContent-Length: 0\r\n\r\n",
		method, uri, p.port(), id)
	if _, err := p.WriteToUDPAddrPort([]byte(text), to); err != nil {
		p.t.Fatal(err)
	}
}

// next gives the next message that begins so; others are passed over.
func (p *peer) next(start string) (*sip.Message, netip.AddrPort) {
	p.t.Helper()
	p.SetReadDeadline(time.Now().Add(10 * time.Second))
	datagram := make([]byte, 2000)
	for {
		n, from, err := p.ReadFromUDPAddrPort(datagram)
		if err != nil {
			p.t.Fatalf("no %s came: %v", start, err)
		}
		if text := string(datagram[:n]); strings.HasPrefix(text, start) {
			m, err := sip.Parse(text)
			if err != nil {
				p.t.Fatal(err)
			}
			return m, from
		}
	}
}

// slowNames is a name server that keeps a question open until release.
func slowNames(t *testing.T) (names *dnstest.Server, address netip.AddrPort, release func()) {
	names = dnstest.New(t, "slow.test. 60 A 127.0.0.1")
	hold := make(chan struct{})
	names.Behave(dnstest.Behaviour{Hold: hold})
	return names, names.Listen(), func() { close(hold) }
}

// passes plays requests that need no name, one after the other.
func passes(t *testing.T, s *station, caller, callee *peer) {
	t.Helper()
	for i := range 20 {
		id := fmt.Sprint("passing", i)
		caller.request(s.local, "OPTIONS", fmt.Sprintf("sip:b@127.0.0.1:%d", callee.port()), id)
		m, from := callee.next("OPTIONS")
		callee.WriteToUDPAddrPort(sip.AppendReply(nil, m, &sip.Reply{Status: 200, ToTag: "b"}), from)
		if got, _ := caller.next("SIP/2.0 200"); got.CallID() != id {
			t.Fatalf("the answer to %s is one to %s", id, got.CallID())
		}
	}
}

func waitForQuestion(t *testing.T, names *dnstest.Server) {
	t.Helper()
	for range 1000 {
		if len(names.Asked()) > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the name server was not asked")
}

// TestSlowNameServer: while a call waits for a name server, all others pass.
func TestSlowNameServer(t *testing.T) {
	names, address, release := slowNames(t)
	s := newStation(t, address, nil)
	caller, callee := newPeer(t), newPeer(t)
	caller.request(s.local, "INVITE", fmt.Sprintf("sip:b@slow.test:%d", callee.port()), "slow")
	waitForQuestion(t, names)
	passes(t, s, caller, callee)
	release()
	if m, _ := callee.next("INVITE"); m.CallID() != "slow" {
		t.Errorf("%s came", m.CallID())
	}
}

// TestSlowNameServerInAFailureHook: a hook runs on the goroutine that read the
// response, and that one must not wait either.
func TestSlowNameServerInAFailureHook(t *testing.T) {
	names, address, release := slowNames(t)
	caller, callee := newPeer(t), newPeer(t)
	hook := &recall{next: []Target{{URI: fmt.Sprintf("sip:b@slow.test:%d", callee.port())}}}
	s := newStation(t, address, hook)
	caller.request(s.local, "INVITE", fmt.Sprintf("sip:b@127.0.0.1:%d", callee.port()), "slow")
	invite, from := callee.next("INVITE")
	callee.WriteToUDPAddrPort(sip.AppendReply(nil, invite, &sip.Reply{Status: 486, ToTag: "b"}), from)
	waitForQuestion(t, names)
	passes(t, s, caller, callee)
	release()
	if m, _ := callee.next("INVITE"); m.RequestURI != fmt.Sprintf("sip:b@slow.test:%d", callee.port()) {
		t.Errorf("%s came", m.RequestURI)
	}
}
