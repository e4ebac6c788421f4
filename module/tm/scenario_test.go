package tm_test

import (
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scenario"
	"viaduct/sip"
)

// script puts what all scripts here begin with before one.
func script(text string) string {
	head := "#!KAMAILIO\nlisten=udp:127.0.0.15:5060\n"
	for _, m := range []string{"tm", "tmx", "sl", "rr", "textops", "siputils", "xlog", "registrar", "usrloc", "pv"} {
		head += "loadmodule \"" + m + ".so\"\n"
	}
	return head + text
}

const serial = `
modparam("tm", "contacts_avp", "tm_contacts")
modparam("tm", "contact_flows_avp", "tm_flows")
request_route {
	if (has_totag() || is_method("ACK|CANCEL")) { t_relay(); exit; }
	$ru = "sip:erin@127.0.0.24";
	append_branch("sip:bob@127.0.0.21", "0.5");
	append_branch("sip:carol@127.0.0.22", "0.5");
	append_branch("sip:dave@127.0.0.23", "1.0");
	t_load_contacts();
	$var(r) = t_next_contacts();
	xlog("first $ru, rc $var(r), next $xavp(tm_contacts=>uri)\n");
	t_on_failure("NEXT");
	t_relay();
}
failure_route[NEXT] {
	$var(r) = t_next_contacts();
	xlog("$T_reply_code; next $ru and $br, rc $var(r), then $xavp(tm_contacts=>uri)\n");
	if ($var(r) > 0) { t_on_failure("NEXT"); t_relay(); }
}
`

func TestSerialForking(t *testing.T) {
	scenario.Play(t, "serial", script(serial), func(s *scenario.Scene) {
		alice, bob, carol, dave, erin := s.Phone("alice"), s.Phone("bob"), s.Phone("carol"), s.Phone("dave"), s.Phone("erin")
		call := alice.Invite("sip:team@example.test")
		dave.Reply(dave.Expect("INVITE"), 486)
		dave.Expect("ACK")
		toBob, toCarol := bob.Expect("INVITE"), carol.Expect("INVITE")
		bob.Reply(toBob, 180)
		carol.Reply(toCarol, 404)
		carol.Expect("ACK")
		bob.Reply(toBob, 480)
		bob.Expect("ACK")
		erin.Reply(erin.Expect("INVITE"), 500)
		erin.Expect("ACK")
		alice.Expect("180")
		call.Ack(alice.Expect("500"))
		s.Wait(10 * time.Millisecond)
	})
}

// Of two ways to one device the second is tried when the first fails, and the
// other device rings on meanwhile.
func TestOtherWayToTheDevice(t *testing.T) {
	scenario.Play(t, "flow", script(`
modparam("tm", "contacts_avp", "tm_contacts")
modparam("tm", "contact_flows_avp", "tm_flows")
modparam("registrar", "max_contacts", 5)
request_route {
	if (is_method("REGISTER")) { save("location"); exit; }
	if (has_totag() || is_method("ACK|CANCEL")) { t_relay(); exit; }
	lookup("location");
	t_load_contacts(); t_next_contacts();
	xlog("kept: $xavp(tm_flows=>uri)\n");
	t_on_branch_failure("FLOW");
	t_relay();
}
event_route[tm:branch-failure:FLOW] {
	xlog("$T_reply_code of $T_reply_ruid, branch $T_branch_idx\n");
	if (t_check_status("430") && t_next_contact_flow()) { t_relay(); }
}
`), func(s *scenario.Scene) {
		alice, bob, carol, dave := s.Phone("alice"), s.Phone("bob"), s.Phone("carol"), s.Phone("dave")
		for _, contact := range []string{
			`<sip:team@127.0.0.22>;+sip.instance="<urn:uuid:1>"`, `<sip:team@127.0.0.21>;+sip.instance="<urn:uuid:1>"`, `<sip:team@127.0.0.23>`,
		} {
			bob.Contact = contact
			bob.Name = "team"
			bob.Register(600)
			bob.Wait("200")
		}
		call := alice.Invite("sip:team@example.test")
		toDave := dave.Expect("INVITE")
		first, second := bob, carol
		invite, ok := carol.Next(10 * time.Millisecond)
		if ok {
			first, second = carol, bob
		} else {
			invite, _ = bob.Next(10 * time.Millisecond)
		}
		dave.Reply(toDave, 180)
		first.Reply(invite.Message, 430)
		first.Expect("ACK")
		second.Reply(second.Expect("INVITE"), 200)
		alice.Expect("180")
		call.Ack(alice.Expect("200"))
		cancel := dave.Expect("CANCEL")
		dave.Reply(cancel, 200)
		dave.Reply(toDave, 487)
		dave.Expect("ACK")
	})
}

