package proxy

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

var (
	ours   = netip.MustParseAddrPort("127.0.0.1:5060")
	caller = netip.MustParseAddrPort("127.0.0.2:5060")
	bob    = netip.MustParseAddrPort("127.0.0.3:5060")
	carol  = netip.MustParseAddrPort("127.0.0.4:5060")
	dave   = netip.MustParseAddrPort("127.0.0.5:5060")
)

// bench is a proxy on a network that keeps what was sent, by address.
type bench struct {
	t       *testing.T
	proxy   *Proxy
	hooks   Hooks
	targets []Target
	rr      *RecordRoute
	timers  Timers
	rules   *Rules

	mu   sync.Mutex
	sent map[netip.AddrPort][]*sip.Message
}

func newBench(t *testing.T, targets ...Target) *bench {
	b := &bench{t: t, targets: targets, sent: map[netip.AddrPort][]*sip.Message{}}
	b.proxy = &Proxy{
		Network: b, Resolver: resolve.New(),
		Listeners: []Listener{{wire.UDP, ours, "127.0.0.1"}, {wire.TCP, ours, "127.0.0.1"}},
	}
	b.proxy.Transactions = transaction.New(b, b, transaction.DefaultTiming)
	return b
}

func (b *bench) close() { b.proxy.Transactions.Close() }

func (b *bench) Send(f wire.Flow, text []byte, _ transport.Owner) error {
	m, err := sip.Parse(string(text))
	if err != nil {
		b.t.Errorf("we sent what we would not take: %v\n%s", err, text)
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent[f.Remote] = append(b.sent[f.Remote], m)
	return nil
}

func (b *bench) LocalFor(wire.Transport, netip.AddrPort) (netip.AddrPort, bool) { return ours, true }

// Request relays what comes to the targets, as a script would.
func (b *bench) Request(m *sip.Message, in *transport.Inbound, acked *transaction.Server) {
	r := Request{Message: m, Flow: in.Flow, RecordRoute: b.rr, Timers: b.timers, Rules: b.rules}
	switch {
	case acked != nil:
	case m.Method == "CANCEL":
		b.proxy.Cancel(r, nil)
	case m.Method == "ACK":
		b.proxy.ForwardStateless(&r, &b.targets[0])
	default:
		c := b.proxy.Begin(r, b.hooks)
		c.SetRequest(r)
		if _, err := c.Relay(b.targets...); err != nil {
			c.Reply(sip.Reply{Status: StatusOf(err)})
		}
		c.Done()
	}
}
func (b *bench) Reply(*sip.Message, *transport.Inbound) bool { return true }
func (b *bench) Stray(m *sip.Message, in *transport.Inbound) {
	b.proxy.ForwardResponse(&Response{Message: m}, in.Flow)
}
func (b *bench) Malformed(*sip.Message, string, *sip.ParseError, *transport.Inbound) {}

// take gives what was sent to an address since the last take, as summaries.
func (b *bench) take(to netip.AddrPort) string {
	var all []string
	for _, m := range b.messages(to) {
		if m.IsRequest() {
			all = append(all, m.Method)
		} else {
			all = append(all, m.Summary()[:3])
		}
	}
	return strings.Join(all, " ")
}

func (b *bench) messages(to netip.AddrPort) []*sip.Message {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.sent[to]
	b.sent[to] = nil
	return all
}

func (b *bench) receive(from netip.AddrPort, m *sip.Message) {
	b.proxy.Transactions.Receive(m, &transport.Inbound{Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: from}})
}

func (b *bench) request(method, fields string) *sip.Message {
	b.t.Helper()
	m, err := sip.Parse(method + " sip:bob@127.0.0.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKcaller\r\nMax-Forwards: 70\r\n" + fields +
		"From: <sip:alice@127.0.0.1>;tag=a\r\nTo: <sip:bob@127.0.0.1>\r\n" +
		"Call-ID: c@127.0.0.2\r\nCSeq: 1 " + method + "\r\nContent-Length: 4\r\n\r\nv=0\n")
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// answer sends a peer's response to a request that it received.
func (b *bench) answer(from netip.AddrPort, request *sip.Message, status int, fields string) {
	b.t.Helper()
	m, err := sip.Parse(string(sip.AppendReply(nil, request, &sip.Reply{Status: status, ToTag: from.String()[8:9], Fields: fields})))
	if err != nil {
		b.t.Fatal(err)
	}
	b.receive(from, m)
}

func to(address netip.AddrPort) Target {
	return Target{URI: "sip:bob@" + address.String()}
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func run(t *testing.T, targets []Target, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, targets...)
		defer b.close()
		test(b)
	})
}

