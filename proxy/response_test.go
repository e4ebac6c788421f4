package proxy

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// Sections 17.1.3 and 18.1.2: the branch alone does not make a response one to
// our request.
func TestResponsesToSomethingElse(t *testing.T) {
	for _, test := range []struct {
		name, old, new string
		passes         bool
	}{
		{"as it should be", "", "", true},
		{"our port written out", "UDP 127.0.0.1;", "UDP 127.0.0.1:5060;", true},
		{"another address of sent-by", "UDP 127.0.0.1;", "UDP 127.0.0.9;", false},
		{"another port of sent-by", "UDP 127.0.0.1;", "UDP 127.0.0.1:5070;", false},
		{"another method in CSeq", "CSeq: 1 INVITE", "CSeq: 1 BYE", false},
		{"a CANCEL that we did not send", "CSeq: 1 INVITE", "CSeq: 1 CANCEL", false},
	} {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.receive(caller, b.request("INVITE", ""))
			invite := b.messages(bob)[0]
			text := string(sip.AppendReply(nil, invite, &sip.Reply{Status: 180, ToTag: "b"}))
			m, err := sip.Parse(strings.Replace(text, test.old, test.new, 1))
			if err != nil {
				t.Fatal(err)
			}
			b.take(caller)
			b.receive(bob, m)
			want := ""
			if test.passes {
				want = "180"
			}
			expect(t, test.name, b.take(caller), want)
		})
	}
}

// Section 16.7 step 3: a response with no Via but ours goes nowhere; the callee
// that sent it counts as a bad gateway.
func TestResponsesThatEndHere(t *testing.T) {
	for _, test := range []struct {
		vias     string
		status   int
		toCaller string
	}{
		{"", 180, "100"},
		{"", 200, "100 502"},
		{"", 486, "100 502"},
		{"Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKcaller\r\n", 486, "100 486"},
		{", SIP/2.0/UDP 127.0.0.2;branch=z9hG4bKcaller", 486, "100 486"},
	} {
		run(t, []Target{to(bob)}, func(b *bench) {
			b.receive(caller, b.request("INVITE", ""))
			invite := b.messages(bob)[0]
			text := string(sip.AppendReply(nil, invite, &sip.Reply{Status: test.status, ToTag: "b"}))
			ours := invite.Text[invite.Fields[0].Start:invite.Fields[0].ValueEnd]
			_, behind, _ := strings.Cut(text, "z9hG4bKcaller\r\n")
			lines := ours + "\r\n" + test.vias
			if strings.HasPrefix(test.vias, ",") {
				lines = ours + test.vias + "\r\n"
			}
			start, _, _ := strings.Cut(text, "\r\n")
			m, err := sip.Parse(start + "\r\n" + lines + behind)
			if err != nil {
				t.Fatal(err)
			}
			b.receive(bob, m)
			expect(t, m.Text, b.take(caller), test.toCaller)
		})
	}
}

// Section 16.7 steps 3, 6 and 9: but for our Via a response goes back as it came.
func TestForwardedResponsesAreNotChanged(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		invite := b.messages(bob)[0]
		b.take(caller)
		text := string(sip.AppendReply(nil, invite, &sip.Reply{Status: 183, ToTag: "b"}))
		text = strings.Replace(text, "Content-Length: 0\r\n\r\n", "X-Odd :  a ,b\r\nServer: x\r\nWarning: 399 a \"b\"\r\nX-Odd: c\r\nContent-Length: 5\r\n\r\nv=0\r\n", 1)
		text = strings.Replace(text, "z9hG4bKcaller", "z9hG4bKcaller;received=127.0.0.2", 1)
		m, err := sip.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		b.receive(bob, m)
		start, rest, _ := strings.Cut(text, "\r\n")
		_, rest, _ = strings.Cut(rest, "\r\n") // our Via
		expect(t, "to the caller", b.messages(caller)[0].Text, start+"\r\n"+rest)
	})
}

// Section 16.7 steps 5 and 10: a 6xx ends the other branches.
func Test6xxCancelsTheOthers(t *testing.T) {
	run(t, []Target{to(bob), to(carol)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		toBob, toCarol := b.messages(bob)[0], b.messages(carol)[0]
		b.answer(carol, toCarol, 180, "")
		b.answer(bob, toBob, 603, "")
		expect(t, "to carol", b.take(carol), "CANCEL")
		expect(t, "to the caller while carol is told", b.take(caller), "100 180")
		b.answer(carol, toCarol, 487, "")
		expect(t, "to the caller", b.take(caller), "603")
	})
}

