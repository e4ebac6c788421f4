package dialog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest"
	"viaduct/internal/siptest/scenario"
	"viaduct/sip"
)

// head is what all scripts here begin with; names of phones lead to them.
const head = `#!KAMAILIO
listen=udp:127.0.0.15:5060
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "statistics.so"
loadmodule "dialog.so"
modparam("dialog", "profiles_with_value", "user")
modparam("dialog", "profiles_no_value", "all")
`

// proxy relays calls to bob and carol; INVITE and WITHIN are filled in.
const proxy = head + `PARAMS
request_route {
	if (has_totag()) {
		if (!loose_route()) { BARE; }
		WITHIN;
		t_relay();
		exit;
	}
	if (is_method("CANCEL")) { t_relay(); exit; }
	if (!is_method("INVITE")) { OTHER; sl_send_reply("200", "OK"); exit; }
	record_route();
	INVITE;
	if ($rU == "carol") $du = "sip:127.0.0.22"; else $du = "sip:127.0.0.21";
	t_relay();
}
route[SHOW] {
	xlog("$var(at): state $dlg(state), $DLG_count active, $stat(early_dialogs) early, $stat(processed_dialogs) $stat(failed_dialogs) $stat(expired_dialogs)\n");
}
event_route[dialog:start] { xlog("start $rm $rs\n"); }
event_route[dialog:failed] { xlog("failed $rm $rs\n"); }
event_route[dialog:end] { xlog("end $rm $ci $dlg(state)\n"); }
`

// parts of a script that differ from test to test.
type parts struct{ params, invite, within, bare, other, more string }

func (p parts) script() string {
	if p.invite == "" {
		p.invite = "dlg_manage()"
	}
	fill := func(text string) string {
		if text == "" {
			return "$var(x) = 1"
		}
		return text
	}
	return strings.NewReplacer("PARAMS", p.params, "INVITE;", fill(p.invite)+";", "WITHIN", fill(p.within), "BARE", fill(p.bare), "OTHER", fill(p.other)).
		Replace(proxy) + p.more
}

// stage is a scene with alice, who calls, and bob.
type stage struct {
	*scenario.Scene
	alice, bob *siptest.Phone
}

func on(s *scenario.Scene) *stage { return &stage{s, s.Phone("alice"), s.Phone("bob")} }

// talk makes a call up to its ACK.
func (s *stage) talk(lines ...string) (calling, called *siptest.Call) {
	calling = s.alice.Invite("sip:bob@example.test", lines...)
	invite := s.bob.Expect("INVITE")
	called = s.bob.Take(invite)
	s.bob.Reply(invite, 180)
	s.alice.Expect("180")
	s.bob.Reply(invite, 200)
	calling.Ack(s.alice.Expect("200"))
	s.bob.Expect("ACK")
	return calling, called
}

// bye ends it.
func (s *stage) bye(from *siptest.Call, to *siptest.Phone) {
	from.Request("BYE")
	to.Reply(to.Expect("BYE"), 200)
	from.Phone.Expect("200 BYE")
}

// ask sends an OPTIONS to the server, whose script may look at dialogs.
func (s *stage) ask(lines ...string) {
	s.alice.Dialog("sip:proxy@example.test").Request("OPTIONS", lines...)
	s.alice.Expect("200 OPTIONS")
}