func TestForwardRewritesOnlyWhatItMust(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		received := b.request("INVITE", "X-Odd  :  kept \r\n  folded\r\n")
		b.receive(caller, received)
		forwarded := b.messages(bob)[0]
		expect(t, "Request-URI", forwarded.RequestURI, "sip:bob@127.0.0.3:5060")
		branch := forwarded.Via.Branch
		want := strings.Replace(received.Text, "INVITE sip:bob@127.0.0.1 SIP/2.0\r\n",
			"INVITE sip:bob@127.0.0.3:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch="+branch+"\r\n", 1)
		want = strings.Replace(want, "Max-Forwards: 70", "Max-Forwards: 69", 1)
		expect(t, "text", forwarded.Text, want)
		expect(t, "to the caller", b.take(caller), "100")
	})
}

func TestHeadersOfAContactStayOutOfTheRequestURI(t *testing.T) {
	target := to(bob)
	target.URI += "?Route=%3Csip:d.test%3E"
	run(t, []Target{target}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		expect(t, "Request-URI", b.messages(bob)[0].RequestURI, "sip:bob@127.0.0.3:5060")
	})
}

func TestMaxForwardsIsAddedWhenMissing(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		text := strings.Replace(b.request("INVITE", "").Text, "Max-Forwards: 70\r\n", "", 1)
		m, _ := sip.Parse(text)
		b.receive(caller, m)
		expect(t, "Max-Forwards", b.messages(bob)[0].Get(sip.FieldMaxForwards), "70")
	})
}

func TestRecordRoute(t *testing.T) {
	t.Run("one value behind the Via fields", func(t *testing.T) {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.rr = &RecordRoute{Params: ";lr=on;ftag=a"}
			b.receive(caller, b.request("INVITE", ""))
			m := b.messages(bob)[0]
			expect(t, "Record-Route", m.Get(sip.FieldRecordRoute), "<sip:127.0.0.1;lr=on;ftag=a>")
			expect(t, "third field", m.Name(&m.Fields[2]), "Record-Route")
		})
	})
	t.Run("two when the transport changes, the outgoing one on top", func(t *testing.T) {
		run(t, []Target{{URI: "sip:bob@127.0.0.3;transport=tcp"}}, func(b *bench) {
			b.rr = &RecordRoute{Params: ";lr"}
			b.receive(caller, b.request("INVITE", ""))
			var values []string
			for v := range b.messages(bob)[0].Values(sip.FieldRecordRoute) {
				values = append(values, v.Text)
			}
			expect(t, "Record-Route", strings.Join(values, " "),
				"<sip:127.0.0.1;transport=tcp;r2=on;lr> <sip:127.0.0.1;r2=on;lr>")
		})
	})
}

func TestCallSetup(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		invite := b.messages(bob)[0]
		b.receive(caller, b.request("INVITE", "")) // a retransmission
		b.answer(bob, invite, 100, "")
		b.answer(bob, invite, 180, "")
		b.answer(bob, invite, 200, "")
		b.answer(bob, invite, 200, "") // the callee retransmits until it sees the ACK
		replies := b.messages(caller)
		var got []string
		for _, m := range replies {
			got = append(got, m.Summary()[:3])
			if m.Via.Branch != "z9hG4bKcaller" {
				t.Errorf("%s came with Via %v", m.Summary(), m.Via)
			}
		}
		expect(t, "to the caller", strings.Join(got, " "), "100 100 180 200 200")
		expect(t, "to the callee", b.take(bob), "")
	})
}

