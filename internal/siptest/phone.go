// Phone: a user agent that does what a test says, over the network in memory
// or over a UDP socket.
package siptest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// Phone sends what it is told and waits for what it should get. It does
// nothing by itself: no retransmission, no ACK, no answer. Its methods are
// called by one goroutine, that of the test.
type Phone struct {
	Name     string // user part of its address-of-record, and its tag
	Domain   string // host part of its address-of-record
	Local    netip.AddrPort
	Server   netip.AddrPort // where requests go when no route says otherwise
	Contact  string         // value of its Contact fields
	Patience time.Duration  // for which Expect waits; 5 s

	t         testing.TB
	transport wire.Transport
	send      func(to netip.AddrPort, text string) error
	inbox     chan wire.Packet
	last      string // text that was taken last, to know a retransmission
	branches  int
	calls     int
}

// maxInbox is more than any test leaves unread.
const maxInbox = 4096

func newPhone(t testing.TB, name string, local, server netip.AddrPort) *Phone {
	return &Phone{
		Contact: fmt.Sprintf("<sip:%s@%v>", name, local),
		Name:    name, Domain: "example.test", Local: local, Server: server, Patience: 5 * time.Second,
		t: t, transport: wire.UDP, inbox: make(chan wire.Packet, maxInbox),
	}
}

// Phone attaches a phone that speaks UDP to the network.
func (n *Network) Phone(name string, local, server netip.AddrPort) *Phone {
	return n.PhoneOver(wire.UDP, name, local, server)
}

// PhoneOver attaches a phone that speaks another transport.
func (n *Network) PhoneOver(t wire.Transport, name string, local, server netip.AddrPort) *Phone {
	p := newPhone(n.t, name, local, server)
	p.transport = t
	e := n.Attach((*phoneHandler)(p), t, local)
	p.send = func(to netip.AddrPort, text string) error {
		return e.Send(wire.Flow{Transport: t, Local: local, Remote: to}, []byte(text), nil)
	}
	n.Name(local, name)
	return p
}

// ListenPhone opens a phone on a UDP socket; port 0 takes any. It is closed
// when the test ends.
func ListenPhone(t testing.TB, name string, local, server netip.AddrPort) *Phone {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(local))
	if err != nil {
		t.Fatal(err)
	}
	p := newPhone(t, name, conn.LocalAddr().(*net.UDPAddr).AddrPort(), server)
	p.send = func(to netip.AddrPort, text string) error {
		_, err := conn.WriteToUDPAddrPort([]byte(text), to)
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, sip.MaxMessageSize)
		for {
			size, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				if errors.Is(err, net.ErrClosed) {
					return
				}
				continue // ICMP of a peer that is gone
			}
			packet := wire.Packet{Time: time.Now(), Flow: wire.Flow{Transport: wire.UDP, Local: p.Local, Remote: from}, Text: string(buffer[:size])}
			packet.Message, _ = sip.Parse(packet.Text)
			p.arrive(packet)
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return p
}

// phoneHandler takes what arrives for a phone on the network in memory.
type phoneHandler Phone

func (h *phoneHandler) Receive(m *sip.Message, in *transport.Inbound) {
	(*Phone)(h).arrive(wire.Packet{Time: time.Now(), Flow: in.Flow, Text: m.Text, Message: m})
}

func (h *phoneHandler) Malformed(_ *sip.Message, text string, _ *sip.ParseError, in *transport.Inbound) {
	(*Phone)(h).arrive(wire.Packet{Time: time.Now(), Flow: in.Flow, Text: text})
}

func (p *Phone) arrive(packet wire.Packet) {
	select {
	case p.inbox <- packet:
	default: // a storm; the test will fail by what it does not find
	}
}

// Next gives the next packet that arrives within a time.
func (p *Phone) Next(patience time.Duration) (packet wire.Packet, ok bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case packet = <-p.inbox:
		return packet, true
	case <-timer.C:
		return packet, false
	}
}

// Expect waits for a message and ends the test when another one comes first.
// what is a method, "INVITE", or a status, "180", "2xx", maybe with the method
// of its request, "200 BYE". A 100 that is not asked for and a retransmission
// of the last message are passed over.
func (p *Phone) Expect(what string) *sip.Message {
	p.t.Helper()
	for deadline := time.Now().Add(p.Patience); ; {
		packet, ok := p.Next(time.Until(deadline))
		m := packet.Message
		switch {
		case !ok:
			p.t.Fatalf("%s: no %s came", p.Name, what)
		case packet.Text == p.last:
			continue
		case m == nil:
			p.t.Fatalf("%s: expected %s, got what is no SIP message: %q", p.Name, what, packet.Text)
		case Matches(m, what):
			p.last = packet.Text
			return m
		case m.Status == 100:
		default:
			p.t.Fatalf("%s: expected %s, got\n%s", p.Name, what, packet.Text)
		}
		p.last = packet.Text
	}
}