const legs = `
request_route {
	if (has_totag() || is_method("ACK|CANCEL")) { t_relay(); exit; }
	append_hf("X-First: yes\r\n");
	$avp(leg) = 0;
	t_on_failure("NEXT"); t_on_reply("R");
	$ru = "sip:bob@127.0.0.21";
	t_relay();
}
onreply_route[R] { xlog("reply $T_reply_code to $T_req($ru), last $T_reply_last\n"); }
failure_route[NEXT] {
	xlog("$T_reply_code $T_reply_reason from $T_rpl($si), then $T_branch_idx branches; $ru\n");
	append_hf("X-Leg: $T_reply_code\r\n");
	$avp(leg) = $avp(leg) + 1;
	DROP
	if ($avp(leg) == 1) { t_on_failure("NEXT"); $ru = "sip:carol@127.0.0.22"; t_relay(); }
	else if ($avp(leg) == 2) { t_on_failure("NEXT"); $du = "sip:127.0.0.23"; t_relay(); }
}
`

// Which leg's reply goes back, by failure_reply_mode and t_drop_replies: bob
// redirects, carol is busy, dave has failed.
func TestLegs(t *testing.T) {
	for _, test := range []struct {
		name, params, drop string
		seen               string // by the failure route
		status             string
	}{
		{"only the last leg counts", "", "", "302 486 500", "500"},
		{"mode 3", `modparam("tm", "failure_reply_mode", 3)`, "", "302 486 500", "500"},
		{"mode 1", `modparam("tm", "failure_reply_mode", 1)`, "", "302 486 500", "500"},
		{"mode 0 all count", `modparam("tm", "failure_reply_mode", 0)`, "", "302 302 302", "302"},
		{"mode 2 the last leg is dropped", `modparam("tm", "failure_reply_mode", 2)`, "", "302 486 500", "500"},
		{"mode 0, all dropped", `modparam("tm", "failure_reply_mode", 0)`, `t_drop_replies();`, "302 486 500", "500"},
		{"mode 0, the last dropped the second time", `modparam("tm", "failure_reply_mode", 0)`, `if ($avp(leg) == 2) t_drop_replies("l");`, "302 302 302", "302"},
		{"mode 0, all dropped the second time", `modparam("tm", "failure_reply_mode", 0)`, `if ($avp(leg) == 2) t_drop_replies("a");`, "302 302 500", "500"},
		{"mode 3, none dropped", "", `t_drop_replies("n");`, "302 302 302", "302"},
	} {
		t.Run(test.name, func(t *testing.T) {
			printed := scenario.Run(t, script(test.params+strings.Replace(legs, "DROP", test.drop, 1)), func(s *scenario.Scene) {
				alice, bob, carol, dave := s.Phone("alice"), s.Phone("bob"), s.Phone("carol"), s.Phone("dave")
				call := alice.Invite("sip:team@example.test")
				bob.Reply(bob.Expect("INVITE"), 302)
				bob.Expect("ACK")
				toCarol := carol.Expect("INVITE")
				expectLines(t, toCarol, "X-First: yes", "X-Leg: 302")
				carol.Reply(toCarol, 486)
				carol.Expect("ACK")
				toDave := dave.Expect("INVITE")
				// It begins anew: the Request-URI and the fields are the first leg's.
				if expectLines(t, toDave, "X-First: yes"); strings.Count(toDave.Text, "X-Leg") != 1 || toDave.RequestURI != "sip:bob@127.0.0.21" {
					t.Errorf("dave got\n%s", toDave.Text)
				}
				dave.Reply(toDave, 500)
				dave.Expect("ACK")
				call.Ack(alice.Expect(test.status))
			})
			var seen []string
			for line := range strings.Lines(printed) {
				if status, _, ok := strings.Cut(line, " "); ok && status != "reply" {
					seen = append(seen, status)
				}
			}
			if got := strings.Join(seen, " "); got != test.seen {
				t.Errorf("the failure route saw %s, want %s", got, test.seen)
			}
		})
	}
}

