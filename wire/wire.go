// Package wire describes a message on its way: which way it took, when, and
// the tap through which observers see all that passes.
package wire

import (
	"net/netip"
	"strings"
	"time"

	"viaduct/sip"
)

// Transport is a transport protocol of SIP (RFC 3261 section 18, RFC 7118).
type Transport uint8

const (
	NoTransport Transport = iota
	UDP
	TCP
	TLS
	WS
	WSS
)

var transportNames = [...]string{"", "UDP", "TCP", "TLS", "WS", "WSS"}

// String gives the name as Via writes it, "" for what is none.
func (t Transport) String() string {
	if t > WSS {
		return ""
	}
	return transportNames[t]
}

// ParseTransport reads a name in any case; NoTransport when it is not known.
func ParseTransport(name string) Transport {
	for t := UDP; t <= WSS; t++ {
		if strings.EqualFold(name, transportNames[t]) {
			return t
		}
	}
	return NoTransport
}

// IsReliable tells the transports over which nothing is retransmitted.
func (t Transport) IsReliable() bool { return t > UDP }

// Flow is the way between us and a peer (RFC 5626 section 2). A zero Local
// lets the transport choose the listener; a zero Connection lets it reuse or
// open one.
type Flow struct {
	Transport  Transport
	Local      netip.AddrPort
	Remote     netip.AddrPort
	Connection uint64 // of streams: number of the connection, never used twice
}

// Packet is one message that passed the transport.
type Packet struct {
	Time     time.Time
	Flow     Flow
	Outgoing bool
	Text     string
	Message  *sip.Message // nil when the text is no SIP message, or was not parsed
}

// Tap sees each packet on the goroutine that carries it: it must be quick and
// must not block.
type Tap interface {
	Packet(p *Packet)
}
