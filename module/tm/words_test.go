package tm_test

import (
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest"
	"viaduct/internal/siptest/scenario"
	"viaduct/sip"
)

// plain is a script that relays a call to bob when ROUTE has run.
const plain = `
PARAMS
request_route {
	if (is_method("ACK|CANCEL") || has_totag()) { t_relay(); exit; }
	$rd = "127.0.0.21";
	ROUTE
	t_relay();
}
ROUTES
`

func words(params, route, routes string) string {
	return script(strings.NewReplacer("PARAMS", params, "ROUTES", routes, "ROUTE", route).Replace(plain))
}

func TestReplyWords(t *testing.T) {
	for _, test := range []struct {
		name, params, route string
		want                string // to the caller, and what was printed
		printed             string
	}{
		{"t_reply", "", `t_reply(404, "Gone fishing"); exit;`, "404 Gone fishing", ""},
		{"t_send_reply", "", `t_send_reply(404, "x$rU"); exit;`, "404 xbob", ""},
		{"no code", "", `t_reply("$avp(none)", "x"); exit;`, "500 Server Internal Error", ""},
		{"no code, another default", `modparam("tm", "default_code", 599) modparam("tm", "default_reason", "Own")`, `t_reply("$avp(none)", "x"); exit;`, "599 Own", ""},
		{"a second one is not sent", "", `t_reply(404, "First"); t_reply(500, "Second"); exit;`, "404 First", ""},
		{"status", "", `t_newtran(); $var(c) = t_get_status_code(); t_reply(180, "R"); $var(d) = t_get_status_code(); xlog("$var(c) $var(d)\n"); t_reply(486, "B"); exit;`, "486 B", "-1 180\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			printed := scenario.Run(t, words(test.params, test.route, ""), func(s *scenario.Scene) {
				alice := s.Phone("alice")
				alice.Invite("sip:bob@example.test")
				if m := final(t, alice); m.Summary() != test.want {
					t.Errorf("got %s, want %s", m.Summary(), test.want)
				}
			})
			if printed != test.printed {
				t.Errorf("printed %q, want %q", printed, test.printed)
			}
		})
	}
}

// final gives the final response that a phone gets.
func final(t *testing.T, p *siptest.Phone) *sip.Message {
	t.Helper()
	for {
		packet, ok := p.Next(time.Minute)
		switch {
		case !ok:
			t.Fatalf("%s: no final response came", p.Name)
		case packet.Message.Status >= 200:
			return packet.Message
		}
	}
}

func TestRetransmitReply(t *testing.T) {
	scenario.Run(t, words("", `t_on_reply("R");`, `onreply_route[R] { $var(a) = t_retransmit_reply(); xlog("$rs $var(a)\n"); }`), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		alice.Invite("sip:bob@example.test")
		bob.Reply(bob.Expect("INVITE"), 180)
		s.Wait(time.Millisecond)
		if got := strings.Count(s.Ladder(), "100 Trying"); got != 2 {
			t.Errorf("100 Trying was sent %d times:\n%s", got, s.Ladder())
		}
	})
}

func TestReplicate(t *testing.T) {
	scenario.Play(t, "replicate", words("", `t_replicate("sip:127.0.0.22"); append_hf("X-More: yes\r\n");`, ""), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		call := alice.Invite("sip:bob@example.test")
		copied := carol.Expect("INVITE")
		invite := bob.Expect("INVITE")
		if strings.Contains(copied.Text, "X-More") || copied.RequestURI != "sip:bob@127.0.0.21" {
			t.Errorf("the copy is\n%s", copied.Text)
		}
		carol.Reply(copied, 486)
		carol.Expect("ACK")
		bob.Reply(invite, 200)
		call.Ack(alice.Expect("200"))
		bob.Expect("ACK")
	})
}

// onsend_route sees what leaves, as it leaves; drop holds it back.
func TestOnsendRoute(t *testing.T) {
	scenario.Play(t, "onsend", script(`
request_route {
	if (is_method("ACK")) { t_relay(); exit; }
	append_hf("X-Own: 1\r\n");
	$ru = "sip:bob@127.0.0.21";
	append_branch("sip:carol@127.0.0.22");
	t_relay();
}
onsend_route {
	xlog("$rm to $sndto(ip):$sndto(port) over $sndto(proto)\n");
	if (to_ip == 127.0.0.22) { xlog("held back\n"); drop; }
	if (msg:len > 100 && snd_ip == 127.0.0.15) xlog("a whole message from us\n");
}
`), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		bob.Reply(bob.Expect("INVITE"), 200)
		call.Ack(alice.Expect("200"))
		s.Wait(time.Millisecond)
	})
}

