package path_test

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scenario"
	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/module/path"
	"viaduct/module/rr"
	"viaduct/sip"
)

// What Kamailio 5.6.3 writes for the same calls; of our two values with
// enable_r2 the first names the side towards the registrar.
func TestAddPath(t *testing.T) {
	for _, test := range []struct{ params, body, want string }{
		{"", `add_path();`, "<sip:127.0.0.1;lr>"},
		{"", `add_path("lb");`, "<sip:lb@127.0.0.1;lr>"},
		{"", `add_path("lb", "ob;x=1");`, "<sip:lb@127.0.0.1;lr;ob;x=1>"},
		{"", `add_path("$rU-x", ";ob");`, "<sip:bob-x@127.0.0.1;lr;ob>"},
		{"", `add_path_received();`, "<sip:127.0.0.1;lr;received=sip:127.0.0.9:5070>"},
		{"", `add_path_received("in", "ob");`, "<sip:in@127.0.0.1;lr;received=sip:127.0.0.9:5070;ob>"},
		{`modparam("path", "received_format", 1)`, `add_path_received();`, "<sip:127.0.0.1;lr;received=127.0.0.9~5070~1>"},
		{`modparam("path", "received_name", "rcv")`, `add_path_received("u");`, "<sip:u@127.0.0.1;lr;rcv=sip:127.0.0.9:5070>"},
		{`modparam("path", "enable_r2", 1)`, `add_path();`, "<sip:127.0.0.1;lr;r2=on> <sip:127.0.0.1;lr;r2=on>"},
		{`modparam("path", "enable_r2", 1)`, `add_path_received("u");`,
			"<sip:u@127.0.0.1;lr;received=sip:127.0.0.9:5070;r2=on> <sip:u@127.0.0.1;lr;received=sip:127.0.0.9:5070;r2=on>"},
		{"", `add_path("a"); add_path("b");`, "<sip:b@127.0.0.1;lr> <sip:a@127.0.0.1;lr>"},
		{"", `if (!add_path("a b")) add_path("bad");`, "<sip:bad@127.0.0.1;lr>"},
	} {
		for _, before := range []string{"", "<sip:first.test;lr>"} {
			text := scripttest.Invite
			if before != "" {
				text = scripttest.With(text, "Path: "+before)
			}
			m := scripttest.Message(t, text)
			words, _ := path.New()
			scripttest.RunWith(t, m, test.params, test.body, words, rr.New(rr.Server{Myself: scripttest.Myself}))
			m.URI = "sip:127.0.0.3"
			m.Forward()
			sent, err := sip.Parse(scripttest.Sends(m)[0].Text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for value := range sent.Values(sip.FieldPath) {
				got = append(got, value.Text)
			}
			if want := strings.TrimSpace(test.want + " " + before); strings.Join(got, " ") != want {
				t.Errorf("%s %s: got %s, want %s", test.params, test.body, strings.Join(got, " "), want)
			}
		}
	}
}

// The way back: what received says in our Route is the next hop.
func TestUseReceived(t *testing.T) {
	for _, test := range []struct{ params, route, want string }{
		{"", "<sip:127.0.0.1;lr;received=sip:127.0.0.7:5090>", ""},
		{`modparam("path", "use_received", 1)`, "<sip:127.0.0.1;lr;received=sip:127.0.0.7:5090>", "sip:127.0.0.7:5090"},
		{`modparam("path", "use_received", 1)`, "<sip:127.0.0.1;lr;received=sip:127.0.0.7:5090%3Btransport%3Dtcp>", "sip:127.0.0.7:5090;transport=tcp"},
		{`modparam("path", "use_received", 1)`, "<sip:127.0.0.1;lr;r2=on;received=sip:127.0.0.7>, <sip:127.0.0.1;lr;r2=on;received=sip:127.0.0.7>", "sip:127.0.0.7"},
		{`modparam("path", "use_received", 1)`, "<sip:127.0.0.1;lr;received=nonsense>", ""},
		{`modparam("path", "use_received", 1)`, "<sip:127.0.0.1;lr>", ""},
		{`modparam("path", "use_received", 1)`, "<sip:other.test;lr;received=sip:127.0.0.7>", "sip:other.test;lr;received=sip:127.0.0.7"},
		{"modparam(\"path\", \"use_received\", 1)\nmodparam(\"path\", \"received_format\", 1)", "<sip:127.0.0.1;lr;received=127.0.0.7~5090~2>", "sip:127.0.0.7:5090;transport=tcp"},
		{"modparam(\"path\", \"use_received\", 1)\nmodparam(\"path\", \"received_format\", 1)", "<sip:127.0.0.1;lr;received=[::1]~5090~1>", "sip:[::1]:5090;transport=udp"},
		{"modparam(\"path\", \"use_received\", 1)\nmodparam(\"path\", \"received_format\", 1)", "<sip:127.0.0.1;lr;received=127.0.0.7~5090~4>", ""},
		{"modparam(\"path\", \"use_received\", 1)\nmodparam(\"path\", \"received_format\", 1)", "<sip:127.0.0.1;lr;received=127.0.0.7~5090>", ""},
	} {
		m := scripttest.Message(t, scripttest.With(scripttest.Invite, "Route: "+test.route))
		words, follower := path.New()
		scripttest.RunWith(t, m, test.params, `loose_route();`, words, rr.New(rr.Server{Myself: scripttest.Myself, Followers: []module.Follower{follower}}))
		if m.Destination != test.want {
			t.Errorf("%s %s: $du is %q, want %q", test.params, test.route, m.Destination, test.want)
		}
	}
}

// An edge proxy before a registrar: bob registers through it, and is called
// through it, at the address from which he was seen.
func TestEdgeProxy(t *testing.T) {
	scenario.Play(t, "edge", `#!KAMAILIO
listen=udp:127.0.0.15:5060
listen=udp:127.0.0.16:5060
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "path.so"
loadmodule "registrar.so"
loadmodule "usrloc.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "textops.so"
modparam("path", "use_received", 1)
modparam("registrar", "use_path", 1)
request_route {
	if (dst_ip == 127.0.0.15) { # the edge
		if (is_method("REGISTER")) { add_path_received("edge"); $du = "sip:127.0.0.16"; t_relay(); exit; }
		if (loose_route() || isdsturiset()) { xlog("$rm goes on to $du\n"); t_relay(); exit; }
		$du = "sip:127.0.0.16"; t_relay(); exit;
	}
	if (is_method("REGISTER")) { save("location"); exit; }
	lookup("location");
	t_relay();
}
`, func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		bob.Contact = "<sip:bob@192.0.2.1:7777>" // an address behind its NAT
		bob.Send("REGISTER sip:{domain} SIP/2.0\nVia: SIP/2.0/UDP {local};branch={branch}\nMax-Forwards: 70\nFrom: <sip:bob@{domain}>;tag=1\n" +
			"To: <sip:bob@{domain}>\nCall-ID: r\nCSeq: 1 REGISTER\nSupported: path\nContact: {contact}\nExpires: 600\nContent-Length: 0\n\n")
		ok := bob.Expect("200")
		if got := ok.Get(sip.FieldPath); got != "<sip:edge@127.0.0.15;lr;received=sip:127.0.0.21:5060>" {
			t.Errorf("Path in the 200: %s", got)
		}
		alice.Dialog("sip:bob@example.test").Request("MESSAGE")
		message := bob.Expect("MESSAGE")
		if message.RequestURI != "sip:bob@192.0.2.1:7777" || message.Has(sip.FieldRoute) {
			t.Errorf("bob got\n%s", message.Text)
		}
		bob.Reply(message, 200)
		alice.Expect("200 MESSAGE")
	})
}
