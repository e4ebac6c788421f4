package rr

import (
	"slices"
	"testing"

	"viaduct/wire"
)

const (
	me      = "<sip:127.0.0.1:7660;lr>"
	me1     = "<sip:127.0.0.1:7660;r2=on;lr>"
	me2     = "<sip:127.0.0.1:7662;r2=on;lr>"
	meTCP   = "<sip:us.test:7662;transport=tcp;r2=on;lr>"
	next    = "<sip:next.test;lr>"
	strict  = "<sip:strict.test>"
	target  = "<sip:b@x.test>"
	bob     = "sip:b@x.test"
	meAsURI = "sip:127.0.0.1:7660;lr"
)

// What Kamailio 5.6.3 does with the same requests is the measure, except
// where a comment says so.
func TestLooseRoute(t *testing.T) {
	for _, test := range []struct {
		name        string
		uri         string
		routes      []string
		initial     bool // no To tag
		code        int
		wantURI     string // "" is the same
		wantRoutes  []string
		destination string
		socket      string
	}{
		{name: "no Route", uri: bob, code: -1},
		{name: "ours alone", uri: bob, routes: []string{me}, code: 1},
		{name: "ours alone outside a dialog", uri: bob, routes: []string{me}, initial: true, code: -3},
		{name: "ours, next in one field", uri: bob, routes: []string{me + ", " + next}, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr"},
		{name: "ours, next in two fields", uri: bob, routes: []string{me, next}, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr"},
		{name: "ours, next outside a dialog", uri: bob, routes: []string{me, next}, initial: true, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr"},
		{name: "another's", uri: bob, routes: []string{next}, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr"},
		{name: "another's outside a dialog", uri: bob, routes: []string{next}, initial: true, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr"},

		{name: "another's, strict", uri: bob, routes: []string{strict}, code: 1, wantURI: "sip:strict.test", wantRoutes: []string{target}},
		{name: "another's, strict, next", uri: bob, routes: []string{strict, next}, code: 1, wantURI: "sip:strict.test", wantRoutes: []string{next, target}},
		{name: "ours, strict", uri: bob, routes: []string{me, strict}, code: 1, wantURI: "sip:strict.test", wantRoutes: []string{target}},
		{name: "ours, strict in one field", uri: bob, routes: []string{me + "," + strict}, code: 1, wantURI: "sip:strict.test", wantRoutes: []string{target}},
		{name: "ours, strict, next in one field", uri: bob, routes: []string{me + "," + strict + "," + next}, code: 1, wantURI: "sip:strict.test", wantRoutes: []string{next, target}},
		{name: "lr outside the URI is no lr", uri: bob, routes: []string{me, "<sip:next.test>;lr"}, code: 1, wantURI: "sip:next.test", wantRoutes: []string{target}},
		{name: "lr=on", uri: bob, routes: []string{me, "<sip:next.test;lr=on>"}, code: 1, wantRoutes: []string{"<sip:next.test;lr=on>"}, destination: "sip:next.test;lr=on"},

		{name: "from strict: next, target", uri: meAsURI, routes: []string{next, target}, code: 1, wantURI: bob, wantRoutes: []string{next}, destination: "sip:next.test;lr"},
		{name: "from strict: next, target in one field", uri: meAsURI, routes: []string{next + "," + target}, code: 1, wantURI: bob, wantRoutes: []string{next}, destination: "sip:next.test;lr"},
		{name: "from strict: target", uri: meAsURI, routes: []string{target}, code: 1, wantURI: bob},
		{name: "from strict: strict, target", uri: meAsURI, routes: []string{strict, target}, code: 1, wantURI: "sip:strict.test", wantRoutes: []string{target}},
		{name: "from strict: four", uri: meAsURI, routes: []string{next, "<sip:n2.test;lr>", "<sip:n3.test;lr>", target}, code: 1, wantURI: bob,
			wantRoutes: []string{next, "<sip:n2.test;lr>", "<sip:n3.test;lr>"}, destination: "sip:next.test;lr"},
		// Kamailio: also as $du, which leads to the same place.
		{name: "from strict: one that looks like a router", uri: meAsURI, routes: []string{next}, code: 1, wantURI: "sip:next.test;lr"},
		{name: "from strict, double", uri: "sip:127.0.0.1:7660;r2=on;lr", routes: []string{me2, next, target}, code: 1, wantURI: bob,
			wantRoutes: []string{next}, destination: "sip:next.test;lr", socket: "127.0.0.1:7662"},
		{name: "from strict, double, no target", uri: "sip:127.0.0.1:7660;r2=on;lr", routes: []string{me2}, code: -1, wantRoutes: []string{me2}},
		// Kamailio takes any Request-URI of ours for a strict router's; ours must bear lr (16.4).
		{name: "Request-URI of ours is the target", uri: "sip:bob@127.0.0.1:7660", routes: []string{me}, code: 1},

		{name: "double", uri: bob, routes: []string{me1, me2, next}, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr", socket: "127.0.0.1:7662"},
		{name: "double in one field", uri: bob, routes: []string{me1 + "," + me2 + "," + next}, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr", socket: "127.0.0.1:7662"},
		{name: "double alone", uri: bob, routes: []string{me1, me2}, code: 1, socket: "127.0.0.1:7662"},
		{name: "ours twice is no pair", uri: bob, routes: []string{me, "<sip:127.0.0.1:7662;lr>", next}, code: 1,
			wantRoutes: []string{"<sip:127.0.0.1:7662;lr>", next}, destination: "sip:127.0.0.1:7662;lr"},
		// Kamailio drops the Route behind r2 whoever it leads to.
		{name: "r2 before another's", uri: bob, routes: []string{me1, next}, code: 1, wantRoutes: []string{next}, destination: "sip:next.test;lr"},

		{name: "not an address", uri: bob, routes: []string{"garbage"}, code: -1, wantRoutes: []string{"garbage"}},
		{name: "no angle brackets", uri: bob, routes: []string{"sip:127.0.0.1:7660;lr"}, code: -1, wantRoutes: []string{"sip:127.0.0.1:7660;lr"}},
		{name: "ours with a user", uri: bob, routes: []string{"<sip:u@127.0.0.1:7660;lr>"}, code: 1},
		{name: "ours over another transport", uri: bob, routes: []string{"<sip:127.0.0.1:7660;transport=tcp;lr>"}, code: 1},
		{name: "ours without lr", uri: bob, routes: []string{"<sip:127.0.0.1:7660>"}, code: 1},
		{name: "another port is another's", uri: bob, routes: []string{"<sip:127.0.0.1;lr>"}, code: 1, wantRoutes: []string{"<sip:127.0.0.1;lr>"}, destination: "sip:127.0.0.1;lr"},
		{name: "default port", uri: bob, routes: []string{"<sip:us.test;lr>"}, code: 1},
		{name: "default port of TLS", uri: bob, routes: []string{"<sips:us.test;lr>"}, code: 1},
		{name: "five of others", uri: bob, routes: []string{me, next, "<sip:2.test;lr>", "<sip:3.test;lr>", "<sip:4.test;lr>"}, code: 1,
			wantRoutes: []string{next, "<sip:2.test;lr>", "<sip:3.test;lr>", "<sip:4.test;lr>"}, destination: "sip:next.test;lr"},
	} {
		t.Run(test.name, func(t *testing.T) {
			module := load(t)
			toTag := "2"
			if test.initial {
				toTag = ""
			}
			var lines []string
			for _, route := range test.routes {
				lines = append(lines, "Route: "+route)
			}
			m := request(t, "BYE", test.uri, "1", toTag, lines...)
			want := test.wantURI
			if want == "" {
				want = test.uri
			}
			for range 2 { // a second call changes nothing more
				if code := call(t, module, m, "loose_route"); code != test.code {
					t.Fatalf("code %d, want %d", code, test.code)
				}
				if got := routesOf(t, m); !slices.Equal(got, test.wantRoutes) {
					t.Errorf("Route %q, want %q", got, test.wantRoutes)
				}
				if m.URI != want || m.Destination != test.destination {
					t.Errorf("URI %q destination %q, want %q %q", m.URI, m.Destination, want, test.destination)
				}
				if socket := socketOf(m.SendSocket); socket != test.socket {
					t.Errorf("socket %q, want %q", socket, test.socket)
				}
			}
		})
	}
}

func socketOf(f wire.Flow) string {
	if !f.Local.IsValid() {
		return ""
	}
	return f.Local.String()
}

// The dialogs of RFC 3261 section 16.12.1, hop by hop, and of RFC 3665 section
// 3.2: what each proxy receives and what it sends.
func TestLooseRouteOfTheRFCs(t *testing.T) {
	for _, test := range []struct {
		name    string
		proxy   string
		uri     string
		routes  []string
		wantURI string
		want    []string
		to      string
	}{
		{"16.12.1.1 BYE at P1", "p1.example.com", "sip:callee@u2.domain.com",
			[]string{"<sip:p1.example.com;lr>,<sip:p2.domain.com;lr>"},
			"sip:callee@u2.domain.com", []string{"<sip:p2.domain.com;lr>"}, "sip:p2.domain.com;lr"},
		{"16.12.1.1 BYE at P2", "p2.domain.com", "sip:callee@u2.domain.com",
			[]string{"<sip:p2.domain.com;lr>"},
			"sip:callee@u2.domain.com", nil, ""},
		{"16.12.1.2 BYE at P4", "p4.domain.com", "sip:caller@u1.example.com",
			[]string{"<sip:p4.domain.com;lr>", "<sip:p3.middle.com>", "<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"},
			"sip:p3.middle.com", []string{"<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>", "<sip:caller@u1.example.com>"}, ""},
		{"16.12.1.2 BYE at P2", "p2.example.com", "sip:p2.example.com;lr",
			[]string{"<sip:p1.example.com;lr>", "<sip:caller@u1.example.com>"},
			"sip:caller@u1.example.com", []string{"<sip:p1.example.com;lr>"}, "sip:p1.example.com;lr"},
		{"16.12.1.2 BYE at P1", "p1.example.com", "sip:caller@u1.example.com",
			[]string{"<sip:p1.example.com;lr>"},
			"sip:caller@u1.example.com", nil, ""},
		{"16.12.1.3 BYE at P1", "gateway.leftprivatespace.com", "sip:callee@u2.rightprivatespace.com",
			[]string{"<sip:gateway.leftprivatespace.com;lr>"},
			"sip:callee@u2.rightprivatespace.com", nil, ""},
		{"RFC 3665 3.2 ACK F15 at proxy 1", "ss1.atlanta.example.com", "sip:bob@client.biloxi.example.com",
			[]string{"<sip:ss1.atlanta.example.com;lr>,\r\n <sip:ss2.biloxi.example.com;lr>"},
			"sip:bob@client.biloxi.example.com", []string{"<sip:ss2.biloxi.example.com;lr>"}, "sip:ss2.biloxi.example.com;lr"},
		{"RFC 3665 3.2 ACK F16 at proxy 2", "ss2.biloxi.example.com", "sip:bob@client.biloxi.example.com",
			[]string{"<sip:ss2.biloxi.example.com;lr>"},
			"sip:bob@client.biloxi.example.com", nil, ""},
		{"RFC 3665 3.2 BYE F18 at proxy 2", "ss2.biloxi.example.com", "sip:alice@client.atlanta.example.com",
			[]string{"<sip:ss2.biloxi.example.com;lr>,\r\n <sip:ss1.atlanta.example.com;lr>"},
			"sip:alice@client.atlanta.example.com", []string{"<sip:ss1.atlanta.example.com;lr>"}, "sip:ss1.atlanta.example.com;lr"},
		{"RFC 3665 3.2 BYE F19 at proxy 1", "ss1.atlanta.example.com", "sip:alice@client.atlanta.example.com",
			[]string{"<sip:ss1.atlanta.example.com;lr>"},
			"sip:alice@client.atlanta.example.com", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := New(Server{Myself: func(host string, port int, _ wire.Transport) bool { return host == test.proxy && port == 5060 }})
			var lines []string
			for _, route := range test.routes {
				lines = append(lines, "Route: "+route)
			}
			m := request(t, "BYE", test.uri, "1", "2", lines...)
			if code := call(t, r, m, "loose_route"); code != 1 {
				t.Fatalf("code %d", code)
			}
			if got := routesOf(t, m); !slices.Equal(got, test.want) || m.URI != test.wantURI || m.Destination != test.to {
				t.Errorf("got %s %q to %q\nwant %s %q to %q", m.URI, got, m.Destination, test.wantURI, test.want, test.to)
			}
		})
	}
}

func TestLooseRoutePreloaded(t *testing.T) {
	for _, test := range []struct {
		toTag  string
		routes []string
		want   int
	}{
		{"", []string{"Route: " + me}, 1},
		{"", []string{"Route: " + me, "Route: " + next}, -1},
		{"2", []string{"Route: " + me}, -1},
		{"", nil, -1},
	} {
		m := request(t, "INVITE", bob, "1", test.toTag, test.routes...)
		if code := call(t, load(t), m, "loose_route_preloaded"); code != test.want {
			t.Errorf("To tag %q, %q: %d, want %d", test.toTag, test.routes, code, test.want)
		}
	}
}

func TestLooseRouteMode(t *testing.T) {
	m := request(t, "BYE", meAsURI, "1", "2", "Route: "+me, "Route: "+next)
	if code := call(t, load(t), m, "loose_route_mode", "1"); code != 1 || m.URI != meAsURI || m.Destination != "sip:next.test;lr" {
		t.Errorf("mode 1: %d %s %s", code, m.URI, m.Destination)
	}
	m = request(t, "BYE", meAsURI, "1", "2", "Route: "+next, "Route: "+target)
	if code := call(t, load(t), m, "loose_route_mode", "0"); code != 1 || m.URI != bob {
		t.Errorf("mode 0: %d %s", code, m.URI)
	}
}

func TestForcedSocket(t *testing.T) {
	m := request(t, "BYE", bob, "1", "2", "Route: <sip:127.0.0.1:7662;lr>")
	if call(t, load(t, "force_send_socket=1"), m, "loose_route"); socketOf(m.SendSocket) != "127.0.0.1:7662" || m.SendSocket.Transport != wire.UDP {
		t.Errorf("socket %v", m.SendSocket)
	}
	ours = append(ours, "us.test:7662")
	defer func() { ours = ours[:len(ours)-1] }()
	m = request(t, "BYE", bob, "1", "2", "Route: "+me1+","+meTCP)
	if call(t, load(t), m, "loose_route"); socketOf(m.SendSocket) != "127.0.0.1:7662" || m.SendSocket.Transport != wire.TCP {
		t.Errorf("double to TCP: socket %v", m.SendSocket)
	}
}
