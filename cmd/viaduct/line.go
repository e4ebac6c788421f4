// Line: the socket of the send command, connected to one peer.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"viaduct/draft"
	"viaduct/server"
	"viaduct/sip"
	"viaduct/wire"
)

// line is a connection to a peer, a connected socket with UDP: so the system
// tells when nobody listens there (ICMP).
type line struct {
	conn     net.Conn
	flow     wire.Flow
	to       string // as errors call it: "udp:127.0.0.1:5060"
	arrivals chan arrival
	closed   chan struct{}
}

// arrival is a packet, or the error that ends the line.
type arrival struct {
	packet wire.Packet
	err    error
}

// dialPatience bounds the time that a TCP connection may take to open.
const dialPatience = 5 * time.Second

// dial opens a line. from is HOST:PORT or "".
func dial(transport wire.Transport, address, from string) (*line, error) {
	network := strings.ToLower(transport.String())
	dialer := net.Dialer{Timeout: dialPatience}
	l := &line{to: network + ":" + address, arrivals: make(chan arrival), closed: make(chan struct{})}
	if from != "" {
		local, err := localAddress(transport, from)
		if err != nil {
			return nil, err
		}
		dialer.LocalAddr = local
	}
	conn, err := dialer.Dial(network, address)
	if err != nil {
		return nil, explainDial(err, l.to, from)
	}
	l.conn = conn
	l.flow = wire.Flow{Transport: transport, Local: addrPort(conn.LocalAddr()), Remote: addrPort(conn.RemoteAddr())}
	if transport.IsReliable() {
		l.flow.Connection = 1
		go l.readStream()
	} else {
		go l.readDatagrams()
	}
	return l, nil
}

// localAddress reads --from; without a port the system chooses one.
func localAddress(transport wire.Transport, from string) (net.Addr, error) {
	text := from
	if proto, after, found := strings.Cut(from, ":"); found && wire.ParseTransport(proto) == transport {
		text = after
	}
	local, err := netip.ParseAddrPort(text)
	if err != nil {
		var host netip.Addr
		host, err = netip.ParseAddr(strings.Trim(text, "[]"))
		local = netip.AddrPortFrom(host, 0)
	}
	if err != nil {
		return nil, &server.Hinted{Problem: fmt.Errorf("--from %s: not an address of this machine", from), Hint: "write 127.0.0.1:5070 or 127.0.0.1"}
	}
	if transport.IsReliable() {
		return net.TCPAddrFromAddrPort(local), nil
	}
	return net.UDPAddrFromAddrPort(local), nil
}

// explainDial says why a line could not be opened.
func explainDial(err error, to, from string) error {
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return &server.Hinted{Problem: fmt.Errorf("--to %s: no address is known for %s", to, unknown.Name), Hint: "write the address itself, as in udp:127.0.0.1:5060"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &server.Hinted{Problem: fmt.Errorf("--from %s: this machine has no such address", from), Hint: "ip addr lists those it has"}
	case errors.Is(err, syscall.EADDRINUSE):
		return &server.Hinted{Problem: fmt.Errorf("--from %s: another program uses this address", from), Hint: "ss -lunp shows which; with port 0 the system chooses a free one"}
	case errors.Is(err, syscall.EINVAL) && from != "":
		return &server.Hinted{Problem: fmt.Errorf("%s cannot be reached from %s", to, from), Hint: "a loopback address reaches loopback addresses only, IPv4 only IPv4"}
	}
	return unreachable(err, to)
}

// explain says why a line has ended.
func (l *line) explain(err error) error {
	if errors.Is(err, io.EOF) {
		return &server.Hinted{Problem: fmt.Errorf("%s closed the connection", l.to), Hint: "servers do so when a message cannot be read; --check says what is wrong with it"}
	}
	return unreachable(err, l.to)
}

func unreachable(err error, to string) error {
	var wrong *sip.ParseError
	var late net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return &server.Hinted{Problem: fmt.Errorf("%s: nobody listens there", to), Hint: "viaduct serve --listen " + to + " starts a server"}
	case errors.Is(err, syscall.ECONNRESET):
		return &server.Hinted{Problem: fmt.Errorf("%s broke the connection", to), Hint: "servers do so when a message cannot be read; --check says what is wrong with it"}
	case errors.Is(err, syscall.EMSGSIZE):
		return &server.Hinted{Problem: fmt.Errorf("the message is too large for UDP"), Hint: "send it over TCP: --to tcp:…"}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return &server.Hinted{Problem: fmt.Errorf("%s: there is no way to that address", to), Hint: "ip route says which networks this machine reaches"}
	case errors.As(err, &late) && late.Timeout():
		return &server.Hinted{Problem: fmt.Errorf("%s does not answer", to), Hint: "is the address right, and does the server listen for TCP?"}
	case errors.As(err, &wrong):
		return fmt.Errorf("%s sent what cannot be read: %w", to, err)
	}
	return fmt.Errorf("%s: %w", to, err)
}

func addrPort(address net.Addr) netip.AddrPort {
	parsed, _ := netip.ParseAddrPort(address.String())
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
}

// close ends the reader too.
func (l *line) close() {
	close(l.closed)
	l.conn.Close()
}

// arrive hands an arrival over; false when the line is closed.
func (l *line) arrive(a arrival) bool {
	select {
	case l.arrivals <- a:
		return a.err == nil
	case <-l.closed:
		return false
	}
}

// send sends a text as it is.
func (l *line) send(text string) (wire.Packet, error) {
	p := l.packet(text)
	p.Outgoing = true
	_, err := io.WriteString(l.conn, text)
	return p, err
}

func (l *line) packet(text string) wire.Packet {
	p := wire.Packet{Time: time.Now(), Flow: l.flow, Text: text}
	p.Message, _ = sip.Parse(text)
	return p
}

func (l *line) readDatagrams() {
	var space [sip.MaxMessageSize]byte
	for {
		n, err := l.conn.Read(space[:])
		if !l.arrive(arrival{l.packet(string(space[:n])), err}) {
			return
		}
	}
}

// readStream cuts what comes into messages and answers keep-alives.
func (l *line) readStream() {
	framer := sip.Framer{LengthOptional: true}
	for {
		text, event, wrong := framer.Next()
		switch {
		case wrong != nil:
			l.arrive(arrival{err: wrong})
			return
		case event == sip.FrameMessage:
			if !l.arrive(arrival{packet: l.packet(text)}) {
				return
			}
		case event == sip.FramePing:
			io.WriteString(l.conn, "\r\n") // an error shows at the next read
		case event == sip.FrameNeedMore:
			n, err := l.conn.Read(framer.Space())
			if err != nil {
				l.arrive(arrival{err: err})
				return
			}
			framer.Filled(n)
		}
	}
}

// answersElsewhere says that the answers to a request will go past this line:
// they go to the Via's address (RFC 3261 section 18.2.2), to the port they came
// from only when it has rport (RFC 3581 section 4).
func (l *line) answersElsewhere(text string) string {
	m, err := sip.Parse(text)
	if err != nil || !m.IsRequest() || l.flow.Transport.IsReliable() || m.Via.HasRPort {
		return ""
	}
	_, port := m.Via.SentBy()
	if port == int(l.flow.Local.Port()) {
		return ""
	}
	from := netip.AddrPortFrom(l.flow.Local.Addr(), uint16(port))
	return fmt.Sprintf("answers go to port %d, as Via says, and this end has port %d; --from %v gets them, or ;rport in Via (RFC 3261 section %s, RFC 3581)",
		port, l.flow.Local.Port(), from, draft.AnswersGoElsewhere.Section())
}