// Wait is Expect that passes over everything else.
func (p *Phone) Wait(what string) *sip.Message {
	p.t.Helper()
	for deadline := time.Now().Add(p.Patience); ; {
		packet, ok := p.Next(time.Until(deadline))
		if !ok {
			p.t.Fatalf("%s: no %s came", p.Name, what)
		}
		p.last = packet.Text
		if packet.Message != nil && Matches(packet.Message, what) {
			return packet.Message
		}
	}
}

// ExpectNothing ends the test when something comes within a time.
func (p *Phone) ExpectNothing(during time.Duration) {
	p.t.Helper()
	if packet, ok := p.Next(during); ok {
		p.t.Fatalf("%s: expected nothing, got\n%s", p.Name, packet.Text)
	}
}

// Matches tells whether a message is what Expect calls so.
func Matches(m *sip.Message, what string) bool {
	first, method, hasMethod := strings.Cut(what, " ")
	if first[0] < '0' || first[0] > '9' {
		return m.IsRequest() && m.Method == first
	}
	if m.IsRequest() || hasMethod && m.Method != method {
		return false
	}
	status := strconv.Itoa(m.Status)
	return status == first || strings.HasSuffix(first, "xx") && status[0] == first[0]
}

// Send sends a text to the server. Line ends become CRLF, and what stands in
// braces is filled in: {local}, {server}, {name}, {domain}, {contact},
// {transport}, {branch} (a new one), {length} of the body.
func (p *Phone) Send(text string) {
	p.t.Helper()
	p.sendTo(p.Server, p.fill(text, p.newBranch()))
}

func (p *Phone) sendTo(to netip.AddrPort, text string) {
	p.t.Helper()
	if err := p.send(to, text); err != nil {
		p.t.Fatalf("%s: %v", p.Name, err)
	}
}

func (p *Phone) newBranch() string {
	p.branches++
	return fmt.Sprintf("%s-%s-%d", sip.MagicCookie, p.Name, p.branches)
}

func (p *Phone) fill(text, branch string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	return strings.NewReplacer(
		"{local}", p.Local.String(), "{server}", p.Server.String(), "{name}", p.Name, "{domain}", p.Domain, "{contact}", p.Contact,
		"{transport}", p.transport.String(), "{branch}", branch, "{length}", strconv.Itoa(len(body)),
	).Replace(text)
}

// Reply answers a request to where it came from: Via, From, To, Call-ID, CSeq
// and Record-Route are copied, To gets the phone's tag unless the status is
// 100, further header lines come behind. An answer to INVITE above 100 and
// below 300 names the phone's Contact; a 2xx has a session description.
func (p *Phone) Reply(request *sip.Message, status int, lines ...string) {
	p.t.Helper()
	r := sip.Reply{Status: status}
	if status > 100 {
		r.ToTag = p.Name
	}
	if request.Method == "INVITE" && status > 100 && status < 300 {
		r.Fields = "Contact: " + p.Contact + "\r\n"
		if status >= 200 {
			r.Fields += "Content-Type: application/sdp\r\n"
			r.Body = p.Offer()
		}
	}
	for _, line := range lines {
		r.Fields += line + "\r\n"
	}
	to := p.Server
	if address, err := sip.ParseHost(request.Via.Host); err == nil {
		_, port := request.Via.SentBy()
		to = netip.AddrPortFrom(address, uint16(port))
	}
	p.sendTo(to, string(sip.AppendReply(nil, request, &r)))
}

// Offer is the phone's session description.
func (p *Phone) Offer() string {
	address := p.Local.Addr()
	family := "IP4"
	if address.Is6() {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=%s 1 1 IN %s %v\r\ns=-\r\nc=IN %s %v\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n", p.Name, family, address, family, address)
}

// Register sends a REGISTER for the phone's address-of-record.
func (p *Phone) Register(expires int) {
	p.t.Helper()
	p.calls++
	p.Send(fmt.Sprintf(`REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/{transport} {local};branch={branch}
Max-Forwards: 70
From: <sip:{name}@{domain}>;tag={name}
To: <sip:{name}@{domain}>
Call-ID: registration-{name}
CSeq: %d REGISTER
Contact: {contact}
Expires: %d
Content-Length: 0

`, p.calls, expires))
}