func TestNothingIsLeftAfterACall(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		b.answer(bob, b.messages(bob)[0], 200, "")
		time.Sleep(time.Minute)
		synctest.Wait()
		if servers, clients := b.proxy.Transactions.Active(); servers+clients != 0 {
			t.Errorf("%d server and %d client transactions are left", servers, clients)
		}
	})
}

func TestForkFirst2xxCancelsTheOthers(t *testing.T) {
	run(t, []Target{to(bob), to(carol)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		toBob, toCarol := b.messages(bob)[0], b.messages(carol)[0]
		if toBob.Via.Branch == toCarol.Via.Branch {
			t.Error("two branches have one branch parameter")
		}
		b.answer(bob, toBob, 180, "")
		b.answer(carol, toCarol, 180, "")
		b.answer(carol, toCarol, 200, "")
		cancel := b.messages(bob)
		if len(cancel) != 1 || cancel[0].Method != "CANCEL" || cancel[0].Via.Branch != toBob.Via.Branch {
			t.Fatalf("to bob: %v", cancel)
		}
		b.answer(bob, cancel[0], 200, "")
		b.answer(bob, toBob, 487, "")
		expect(t, "to bob", b.take(bob), "ACK")
		expect(t, "to the caller", b.take(caller), "100 180 180 200")
	})
}

func TestSecond2xxPasses(t *testing.T) {
	run(t, []Target{to(bob), to(carol)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		toBob, toCarol := b.messages(bob)[0], b.messages(carol)[0]
		b.answer(bob, toBob, 200, "")
		b.answer(carol, toCarol, 200, "")
		expect(t, "to the caller", b.take(caller), "100 200 200")
	})
}

func TestBestResponse(t *testing.T) {
	tests := []struct{ bob, carol, want int }{
		{486, 404, 404}, // of one class the lowest
		{500, 486, 486},
		{486, 603, 603},
		{302, 486, 302},
		{486, 407, 407},
		{503, 503, 500},
	}
	for _, test := range tests {
		run(t, []Target{to(bob), to(carol)}, func(b *bench) {
			b.receive(caller, b.request("INVITE", ""))
			toBob, toCarol := b.messages(bob)[0], b.messages(carol)[0]
			b.take(caller)
			b.answer(bob, toBob, test.bob, "")
			b.answer(carol, toCarol, test.carol, "")
			got := b.messages(caller)
			if len(got) != 1 || got[0].Status != test.want {
				t.Errorf("%d and %d give %v, want %d", test.bob, test.carol, got, test.want)
			}
		})
	}
}

func TestChallengesAreCollected(t *testing.T) {
	run(t, []Target{to(bob), to(carol)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		toBob, toCarol := b.messages(bob)[0], b.messages(carol)[0]
		b.take(caller)
		b.answer(bob, toBob, 401, "WWW-Authenticate: Digest realm=\"b\"\r\n")
		b.answer(carol, toCarol, 407, "Proxy-Authenticate: Digest realm=\"c\"\r\n")
		m := b.messages(caller)[0]
		if !m.Has(sip.FieldWWWAuthenticate) || !m.Has(sip.FieldProxyAuthenticate) {
			t.Errorf("a challenge is missing:\n%s", m.Text)
		}
	})
}

func TestCancel(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		invite := b.messages(bob)[0]
		b.answer(bob, invite, 180, "")
		b.take(caller)
		b.receive(caller, b.request("CANCEL", "Reason: SIP;cause=200\r\n"))
		expect(t, "to the caller", b.take(caller), "200")
		cancel := b.messages(bob)[0]
		expect(t, "branch of the CANCEL", cancel.Via.Branch, invite.Via.Branch)
		if reason, _ := cancel.Lookup("Reason"); reason == "" {
			t.Error("the caller's Reason is lost")
		}
		b.answer(bob, cancel, 200, "")
		b.answer(bob, invite, 487, "")
		expect(t, "to the caller", b.take(caller), "487")
		ack := b.messages(bob)[0]
		expect(t, "branch of our ACK", ack.Via.Branch, invite.Via.Branch)
		b.receive(caller, b.request("ACK", ""))
		expect(t, "the caller's ACK goes no further", b.take(bob), "")
	})
}

