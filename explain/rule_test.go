package explain

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"viaduct/internal/siptest"
)

// TestRulesOfThePaper holds each message of the paper's experiments to the
// rules that explain it.
func TestRulesOfThePaper(t *testing.T) {
	for _, section := range siptest.PaperSections() {
		text, err := os.ReadFile(filepath.Join("testdata", "paper", section+".transcript"))
		if err != nil {
			t.Fatal(err)
		}
		story := Call(read(t, string(text)))
		var got []string
		for i, step := range story.Steps {
			line := step.From + " → " + step.To + " " + story.Ladder.Arrows[i].Label + ":"
			for _, s := range step.Sentences {
				line += " " + s.Rule.String()
			}
			got = append(got, line)
		}
		want := strings.Split(strings.TrimSpace(rulesOfThePaper[section]), "\n")
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != strings.TrimSpace(want[i]) {
				t.Errorf("%s: got\n%s", section, strings.Join(got, "\n"))
				break
			}
		}
	}
}

var rulesOfThePaper = map[string]string{
	"2.5-call-setup": `
		308 → viaduct REGISTER: BeginsTransaction RegistersContact MakesNoDialog SentByRequestURI
		viaduct → 308 200 OK (REGISTER): BelongsTo ListsBindings EndsTransaction AnsweredByProxy
		309 → viaduct REGISTER: BeginsTransaction RegistersContact MakesNoDialog SentByRequestURI
		viaduct → 309 200 OK (REGISTER): BelongsTo ListsBindings EndsTransaction AnsweredByProxy
		308 → viaduct INVITE (SDP): BeginsTransaction OutsideDialog SentByRequestURI OfferMade
		viaduct → 308 100 Trying: BelongsTo TryingOfProxy
		viaduct → 309 INVITE (SDP): RelayedRequest Retargeted HopCounted
		309 → viaduct 100 Trying: BelongsTo TryingOfPhone
		309 → viaduct 180 Ringing: BelongsTo MakesEarlyDialog BackByVia
		viaduct → 308 180 Ringing: RelayedResponse
		309 → viaduct 200 OK (SDP): BelongsTo MakesDialog NoRouteSet AnswerMade BackByVia
		viaduct → 308 200 OK (SDP): RelayedResponse
`,
	"2.6-cancelled-call": `
		308 → viaduct INVITE (SDP): BeginsTransaction OutsideDialog SentByRequestURI OfferMade
		viaduct → 308 100 Trying: BelongsTo TryingOfProxy
		viaduct → 309 INVITE (SDP): RelayedRequest Retargeted HopCounted
		309 → viaduct 100 Trying: BelongsTo TryingOfPhone
		309 → viaduct 180 Ringing: BelongsTo MakesEarlyDialog BackByVia
		viaduct → 308 180 Ringing: RelayedResponse
		308 → viaduct CANCEL: CancelsInvite SentByInvite
		viaduct → 308 200 OK (CANCEL): BelongsTo AnswersCancelByProxy
		viaduct → 309 CANCEL: CancelOfProxy
		309 → viaduct 200 OK (CANCEL): BelongsTo AnswersCancel
		309 → viaduct 487 Request Cancelled: BelongsTo RefusesInvite BackByVia
		viaduct → 309 ACK: ConfirmsRefusal
		viaduct → 308 487 Request Cancelled: RelayedBestResponse
		308 → viaduct ACK: ConfirmsRefusal
`,
	"2.7-stateless-cancelled-call": `
		308 → viaduct INVITE (SDP): BeginsTransaction OutsideDialog SentByRequestURI OfferMade
		viaduct → 309 INVITE (SDP): RelayedStatelessly Retargeted HopCounted
		308 → viaduct CANCEL: CancelsInvite SentByInvite
		viaduct → 309 CANCEL: RelayedCancel Retargeted HopCounted
`,
	"3-record-routed-call": `
		308 → viaduct INVITE (SDP): BeginsTransaction OutsideDialog SentByRequestURI OfferMade
		viaduct → 308 100 Trying: BelongsTo TryingOfProxy
		viaduct → 309 INVITE (SDP): RelayedRequest Retargeted HopCounted RecordRouted
		309 → viaduct 100 Trying: BelongsTo TryingOfPhone
		309 → viaduct 180 Ringing: BelongsTo MakesEarlyDialog BackByVia
		viaduct → 308 180 Ringing: RelayedResponse
		309 → viaduct 200 OK (SDP): BelongsTo MakesDialog RouteSetMade AnswerMade BackByVia
		viaduct → 308 200 OK (SDP): RelayedResponse
		308 → viaduct ACK: ConfirmsAnswer InDialog SentByRoute
		viaduct → 309 ACK: RelayedAck HopCounted RecordRoutedAgain RouteRemoved
		308 → viaduct INFO: BeginsTransaction InDialog SentByRoute
		viaduct → 309 INFO: RelayedRequest HopCounted RecordRoutedAgain RouteRemoved
		309 → viaduct 200 OK (INFO): BelongsTo EndsTransaction BackByVia
		viaduct → 308 200 OK (INFO): RelayedResponse
		309 → viaduct INFO: BeginsTransaction InDialog SentByRoute
		viaduct → 308 INFO: RelayedRequest HopCounted RecordRoutedAgain RouteRemoved
		308 → viaduct 200 OK (INFO): BelongsTo EndsTransaction BackByVia
		viaduct → 309 200 OK (INFO): RelayedResponse
		309 → viaduct BYE: BeginsTransaction EndsDialog InDialog SentByRoute
		viaduct → 308 BYE: RelayedRequest HopCounted RecordRoutedAgain RouteRemoved
		308 → viaduct 200 OK (BYE): BelongsTo EndsTransaction BackByVia
		viaduct → 309 200 OK (BYE): RelayedResponse
`,
}

