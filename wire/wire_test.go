package wire

import "testing"

func TestTransport(t *testing.T) {
	for transport := UDP; transport <= WSS; transport++ {
		if ParseTransport(transport.String()) != transport || transport.IsReliable() != (transport != UDP) {
			t.Errorf("transport %d is %q", transport, transport)
		}
	}
	if ParseTransport("tcp") != TCP || ParseTransport("SCTP") != NoTransport || ParseTransport("") != NoTransport {
		t.Error("names are compared without case, and those not known are none")
	}
	if NoTransport.String() != "" || Transport(200).String() != "" {
		t.Error("what is no transport has a name")
	}
}