func TestNobodyAnswers(t *testing.T) {
	t.Run("INVITE: 408", func(t *testing.T) {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.receive(caller, b.request("INVITE", ""))
			time.Sleep(33 * time.Second)
			expect(t, "to the caller", b.take(caller)[:7], "100 408")
		})
	})
	t.Run("others: nothing (RFC 4320)", func(t *testing.T) {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.receive(caller, b.request("OPTIONS", ""))
			time.Sleep(33 * time.Second)
			expect(t, "to the caller", b.take(caller), "")
		})
	})
	t.Run("rings too long: timer C cancels and gives 408", func(t *testing.T) {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.receive(caller, b.request("INVITE", ""))
			b.answer(bob, b.messages(bob)[0], 180, "")
			time.Sleep(182 * time.Second)
			expect(t, "to the callee", b.take(bob)[:6], "CANCEL")
			expect(t, "to the caller", b.take(caller)[:11], "100 180 408")
		})
	})
}

// recall is a hook that tries another target when the first ones fail.
type recall struct {
	next  []Target
	asked []int
}

func (r *recall) Branch(*Branch) bool                      { return true }
func (r *recall) Reply(*Branch, *Response) bool            { return true }
func (r *recall) BranchFailed(*Branch, *transport.Inbound) {}
func (r *recall) KeepsReplies() bool                       { return false }
func (r *recall) Answered(*Context, Answer)                {}
func (r *recall) Failure(c *Context, status int) {
	r.asked = append(r.asked, status)
	if len(r.next) > 0 {
		target := r.next[0]
		r.next = r.next[1:]
		c.Relay(target)
	}
}

func TestFailureHookFindsAnotherTarget(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		hook := &recall{next: []Target{to(carol)}}
		b.hooks = hook
		b.receive(caller, b.request("INVITE", ""))
		b.answer(bob, b.messages(bob)[0], 486, "")
		expect(t, "to the caller", b.take(caller), "100")
		b.answer(carol, b.messages(carol)[0], 200, "")
		expect(t, "to the caller", b.take(caller), "200")
		if len(hook.asked) != 1 || hook.asked[0] != 486 {
			t.Errorf("asked at %v, want once at 486", hook.asked)
		}
	})
}

func TestStateless(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		for range 2 {
			r := Request{Message: b.request("INVITE", ""), Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}
			b.proxy.ForwardStateless(&r, &b.targets[0])
		}
		r := Request{Message: b.request("CANCEL", ""), Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}
		b.proxy.ForwardStateless(&r, &b.targets[0])
		sent := b.messages(bob)
		if sent[0].Via.Branch != sent[1].Via.Branch || sent[0].Via.Branch != sent[2].Via.Branch {
			t.Errorf("branches differ: %s %s %s", sent[0].Via.Branch, sent[1].Via.Branch, sent[2].Via.Branch)
		}
		b.answer(bob, sent[0], 180, "")
		expect(t, "to the caller", b.take(caller), "180")
	})
}

func TestStrayResponsesAreDropped(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		invite := b.messages(bob)[0]
		b.answer(bob, invite, 200, "")
		time.Sleep(time.Minute)
		b.take(caller)
		b.answer(bob, invite, 486, "")
		expect(t, "486 without transaction", b.take(caller), "")
		b.answer(bob, invite, 200, "")
		expect(t, "2xx of an INVITE without transaction", b.take(caller), "200")
		foreign, _ := sip.Parse(strings.Replace(invite.Text, "UDP 127.0.0.1;", "UDP 127.0.0.9;", 1))
		b.answer(bob, foreign, 200, "")
		expect(t, "a Via that is not ours", b.take(caller), "")
		everybody := netip.MustParseAddrPort("255.255.255.255:5060")
		spread, _ := sip.Parse(strings.Replace(invite.Text, "UDP 127.0.0.2", "UDP 255.255.255.255", 1))
		b.answer(bob, spread, 200, "")
		expect(t, "a second Via that is everybody", b.take(everybody)+b.take(caller), "")
	})
}