func play(t *testing.T, p parts, want string, scene func(*stage)) {
	t.Helper()
	got := scenario.Run(t, p.script(), func(s *scenario.Scene) { scene(on(s)) })
	if strings.TrimSpace(got) != strings.TrimSpace(strings.ReplaceAll(want, "\t", "")) {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

const show = `$var(at) = $rm; route(SHOW)`

// The life of a call, as Kamailio 5.6.3 gives it.
func TestStates(t *testing.T) {
	play(t, parts{invite: "dlg_manage(); " + show, within: show, other: show, more: `onreply_route { $var(at) = $rs; route(SHOW); }`}, `
		INVITE: state 1, 0 active, 0 early, 1 0 0
		180: state 1, 0 active, 0 early, 1 0 0
		200: state 2, 0 active, 1 early, 1 0 0
		start INVITE 200
		ACK: state 4, 1 active, 0 early, 1 0 0
		INFO: state 4, 1 active, 0 early, 1 0 0
		200: state 4, 1 active, 0 early, 1 0 0
		end BYE call-alice-1 5
		BYE: state 5, 0 active, 0 early, 1 0 0
		200: state 5, 0 active, 0 early, 1 0 0
		OPTIONS: state <null>, 0 active, 0 early, 1 0 0`, func(s *stage) {
		calling, called := s.talk()
		called.Request("INFO")
		s.alice.Reply(s.alice.Expect("INFO"), 200)
		s.bob.Expect("200 INFO")
		s.bye(calling, s.bob)
		s.ask()
	})
}

// What ends before it is answered.
func TestFailed(t *testing.T) {
	for _, test := range []struct {
		name   string
		invite string
		more   string
		scene  func(*stage)
		want   string
	}{
		{"refused", "", "", func(s *stage) {
			call := s.alice.Invite("sip:bob@example.test")
			s.bob.Reply(s.bob.Expect("INVITE"), 486)
			call.Ack(s.alice.Expect("486"))
		}, "failed INVITE 486\n"},
		{"canceled", "", "", func(s *stage) {
			call := s.alice.Invite("sip:bob@example.test")
			invite := s.bob.Expect("INVITE")
			s.bob.Reply(invite, 180)
			s.alice.Expect("180")
			call.Cancel()
			s.alice.Expect("200 CANCEL")
			s.bob.Reply(s.bob.Expect("CANCEL"), 200)
			s.bob.Reply(invite, 487)
			s.alice.Expect("487")
		}, "failed INVITE 487\n"},
		{"nobody there", "", "", func(s *stage) {
			s.alice.Patience = time.Minute
			s.alice.Invite("sip:bob@example.test")
			s.alice.Expect("408")
		}, "failed OPTIONS <null>\n"},
		{"answered by the script", `dlg_manage(); t_reply("603", "Decline"); exit`, "", func(s *stage) {
			s.alice.Invite("sip:bob@example.test")
			s.alice.Expect("603")
		}, "failed OPTIONS <null>\n"},
		{"answered without state", `dlg_manage(); sl_send_reply("503", "No"); exit`, "", func(s *stage) {
			s.alice.Invite("sip:bob@example.test")
			s.alice.Expect("503")
		}, ""},
		{"forwarded without state", `dlg_manage(); $du = "sip:127.0.0.21"; forward(); exit`, "", func(s *stage) {
			s.alice.Invite("sip:bob@example.test")
			s.bob.Expect("INVITE")
		}, ""},
		{"second try", `dlg_manage(); t_on_failure("NEXT")`, `failure_route[NEXT] { $du = "sip:127.0.0.22"; t_relay(); }`, func(s *stage) {
			carol := s.Phone("carol")
			call := s.alice.Invite("sip:bob@example.test")
			s.bob.Reply(s.bob.Expect("INVITE"), 486)
			s.bob.Expect("ACK")
			carol.Reply(carol.Expect("INVITE"), 480)
			call.Ack(s.alice.Expect("480"))
		}, "failed INVITE 480\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			play(t, parts{invite: test.invite, more: test.more, other: `xlog("$DLG_count active, $stat(early_dialogs) early\n")`},
				test.want+"0 active, 0 early\n", func(s *stage) {
					test.scene(s)
					s.Wait(time.Second)
					s.alice.Patience = time.Second
					s.alice.Dialog("sip:proxy@example.test").Request("OPTIONS")
					s.alice.Wait("200 OPTIONS")
				})
		})
	}
}

