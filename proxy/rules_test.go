package proxy

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/sip"
	"viaduct/transport"
)

// withRules plays a forked INVITE to bob and carol.
func withRules(t *testing.T, rules Rules, timers Timers, play func(b *bench, toBob, toCarol *sip.Message)) {
	t.Helper()
	run(t, []Target{to(bob), to(carol)}, func(b *bench) {
		b.rules, b.timers = &rules, timers
		b.receive(caller, b.request("INVITE", ""))
		play(b, b.messages(bob)[0], b.messages(carol)[0])
	})
}

func TestRules(t *testing.T) {
	both := func(first, second int) func(*bench, *sip.Message, *sip.Message) {
		return func(b *bench, toBob, toCarol *sip.Message) {
			b.answer(bob, toBob, first, "WWW-Authenticate: Digest realm=\"b\", nonce=\"1\"\r\n")
			b.answer(carol, toCarol, second, "Proxy-Authenticate: Digest realm=\"c\", nonce=\"1\"\r\n")
		}
	}
	silent := func(status int) func(*bench, *sip.Message, *sip.Message) {
		return func(b *bench, toBob, _ *sip.Message) {
			b.answer(bob, toBob, status, "")
			time.Sleep(33 * time.Second)
		}
	}
	for _, test := range []struct {
		name       string
		rules      Rules
		play       func(b *bench, toBob, toCarol *sip.Message)
		wantCaller string
	}{
		{"a 6xx wins", Rules{}, both(603, 486), "100 603"},
		{"a 6xx is the worst", Rules{Plain6xx: true}, both(603, 486), "100 486"},
		{"a 5xx before a 6xx", Rules{Plain6xx: true}, both(603, 500), "100 500"},
		{"503 becomes 500", Rules{}, both(503, 503), "100 500"},
		{"503 stays", Rules{Keep503: true}, both(503, 503), "100 503"},
		{"a word for the caller", Rules{TryingReason: "wait"}, both(486, 486), "100 486"},
		{"a time-out says least", Rules{}, silent(486), "100 486"},
		{"a time-out before a 5xx", Rules{}, silent(500), "100 408"},
		{"a time-out behind a 5xx", Rules{OursLast: 2000}, silent(500), "100 500"},
		{"a time-out before a 486, as its number says", Rules{OursLast: -1}, silent(486), "100 408"},
	} {
		t.Run(test.name, func(t *testing.T) {
			withRules(t, test.rules, Timers{}, func(b *bench, toBob, toCarol *sip.Message) {
				test.play(b, toBob, toCarol)
				if got := b.take(caller); !strings.HasPrefix(got, test.wantCaller) {
					t.Errorf("the caller got %s, want %s", got, test.wantCaller)
				}
			})
		})
	}
}

func TestRulesInTheMessages(t *testing.T) {
	withRules(t, Rules{TryingReason: "one moment", OneChallenge: true}, Timers{}, func(b *bench, toBob, toCarol *sip.Message) {
		expect(t, "reason of the 100", b.messages(caller)[0].Reason, "one moment")
		b.answer(bob, toBob, 407, "Proxy-Authenticate: Digest realm=\"b\", nonce=\"1\"\r\n")
		b.answer(carol, toCarol, 401, "WWW-Authenticate: Digest realm=\"c\", nonce=\"1\"\r\n")
		m := b.messages(caller)[0]
		if m.Status != 401 || m.Has(sip.FieldProxyAuthenticate) {
			t.Errorf("want the 401 alone, got\n%s", m.Text)
		}
	})
	withRules(t, Rules{NoReason: true}, Timers{}, func(b *bench, toBob, toCarol *sip.Message) {
		b.answer(carol, toCarol, 180, "")
		b.answer(bob, toBob, 200, "")
		cancel := b.messages(carol)[0]
		if reason, ok := cancel.Lookup("Reason"); cancel.Method != "CANCEL" || ok {
			t.Errorf("%s with Reason %q", cancel.Method, reason)
		}
	})
	for _, keep := range []bool{true, false} {
		withRules(t, Rules{NoCallersReason: !keep}, Timers{}, func(b *bench, toBob, toCarol *sip.Message) {
			b.answer(carol, toCarol, 180, "")
			b.receive(caller, b.request("CANCEL", "Reason: SIP;cause=200\r\nX-More: yes\r\n"))
			cancel := b.messages(carol)[0]
			_, has := cancel.Lookup("Reason")
			if _, more := cancel.Lookup("X-More"); has != keep || !more {
				t.Errorf("Reason of the caller's CANCEL goes on: %v, want %v in\n%s", has, keep, cancel.Text)
			}
		})
	}
}

// A 6xx without its power lets the others ring.
func TestPlain6xxCancelsNobody(t *testing.T) {
	withRules(t, Rules{Plain6xx: true}, Timers{}, func(b *bench, toBob, toCarol *sip.Message) {
		b.answer(carol, toCarol, 180, "")
		b.answer(bob, toBob, 603, "")
		b.answer(carol, toCarol, 200, "")
		expect(t, "to carol", b.take(carol), "")
		expect(t, "to the caller", b.take(caller), "100 180 200")
	})
}