func TestOnsendRouteDropsAll(t *testing.T) {
	scenario.Run(t, words("", "", `onsend_route { drop; }`), func(s *scenario.Scene) {
		alice := s.Phone("alice")
		alice.Invite("sip:bob@example.test")
		alice.Expect("477")
	})
}

// Requests of our own pass event_route[tm:local-request].
func TestLocalRequest(t *testing.T) {
	scenario.Play(t, "local", script(`
request_route {
	$var(r) = t_uac_send("MESSAGE", "sip:carol@nowhere.test", "sip:127.0.0.22", "", "From: <sip:us@example.test>\r\nTo: <sip:carol@nowhere.test>\r\nContent-Type: text/plain\r\n", "hello $fU");
	xlog("sent: $var(r)\n");
	$var(r) = t_uac_send("MESSAGE", "sip:carol@nowhere.test", "", "", "From: <sip:us@example.test>", "");
	xlog("without To: $var(r)\n");
	$var(r) = t_uac_send("OPTIONS", "sip:carol@127.0.0.23", "", "", "From: <sip:us@example.test>\r\nTo: <sip:c@x.test>\r\nCall-ID: mine\r\nCSeq: 77 OPTIONS\r\nX-Y: z", "");
	t_reply(202, "Accepted");
}
event_route[tm:local-request] {
	xlog("ours: $rm $ru, to $du, $fu -> $tu, body [$rb]\n");
	append_hf("X-Local: $rm\r\n");
	if (is_method("OPTIONS")) { $ru = "sip:dave@127.0.0.22"; }
}
`), func(s *scenario.Scene) {
		alice, carol := s.Phone("alice"), s.Phone("carol")
		alice.Invite("sip:bob@example.test")
		message := carol.Expect("MESSAGE")
		expectLines(t, message, "X-Local: MESSAGE", "Content-Type: text/plain", "Content-Length: 11")
		if message.Body != "hello alice" || message.FromTag() == "" {
			t.Errorf("the message is\n%s", message.Text)
		}
		carol.Reply(message, 200)
		options := carol.Expect("OPTIONS")
		expectLines(t, options, "X-Local: OPTIONS", "Call-ID: mine", "CSeq: 77 OPTIONS", "X-Y: z")
		carol.Reply(options, 200)
		alice.Expect("202")
	})
}

// What t_save_lumps keeps is what a failure route begins with.
func TestSaveLumps(t *testing.T) {
	scenario.Run(t, words("", `t_newtran(); append_hf("X-1: a\r\n"); t_save_lumps(); append_hf("X-2: a\r\n"); t_on_failure("F");`,
		`failure_route[F] { append_hf("X-3: a\r\n"); $rd = "127.0.0.22"; t_relay(); }`), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		alice.Invite("sip:bob@example.test")
		first := bob.Expect("INVITE")
		bob.Reply(first, 486)
		second := carol.Expect("INVITE")
		for _, test := range []struct {
			m    *sip.Message
			want string
		}{{first, "X-1 X-2"}, {second, "X-1 X-3"}} {
			var got []string
			for i := range test.m.Fields {
				if name := test.m.Name(&test.m.Fields[i]); strings.HasPrefix(name, "X-") {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("the fields are %v, want %s", got, test.want)
			}
		}
	})
}

// What the core's reply route changes stays, whatever other routes there are.
func TestReplyRoutesChangeReplies(t *testing.T) {
	for _, routes := range []string{"", `onreply_route[R] { append_hf("X-Tm: yes\r\n"); }`} {
		route := ""
		if routes != "" {
			route = `t_on_reply("R");`
		}
		scenario.Run(t, words("", route, `reply_route { append_hf("X-Core: $rs\r\n"); if (t_check_trans()) { append_hf("X-Known: yes\r\n"); } }`+routes), func(s *scenario.Scene) {
			alice, bob := s.Phone("alice"), s.Phone("bob")
			alice.Invite("sip:bob@example.test")
			bob.Reply(bob.Expect("INVITE"), 180)
			m := alice.Expect("180")
			expectLines(t, m, "X-Core: 180", "X-Known: yes")
			if routes != "" {
				expectLines(t, m, "X-Tm: yes")
			}
		})
	}
}