func expectLines(t *testing.T, m *sip.Message, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(m.Text, "\r\n"+line+"\r\n") {
			t.Errorf("%q is missing in\n%s", line, m.Text)
		}
	}
}

func TestLegsLadder(t *testing.T) {
	scenario.Play(t, "legs", script(strings.Replace(legs, "DROP", "", 1)), func(s *scenario.Scene) {
		alice, bob, carol, dave := s.Phone("alice"), s.Phone("bob"), s.Phone("carol"), s.Phone("dave")
		call := alice.Invite("sip:team@example.test")
		bob.Reply(bob.Expect("INVITE"), 302)
		bob.Expect("ACK")
		carol.Reply(carol.Expect("INVITE"), 486)
		carol.Expect("ACK")
		dave.Reply(dave.Expect("INVITE"), 200)
		call.Ack(alice.Expect("200"))
		dave.Expect("ACK")
	})
}

// A failure route that always relays ends all the same (max_branches).
func TestEndlessLegsEnd(t *testing.T) {
	scenario.Run(t, script(`
max_branches=4
request_route {
	if (has_totag() || is_method("ACK|CANCEL")) { t_relay(); exit; }
	t_on_failure("AGAIN"); $rd = "127.0.0.21"; t_relay();
}
failure_route[AGAIN] { t_on_failure("AGAIN"); t_relay(); }
`), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		for range 4 {
			bob.Reply(bob.Expect("INVITE"), 486)
			bob.Expect("ACK")
		}
		call.Ack(alice.Expect("486"))
		bob.ExpectNothing(time.Second)
	})
}

// Times that a script sets before, within and behind t_relay.
func TestTimesOfOneTransaction(t *testing.T) {
	for _, test := range []struct {
		name, params, request, branch, reply string
		rings                                bool
		ends                                 time.Duration
	}{
		{"the parameter", `modparam("tm", "fr_timer", 7000)`, "", "", "", false, 7 * time.Second},
		{"in seconds, as SER wrote it", `modparam("tm", "fr_timer", 7)`, "", "", "", false, 7 * time.Second},
		{"an AVP", `modparam("tm", "fr_timer_avp", "$avp(fr)")`, `$avp(fr) = 9;`, "", "", false, 9 * time.Second},
		{"t_set_fr", "", `t_set_fr(0, 5000);`, "", "", false, 5 * time.Second},
		{"t_reset_fr", "", `t_set_fr(0, 5000); t_reset_fr();`, "", "", false, 30 * time.Second},
		{"t_set_fr in branch_route", "", "", `t_set_fr(0, 4000);`, "", false, 4 * time.Second},
		{"ringing", `modparam("tm", "fr_inv_timer", 11000)`, "", "", "", true, 11 * time.Second},
		{"an AVP while ringing", `modparam("tm", "fr_inv_timer_avp", "$avp(s:fri)")`, `$avp(s:fri) = 9;`, "", "", true, 9 * time.Second},
		{"t_set_fr in onreply_route", "", "", "", `if (status == 180) t_set_fr(6000);`, true, 6 * time.Second},
		{"a lifetime", `modparam("tm", "max_inv_lifetime", 12000)`, "", "", "", true, 12 * time.Second},
		{"t_set_max_lifetime", "", `t_set_max_lifetime(8000, 1000);`, "", "", true, 8 * time.Second},
		{"t_reset_max_lifetime", `modparam("tm", "fr_inv_timer", 11000)`, `t_set_max_lifetime(8000, 1000); t_reset_max_lifetime();`, "", "", true, 11 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			scenario.Run(t, script(test.params+`
request_route {
	if (has_totag() || is_method("ACK|CANCEL")) { t_relay(); exit; }
	t_on_branch("B"); t_on_reply("R");
	`+test.request+`
	$rd = "127.0.0.21";
	t_relay();
}
branch_route[B] { `+test.branch+` xlog("branch\n"); }
onreply_route[R] { `+test.reply+` xlog("reply\n"); }
`), func(s *scenario.Scene) {
				alice, bob := s.Phone("alice"), s.Phone("bob")
				alice.Patience = time.Minute
				alice.Invite("sip:bob@example.test")
				start := time.Now()
				if test.rings {
					bob.Reply(bob.Expect("INVITE"), 180)
					alice.Expect("180")
				}
				alice.Expect("408")
				if took := time.Since(start).Round(time.Second); took != test.ends {
					t.Errorf("it ends after %v, want %v", took, test.ends)
				}
			})
		})
	}
}

