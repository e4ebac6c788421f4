package server

import (
	"testing"

	"viaduct/script/syntax"
	"viaduct/wire"
)

// RFC 3261 section 18.2.1: where we take datagrams we take connections, unless
// the script says otherwise.
func TestListenersInPairs(t *testing.T) {
	lists := map[string][]address{}
	var err error
	if lists["usual"], err = usual(5070); err != nil {
		t.Skip("this machine has neither a loopback nor a private address: ", err)
	}
	if lists["no transport"], err = resolveLine(&syntax.Listen{Address: syntax.Address{Host: "127.0.0.1"}}, 5070); err != nil {
		t.Fatal(err)
	}
	for name, list := range lists {
		opened := map[address]bool{}
		for _, a := range list {
			opened[a] = true
		}
		for a := range opened {
			other := a
			if other.transport = wire.UDP; a.transport == wire.UDP {
				other.transport = wire.TCP
			}
			if !opened[other] || a.local.Port() != 5070 {
				t.Errorf("%s: %v %v stands alone", name, a.transport, a.local)
			}
		}
	}
}
