// The player: sends a message as it stands and sees what comes of it.

package conformance

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"viaduct/sip"
)

// Nothing of what is sent takes a server longer; what does not come in this time after the server has answered something
// else does not come at all.
const silence = 250 * time.Millisecond

// event is one thing that the caller or the callee sees.
type event struct {
	at      party
	text    string
	message *sip.Message // at the callee; nil when it is unsound, but for a request that can be answered
	answer  *answer      // at the caller
	closed  bool         // the server has closed the caller's connection
}

type party int

const (
	caller party = iota
	callee
)

// player is the caller, and the callee behind the server.
type player struct {
	*loopback
	t      *testing.T
	events chan event
	ports  map[uint16]*net.UDPConn
	number int // of requests of our own

	reply atomic.Pointer[func(m *sip.Message, ok string) []string] // what the callee answers instead of ok; nil: ok
}

func newPlayer(t *testing.T) *player {
	t.Helper()
	p := &player{loopback: findLoopback(t), t: t, events: make(chan event, 100), ports: map[uint16]*net.UDPConn{}}
	var reading sync.WaitGroup
	for _, port := range callerPorts {
		socket := p.open(p.caller, port)
		p.ports[port] = socket
		reading.Go(func() { p.read(socket, caller) })
	}
	socket := p.open(p.loopback.callee, 5060)
	reading.Go(func() { p.read(socket, callee) })
	listener, err := net.Listen("tcp4", socket.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	reading.Go(func() { p.accept(listener) })
	t.Cleanup(func() {
		for _, one := range p.ports {
			one.Close()
		}
		socket.Close()
		listener.Close()
		reading.Wait()
	})
	return p
}

func (p *player) open(address netip.Addr, port uint16) *net.UDPConn {
	p.t.Helper()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, port)))
	if err != nil {
		p.t.Fatal(err)
	}
	return socket
}

// read shows the datagrams of one socket; the callee's are answered.
func (p *player) read(socket *net.UDPConn, at party) {
	buffer := make([]byte, sip.MaxMessageSize)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of something sent before
		}
		for _, reply := range p.show(at, string(buffer[:n]), from) {
			_, _ = socket.WriteToUDPAddrPort([]byte(reply), from)
		}
	}
}

// accept takes connections to the callee: a proxy may choose TCP for what is large (RFC 3261 section 18.1.1).
func (p *player) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go p.readStream(connection, callee)
	}
}

// readStream shows the messages of one connection until it ends.
func (p *player) readStream(connection net.Conn, at party) {
	defer connection.Close()
	framer := sip.Framer{LengthOptional: true}
	for {
		text, found, failed := framer.Next()
		switch {
		case failed != nil:
			p.events <- event{at: at, text: text}
			return
		case found == sip.FrameMessage:
			for _, reply := range p.show(at, text, connection.RemoteAddr().(*net.TCPAddr).AddrPort()) {
				_, _ = connection.Write([]byte(reply))
			}
		case found == sip.FrameNeedMore:
			n, err := connection.Read(framer.Space())
			framer.Filled(n)
			if err != nil {
				if at == caller && errors.Is(err, io.EOF) {
					p.events <- event{at: at, closed: true}
				}
				return
			}
		}
	}
}

// show passes a message on to the play, and gives the callee's answers to it.
func (p *player) show(at party, text string, from netip.AddrPort) (replies []string) {
	if at == caller {
		p.events <- event{at: at, text: text, answer: readAnswer(text)}
		return nil
	}
	m, err := sip.Parse(text)
	p.events <- event{at: at, text: text, message: m}
	if m != nil && m.IsRequest() && m.Method != "ACK" && (err == nil || m.Has(sip.FieldTo)) {
		contact := fmt.Sprintf("Contact: <sip:callee@%v>\r\n", p.loopback.callee)
		ok := string(sip.AppendReply(nil, m, &sip.Reply{Status: 200, ToTag: "callee", Fields: contact, Source: from}))
		if reply := p.reply.Load(); reply != nil {
			return (*reply)(m, ok)
		}
		return []string{ok}
	}
	return nil
}

