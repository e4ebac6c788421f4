package tm_test

import (
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest"
	"viaduct/internal/siptest/scenario"
)

// relaying is a script that record-routes and relays to bob, or to whom the
// branches name.
const relaying = `
request_route {
	if (has_totag()) { if (loose_route() || is_method("ACK")) { t_relay(); } else { sl_send_reply("404", "Not here"); } exit; }
	if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
	record_route();
	$rd = "127.0.0.21";
	FORK
	t_relay();
}
`

func relay(fork string) string {
	return script(strings.Replace(relaying, "FORK", fork, 1))
}

// Reliable provisional responses (RFC 3262) and UPDATE (RFC 3311) pass along
// the route set, with all that ties them together.
func TestReliableProvisionalResponsesAndUpdatePass(t *testing.T) {
	scenario.Play(t, "prack", relay(""), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test", "Supported: 100rel", "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE")
		invite := bob.Expect("INVITE")
		answer := bob.Take(invite)
		bob.Reply(invite, 183, "Require: 100rel", "RSeq: 8001")
		progress := alice.Expect("183")
		if v, _ := progress.Lookup("RSeq"); v != "8001" {
			t.Errorf("RSeq %q", v)
		}
		call.Join(progress)
		call.Request("PRACK", "RAck: 8001 1 INVITE")
		prack := bob.Expect("PRACK")
		if v, _ := prack.Lookup("RAck"); v != "8001 1 INVITE" {
			t.Errorf("RAck %q", v)
		}
		bob.Reply(prack, 200)
		alice.Expect("200 PRACK")
		call.Request("UPDATE")
		bob.Reply(bob.Expect("UPDATE"), 200)
		alice.Expect("200 UPDATE")
		answer.Request("UPDATE")
		alice.Reply(alice.Expect("UPDATE"), 200)
		bob.Expect("200 UPDATE")
		bob.Reply(invite, 200)
		call.Ack(alice.Expect("200 INVITE"))
		bob.Expect("ACK")
	})
}

// Two callees answer at once: both 2xx reach the caller, who ends one of them.
func TestForkAnswersTwice(t *testing.T) {
	scenario.Play(t, "twice", relay(`append_branch("sip:carol@127.0.0.22");`), func(s *scenario.Scene) {
		alice, bob, carol := s.Phone("alice"), s.Phone("bob"), s.Phone("carol")
		call := alice.Invite("sip:bob@example.test")
		toBob, toCarol := bob.Expect("INVITE"), carol.Expect("INVITE")
		bob.Reply(toBob, 180)
		carol.Reply(toCarol, 180)
		alice.Expect("180")
		alice.Expect("180")
		bob.Reply(toBob, 200)
		carol.Reply(toCarol, 200) // it crosses the CANCEL
		first, second := alice.Expect("200"), alice.Expect("200")
		other := *call
		call.Ack(first)
		other.Ack(second)
		bob.Expect("ACK")
		carol.Expect("CANCEL")
		carol.Expect("ACK")
		other.Request("BYE")
		carol.Reply(carol.Expect("BYE"), 200)
		alice.Expect("200 BYE")
	})
}

// The callee's 2xx comes again and late: each reaches the caller, also when the
// transaction is gone.
func TestLate2xx(t *testing.T) {
	scenario.Play(t, "late", relay(""), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		invite := bob.Expect("INVITE")
		bob.Reply(invite, 200)
		ok := alice.Expect("200")
		s.Wait(500 * time.Millisecond)
		bob.Reply(invite, 200)
		s.Wait(time.Minute)
		bob.Reply(invite, 200)
		s.Wait(10 * time.Millisecond)
		call.Ack(ok)
		bob.Expect("ACK")
	})
}

