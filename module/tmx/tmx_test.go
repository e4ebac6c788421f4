package tmx_test

import (
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scenario"
)

func script(text string) string {
	head := "#!KAMAILIO\nlisten=udp:127.0.0.15:5060\n"
	for _, m := range []string{"tm", "tmx", "sl", "textops", "siputils", "xlog", "pv"} {
		head += "loadmodule \"" + m + ".so\"\n"
	}
	return head + text
}

const waiting = `
request_route {
	if (is_method("ACK|CANCEL")) { t_relay(); exit; }
	if (is_method("INFO")) {
		$var(r) = t_continue("$shv(index)", "$shv(label)", "ON");
		xlog("goes on: $var(r)\n");
		t_reply(200, "OK"); exit;
	}
	if (t_suspend()) { $shv(index) = $T(id_index); $shv(label) = $T(id_label); xlog("waits\n"); exit; }
}
route[ON] { xlog("$rm goes on\n"); $rd = "127.0.0.21"; t_on_failure("F"); t_relay(); }
failure_route[F] { xlog("failed with $T_reply_code\n"); t_reply(480, "Not now"); }
`

// A request waits until an INFO lets it go on, and then is as any other.
func TestSuspendAndContinue(t *testing.T) {
	scenario.Play(t, "suspend", script(waiting), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		alice.Expect("100")
		alice.ExpectNothing(5 * time.Second)
		info := *call
		info.Request("INFO")
		bob.Reply(bob.Expect("INVITE"), 486)
		bob.Expect("ACK")
		alice.Wait("200 INFO")
		call.Ack(alice.Wait("480"))
		info.Request("INFO") // it waits no more
		alice.Wait("200 INFO")
	})
}

func TestSuspendedInVain(t *testing.T) {
	scenario.Run(t, script(waiting), func(s *scenario.Scene) {
		alice := s.Phone("alice")
		alice.Patience = time.Minute
		start := time.Now()
		call := alice.Invite("sip:bob@example.test")
		call.Ack(alice.Expect("408"))
		if took := time.Since(start).Round(time.Second); took != 30*time.Second {
			t.Errorf("408 came after %v", took)
		}
	})
}

// Whoever hangs up while the request waits gets 487 as soon as it goes on.
func TestSuspendedAndCancelled(t *testing.T) {
	scenario.Run(t, script(waiting), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		s.Wait(time.Second)
		call.Cancel()
		alice.Expect("200 CANCEL")
		info := *call
		info.Request("INFO")
		call.Ack(alice.Wait("487"))
		bob.ExpectNothing(time.Second)
	})
}

const forked = `
request_route {
	if (is_method("ACK")) { t_relay(); exit; }
	if (is_method("CANCEL")) { xlog("CANCEL of $T_inv($rm) $T_inv($ru) from $T_inv($si), $T_inv($hdr(X-Who))\n"); t_relay(); exit; }
	OTHER
	$rd = "127.0.0.21"; append_branch("sip:carol@127.0.0.22");
	t_on_reply("R"); t_on_failure("F");
	t_relay();
}
onreply_route[R] { REPLY }
failure_route[F] { xlog("failed: $T_reply_code, flag 5 $(mf{s.len}) "); if (isflagset(5)) xlog("set"); xlog("\n"); }
`

func TestCancelBranches(t *testing.T) {
	for _, which := range []string{"all", "this", "others"} {
		reply := `if ($rs == 183) { t_cancel_branches("` + which + `"); }`
		scenario.Play(t, "cancel-"+which, script(fill(forked, "", reply)), func(s *scenario.Scene) {
			alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
			alice.Invite("sip:bob@example.test")
			toBob, toCarol := bob.Expect("INVITE"), carol.Expect("INVITE")
			bob.Reply(toBob, 180)
			carol.Reply(toCarol, 183)
			s.Wait(10 * time.Millisecond)
		})
	}
}

func TestInviteOfACancel(t *testing.T) {
	printed := scenario.Run(t, script(fill(forked, "", "")), func(s *scenario.Scene) {
		alice := s.Phone("alice")
		s.Phone("bob")
		call := alice.Invite("sip:bob@example.test", "X-Who: alice")
		alice.Expect("100")
		call.Cancel()
		alice.Expect("200 CANCEL")
	})
	if want := "CANCEL of INVITE sip:bob@example.test from 127.0.0.10, alice\n"; printed != want {
		t.Errorf("printed %q, want %q", printed, want)
	}
}

