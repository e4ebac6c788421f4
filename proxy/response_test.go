package proxy

import (
	"strings"
	"testing"

	"viaduct/sip"
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
