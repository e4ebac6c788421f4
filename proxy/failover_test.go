package proxy

import (
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/dnstest"
	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

const pair = `
	pair.test.            60 NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.pair.test.
	_sip._udp.pair.test.  60 SRV 1 0 5060 bob.test.
	_sip._udp.pair.test.  60 SRV 2 0 5060 carol.test.
	bob.test.             60 A 127.0.0.3
	carol.test.           60 A 127.0.0.4
	_sip._udp.equal.test. 60 SRV 1 50 5060 bob.test.
	_sip._udp.equal.test. 60 SRV 1 50 5060 carol.test.`

var toPair = Target{URI: "sip:bob@pair.test"}

// runNamed runs a test whose names a server in memory knows.
func runNamed(t *testing.T, targets []Target, test func(b *bench, names *dnstest.Server)) {
	t.Helper()
	run(t, targets, func(b *bench) {
		names := dnstest.New(t, pair)
		b.proxy.Resolver.Configure(inMemory(names))
		test(b, names)
	})
}

// once leaves out what was sent again because no ACK came.
func once(sent string) string { return strings.Join(slices.Compact(strings.Fields(sent)), " ") }

func inMemory(names *dnstest.Server) resolve.Config {
	c := resolve.Default()
	c.Hosts, c.ResolvConf = "", ""
	c.Exchange = names.Exchange
	return c
}

func TestFailover(t *testing.T) {
	late := 33 * time.Second
	tests := []struct {
		name     string
		method   string
		bob      []int         // how the first hop responds
		quiet    time.Duration // after that
		toCarol  string
		toCaller string // when carol takes the request with 200
	}{
		{"silence", "INVITE", nil, late, "INVITE", "100 200"},
		{"503 at once", "INVITE", []int{503}, 0, "INVITE", "100 200"},
		{"503 behind 100", "INVITE", []int{100, 503}, 0, "INVITE", "100 200"},
		{"503 behind 180", "INVITE", []int{180, 503}, 0, "INVITE", "100 180 200"},
		{"100 and silence: the request is there", "INVITE", []int{100}, 200 * time.Second, "", "100 408"},
		{"180 and silence", "INVITE", []int{180}, 200 * time.Second, "", "100 180 408"},
		{"486", "INVITE", []int{486}, 0, "", "100 486"},
		{"500", "INVITE", []int{500}, 0, "", "100 500"},
		{"603", "INVITE", []int{603}, 0, "", "100 603"},
		{"silence, no INVITE", "MESSAGE", nil, late, "MESSAGE", "200"},
		{"503, no INVITE", "MESSAGE", []int{503}, 0, "MESSAGE", "200"},
		{"100 and silence, no INVITE", "MESSAGE", []int{100}, late, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
				b.receive(caller, b.request(test.method, ""))
				first := b.messages(bob)[0]
				for _, status := range test.bob {
					b.answer(bob, first, status, "")
				}
				time.Sleep(test.quiet)
				all := b.messages(carol)
				got := ""
				if len(all) > 0 {
					got = all[0].Method
					b.answer(carol, all[0], 200, "")
					if all[0].RequestURI != first.RequestURI || all[0].Via.Branch == first.Via.Branch || all[0].Body != first.Body {
						t.Errorf("the second attempt is\n%s\nafter\n%s", all[0].Text, first.Text)
					}
				}
				expect(t, "to carol", got, test.toCarol)
				expect(t, "to the caller", once(b.take(caller)), test.toCaller)
				if len(all) > 0 {
					time.Sleep(2 * time.Minute)
					synctest.Wait()
					if servers, clients := b.proxy.Transactions.Active(); servers+clients != 0 {
						t.Errorf("%d server and %d client transactions are left", servers, clients)
					}
				}
			})
		})
	}
}

// TestFailoverIsOneBranch: each hop gets its own ACK, and who counts branches
// sees one.
func TestFailoverIsOneBranch(t *testing.T) {
	runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
		hook := &recall{}
		b.hooks = hook
		b.receive(caller, b.request("INVITE", ""))
		toBob := b.messages(bob)[0]
		b.answer(bob, toBob, 503, "")
		ack := b.messages(bob)
		if len(ack) != 1 || ack[0].Method != "ACK" || ack[0].Via.Branch != toBob.Via.Branch {
			t.Errorf("to bob: %v", ack)
		}
		toCarol := b.messages(carol)[0]
		b.answer(bob, toBob, 503, "") // once more, as if our ACK had got lost
		b.answer(carol, toCarol, 486, "")
		ack = b.messages(carol)
		if len(ack) != 1 || ack[0].Method != "ACK" || ack[0].Via.Branch != toCarol.Via.Branch {
			t.Errorf("to carol: %v", ack)
		}
		expect(t, "to the caller", b.take(caller), "100 486")
		if len(hook.asked) != 1 || hook.asked[0] != 486 {
			t.Errorf("the failure hook was asked at %v, want once at 486", hook.asked)
		}
	})
}

