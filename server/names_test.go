package server

import (
	"testing"

	"viaduct/wire"
)

// What uri==myself holds for beside the listeners: an alias is a name, or an
// address however it is written.
func TestAliases(t *testing.T) {
	r := start(t, "listen=udp:127.0.0.1:5060\nalias=example.test\nalias=udp:other.test:5070\nalias=[2001:db8::10]\nrequest_route { exit; }\n", nil)
	for _, test := range []struct {
		host string
		port int
		want bool
	}{
		{"127.0.0.1", 0, true},
		{"127.0.0.1", 5061, false},
		{"Example.TEST", 0, true},
		{"example.test", 5061, true}, // an alias without port holds for any
		{"other.test", 5070, true},
		{"other.test", 0, false},
		{"[2001:db8::10]", 0, true},
		{"[2001:DB8:0::10]", 5061, true},
		{"[2001:db8::11]", 0, false},
		{"example", 0, false},
	} {
		if got := r.isMyself(test.host, test.port, wire.NoTransport); got != test.want {
			t.Errorf("%s, port %d: %v", test.host, test.port, got)
		}
	}
}