// Other transactions, by Call-ID and CSeq.
func TestOtherCalls(t *testing.T) {
	scenario.Play(t, "others", script(fill(forked, `
	if (is_method("INFO")) {
		if ($hdr(X-Do) == "cancel") { $var(r) = t_cancel_callid("call-alice-1", "1", "5", "200"); }
		else if ($hdr(X-Do) == "reply") { $var(r) = t_reply_callid("call-alice-1", "1", "486", "Told so"); }
		else { $var(r) = t_cancel_callid("nobody", "1", "0"); $var(r) = $var(r) + t_reply_callid("call-alice-1", "2", "486", "x"); }
		xlog("$hdr(X-Do): $var(r)\n");
		t_reply(200, "OK"); exit;
	}`, "")), func(s *scenario.Scene) {
		alice, bob, carol, dave := s.Phone("alice"), s.Phone("bob"), s.Phone("carol"), s.Phone("dave")
		call := alice.Invite("sip:bob@example.test")
		toBob, toCarol := bob.Expect("INVITE"), carol.Expect("INVITE")
		bob.Reply(toBob, 180)
		carol.Reply(toCarol, 180)
		for _, do := range []string{"nothing", "cancel", "reply"} {
			ask := dave.Dialog("sip:us@example.test")
			ask.Request("INFO", "X-Do: "+do)
			dave.Expect("200")
		}
		if cancel := bob.Wait("CANCEL"); true {
			if reason, _ := cancel.Lookup("Reason"); reason != "SIP;cause=200" {
				t.Errorf("Reason: %s", reason)
			}
		}
		call.Ack(alice.Wait("486"))
	})
}

// What is dropped is never answered, and its retransmissions are absorbed.
func TestDrop(t *testing.T) {
	for _, route := range []string{
		`t_newtran(); t_drop(); exit;`,
		`t_newtran(); t_drop("480"); t_reply(500, "x"); exit;`,
	} {
		scenario.Run(t, script(`request_route { xlog("$rm\n"); `+route+` }`), func(s *scenario.Scene) {
			alice := s.Phone("alice")
			for range 3 {
				alice.Send("INVITE sip:bob@example.test SIP/2.0\nVia: SIP/2.0/UDP {local};branch=z9hG4bKsame\nMax-Forwards: 70\nFrom: <sip:a@x.test>;tag=1\n" +
					"To: <sip:b@x.test>\nCall-ID: c\nCSeq: 1 INVITE\nContent-Length: 0\n\n")
			}
			alice.ExpectNothing(time.Minute)
			if printed := s.Printed(); printed != "INVITE\n" {
				t.Errorf("printed %q", printed)
			}
			if servers, _ := s.Server.Transactions(); servers != 0 {
				t.Errorf("%d transactions stay", servers)
			}
		})
	}
}

// A branch is tried again with what it had.
func TestReuseBranch(t *testing.T) {
	scenario.Run(t, script(`
request_route {
	if (is_method("ACK|CANCEL")) { t_relay(); exit; }
	$ru = "sip:bob@127.0.0.21"; setbflag(3);
	t_on_branch_failure("B"); t_relay();
}
event_route[tm:branch-failure:B] {
	xlog("$T_branch(uri) $T_branch(flags)\n");
	$ru = "sip:x@y.test"; resetbflag(3);
	if ($T_reply_code == 500) { t_reuse_branch(); if (isbflagset(3)) append_hf("X-Flag: kept\r\n"); t_relay(); }
}
`), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		alice.Invite("sip:bob@example.test")
		bob.Reply(bob.Expect("INVITE"), 500)
		bob.Expect("ACK")
		again := bob.Expect("INVITE")
		if flag, _ := again.Lookup("X-Flag"); again.RequestURI != "sip:bob@127.0.0.21" || flag != "kept" {
			t.Errorf("the second attempt is\n%s", again.Text)
		}
	})
}

// A route that tries the branch again whatever it hears comes to an end: no
// request has more branches than max_branches.
func TestReuseBranchEnds(t *testing.T) {
	scenario.Run(t, script(`
max_branches=4
request_route {
	if (is_method("ACK|CANCEL")) { t_relay(); exit; }
	$ru = "sip:bob@127.0.0.21";
	t_on_branch_failure("B"); t_relay();
}
event_route[tm:branch-failure:B] { t_on_branch_failure("B"); t_reuse_branch(); t_relay(); }
`), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		alice.Invite("sip:bob@example.test")
		for range 4 {
			bob.Reply(bob.Expect("INVITE"), 500)
			bob.Expect("ACK")
		}
		alice.Expect("500")
	})
}

func TestPrecheck(t *testing.T) {
	printed := scenario.Run(t, script(`
request_route {
	$var(a) = t_precheck_trans(); t_newtran(); $var(b) = t_precheck_trans();
	xlog("$var(a) $var(b) "); if (t_is_request_route() && !t_is_failure_route() && !t_is_branch_route() && !t_is_reply_route()) xlog("request\n");
	t_reply(486, "x");
}`), func(s *scenario.Scene) {
		alice := s.Phone("alice")
		alice.Invite("sip:bob@example.test")
		alice.Expect("486")
	})
	if printed != "-1 1 request\n" {
		t.Errorf("printed %q", printed)
	}
}

func fill(text, other, reply string) string {
	return strings.NewReplacer("OTHER", other, "REPLY", reply).Replace(text)
}