// The golden file shows who gets BYE when the time is over.
func TestTimeout(t *testing.T) {
	p := parts{
		params: `modparam("dialog", "default_timeout", 20)
modparam("dialog", "dlg_extra_hdrs", "Reason: SIP;cause=480")
modparam("dialog", "lreq_callee_headers", "P-Callee: yes\r\n")`,
		invite: `$dlg_ctx(timeout_bye) = 1; $dlg_ctx(timeout_route) = "LATE"; dlg_manage()`,
		within: `xlog("$rm: $DLG_lifetime s of $dlg(lifetime), $DLG_timeout left\n")`,
		more:   `route[LATE] { xlog("late $ci $ft $tt $dlg_var(n)\n"); }` + "\n",
	}
	scenario.Play(t, "timeout", p.script(), func(scene *scenario.Scene) {
		s := on(scene)
		calling, _ := s.talk()
		s.Wait(15 * time.Second)
		calling.Request("INFO") // the time begins anew
		s.bob.Reply(s.bob.Expect("INFO"), 200)
		s.alice.Expect("200 INFO")
		s.Wait(15 * time.Second)
		s.alice.Patience, s.bob.Patience = 10*time.Second, 10*time.Second
		toAlice := s.alice.Expect("BYE")
		toBob := s.bob.Expect("BYE")
		for _, test := range []struct {
			bye  *sip.Message
			want string
		}{
			{toAlice, "BYE sip:alice@127.0.0.10:5060 From: <sip:bob@example.test>;tag=bob To: <sip:alice@example.test>;tag=alice CSeq: 1 BYE"},
			{toBob, "BYE sip:bob@127.0.0.21:5060 From: <sip:alice@example.test>;tag=alice To: <sip:bob@example.test>;tag=bob CSeq: 3 BYE"},
		} {
			got := fmt.Sprintf("BYE %s From: %s To: %s CSeq: %d BYE", test.bye.RequestURI, test.bye.Get(sip.FieldFrom), test.bye.Get(sip.FieldTo), test.bye.CSeq.Number)
			if reason, _ := test.bye.Lookup("Reason"); got != test.want || reason != "SIP;cause=480" {
				t.Errorf("%s, Reason %q\nwant %s", got, reason, test.want)
			}
		}
		if _, there := toAlice.Lookup("P-Callee"); there {
			t.Error("the caller gets the callee's fields")
		}
		if _, there := toBob.Lookup("P-Callee"); !there {
			t.Error("the callee does not get its fields")
		}
		s.alice.Reply(toAlice, 200)
		s.bob.Reply(toBob, 200)
		s.Wait(time.Second)
	})
}

// lasted waits until the script has heard the end of a call, and gives how long
// that was; 0 when the call outlasts two minutes.
func (s *stage) lasted(since time.Time) int {
	for time.Since(since) < 2*time.Minute {
		if strings.Contains(s.Printed(), "end OPTIONS") {
			return int(time.Since(since).Seconds())
		}
		s.Wait(time.Second)
	}
	return 0
}

