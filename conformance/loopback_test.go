// Addresses: every party of a play has a loopback address of its own, for the messages answer to fixed ports.

package conformance

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"testing"
)

// callerPorts are the ports to which the Vias of the messages have their answers sent.
var callerPorts = []uint16{5060, 5050, 5061, 6050, 19823}

// loopback is a piece of 127.0.0.0/8 that nobody else uses.
type loopback struct {
	caller, callee netip.Addr
	servers        byte // the last number of the next server's address
	prefix         [3]byte
}

// findLoopback takes a piece at random, so that two runs at the same time do not meet.
func findLoopback(t *testing.T) *loopback {
	t.Helper()
	var failure error
	for range 50 {
		l := &loopback{prefix: [3]byte{127, byte(10 + rand.IntN(200)), byte(10 + rand.IntN(200))}, servers: 10}
		l.caller, l.callee = l.address(1), l.address(2)
		if failure = l.isFree(); failure == nil {
			return l
		}
	}
	if os.Getenv("VIADUCT_NO_SKIP") == "1" {
		t.Fatalf("no loopback addresses: %v", failure)
	}
	t.Skipf("somebody holds port 5060 of all addresses, or this host has only 127.0.0.1: %v", failure)
	return nil
}

func (l *loopback) address(last byte) netip.Addr {
	return netip.AddrFrom4([4]byte{l.prefix[0], l.prefix[1], l.prefix[2], last})
}

// nextServer gives the address of one more server.
func (l *loopback) nextServer() netip.AddrPort {
	l.servers++
	return netip.AddrPortFrom(l.address(l.servers), 5060)
}

func (l *loopback) isFree() error {
	for _, port := range callerPorts {
		socket, err := net.ListenPacket("udp4", fmt.Sprintf("%v:%d", l.caller, port))
		if err != nil {
			return err
		}
		socket.Close()
	}
	return nil
}