// play sends one message and gives what happened: it waits until the server has answered it or passed it on, or has
// answered a later request and then done nothing for a while.
func (p *player) play(server netip.AddrPort, v *vector) []event {
	p.t.Helper()
	p.drain(0)
	var seen []event
	if v.overTCP {
		connection := p.connect(server)
		defer connection.Close()
		if _, err := connection.Write([]byte(v.text)); err != nil {
			p.t.Fatal(err)
		}
	} else {
		p.send(server, v.text)
	}
	alive, pong := p.request(server, "OPTIONS", "sip:"+server.String(), "")
	p.send(server, alive)
	deadline := time.After(10 * time.Second)
	var quiet <-chan time.Time
	for isAlive, isAnswered := false, false; ; {
		select {
		case e := <-p.events:
			switch {
			case e.answer != nil && e.answer.field("Call-ID") == pong:
				isAlive = true
				quiet = time.After(silence)
			case e.answer != nil && e.answer.status >= 200:
				isAnswered = true
				p.acknowledge(server, v, e.answer)
				fallthrough
			default:
				seen = append(seen, e)
			}
			if isAlive && isAnswered {
				return append(seen, p.drain(silence/20)...)
			}
		case <-quiet:
			return seen
		case <-deadline:
			p.t.Fatalf("the server answers no more after %s", v.name)
		}
	}
}

// drain takes what comes in a span of time.
func (p *player) drain(span time.Duration) (seen []event) {
	end := time.After(span)
	for {
		select {
		case e := <-p.events:
			seen = append(seen, e)
		case <-end:
			return seen
		}
	}
}

func (p *player) send(server netip.AddrPort, text string) {
	p.t.Helper()
	if _, err := p.ports[5060].WriteToUDPAddrPort([]byte(text), server); err != nil {
		p.t.Fatal(err)
	}
}

func (p *player) connect(server netip.AddrPort) net.Conn {
	p.t.Helper()
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(p.caller, 0)), Timeout: 5 * time.Second}
	connection, err := dialer.Dial("tcp4", server.String())
	if err != nil {
		p.t.Fatal(err)
	}
	go p.readStream(connection, caller)
	return connection
}

// request writes a request of our own.
func (p *player) request(server netip.AddrPort, method, uri, fields string) (text, callID string) {
	p.number++
	callID = fmt.Sprintf("own-%d@%v", p.number, p.caller)
	if fields == "" {
		fields = "To: <" + uri + ">\r\n"
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %v:5060;branch=z9hG4bKown%d;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:player@%v>;tag=player\r\n%sCall-ID: %s\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n",
		method, uri, p.caller, p.number, p.caller, fields, callID, p.number, method), callID
}

// ask sends a request of our own and gives the final answer.
func (p *player) ask(server netip.AddrPort, method, uri, fields string) *answer {
	p.t.Helper()
	text, callID := p.request(server, method, uri, fields)
	for range 20 {
		p.send(server, text)
		end := time.After(500 * time.Millisecond)
		for waiting := true; waiting; {
			select {
			case e := <-p.events:
				if e.answer != nil && e.answer.field("Call-ID") == callID && e.answer.status >= 200 {
					return e.answer
				}
			case <-end:
				waiting = false
			}
		}
	}
	p.t.Fatalf("no answer to\n%s", text)
	return nil
}

// bind registers a user with the callee as the only contact, unbind with none.
func (p *player) bind(server netip.AddrPort, aor string) {
	p.unbind(server, aor)
	p.register(server, aor, fmt.Sprintf("Contact: <sip:callee@%v>\r\nExpires: 3600\r\n", p.loopback.callee))
}

func (p *player) unbind(server netip.AddrPort, aor string) {
	p.register(server, aor, "Contact: *\r\nExpires: 0\r\n")
}

func (p *player) register(server netip.AddrPort, aor, fields string) {
	p.t.Helper()
	answer := p.ask(server, "REGISTER", "sip:"+server.String(), "To: <"+aor+">\r\n"+fields)
	if answer.status != 200 {
		p.t.Fatalf("%s cannot be registered: %s", aor, answer.text)
	}
}

// bindings asks which contacts an address-of-record has.
func (p *player) bindings(server netip.AddrPort, aor string) (contacts []string) {
	p.t.Helper()
	answer := p.ask(server, "REGISTER", "sip:"+server.String(), "To: "+aor+"\r\n")
	for _, field := range answer.fields {
		if strings.EqualFold(field[0], "Contact") {
			contacts = slices.AppendSeq(contacts, sip.SplitList(field[1]))
		}
	}
	return contacts
}

// acknowledge ends the retransmission of a failure response to an INVITE.
func (p *player) acknowledge(server netip.AddrPort, v *vector, response *answer) {
	if response.status < 300 || v.method() != "INVITE" {
		return
	}
	invite, err := sip.Parse(v.text)
	if err != nil { // then its answer was sent without a transaction
		return
	}
	via, _, _ := strings.Cut(invite.Get(sip.FieldVia), ",")
	p.send(server, fmt.Sprintf("ACK %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		invite.RequestURI, via, invite.Get(sip.FieldFrom), response.field("To"), invite.CallID(), invite.CSeq.Number))
}