func TestUnheardBranches(t *testing.T) {
	for _, test := range []struct {
		unheard            Unheard
		atOnce, afterwards string // what carol gets, who never answers
		caller             string
	}{
		{CancelLater, "", "INVITE INVITE", "200"},
		{ForgetUnheard, "", "", "200 487"},
		{CancelAtOnce, "CANCEL", "CANCEL CANCEL", "200"},
	} {
		run(t, []Target{to(carol)}, func(b *bench) {
			b.rules = &Rules{Unheard: test.unheard}
			b.receive(caller, b.request("INVITE", ""))
			b.messages(carol)
			b.take(caller)
			b.receive(caller, b.request("CANCEL", ""))
			expect(t, "at once", b.take(carol), test.atOnce)
			expect(t, "to the caller", b.take(caller), test.caller)
			time.Sleep(1600 * time.Millisecond)
			expect(t, "later", b.take(carol), test.afterwards)
		})
	}
}

// A callee that was forgotten and answers all the same: its 2xx is the
// caller's to deal with (section 16.7 step 5).
func TestForgottenBranchAnswers(t *testing.T) {
	run(t, []Target{to(carol)}, func(b *bench) {
		b.rules = &Rules{Unheard: ForgetUnheard}
		b.receive(caller, b.request("INVITE", ""))
		invite := b.messages(carol)[0]
		b.receive(caller, b.request("CANCEL", ""))
		b.take(caller)
		b.answer(carol, invite, 200, "")
		expect(t, "to the caller", b.take(caller), "200")
	})
}

func TestLifetime(t *testing.T) {
	withRules(t, Rules{}, Timers{Lifetime: 10 * time.Second, Invite: time.Minute}, func(b *bench, toBob, toCarol *sip.Message) {
		b.answer(bob, toBob, 180, "")
		time.Sleep(9 * time.Second)
		expect(t, "to the caller, before", b.take(caller), "100 180")
		b.take(bob)
		time.Sleep(2 * time.Second)
		expect(t, "to the caller, after", b.take(caller)[:3], "408")
		expect(t, "to bob", b.take(bob)[:6], "CANCEL")
	})
}

// another is a hook that gives each failed branch one more target.
type another struct {
	recall
	targets []Target
	failed  []int
}

func (a *another) BranchFailed(b *Branch, _ *transport.Inbound) {
	status, _, _ := b.Final()
	a.failed = append(a.failed, status)
	if len(a.targets) > 0 {
		next := a.targets[0]
		a.targets = a.targets[1:]
		b.Context.Relay(next)
	}
}

func TestBranchFailedFindsAnotherTarget(t *testing.T) {
	run(t, []Target{to(bob), to(carol)}, func(b *bench) {
		hook := &another{targets: []Target{to(dave)}}
		b.hooks = hook
		b.receive(caller, b.request("INVITE", ""))
		toBob, toCarol := b.messages(bob)[0], b.messages(carol)[0]
		b.answer(bob, toBob, 430, "")
		toDave := b.messages(dave)[0]
		b.answer(carol, toCarol, 486, "")
		expect(t, "to the caller while dave is asked", b.take(caller), "100")
		b.answer(dave, toDave, 404, "")
		if got := b.take(caller); got != "404" || len(hook.asked) != 1 || len(hook.failed) != 3 {
			t.Errorf("the caller got %q, asked %v, failed %v", got, hook.asked, hook.failed)
		}
	})
	synctest.Test(t, func(t *testing.T) { // also when nobody answers
		b := newBench(t, to(bob))
		defer b.close()
		b.hooks = &another{targets: []Target{to(dave)}}
		b.receive(caller, b.request("INVITE", ""))
		time.Sleep(33 * time.Second)
		b.take(caller)
		b.answer(dave, b.messages(dave)[0], 200, "")
		expect(t, "to the caller", b.take(caller), "200")
	})
}

func TestForget(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.hooks = &forgetful{next: to(carol)}
		b.receive(caller, b.request("INVITE", ""))
		b.answer(bob, b.messages(bob)[0], 302, "")
		b.answer(carol, b.messages(carol)[0], 486, "")
		expect(t, "to the caller", b.take(caller), "100 486")
	})
}

// forgetful relays once more and forgets what was before.
type forgetful struct {
	recall
	next Target
	done bool
}

func (f *forgetful) Failure(c *Context, status int) {
	if f.done {
		return
	}
	f.done = true
	before := c.Branches()
	c.Relay(f.next)
	c.Forget(0, before)
}

// What could not be sent at all says nothing of the callee.
func TestUnsentBranchesRankLast(t *testing.T) {
	run(t, []Target{{URI: "mailto:bob@nowhere.test"}, to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		b.answer(bob, b.messages(bob)[0], 500, "")
		expect(t, "to the caller", b.take(caller), "100 500")
	})
}