// Words about the branch that failed, as Kamailio 5.6.3 answers them.
func TestQuestions(t *testing.T) {
	scenario.Play(t, "questions", script(`
modparam("tm", "fr_inv_timer", 5000)
request_route {
	if (has_totag() || is_method("ACK|CANCEL")) { t_relay(); exit; }
	t_on_failure("F"); t_on_branch_failure("B"); t_on_reply("R");
	$rd = "127.0.0.21";
	append_branch("sip:carol@127.0.0.22");
	t_relay();
	$var(c) = t_get_status_code();
	xlog("relayed; status $var(c), branches set: $T_branch_idx\n");
}
route[ASK] {
	$var(bt) = 0; $var(br) = 0; $var(at) = 0; $var(ar) = 0;
	if (t_branch_timeout()) $var(bt) = 1;
	if (t_branch_replied()) $var(br) = 1;
	if (t_any_timeout()) $var(at) = 1;
	if (t_any_replied()) $var(ar) = 1;
	xlog("$T_reply_code, branch $T_branch_idx: timeout $var(bt), replied $var(br), any timeout $var(at), any replied $var(ar)\n");
}
onreply_route[R] {
	$var(ar) = 0; if (t_any_replied()) $var(ar) = 1;
	xlog("reply $rs on branch $T_branch_idx: any replied $var(ar)\n");
}
event_route[tm:branch-failure:B] { route(ASK); }
failure_route[F] {
	route(ASK);
	if (t_grep_status("486")) xlog("one was busy\n");
	if (t_is_set("branch_failure_route") && !t_is_set("failure_route")) xlog("asked for\n");
}
`), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		alice.Patience = time.Minute
		call := alice.Invite("sip:bob@example.test")
		toBob, toCarol := bob.Expect("INVITE"), carol.Expect("INVITE")
		bob.Reply(toBob, 486)
		bob.Expect("ACK")
		carol.Reply(toCarol, 180)
		alice.Expect("180")
		cancel := carol.Expect("CANCEL")
		carol.Reply(cancel, 200)
		carol.Reply(toCarol, 487)
		carol.Expect("ACK")
		call.Ack(alice.Expect("486"))
		s.Wait(10 * time.Millisecond)
	})
}

// With reparse_invite 0 a CANCEL looks as SER and early OpenSER wrote it.
func TestCancelWithTheVias(t *testing.T) {
	for _, whole := range []bool{false, true} {
		head := ""
		want := 1
		if whole {
			head, want = `modparam("tm", "reparse_invite", 0)`, 2
		}
		scenario.Play(t, "vias", script(head+`
request_route { $ru = "sip:bob@127.0.0.21"; t_relay(); }
`), func(s *scenario.Scene) {
			alice, bob := s.Phone("alice"), s.Phone("bob")
			call := alice.Invite("sip:bob@example.test")
			invite := bob.Expect("INVITE")
			bob.Reply(invite, 180)
			alice.Expect("180")
			call.Cancel()
			alice.Expect("200 CANCEL")
			cancel := bob.Expect("CANCEL")
			vias := 0
			for range cancel.Values(sip.FieldVia) {
				vias++
			}
			if vias != want || cancel.Via.Branch != invite.Via.Branch {
				t.Errorf("%d Vias, want %d:\n%s", vias, want, cancel.Text)
			}
			bob.Reply(cancel, 200)
			bob.Reply(invite, 487)
			bob.Expect("ACK")
			call.Ack(alice.Expect("487"))
			s.Wait(10 * time.Millisecond)
		})
	}
}
