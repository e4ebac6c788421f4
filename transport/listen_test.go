// Listening, and the choice among our own addresses.
package transport

import (
	"net/netip"
	"testing"

	"viaduct/wire"
)

func TestListenErrors(t *testing.T) {
	l, _ := start(t, Options{}, "UDP 127.0.0.1:0", "TCP 127.0.0.1:0")
	udp, tcp := local(l, 0), local(l, 1)
	for _, test := range []struct {
		transport wire.Transport
		address   netip.AddrPort
		want      string
	}{
		{wire.UDP, udp, "listen on UDP " + udp.String() + ": address already in use"},
		{wire.TCP, tcp, "listen on TCP " + tcp.String() + ": address already in use"},
		{wire.UDP, netip.MustParseAddrPort("[::ffff:127.0.0.1]:0"), ""},
		{wire.UDP, netip.MustParseAddrPort("192.0.2.1:5060"), "listen on UDP 192.0.2.1:5060: cannot assign requested address"},
		{wire.TCP, netip.MustParseAddrPort("192.0.2.1:5060"), "listen on TCP 192.0.2.1:5060: cannot assign requested address"},
		{wire.TLS, udp, "listen on TLS " + udp.String() + ": this transport is not spoken here"},
		{wire.UDP, netip.AddrPort{}, "listen on UDP invalid AddrPort: an IP address and a port are needed"},
	} {
		bound, err := l.Listen(test.transport, test.address)
		switch {
		case test.want == "" && (err != nil || !bound.Addr().Is4() || bound.Port() == 0):
			t.Errorf("%v %v: bound %v, %v", test.transport, test.address, bound, err)
		case test.want != "" && (err == nil || err.Error() != test.want):
			t.Errorf("%v %v: %v, want %s", test.transport, test.address, err, test.want)
		}
	}
	if got := len(l.Listeners()); got != 3 {
		t.Errorf("%d listeners", got)
	}
}

// A listener that is added later reads at once.
func TestListenAfterStart(t *testing.T) {
	l, r := start(t, Options{})
	address, err := l.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	dialUDP(t, address).Write([]byte(request("UDP", 1, 0)))
	if got := r.next(t); got.flow.Local != address {
		t.Errorf("flow %v", got.flow)
	}
	l.Close()
	if _, err := l.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:0")); err == nil {
		t.Error("Listen after Close")
	}
}

func TestLocalFor(t *testing.T) {
	remote := netip.MustParseAddrPort("127.0.0.1:5070")
	for _, test := range []struct {
		name   string
		listen []string
		remote netip.AddrPort
		want   int    // index of the listener, -1: none
		as     string // address when it differs from the listener's
	}{
		{"none", nil, remote, -1, ""},
		{"other transport", []string{"TCP 127.0.0.1:0"}, remote, -1, ""},
		{"other family", []string{"UDP [::1]:0"}, remote, -1, ""},
		{"only one", []string{"UDP 127.168.1.15:0"}, remote, 0, ""},
		{"mapped", []string{"UDP 127.168.1.15:0"}, netip.MustParseAddrPort("[::ffff:127.0.0.1]:5070"), 0, ""},
		{"as the kernel would", []string{"UDP 127.168.1.15:0", "UDP 127.0.0.1:0"}, remote, 1, ""},
		{"first of equal ones", []string{"UDP 127.0.0.1:0", "UDP 127.0.0.1:0"}, remote, 0, ""},
		{"first of unequal ones", []string{"UDP 127.168.1.15:0", "UDP 127.168.1.16:0"}, remote, 0, ""},
		{"all", []string{"UDP 0.0.0.0:0"}, remote, 0, "127.0.0.1"},
		{"before all", []string{"UDP 0.0.0.0:0", "UDP 127.0.0.1:0"}, remote, 1, ""},
		{"all of IPv6", []string{"UDP [::]:0"}, netip.MustParseAddrPort("[::1]:5070"), 0, "::1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _ := start(t, Options{}, test.listen...)
			for range 2 { // the second time from memory
				got, ok := l.LocalFor(wire.UDP, test.remote)
				if ok != (test.want >= 0) {
					t.Fatalf("got %v, %v", got, ok)
				}
				if !ok {
					return
				}
				want := local(l, test.want)
				if test.as != "" {
					want = netip.AddrPortFrom(netip.MustParseAddr(test.as), want.Port())
				}
				if got != want {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
}