// CANCEL and what it meets on its way.
func TestCancelRaces(t *testing.T) {
	for _, test := range []struct {
		name string
		play func(s *scenario.Scene, alice, bob *siptest.Phone)
	}{
		{"before-anything", func(s *scenario.Scene, alice, bob *siptest.Phone) {
			// The callee has not even said 100: its CANCEL waits for that.
			call := alice.Invite("sip:bob@example.test")
			invite := bob.Expect("INVITE")
			call.Cancel()
			alice.Expect("200 CANCEL")
			bob.ExpectNothing(400 * time.Millisecond)
			bob.Reply(invite, 100)
			bob.Reply(bob.Expect("CANCEL"), 200)
			bob.Reply(invite, 487)
			bob.Expect("ACK")
			call.Ack(alice.Expect("487"))
			s.Wait(time.Millisecond)
		}},
		{"crosses-200", func(s *scenario.Scene, alice, bob *siptest.Phone) {
			call := alice.Invite("sip:bob@example.test")
			invite := bob.Expect("INVITE")
			bob.Reply(invite, 180)
			alice.Expect("180")
			call.Cancel()
			bob.Reply(invite, 200) // sent before the CANCEL has come
			alice.Wait("200 CANCEL")
			ok := alice.Expect("200 INVITE")
			bob.Reply(bob.Expect("CANCEL"), 481)
			call.Ack(ok)
			bob.Expect("ACK")
		}},
		{"after-200", func(s *scenario.Scene, alice, bob *siptest.Phone) {
			call := alice.Invite("sip:bob@example.test")
			bob.Reply(bob.Expect("INVITE"), 200)
			ok := alice.Expect("200 INVITE")
			cancelled := *call
			cancelled.Cancel()
			alice.Expect("200 CANCEL")
			call.Ack(ok)
			bob.Expect("ACK") // and no CANCEL
		}},
		{"twice", func(s *scenario.Scene, alice, bob *siptest.Phone) {
			call := alice.Invite("sip:bob@example.test")
			invite := bob.Expect("INVITE")
			bob.Reply(invite, 180)
			alice.Expect("180")
			call.Cancel()
			call.Cancel()
			alice.Expect("200 CANCEL")
			bob.Reply(bob.Expect("CANCEL"), 200)
			bob.Reply(invite, 487)
			bob.Expect("ACK")
			call.Ack(alice.Wait("487"))
			bob.ExpectNothing(time.Second)
		}},
		{"nobody-hears", func(s *scenario.Scene, alice, bob *siptest.Phone) {
			// The callee rings and then is gone: the INVITE ends 64*T1 behind the CANCEL.
			alice.Patience, bob.Patience = time.Minute, time.Minute
			call := alice.Invite("sip:bob@example.test")
			bob.Reply(bob.Expect("INVITE"), 180)
			alice.Expect("180")
			call.Cancel()
			alice.Expect("200 CANCEL")
			start := time.Now()
			call.Ack(alice.Expect("487"))
			if took := time.Since(start).Round(time.Second); took != 32*time.Second {
				s.T.Errorf("487 came after %v", took)
			}
			s.Wait(time.Millisecond)
		}},
		{"unknown", func(s *scenario.Scene, alice, bob *siptest.Phone) {
			call := alice.Invite("sip:bob@example.test")
			bob.Reply(bob.Expect("INVITE"), 486)
			bob.Expect("ACK")
			call.Ack(alice.Expect("486"))
			s.Wait(time.Minute)
			call.Cancel() // of an INVITE that is long gone
			alice.ExpectNothing(time.Second)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			scenario.Play(t, "cancel-"+test.name, relay(""), func(s *scenario.Scene) {
				test.play(s, s.Phone("alice"), s.Phone("bob"))
			})
		})
	}
}

// Provisional responses renew timer C (section 16.7 step 2).
func TestRingingLong(t *testing.T) {
	scenario.Run(t, relay(`t_set_fr(60000);`), func(s *scenario.Scene) {
		alice, bob := s.Phone("alice"), s.Phone("bob")
		call := alice.Invite("sip:bob@example.test")
		invite := bob.Expect("INVITE")
		for range 10 {
			bob.Reply(invite, 180)
			s.Wait(50 * time.Second)
		}
		bob.Reply(invite, 200)
		call.Ack(alice.Wait("200"))
		bob.Expect("ACK")
	})
}

// A request that comes back as it was is refused; the caller learns that.
func TestLoopOverTheNetwork(t *testing.T) {
	scenario.Play(t, "loop", script(`
listen=udp:127.0.0.16:5060
request_route { record_route(); if (dst_ip == 127.0.0.15) $du = "sip:127.0.0.16"; else $du = "sip:127.0.0.15"; t_relay(); }
`), func(s *scenario.Scene) {
		alice := s.Phone("alice")
		alice.Invite("sip:bob@example.test")
		alice.Expect("482")
	})
}