func TestLifetime(t *testing.T) {
	const thirty = `modparam("dialog", "default_timeout", 30)` + "\n"
	for _, test := range []struct {
		name, params, invite, within string
		info                         bool // a request comes 10 s behind the answer
		want                         int  // seconds
	}{
		{"default", thirty, "dlg_manage()", "", false, 30},
		{"variable", `modparam("dialog", "timeout_avp", "$avp(t)")`, "$avp(t) = 40; dlg_manage()", "", false, 40},
		{"context", "", "$dlg_ctx(timeout) = 50; dlg_manage()", "", false, 50},
		{"context, behind", "", "dlg_manage(); $dlg_ctx(timeout) = 50", "", false, 50},
		{"dlg_set_timeout", "", "dlg_manage()", `dlg_set_timeout("25")`, false, 25},
		{"by number", "", `dlg_manage(); dlg_set_timeout("25", "$dlg(h_entry)", "$dlg(h_id)")`, "", false, 25},
		{"by profile", "", `dlg_manage(); set_dlg_profile("user", "a")`, `dlg_set_timeout_by_profile("user", "a", "15")`, false, 15},
		{"by another profile", thirty, `dlg_manage(); set_dlg_profile("user", "a")`, `dlg_set_timeout_by_profile("user", "b", "15")`, false, 30},
		{"by a whole profile", thirty, `dlg_manage(); set_dlg_profile("user", "a")`, `dlg_set_timeout_by_profile("user", "15")`, false, 15},
		{"DLG_timeout", "", "dlg_manage()", `if (is_method("ACK")) $DLG_timeout = 45`, false, 45},
		{"renewed", thirty, "dlg_manage()", "", true, 40},
		{"not renewed", thirty, `dlg_set_property("timeout-noreset"); dlg_manage()`, "", true, 30},
		{"never renewed", thirty + `modparam("dialog", "timeout_noreset", 1)`, "dlg_manage()", "", true, 30},
		{"renewed after all", thirty + `modparam("dialog", "timeout_noreset", 1)`, `dlg_manage(); dlg_reset_property("timeout-noreset")`, "", true, 40},
		{"renewed for longer", thirty + `modparam("dialog", "timeout_avp", "$avp(t)")`, "dlg_manage(); $avp(t) = 7", "", true, 40},
		{"more from its route", thirty, `$dlg_ctx(timeout_route) = "MORE"; dlg_manage()`, "", false, 50},

		{"half a day", "", "dlg_manage()", "", false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			more := `route[MORE] { if ($dlg_var(more) == $null) { $dlg_var(more) = 1; dlg_set_timeout("20"); } }`
			scenario.Run(t, parts{params: test.params, invite: test.invite, within: test.within, more: more}.script(), func(scene *scenario.Scene) {
				s := on(scene)
				calling, _ := s.talk()
				answered := time.Now()
				if test.info {
					s.Wait(10 * time.Second)
					calling.Request("INFO")
					s.bob.Reply(s.bob.Expect("INFO"), 200)
					s.alice.Expect("200 INFO")
				}
				if got := s.lasted(answered); got < test.want || got > test.want+1 {
					t.Errorf("ended after %d s, want %d", got, test.want)
				}
			})
		})
	}
}

// Without ACK a call has noack_timeout, and the time that an end takes to come.
func TestNoACK(t *testing.T) {
	for _, test := range []struct {
		params string
		late   int // seconds after which ACK comes; 0: never
		want   int
	}{
		{"", 0, 70},
		{`modparam("dialog", "noack_timeout", 20)`, 0, 30},
		{`modparam("dialog", "noack_timeout", 20)`, 25, 0},
		{`modparam("dialog", "default_timeout", 15)`, 0, 15},
	} {
		scenario.Run(t, parts{params: test.params}.script(), func(scene *scenario.Scene) {
			s := on(scene)
			call := s.alice.Invite("sip:bob@example.test")
			s.bob.Reply(s.bob.Expect("INVITE"), 200)
			ok := s.alice.Expect("200")
			answered := time.Now()
			if test.late > 0 {
				s.Wait(time.Duration(test.late) * time.Second)
				call.Ack(ok)
			}
			if got := s.lasted(answered); got < test.want || got > test.want+1 {
				t.Errorf("%s, ACK after %d: ended after %d s, want %d", test.params, test.late, got, test.want)
			}
		})
	}
}

// What rings for longer than early_timeout is forgotten; an answer is then
// nobody's.
func TestEarlyTimeout(t *testing.T) {
	play(t, parts{params: `modparam("dialog", "early_timeout", 20)`, other: `xlog("$DLG_count $stat(early_dialogs)\n")`}, "0 1\n0 0\n0 0", func(s *stage) {
		call := s.alice.Invite("sip:bob@example.test")
		invite := s.bob.Expect("INVITE")
		s.bob.Reply(invite, 180)
		s.alice.Expect("180")
		s.ask()
		s.Wait(22 * time.Second)
		s.ask()
		s.bob.Reply(invite, 200)
		call.Ack(s.alice.Expect("200"))
		s.bob.Expect("ACK")
		s.ask()
	})
}
