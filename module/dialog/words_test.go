package dialog_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scenario"
	"viaduct/sip"
)

// Words before, in and behind dlg_manage, as Kamailio 5.6.3 has them, but that
// there a profile with values cannot be asked about without one, and
// unset_dlg_profile has no effect in request_route.
func TestProfiles(t *testing.T) {
	play(t, parts{
		invite: `$var(a) = is_in_profile("user"); $var(b) = set_dlg_profile("user", "early"); get_profile_size("user", "early", "$var(n)");
		xlog("before: in $var(a) set $var(b) size $var(n) known $rc\n");
		dlg_manage();
		get_profile_size("user", "early", "$var(n)"); $var(a) = is_in_profile("user", "early");
		xlog("managed: size $var(n) in $var(a)\n");
		set_dlg_profile("user", "alice"); set_dlg_profile("user", "alice"); $var(a) = set_dlg_profile("user"); $var(b) = set_dlg_profile("all", "dropped");
		$var(c) = set_dlg_profile("user", "");
		get_profile_size("user", "alice", "$var(n)"); get_profile_size("user", "$avp(all)"); get_profile_size("all", "$var(o)"); get_profile_size("user", "nobody", "$var(p)");
		xlog("set: without value $var(a) with $var(b) empty $var(c) sizes $var(n) $avp(all) $var(o) $var(p)\n");
		$var(a) = is_in_profile("user"); $var(b) = is_in_profile("user", "bob"); $var(c) = is_in_profile("all"); $var(d) = is_in_profile("all", "any");
		xlog("in: $var(a) $var(b) $var(c) $var(d)\n");
		$var(a) = unset_dlg_profile("user", "alice"); get_profile_size("user", "alice", "$var(n)"); $var(b) = unset_dlg_profile("user", "bob"); $var(c) = unset_dlg_profile("user");
		xlog("unset: $var(a) left $var(n) never $var(b) without value $var(c)\n")`,
		other: `$var(a) = set_dlg_profile("user", "x"); get_profile_size("user", "$var(n)"); get_profile_size("all", "$var(o)"); xlog("later: set $var(a) sizes $var(n) $var(o)\n")`,
	}, `
		before: in -1 set 1 size 0 known 1
		managed: size 1 in 1
		set: without value -1 with 1 empty -1 sizes 2 3 1 0
		in: 1 -1 1 1
		unset: 1 left 1 never -1 without value -1
		start INVITE 200
		later: set -1 sizes 2 1
		end BYE call-alice-1 5
		later: set -1 sizes 0 0`, func(s *stage) {
		calling, _ := s.talk()
		s.ask()
		s.bye(calling, s.bob)
		s.ask()
	})
}

// The use that profiles are for: so many calls of one user and no more.
func TestLimit(t *testing.T) {
	play(t, parts{invite: `get_profile_size("user", "$fU", "$var(n)");
		if ($var(n) >= 2) { xlog("enough\n"); sl_send_reply("486", "Enough"); exit; }
		set_dlg_profile("user", "$fU"); setflag(4)`, params: `modparam("dialog", "dlg_flag", 4)`}, `
		start INVITE 200
		start INVITE 200
		enough
		end BYE call-alice-1 5
		start INVITE 200`, func(s *stage) {
		first, _ := s.talk()
		s.talk()
		s.alice.Invite("sip:bob@example.test")
		s.alice.Expect("486")
		s.bye(first, s.bob)
		s.talk()
	})
}

func TestRemoteProfile(t *testing.T) {
	play(t, parts{other: `
		$var(a) = dlg_remote_profile("add", "user", "v", "u1", $Ts + 20); get_profile_size("user", "v", "$var(n)");
		$var(b) = dlg_remote_profile("add", "all", "", "u2", $Ts + 20); get_profile_size("all", "$var(o)");
		$var(c) = dlg_remote_profile("rm", "user", "v", "u1", 0); get_profile_size("user", "v", "$var(p)");
		$var(d) = dlg_remote_profile("rm", "user", "v", "u1", 0); $var(e) = dlg_remote_profile("add", "nope", "v", "u1", $Ts + 20);
		$var(f) = dlg_remote_profile("add", "user", "", "u1", $Ts + 20);
		xlog("$var(a) $var(n), $var(b) $var(o), $var(c) $var(p), $var(d) $var(e) $var(f)\n")`},
		"1 1, 1 1, 1 0, 1 -1 -1\n1 1, 1 1, 1 0, 1 -1 -1", func(s *stage) {
			s.ask()
			s.Wait(22 * time.Second)
			s.ask()
		})
}