func TestAllHopsFail(t *testing.T) {
	t.Run("503 from all: 500", func(t *testing.T) {
		runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
			b.receive(caller, b.request("INVITE", ""))
			b.answer(bob, b.messages(bob)[0], 503, "")
			b.answer(carol, b.messages(carol)[0], 503, "")
			expect(t, "to the caller", b.take(caller), "100 500")
		})
	})
	t.Run("silence from all: 408", func(t *testing.T) {
		runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
			b.receive(caller, b.request("INVITE", ""))
			time.Sleep(33 * time.Second)
			expect(t, "to the caller", b.take(caller), "100")
			time.Sleep(33 * time.Second)
			expect(t, "to the caller", once(b.take(caller)), "408")
		})
	})
	t.Run("no failover when it is switched off", func(t *testing.T) {
		runNamed(t, []Target{toPair}, func(b *bench, names *dnstest.Server) {
			c := inMemory(names)
			c.Failover = false
			b.proxy.Resolver.Configure(c)
			b.receive(caller, b.request("INVITE", ""))
			b.answer(bob, b.messages(bob)[0], 503, "")
			expect(t, "to carol", b.take(carol), "")
			expect(t, "to the caller", b.take(caller), "100 500")
		})
	})
}

// faulty is a bench some of whose sends fail.
type faulty struct {
	*bench
	refuse netip.AddrPort // Send gives an error
	lose   netip.AddrPort // the owner hears of it later
}

var errFault = errors.New("no route to host")

func (f *faulty) Send(flow wire.Flow, text []byte, owner transport.Owner) error {
	if flow.Remote == f.refuse {
		return errFault
	}
	if flow.Remote == f.lose && owner != nil {
		go owner.TransportFailed(errFault)
		return nil
	}
	return f.bench.Send(flow, text, owner)
}

func TestFailoverOnTransportErrors(t *testing.T) {
	tests := map[string]faulty{
		"from Send":  {refuse: bob},
		"afterwards": {lose: bob},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
				b.proxy.Transactions.Close()
				fault.bench = b
				b.proxy.Transactions = transaction.New(&fault, b, transaction.DefaultTiming)
				b.receive(caller, b.request("INVITE", ""))
				toCarol := b.messages(carol)
				if len(toCarol) != 1 {
					t.Fatalf("to carol: %v", toCarol)
				}
				b.answer(carol, toCarol[0], 200, "")
				expect(t, "to the caller", b.take(caller), "100 200")
			})
		})
	}
}

// onlyTo has a listener for one peer.
type onlyTo struct {
	*bench
	reached netip.AddrPort
}

func (o *onlyTo) LocalFor(_ wire.Transport, remote netip.AddrPort) (netip.AddrPort, bool) {
	return ours, remote == o.reached
}

func TestFailoverPassesHopsOutOfReach(t *testing.T) {
	runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
		b.proxy.Network = &onlyTo{b, carol}
		b.receive(caller, b.request("INVITE", ""))
		expect(t, "to carol", b.take(carol), "INVITE")
		b.proxy.Network = &onlyTo{b, caller}
		r := Request{Message: b.request("OPTIONS", ""), Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}
		if err := b.proxy.ForwardStateless(&r, &toPair); !errors.Is(err, ErrNoListener) {
			t.Errorf("no hop is in reach: %v", err)
		}
	})
}