// Section 8.2.7: the answer to a retransmission is the same, its tag included;
// that to another request has another tag.
func TestStatelessRepliesAreTheSame(t *testing.T) {
	run(t, nil, func(b *bench) {
		reply := func(m *sip.Message) string {
			r := Request{Message: m, Flow: wire.Flow{Transport: wire.UDP, Local: ours, Remote: caller}}
			if err := b.proxy.ReplyStateless(&r, sip.Reply{Status: 404}); err != nil {
				t.Fatal(err)
			}
			return b.messages(caller)[0].Text
		}
		first := reply(b.request("OPTIONS", ""))
		if again := reply(b.request("OPTIONS", "")); again != first {
			t.Errorf("answered with\n%s\nand with\n%s", first, again)
		}
		other, err := sip.Parse(strings.ReplaceAll(b.request("OPTIONS", "").Text, "z9hG4bKcaller", "z9hG4bKother"))
		if err != nil {
			t.Fatal(err)
		}
		tag := func(text string) string {
			m, err := sip.Parse(text)
			if err != nil || m.ToTag() == "" {
				t.Fatalf("%v in\n%s", err, text)
			}
			return m.ToTag()
		}
		if tag(first) == tag(reply(other)) {
			t.Error("two requests are answered with one tag")
		}
	})
}

// Section 16.5: nobody to ask is an error, and the caller hears of it.
func TestNoTarget(t *testing.T) {
	run(t, nil, func(b *bench) {
		b.receive(caller, b.request("OPTIONS", ""))
		expect(t, "to the caller", b.take(caller), "404")
	})
}

// Section 16.6 steps 2 and 8: what no Request-URI may hold is left out, and a
// request of an unknown method goes as any other (16.3 step 1).
func TestUnknownMethodsAndOddContacts(t *testing.T) {
	run(t, []Target{{URI: "sip:bob@127.0.0.3:5060;method=BYE;x=y?Route=%3Csip:e%3E"}}, func(b *bench) {
		b.receive(caller, b.request("NEWMETHOD", ""))
		m := b.messages(bob)[0]
		expect(t, "sent", m.Summary(), "NEWMETHOD sip:bob@127.0.0.3:5060;x=y")
		b.answer(bob, m, 200, "")
		expect(t, "to the caller", b.take(caller), "200")
	})
}

// Section 16.6 step 11: who has rung may ring on for more than three minutes;
// then he is told to stop (16.8).
func TestTimerC(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.receive(caller, b.request("INVITE", ""))
		b.answer(bob, b.messages(bob)[0], 180, "")
		b.take(caller)
		time.Sleep(180*time.Second + 100*time.Millisecond)
		expect(t, "to bob for three minutes", b.take(bob), "")
		time.Sleep(2 * time.Second)
		expect(t, "to bob", once(b.take(bob)), "CANCEL")
		expect(t, "to the caller", once(b.take(caller)), "408")
	})
}

// Section 16.7 steps 5 and 9: a 2xx that crosses the CANCEL of a call that we have
// answered otherwise still reaches the caller.
func TestLate2xxPassesAnAnsweredRequest(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		b.timers.Lifetime = 10 * time.Second
		b.receive(caller, b.request("INVITE", ""))
		invite := b.messages(bob)[0]
		b.answer(bob, invite, 180, "")
		time.Sleep(11 * time.Second)
		expect(t, "to bob", once(b.take(bob)), "CANCEL")
		expect(t, "to the caller", once(b.take(caller)), "100 180 408")
		b.receive(caller, b.request("ACK", "")) // nothing is sent again then
		b.take(caller)
		b.answer(bob, invite, 200, "")
		expect(t, "to the caller, later", b.take(caller), "200")
	})
}

// Section 16.9: what could not be sent counts as a 503, which nobody upstream
// sees as one.
func TestTransportErrorsAreA503(t *testing.T) {
	for _, err := range []error{errRefused, transport.ErrConnectionLost, transport.ErrQueueFull, transport.ErrTooManyConnections} {
		if got := StatusOf(err); got != 503 {
			t.Errorf("%v: %d", err, got)
		}
	}
	runOver(t, []Target{{URI: "sip:bob@127.0.0.3;transport=tcp"}, to(carol)}, func(b *bench, network *refusing) {
		network.later = map[netip.AddrPort]bool{bob: true}
		b.receive(caller, b.request("INVITE", ""))
		toCarol := b.messages(carol)[0]
		b.answer(carol, toCarol, 180, "")
		time.Sleep(10 * time.Millisecond)
		expect(t, "to carol, whom it does not concern", b.take(carol), "")
		b.answer(carol, toCarol, 486, "")
		expect(t, "to the caller", b.take(caller), "100 180 486")
	})
}

// Section 7: a request that came with LF alone leaves with CRLF throughout, and
// so does its response.
func TestLineFeedsLeaveAsCRLF(t *testing.T) {
	run(t, []Target{to(bob)}, func(b *bench) {
		m, err := sip.Parse(strings.ReplaceAll(b.request("MESSAGE", "Subject: a\r\n b\r\n").Text, "\r\n", "\n"))
		if err != nil {
			t.Fatal(err)
		}
		b.receive(caller, m)
		sent := b.messages(bob)[0] // the bench has parsed it: mixed line ends would be refused
		if !strings.Contains(sent.Text, "\r\nSubject: a\r\n b\r\n") || sent.Body != "v=0\n" {
			t.Errorf("sent %q", sent.Text)
		}
		answer, err := sip.Parse(strings.ReplaceAll(string(sip.AppendReply(nil, sent, &sip.Reply{Status: 200, ToTag: "b"})), "\r\n", "\n"))
		if err != nil {
			t.Fatal(err)
		}
		b.receive(bob, answer)
		expect(t, "to the caller", b.take(caller), "200")
	})
}
