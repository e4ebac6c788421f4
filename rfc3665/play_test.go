// Play: the user agents send the RFC's messages, our servers do the rest.
package rfc3665

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest"
	"viaduct/ladder"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// address of an element on the RFC's network. The redirect server's is ours, as
// the RFC shows none. Nothing of this leaves the memory.
func address(last byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, last}), 5060)
}

var (
	alice      = address(101)
	bob        = address(201)
	bobChicago = address(100)

	servers = map[string]netip.AddrPort{
		"Proxy 1": address(111), "Proxy 2": address(222), "Proxy 3": address(233), "SIP ALG": address(128), "Redirect Server": address(240),
	}
	phones = map[string]netip.AddrPort{
		"client.atlanta.example.com": alice, "client.biloxi.example.com": bob, "biloxi.example.com": bob, "client.chicago.example.com": bobChicago,
	}
)

const (
	step    = 10 * time.Millisecond // how soon a user agent answers
	timerT1 = 500 * time.Millisecond
	timerB  = 64 * timerT1
)

// scene is a flow on its way.
type scene struct {
	*siptest.Network
	t         *testing.T
	flow      *flow
	endpoints map[wire.Flow]*siptest.Endpoint // of the user agents, by transport and local address
}

// play gives all packets of a flow. It waits long enough to see what should not
// be there.
func play(t *testing.T, f *flow, roles []role) (packets []wire.Packet, names ladder.Names) {
	t.Helper()
	s := &scene{Network: siptest.NewNetwork(t), t: t, flow: f, endpoints: map[wire.Flow]*siptest.Endpoint{}}
	for name, at := range servers {
		s.Name(at, name)
	}
	s.attachPhones()
	ctx, end := context.WithCancel(t.Context())
	var ended []chan error
	defer func() { // also when a message fails to come
		end()
		for _, done := range ended {
			<-done
		}
	}()
	for _, r := range roles {
		ended = append(ended, s.serve(ctx, r))
	}
	for i := range f.messages {
		if m := &f.messages[i]; m.isSentByPhone() {
			s.await(i)
			s.pause(i)
			s.send(m)
		}
	}
	s.await(len(f.messages))
	time.Sleep(2 * timerB)
	return s.Packets(), s.Names()
}

// attachPhones gives Alice one address and Bob two: in 3.7 he moves.
func (s *scene) attachPhones() {
	for name, all := range map[string][]netip.AddrPort{"Alice": {alice}, "Bob": {bob, bobChicago}} {
		for _, at := range all {
			s.Name(at, name)
			for _, t := range []wire.Transport{wire.UDP, wire.TCP} {
				s.endpoints[wire.Flow{Transport: t, Local: at}] = s.Attach(ear{}, t, at)
			}
		}
	}
}

// ear hears and does nothing; what arrived is found among the packets.
type ear struct{}

func (ear) Receive(*sip.Message, *transport.Inbound)                            {}
func (ear) Malformed(*sip.Message, string, *sip.ParseError, *transport.Inbound) {}

// serve starts a server in its role.
func (s *scene) serve(ctx context.Context, r role) chan error {
	s.t.Helper()
	at := servers[r.name]
	e := s.Attach(nil, wire.UDP, at)
	one, err := server.New(server.Config{
		Script: filepath.Join("testdata", "scripts", r.script), Defines: r.defines, Out: s.t.Output(), Network: listening{e, at},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	e.Handle(one.Handler())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- one.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		s.t.Fatal(err)
	}
	return done
}

// listening is an endpoint as a server wants its sockets. The one for UDP is
// there already.
type listening struct {
	*siptest.Endpoint
	local netip.AddrPort
}

func (l listening) Listen(t wire.Transport, local netip.AddrPort) (netip.AddrPort, error) {
	if t != wire.UDP || local != l.local {
		l.Endpoint.Listen(t, local)
	}
	return local, nil
}
func (listening) IsOpen(uint64) bool { return true }
func (listening) Start()             {}
func (listening) Close()             {}

// await waits until all messages before the one with this index were seen.
func (s *scene) await(index int) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * timerB); ; {
		time.Sleep(step) // also at first: what was seen must have arrived
		missing, _ := match(s.flow.messages[:index], arrows(s.Packets(), s.Names()))
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: %s did not come. So far:\n%s", s.flow.section, strings.Join(missing, ", "), s.Ladder())
		}
	}
}

// pause waits as a transaction of a user agent does before it sends again
// (timer A), and before it gives up (timer B).
func (s *scene) pause(index int) {
	sent := 0 // how often the message before this one was
	for i := index - 1; i > 0 && s.flow.messages[i].again; i-- {
		sent++
	}
	switch {
	case s.flow.messages[index].again:
		time.Sleep(timerT1 << sent)
	case sent > 0:
		time.Sleep(timerB - timerT1*(1<<sent-1))
	}
}

// send sends a message of the RFC from the user agent's address. Requests go as
// they stand; responses get the Via fields of what they answer, as branches of
// our proxies are not the RFC's.
func (s *scene) send(m *message) {
	s.t.Helper()
	f, text := wire.Flow{Transport: wire.ParseTransport(m.parsed.Via.Transport)}, m.text
	if m.parsed.IsRequest() {
		f.Local, f.Remote = phones[m.parsed.Via.Host], servers[m.to]
		if !f.Remote.IsValid() {
			uri, err := sip.ParseURI(m.parsed.RequestURI)
			if err != nil {
				s.t.Fatal(err)
			}
			f.Remote = phones[uri.Host]
		}
	} else {
		request := s.requestOf(m)
		f.Local, f.Remote = request.Flow.Local, request.Flow.Remote
		text = withVias(m.parsed, request.Message)
	}
	if err := s.endpoints[wire.Flow{Transport: f.Transport, Local: f.Local}].Send(f, []byte(text), nil); err != nil {
		s.t.Fatalf("%s %s: %v", s.flow.section, m.name, err)
	}
}

// requestOf finds what a response answers, as it arrived.
func (s *scene) requestOf(m *message) *wire.Packet {
	s.t.Helper()
	packets, names := s.Packets(), s.Names()
	for i := range packets {
		p := &packets[i]
		if !p.Outgoing && names[p.Flow.Local] == m.from && p.Message != nil && p.Message.IsRequest() &&
			p.Message.CSeq == m.parsed.CSeq && p.Message.CallID() == m.parsed.CallID() {
			return p
		}
	}
	s.t.Fatalf("%s %s answers nothing that arrived", s.flow.section, m.name)
	return nil
}

// withVias gives a response the Via fields of a request; the user agent that
// answers a request from a user agent adds received itself.
func withVias(response, request *sip.Message) string {
	var edits sip.Edits
	if response.Via.Branch == request.Via.Branch {
		return response.Text // straight from the other user agent
	}
	var vias strings.Builder
	for i := range request.Fields {
		if f := &request.Fields[i]; f.Kind == sip.FieldVia {
			vias.WriteString(request.Text[f.Start:f.End])
		}
	}
	// The topmost Via in what arrived lacks the received that its receiver adds.
	top := response.Via.Received
	text := vias.String()
	if end := strings.Index(text, "\r\n"); top != "" && end >= 0 {
		text = text[:end] + ";received=" + top + text[end:]
	}
	for i := range response.Fields {
		if f := &response.Fields[i]; f.Kind == sip.FieldVia {
			edits.Replace(int(f.Start), int(f.End), text)
			text = ""
		}
	}
	return string(edits.Append(nil, response))
}