func TestCancelAndFailover(t *testing.T) {
	t.Run("no second hop after a CANCEL", func(t *testing.T) {
		runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
			b.receive(caller, b.request("INVITE", ""))
			b.receive(caller, b.request("CANCEL", ""))
			time.Sleep(33 * time.Second)
			expect(t, "to carol", b.take(carol), "")
			expect(t, "to the caller", once(b.take(caller)), "100 200 487")
		})
	})
	t.Run("nor after a 503 to the CANCEL's INVITE", func(t *testing.T) {
		runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
			b.receive(caller, b.request("INVITE", ""))
			toBob := b.messages(bob)[0]
			b.answer(bob, toBob, 180, "")
			b.receive(caller, b.request("CANCEL", ""))
			b.answer(bob, toBob, 503, "")
			expect(t, "to carol", b.take(carol), "")
		})
	})
	t.Run("a CANCEL goes to the hop that has the request", func(t *testing.T) {
		runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
			b.receive(caller, b.request("INVITE", ""))
			b.answer(bob, b.messages(bob)[0], 503, "")
			b.messages(bob)
			toCarol := b.messages(carol)[0]
			b.answer(carol, toCarol, 180, "")
			b.receive(caller, b.request("CANCEL", ""))
			cancel := b.messages(carol)
			if len(cancel) != 1 || cancel[0].Method != "CANCEL" || cancel[0].Via.Branch != toCarol.Via.Branch {
				t.Errorf("to carol: %v", cancel)
			}
			expect(t, "to bob", b.take(bob), "")
		})
	})
	t.Run("an answer elsewhere cancels the second hop", func(t *testing.T) {
		dave := netip.MustParseAddrPort("127.0.0.5:5060")
		runNamed(t, []Target{toPair, to(dave)}, func(b *bench, _ *dnstest.Server) {
			b.receive(caller, b.request("INVITE", ""))
			b.answer(bob, b.messages(bob)[0], 503, "")
			b.answer(carol, b.messages(carol)[0], 180, "")
			b.answer(dave, b.messages(dave)[0], 200, "")
			expect(t, "to carol", b.take(carol), "CANCEL")
			expect(t, "to the caller", b.take(caller), "100 180 200")
		})
	})
}

// TestCancelWhileNamesAreAsked: who hangs up before the name server has
// answered must not make a phone ring.
func TestCancelWhileNamesAreAsked(t *testing.T) {
	runNamed(t, []Target{toPair, to(carol)}, func(b *bench, names *dnstest.Server) {
		hold := make(chan struct{})
		names.Behave(dnstest.Behaviour{Hold: hold})
		invite := b.request("INVITE", "")
		go b.receive(caller, invite)
		synctest.Wait()
		b.receive(caller, b.request("CANCEL", ""))
		expect(t, "to the caller", b.take(caller), "100 200")
		close(hold)
		expect(t, "to the caller", b.take(caller), "487")
		expect(t, "to bob", b.take(bob), "")
		expect(t, "to carol", b.take(carol), "")
	})
}

// TestAnswerWhileNamesAreAsked: a fork whose second target is looked for when
// the first one answers.
func TestAnswerWhileNamesAreAsked(t *testing.T) {
	runNamed(t, []Target{to(carol), toPair}, func(b *bench, names *dnstest.Server) {
		hold := make(chan struct{})
		names.Behave(dnstest.Behaviour{Hold: hold})
		invite := b.request("INVITE", "")
		go b.receive(caller, invite)
		synctest.Wait()
		b.answer(carol, b.messages(carol)[0], 200, "")
		close(hold)
		expect(t, "to the caller", b.take(caller), "100 200")
		expect(t, "to bob", b.take(bob), "")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if servers, clients := b.proxy.Transactions.Active(); servers+clients != 0 {
			t.Errorf("%d server and %d client transactions are left", servers, clients)
		}
	})
}

// TestResponseOfAHopThatWasLeft: two readers may be at work when the request
// moves on; what the one brings late must not count as heard of the new hop.
func TestResponseOfAHopThatWasLeft(t *testing.T) {
	runNamed(t, []Target{toPair}, func(b *bench, _ *dnstest.Server) {
		invite := b.request("INVITE", "")
		c := b.proxy.Begin(Request{Message: invite, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}, nil)
		c.Relay(toPair)
		c.Done()
		left := c.branches[0].client
		toBob := b.messages(bob)[0]
		b.answer(bob, toBob, 503, "")
		late, _ := sip.Parse(string(sip.AppendReply(nil, toBob, &sip.Reply{Status: 180, ToTag: "b"})))
		c.branches[0].Response(left, late, nil)
		c.branches[0].Failed(left, transaction.ErrTimeout)
		expect(t, "to the caller", b.take(caller), "100")
		b.answer(carol, b.messages(carol)[0], 200, "")
		expect(t, "to the caller", b.take(caller), "200")
	})
}

