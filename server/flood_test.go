package server

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// withPike is the built-in script behind pike. The calls beside are placed as
// fast as they go, so pike looks at the flooder alone.
func withPike() string {
	return strings.NewReplacer(
		"request_route {", "request_route {\n\tif (src_ip == 127.77.77.77 && !pike_check_req()) { exit; }",
		`loadmodule "sl"`, `loadmodule "sl"
loadmodule "pike"
modparam("pike", "sampling_time_unit", 30)
modparam("pike", "reqs_density_per_unit", 500)`).Replace(BuiltinScript)
}

// A source that sends a hundred requests for each one of the others does not
// take the service from them. With pike it gets no more answers than it may.
func TestFlood(t *testing.T) {
	const rounds, aRound, allowed = 30, 100, 500
	for name, script := range map[string]string{"bare": "", "pike": withPike()} {
		t.Run(name, func(t *testing.T) {
			s := startOnSockets(t, script, io.Discard)
			flooder := socket(t, netip.MustParseAddr("127.77.77.77"))
			defer flooder.Close()
			var answered atomic.Int64
			go countDatagrams(flooder, &answered)
			calls := s.calls.Load()
			for round := range rounds {
				for i := range aRound {
					s.flood(flooder, round*aRound+i)
				}
				s.ping(fmt.Sprintf("flood %d", round))
			}
			s.awaitCalls(calls + 1 - s.calls.Load()) // one at least has lived through it
			if n := answered.Load(); n == 0 || name == "pike" && n > allowed {
				t.Errorf("the flooder got %d answers to %d requests", n, rounds*aRound)
			}
		})
	}
}

func (s *onSockets) flood(from *net.UDPConn, number int) {
	text := fmt.Sprintf("OPTIONS sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKf%d;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:flooder@test.test>;tag=f\r\nTo: <sip:%v>\r\nCall-ID: flood%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		s.at, addressOf(from), number, s.at, number)
	if _, err := from.WriteToUDPAddrPort([]byte(text), s.at); err != nil {
		s.t.Fatal(err)
	}
}

// countDatagrams counts what comes until the socket is closed.
func countDatagrams(from *net.UDPConn, count *atomic.Int64) {
	var room [1 << 16]byte
	for {
		if _, err := from.Read(room[:]); err != nil {
			return
		}
		count.Add(1)
	}
}