// $dlg(…), $dlg_var(…), $dlg_ctx(…) in all routes of a call.
func TestVariables(t *testing.T) {
	const attributes = `xlog("$dlg(callid) $dlg(from_tag) $dlg(to_tag) $dlg(from_uri) $dlg(to_uri) $dlg(from_cseq) $dlg(to_cseq) $dlg(from_contact) $dlg(to_contact) ` +
		`[$dlg(from_rs)] [$dlg(to_rs)] $dlg(from_bindaddr) $dlg(to_bindaddr) $dlg(lifetime) $dlg(sflags) $dlg(h_entry)\n"); `
	const context = `xlog("$rm $rs: set $dlg_ctx(set) dir $dlg_ctx(dir) $DLG_dir bye $dlg_ctx(timeout_bye) route $dlg_ctx(timeout_route) status $DLG_status var $dlg_var(a) $dlg_var(b) $dlg_var($var(name))\n")`
	play(t, parts{
		invite: `$dlg_var(a) = "one"; $dlg_ctx(timeout_bye) = 1; $dlg_ctx(timeout_route) = "X"; dlg_setflag("3"); $var(name) = "a"; ` + context + `;
		dlg_manage(); $dlg_var(b) = "two"; dlg_setflag("1"); dlg_resetflag("1"); ` + context + `; t_on_branch("B"); t_on_reply("R"); ` + attributes,
		within: `$var(name) = "b"; ` + context + `; if (is_method("INFO")) { $dlg_var(b) = $null; ` + attributes + `}`,
		more: `
branch_route[B] { ` + context + `; }
onreply_route[R] { if ($rs == 180) $dlg_var(a) = "three"; ` + context + `; }
`,
	}, `
		INVITE <null>: set 0 dir 0 <null> bye 1 route X status <null> var one <null> one
		INVITE <null>: set 1 dir 1 <null> bye 1 route X status <null> var one two one
		call-alice-1 alice <null> sip:alice@example.test sip:bob@example.test 1 <null> sip:alice@127.0.0.10:5060 <null> [<sip:127.0.0.10;lr>] [<null>] udp:127.0.0.15:5060 <null> 43200 8 10
		INVITE <null>: set 1 dir 1 <null> bye 1 route X status <null> var one two one
		INVITE 180: set 1 dir 1 <null> bye 1 route X status <null> var three two <null>
		INVITE 200: set 1 dir 1 <null> bye 1 route X status <null> var three two <null>
		start INVITE 200
		ACK <null>: set 1 dir 1 downstream bye 1 route X status 4 var three two two
		INFO <null>: set 1 dir 2 upstream bye 1 route X status 4 var three two two
		call-alice-1 alice bob sip:alice@example.test sip:bob@example.test 1 101 sip:alice@127.0.0.10:5060 sip:bob@127.0.0.21:5060 [<sip:127.0.0.10;lr>] [<sip:127.0.0.21;lr>] udp:127.0.0.15:5060 udp:127.0.0.15:5060 43200 8 10
		end BYE call-alice-1 5
		BYE <null>: set 1 dir 1 downstream bye 1 route X status 5 var three <null> <null>`, func(s *stage) {
		call := s.alice.Invite("sip:bob@example.test", "Record-Route: <sip:127.0.0.10;lr>")
		invite := s.bob.Expect("INVITE")
		called := s.bob.Take(invite)
		s.bob.Reply(invite, 180)
		s.alice.Expect("180")
		// Another proxy stands before bob.
		routed, err := sip.Parse(strings.Replace(invite.Text, "Record-Route:", "Record-Route: <sip:127.0.0.21;lr>\r\nRecord-Route:", 1))
		if err != nil {
			t.Fatal(err)
		}
		s.bob.Reply(routed, 200)
		call.Join(s.alice.Expect("200"))
		call.Routes = call.Routes[1:] // that proxy is alice's own
		call.Request("ACK")
		s.bob.Expect("ACK")
		called.Request("INFO")
		s.alice.Reply(s.alice.Expect("INFO"), 200)
		s.bob.Expect("200 INFO")
		s.bye(call, s.bob)
	})
}