func TestRulesOfOneTransaction(t *testing.T) {
	for _, test := range []struct {
		name, params, route string
		first, second       int
		want                string
	}{
		{"a 6xx", "", "", 603, 486, "603"},
		{"a plain 6xx", "", `t_set_disable_6xx(1);`, 603, 486, "486"},
		{"a plain 6xx by the parameter", `modparam("tm", "disable_6xx_block", 1)`, "", 603, 486, "486"},
		{"not this one", `modparam("tm", "disable_6xx_block", 1)`, `t_set_disable_6xx(0);`, 603, 486, "603"},
		{"503", "", "", 503, 503, "500"},
		{"503 stays", `modparam("tm", "remap_503_500", 0)`, "", 503, 503, "503"},
	} {
		t.Run(test.name, func(t *testing.T) {
			scenario.Run(t, words(test.params, `append_branch("sip:carol@127.0.0.22"); `+test.route, ""), func(s *scenario.Scene) {
				alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
				alice.Invite("sip:bob@example.test")
				toBob, toCarol := bob.Expect("INVITE"), carol.Expect("INVITE")
				bob.Reply(toBob, test.first)
				carol.Reply(toCarol, test.second)
				alice.Expect(test.want)
			})
		})
	}
}

func TestTrying(t *testing.T) {
	for _, test := range []struct{ params, route, want string }{
		{"", "", "Trying"},
		{`modparam("tm", "auto_inv_100_reason", "wait")`, "", "wait"},
		{`modparam("tm", "auto_inv_100", 0)`, "", ""},
		{`modparam("tm", "auto_inv_100", 0)`, `t_set_auto_inv_100(1);`, "Trying"},
		{"", `t_set_auto_inv_100(0);`, ""},
		{"", `t_relay("0x01"); exit;`, ""},
	} {
		scenario.Run(t, words(test.params, test.route, ""), func(s *scenario.Scene) {
			alice := s.Phone("alice")
			s.Phone("bob")
			alice.Invite("sip:bob@example.test")
			got := ""
			if packet, ok := alice.Next(time.Second); ok {
				got = packet.Message.Reason
			}
			if got != test.want {
				t.Errorf("%s %s: the 100 says %q, want %q", test.params, test.route, got, test.want)
			}
		})
	}
}

func TestWhereRelayGoes(t *testing.T) {
	for route, want := range map[string]string{
		`t_relay("udp:127.0.0.22:5060"); exit;`:                 "carol",
		`t_relay("127.0.0.22", 5060); exit;`:                    "carol",
		`t_relay_to("udp:127.0.0.22", "0x05"); exit;`:           "carol",
		`t_relay_to("127.0.0.22:5060"); exit;`:                  "carol",
		`t_relay_to_udp("127.0.0.22", "5060"); exit;`:           "carol",
		`$ru = $ru + ";transport=tcp"; t_relay_to_udp(); exit;`: "bob",
		`t_forward_nonack("127.0.0.22", 5060); exit;`:           "carol",
		`$du = "sip:127.0.0.22"; t_relay(); exit;`:              "carol",
		`t_relay_to("4"); exit;`:                                "bob",
	} {
		t.Run(route, func(t *testing.T) {
			scenario.Run(t, words("", route, ""), func(s *scenario.Scene) {
				alice := s.Phone("alice")
				bob, carol := s.Phone("bob"), s.Phone("carol")
				alice.Invite("sip:bob@example.test")
				if want == "bob" {
					bob.Expect("INVITE")
				} else {
					carol.Expect("INVITE")
				}
			})
		})
	}
}

func TestUnmatchedCancel(t *testing.T) {
	for params, want := range map[string]bool{"": true, `modparam("tm", "unmatched_cancel", 1)`: true, `modparam("tm", "unmatched_cancel", 2)`: false} {
		scenario.Run(t, script(params+`request_route { $rd = "127.0.0.21"; t_relay(); }`), func(s *scenario.Scene) {
			alice, bob := s.Phone("alice"), s.Phone("bob")
			alice.Send("CANCEL sip:bob@example.test SIP/2.0\nVia: SIP/2.0/UDP {local};branch={branch}\nMax-Forwards: 70\nFrom: <sip:a@x.test>;tag=1\n" +
				"To: <sip:b@x.test>\nCall-ID: c\nCSeq: 1 CANCEL\nContent-Length: 0\n\n")
			if _, got := bob.Next(time.Second); got != want {
				t.Errorf("%s: the CANCEL went on: %v", params, got)
			}
		})
	}
}