// more says what no other test does.
var more = map[string]func(r *tape){
	"registration": func(r *tape) {
		r.pass(alice, proxy, "REGISTER sip:viaduct.test", "1 REGISTER", "z9hG4bKa1", "-To", "+To: <sip:alice@viaduct.test>")
		r.pass(proxy, alice, "SIP/2.0 401 Unauthorized", "1 REGISTER", "z9hG4bKa1", "+WWW-Authenticate: Digest realm=\"viaduct.test\", nonce=\"1\"")
		r.pass(alice, proxy, "REGISTER sip:viaduct.test", "2 REGISTER", "z9hG4bKa2", "+Authorization: Digest username=\"alice\"", "+Contact: <sip:alice@203.0.113.10>;expires=0")
		r.again(500 * ms)
		r.pass(proxy, alice, "SIP/2.0 200 OK", "2 REGISTER", "z9hG4bKa2")
		r.again(500 * ms)
	},
	"stateless repetitions": func(r *tape) {
		r.pass(alice, proxy, "INVITE sip:bob@viaduct.test", "1 INVITE", "z9hG4bKa1")
		r.pass(proxy, bob, "INVITE sip:bob@203.0.113.11", "1 INVITE", "z9hG4bKp1 z9hG4bKa1")
		first := slices.Clone(r.packets)
		r.packets = append(r.packets, first...)
		r.pass(bob, proxy, "SIP/2.0 180 Ringing", "1 INVITE", "z9hG4bKp1 z9hG4bKa1", "+Require: 100rel", "+RSeq: 1")
		r.pass(alice, bob, "PRACK sip:203.0.113.11", "2 PRACK", "z9hG4bKa4", "+RAck: 1 1 INVITE")
		r.pass(bob, alice, "SIP/2.0 486 Busy Here", "1 INVITE", "z9hG4bKp1 z9hG4bKa1")
		r.again(500 * ms)
	},
	"repeated ACK": func(r *tape) { r.setUp(); r.okAgain(500 * ms); r.ack() },
	"early": func(r *tape) {
		r.pass(alice, bob, "MESSAGE sip:bob@203.0.113.11", "1 MESSAGE", "z9hG4bKa1", "+To: <sip:bob@viaduct.test>")
		r.pass(bob, alice, "SIP/2.0 183 Wait", "1 MESSAGE", "z9hG4bKa1")
		r.invite("+To: <sip:bob@viaduct.test>;tag=b")
		r.ok()
	},
	"wordless": func(r *tape) {
		r.invite()
		r.pass(bob, alice, "SIP/2.0 183 Session Progress", "1 INVITE", "z9hG4bKa1", "+To: <sip:bob@viaduct.test>")
	},
	"from another proxy": func(r *tape) { r.pass(proxy, bob, "INVITE sip:bob@203.0.113.11", "1 INVITE", "z9hG4bKp1 z9hG4bKa1") },
	"outbound proxy":     func(r *tape) { r.pass(alice, proxy, "INVITE sip:bob@203.0.113.11", "1 INVITE", "z9hG4bKa1") },
	"forked": func(r *tape) {
		r.pass(alice, proxy, "INVITE sip:bob@viaduct.test", "1 INVITE", "z9hG4bKa1")
		r.pass(proxy, bob, "INVITE sip:bob@203.0.113.11", "1 INVITE", "z9hG4bKp1 z9hG4bKa1")
		r.pass(proxy, bob, "INVITE sip:bob@203.0.113.11:5070", "1 INVITE", "z9hG4bKp2 z9hG4bKa1")
		r.pass(alice, proxy, "CANCEL sip:bob@viaduct.test", "1 CANCEL", "z9hG4bKa1")
	},
}

// TestEveryRuleIsSaid: there is no rule that nothing shows.
func TestEveryRuleIsSaid(t *testing.T) {
	said := map[Rule]bool{}
	take := func(s *Story) {
		if strings.Contains(string(s.AppendText(nil)), "%!") {
			t.Errorf("a form does not fit its values:\n%s", s.AppendText(nil))
		}
		for _, step := range s.Steps {
			for _, sentence := range step.Sentences {
				said[sentence.Rule] = true
			}
		}
		for _, f := range s.Findings {
			said[f.Rule] = true
		}
	}
	for _, test := range calls {
		r := &tape{}
		test.play(r)
		take(Call(r.packets, names))
	}
	for _, play := range more {
		r := &tape{}
		play(r)
		take(Call(r.packets, names))
	}
	paths, _ := filepath.Glob("testdata/*/*.transcript")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		take(Call(read(t, string(text))))
	}
	for r := range allRules {
		if !said[r] {
			t.Errorf("%v is never said", r)
		}
	}
}

// TestPage: docs/explain.md lists all rules as they are.
func TestPage(t *testing.T) {
	const path, heading = "../docs/explain.md", "\n## All rules\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(page), heading)
	b := strings.Builder{}
	b.WriteString(head + heading + "\nOf messages:\n")
	value := regexp.MustCompile(`%(\[\d\])?[sdqv]`)
	for r := range allRules {
		if r == 0 || r == messageRules {
			if r == messageRules {
				b.WriteString("\nOf findings:\n")
			}
			b.WriteString("\n| section | sentence |\n|---|---|\n")
		}
		section := r.Section().Number
		if rules[r].rfc != 3261 {
			section = fmt.Sprintf("RFC %d, %s", rules[r].rfc, section)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", section, value.ReplaceAllString(rules[r].form, "…"))
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != string(page) {
		t.Errorf("%s does not list the rules as they are; -update does", path)
	}
}
