package server

import (
	"bytes"
	"strings"
	"testing"

	"viaduct/transport"
	"viaduct/wire"
)

// overflowing is a network whose kernel drops.
type overflowing struct {
	Network
	dropped uint64
}

func (n *overflowing) Counters() (c transport.Counters) {
	c.Transports[wire.UDP].Overflowed = n.dropped
	return c
}

func TestDatagramsDroppedUnreadAreLogged(t *testing.T) {
	network := &overflowing{}
	var log bytes.Buffer
	s := &Server{network: network, output: newOutput(&log)}
	for _, dropped := range []uint64{0, 7, 7, 10} {
		network.dropped = dropped
		s.warnOfOverflow()
	}
	s.output.close()
	if got := log.String(); strings.Count(got, "dropped unread") != 2 || !strings.Contains(got, "7 datagrams") || !strings.Contains(got, "3 datagrams") {
		t.Errorf("got %q", got)
	}
}