// TestCancelAtAnyMoment: whenever the CANCEL comes, nobody's phone goes on
// ringing: either no INVITE goes out, or a CANCEL follows it.
func TestCancelAtAnyMoment(t *testing.T) {
	b := newBench(t, to(bob))
	defer b.close()
	for i := range 2000 {
		number := func(m *sip.Message) *sip.Message {
			m, _ = sip.Parse(strings.Replace(m.Text, "z9hG4bKcaller", "z9hG4bK"+strconv.Itoa(i), 1))
			return m
		}
		invite, cancel := number(b.request("INVITE", "")), number(b.request("CANCEL", ""))
		c := b.proxy.Begin(Request{Message: invite, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}, nil)
		done := make(chan bool)
		go func() {
			for range i % 40 {
				runtime.Gosched()
			}
			b.proxy.Cancel(Request{Message: cancel, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}, nil)
			close(done)
		}()
		c.Relay(to(bob))
		c.Done()
		<-done
		b.mu.Lock()
		sent := b.sent[bob]
		b.sent[bob] = nil
		b.mu.Unlock()
		// On a slow machine CANCELs of earlier rounds are sent once more.
		ofThisRound := slices.IndexFunc(sent, func(m *sip.Message) bool {
			return m.Method == "INVITE" && strings.Contains(m.Text, "z9hG4bK"+strconv.Itoa(i)+"\r\n")
		})
		if ofThisRound < 0 {
			continue
		}
		toBob := sent[ofThisRound]
		b.answer(bob, toBob, 180, "")
		b.mu.Lock()
		after := slices.DeleteFunc(b.sent[bob], func(m *sip.Message) bool { return m.Via.Branch != toBob.Via.Branch })
		b.sent[bob] = nil
		b.mu.Unlock()
		if len(after) == 0 || after[0].Method != "CANCEL" {
			t.Fatalf("round %d: an INVITE went out, and then %d messages of its branch, none of them a CANCEL", i, len(after))
		}
	}
}

// TestCanceledBeforeRelay: a script may wait for something before it relays.
func TestCanceledBeforeRelay(t *testing.T) {
	run(t, nil, func(b *bench) {
		invite := b.request("INVITE", "")
		c := b.proxy.Begin(Request{Message: invite, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}, nil)
		b.receive(caller, b.request("CANCEL", ""))
		if sent, err := c.Relay(to(bob)); sent != 0 || !errors.Is(err, ErrGivenUp) {
			t.Errorf("%d sent, %v", sent, err)
		}
		c.Done()
		expect(t, "to bob", b.take(bob), "")
		expect(t, "to the caller", b.take(caller), "200 487")
	})
}

// TestFailureHookOfACanceledRequest: a hook that always finds another target
// must not go on after a CANCEL.
func TestFailureHookOfACanceledRequest(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.hooks = &recall{next: []Target{to(carol), to(carol), to(carol)}}
		b.receive(caller, b.request("INVITE", ""))
		toBob := b.messages(bob)[0]
		b.answer(bob, toBob, 180, "")
		b.receive(caller, b.request("CANCEL", ""))
		b.answer(bob, toBob, 487, "")
		expect(t, "to carol", b.take(carol), "")
		expect(t, "to the caller", b.take(caller), "100 180 200 487")
	})
}

func TestNoName(t *testing.T) {
	runNamed(t, []Target{{URI: "sip:nobody.test"}}, func(b *bench, names *dnstest.Server) {
		b.receive(caller, b.request("INVITE", ""))
		expect(t, "no such name", b.take(caller), "100 478")
	})
	runNamed(t, []Target{toPair}, func(b *bench, names *dnstest.Server) {
		names.Behave(dnstest.Behaviour{Silent: true})
		b.receive(caller, b.request("INVITE", ""))
		expect(t, "no answer", b.take(caller), "100 478")
	})
}

// TestStatelessHops: section 4.4 of RFC 3263. Retransmissions and the CANCEL
// take the way of their request, different requests share the load.
func TestStatelessHops(t *testing.T) {
	runNamed(t, []Target{{URI: "sip:bob@equal.test;transport=udp"}}, func(b *bench, _ *dnstest.Server) {
		both := map[netip.AddrPort]int{}
		for i := range 40 {
			at := map[netip.AddrPort]string{}
			for _, method := range []string{"INVITE", "INVITE", "CANCEL"} {
				text := strings.Replace(b.request(method, "").Text, "z9hG4bKcaller", "z9hG4bK"+strconv.Itoa(i), 1)
				m, err := sip.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				r := Request{Message: m, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}
				if err := b.proxy.ForwardStateless(&r, &b.targets[0]); err != nil {
					t.Fatal(err)
				}
			}
			for _, hop := range []netip.AddrPort{bob, carol} {
				if got := b.take(hop); got != "" {
					at[hop] = got
					both[hop]++
				}
			}
			if len(at) != 1 || at[bob]+at[carol] != "INVITE INVITE CANCEL" {
				t.Fatalf("request %d went to %v", i, at)
			}
		}
		if len(both) != 2 {
			t.Errorf("all 40 requests went to %v", both)
		}
	})
}