// How a request finds its dialog.
func TestMatching(t *testing.T) {
	const found = `xlog("$rm $dlg_ctx(set) $DLG_status\n")`
	for _, test := range []struct {
		name, params string
		routed       bool
		break_       string // taken out of our Route
		want         string
	}{
		{"cookie", "", true, "", "INFO 1 4"},
		{"no cookie", "", true, "did=", "INFO 0 <null>"},
		{"cookie, then tags", `modparam("dialog", "dlg_match_mode", 1)`, true, "did=", "INFO 1 4"},
		{"tags", `modparam("dialog", "dlg_match_mode", 2)`, true, "", "INFO 1 4"},
		{"another name", `modparam("dialog", "rr_param", "xyz")`, true, "", "INFO 1 4"},
		{"no Route", "", false, "", "INFO 1 4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := scenario.Run(t, parts{params: test.params, within: found, bare: "dlg_manage()"}.script(), func(scene *scenario.Scene) {
				s := on(scene)
				calling, _ := s.talk()
				switch {
				case !test.routed:
					calling.Routes = nil
				case test.break_ != "":
					calling.Routes[0] = strings.Replace(calling.Routes[0], test.break_, "zzz=", 1)
				case test.name == "tags" && strings.Contains(calling.Routes[0], "did="):
					t.Error("the cookie shows")
				}
				if !test.routed {
					calling.Target = "sip:bob@127.0.0.15"
				}
				calling.Request("INFO")
				s.Wait(100 * time.Millisecond)
			})
			if !strings.Contains(got, test.want+"\n") {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// A request of nobody's tags belongs to no dialog, whatever its cookie says.
func TestForgedCookie(t *testing.T) {
	play(t, parts{within: `xlog("$rm $dlg_ctx(set)\n")`}, "start INVITE 200\nACK 1\nBYE 0\nBYE 0\nend BYE call-alice-1 5\nBYE 1", func(s *stage) {
		calling, _ := s.talk()
		forged := *calling
		forged.ID = "another"
		forged.Request("BYE")
		s.bob.Reply(s.bob.Expect("BYE"), 481)
		s.alice.Expect("481")
		forged = *calling
		forged.Local = strings.Replace(forged.Local, "tag=alice", "tag=mallory", 1)
		forged.Request("BYE")
		s.bob.Reply(s.bob.Expect("BYE"), 481)
		s.alice.Expect("481")
		calling.CSeq += 5
		s.bye(calling, s.bob)
	})
}

func TestBye(t *testing.T) {
	for _, test := range []struct {
		who           string
		alice, bob    bool
		want          string
		other, callID string
	}{
		{who: `dlg_bye("all")`, alice: true, bob: true, want: "1 state 5"},
		{who: `dlg_bye("both")`, alice: true, bob: true, want: "1 state 5"},
		{who: `dlg_bye("caller")`, alice: true, want: "1 state 5"},
		{who: `dlg_bye("callee")`, bob: true, want: "1 state 5"},
		{who: `dlg_get("$hdr(P-Call)", "alice", "bob") && dlg_bye("all")`, alice: true, bob: true, want: "1 state 5"},
		{who: `dlg_get("$hdr(P-Call)", "bob", "alice") && dlg_bye("all")`, alice: true, bob: true, want: "1 state 5"},
		{who: `dlg_get("$hdr(P-Call)", "alice", "") && dlg_bye("all")`, want: "0 state <null>"},
		{who: `dlg_get("nope", "alice", "bob") && dlg_bye("all")`, want: "0 state <null>"},
		{who: `dlg_bye("all")`, want: "0 state <null>", other: "yes"},
	} {
		do := `if (` + test.who + `) $var(r) = 1; else $var(r) = 0; xlog("$var(r) state $dlg(state)\n")`
		p := parts{other: do}
		if !strings.Contains(test.who, "dlg_get") && test.other == "" {
			p = parts{within: `if (is_method("INFO")) { ` + do + `; sl_send_reply("200", "OK"); exit; }`}
		}
		got := scenario.Run(t, p.script(), func(scene *scenario.Scene) {
			s := on(scene)
			calling, _ := s.talk()
			if p.within != "" {
				calling.Request("INFO")
			} else {
				s.alice.Dialog("sip:proxy@example.test").Request("OPTIONS", "P-Call: "+calling.ID)
			}
			if test.alice {
				s.alice.Reply(s.alice.Wait("BYE"), 200)
			}
			if test.bob {
				s.bob.Reply(s.bob.Expect("BYE"), 200)
			}
			s.Wait(time.Second)
			s.bob.ExpectNothing(time.Second)
		})
		if !strings.Contains(got, test.want+"\n") || strings.Contains(got, "end OPTIONS call-alice-1 5") != (test.alice || test.bob) {
			t.Errorf("%s: %s\nwant %s", test.who, got, test.want)
		}
	}
}

// Another dialog at hand does not take the answer of this one.
func TestGetWithinInvite(t *testing.T) {
	play(t, parts{invite: `dlg_manage(); if (dlg_get("call-alice-1", "alice", "bob")) xlog("at hand $dlg(callid) $dlg(state)\n")`,
		other: `dlg_get("call-alice-1", "alice", "bob"); xlog("$dlg(to_contact), $DLG_count\n")`}, `
		at hand call-alice-1 1
		start INVITE 200
		at hand call-alice-1 4
		start INVITE 200
		sip:bob@127.0.0.21:5060, 2
		end BYE call-alice-2 5`, func(s *stage) {
		s.talk()
		s.bob.Contact = "<sip:bob@127.0.0.21:5060;second>"
		second, _ := s.talk()
		s.ask()
		s.bye(second, s.bob)
	})
}

// A new Contact, of a request or of the answer to one, is where BYE goes.
func TestTargetRefresh(t *testing.T) {
	play(t, parts{within: `if (is_method("INFO")) { $ru = "sip:x@y.test"; dlg_set_ruri(); xlog("to $ru; $dlg(from_contact) $dlg(to_contact)\n"); sl_send_reply("200", "OK"); exit; }`}, `
		start INVITE 200
		to sip:bob@127.0.0.21:5060; sip:alice@127.0.0.10:5060 sip:bob@127.0.0.21:5060
		to sip:bob@127.0.0.21:5062; sip:alice@127.0.0.10:5061 sip:bob@127.0.0.21:5062`, func(s *stage) {
		calling, _ := s.talk()
		calling.Request("INFO")
		s.alice.Expect("200 INFO")
		s.alice.Contact, s.bob.Contact = "<sip:alice@127.0.0.10:5061>", "<sip:bob@127.0.0.21:5062>"
		calling.Request("INVITE")
		s.bob.Reply(s.bob.Expect("INVITE"), 200)
		s.alice.Expect("200")
		calling.Request("INFO")
		s.alice.Expect("200 INFO")
	})
}

// Keep-alives: who is silent, or knows of no call, is not there any more.
func TestKeepAlive(t *testing.T) {
	const params = `modparam("dialog", "ka_timer", 10)
modparam("dialog", "ka_interval", 30)
modparam("dialog", "send_bye", 1)
`
	for _, test := range []struct {
		name, params, wish string
		status             int // of bob's answers; 0: none
		want               int // seconds that the call lasts
	}{
		{"answered", "", `dlg_set_property("ka-dst")`, 200, 0},
		{"refused", "", `dlg_set_property("ka-dst")`, 500, 0},
		{"not known", "", `dlg_set_property("ka-dst")`, 481, 40},
		{"silent", "", `dlg_set_property("ka-dst")`, 0, 72},
		{"two may fail", `modparam("dialog", "ka_failed_limit", 2)`, `dlg_set_property("ka-dst")`, 481, 70},
		{"not asked for", "", `dlg_set_property("ka-dst"); dlg_reset_property("ka-dst")`, 481, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			scenario.Run(t, parts{params: params + test.params, invite: test.wish + "; dlg_manage()"}.script(), func(scene *scenario.Scene) {
				s := on(scene)
				s.talk()
				answered := time.Now()
				for time.Since(answered) < 2*time.Minute && !strings.Contains(s.Printed(), "end OPTIONS") {
					packet, ok := s.bob.Next(time.Second)
					if ok && packet.Message.Method == "OPTIONS" && test.status != 0 {
						if packet.Message.CSeq.Number != 1 {
							t.Errorf("CSeq %d would make alice's next request old", packet.Message.CSeq.Number)
						}
						s.bob.Reply(packet.Message, test.status)
					}
				}
				got := int(time.Since(answered).Seconds())
				if test.want == 0 {
					test.want = 120
				}
				if got < test.want || got > test.want+2 {
					t.Errorf("the call lasted %d s, want %d", got, test.want)
				}
			})
		})
	}
}

// A call that comes by twice is one dialog.
func TestSpiral(t *testing.T) {
	for params, want := range map[string]string{"": "1", `modparam("dialog", "detect_spirals", 0)`: "2"} {
		got := scenario.Run(t, parts{params: params, invite: `dlg_manage(); if ($si != "127.0.0.15") { $du = "sip:127.0.0.15"; t_relay(); exit; }`,
			other: `xlog("processed $stat(processed_dialogs)\n")`}.script(), func(scene *scenario.Scene) {
			s := on(scene)
			calling, _ := s.talk()
			s.bye(calling, s.bob)
			s.ask()
		})
		if !strings.Contains(got, "processed "+want+"\n") {
			t.Errorf("%q: %s", params, got)
		}
	}
}

// Calls go on when the script is read again, also by one that knows nothing of
// dialogs: their time runs out all the same.
func TestReload(t *testing.T) {
	script := parts{params: `modparam("dialog", "default_timeout", 30)`, invite: `$dlg_ctx(timeout_bye) = 1; dlg_manage()`, within: `xlog("$rm $DLG_status $DLG_count\n")`,
		other: `xlog("$stat(active_dialogs) of $stat(processed_dialogs)\n")`}.script()
	plain := head[:strings.Index(head, `loadmodule "dialog.so"`)] + `request_route { xlog("$stat(active_dialogs) of $stat(processed_dialogs)\n"); sl_send_reply("200", "OK"); }`
	path := filepath.Join(t.TempDir(), "next.cfg")
	include := "#!KAMAILIO\ninclude_file \"" + path + "\"\n"
	use := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	use(script)
	got := scenario.Run(t, include, func(scene *scenario.Scene) {
		s := on(scene)
		reload := func(text string) {
			use(text)
			if err := s.Server.Reload(); err != nil {
				t.Fatal(err)
			}
		}
		first, _ := s.talk()
		s.talk()
		reload(script)
		s.bye(first, s.bob)
		s.ask()
		reload(plain)
		s.ask()
		s.Wait(31 * time.Second)
		s.alice.Reply(s.alice.Expect("BYE"), 200)
		s.bob.Reply(s.bob.Expect("BYE"), 200)
		s.ask()
	})
	for _, want := range []string{"BYE 5 1\n1 of 2\n", "\n0 of 2\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// TestServerForgets: calls of all ends leave no dialog and no goroutine.
func TestServerForgets(t *testing.T) {
	const calls = 200
	p := parts{params: `modparam("dialog", "default_timeout", 50)`, invite: `dlg_manage(); set_dlg_profile("user", "$fU"); $dlg_var(a) = "x"`,
		other: `get_profile_size("user", "$avp(n)");
		xlog("$avp(n) members, $stat(active_dialogs) $stat(early_dialogs) $stat(processed_dialogs) $stat(expired_dialogs) $stat(failed_dialogs)\n")`}
	got := scenario.Run(t, p.script(), func(scene *scenario.Scene) {
		s := on(scene)
		before := runtime.NumGoroutine()
		for i := range calls {
			call := s.alice.Invite("sip:bob@example.test")
			invite := s.bob.Expect("INVITE")
			switch i % 4 {
			case 0: // refused
				s.bob.Reply(invite, 486)
				call.Ack(s.alice.Expect("486"))
				s.bob.Expect("ACK")
			case 1: // no ACK, no BYE
				s.bob.Reply(invite, 200)
				s.alice.Expect("200")
			default:
				s.bob.Reply(invite, 200)
				call.Ack(s.alice.Expect("200"))
				s.bob.Expect("ACK")
				if i%4 == 2 {
					s.bye(call, s.bob)
				}
			}
		}
		s.Wait(3 * time.Minute)
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%d goroutines, %d before", after, before)
		}
		s.ask()
	})
	if want := "\n0 members, 0 0 200 100 50\n"; !strings.HasSuffix(got, want) {
		t.Errorf("%s\nwant %s", got[max(0, len(got)-200):], want)
	}
}
