// Package explain says in words what the messages of a call do, which rules
// they follow, and what is wrong with them.
//
//	story := explain.Call(packets, ladder.Names{ours: "viaduct"})
//	os.Stdout.Write(story.AppendText(nil))
//
// It reads packets only, as a tap, a transcript or a capture has them: of one
// element or of several. So it says what can be seen; what lies behind an
// element that was not watched it does not know.
//
// Each sentence goes back to a Rule, and each rule to a section of an RFC.
package explain

import (
	"fmt"
	"slices"

	"viaduct/ladder"
	"viaduct/sip"
	"viaduct/wire"
)

// Story is a call in words.
type Story struct {
	Ladder   *ladder.Ladder
	Steps    []Step    // one for each of Ladder.Arrows
	Findings []Finding // what is wrong or strange, in the order of Steps
}

// Step is one message in words.
type Step struct {
	From, To  string // the lanes by name, or by address
	Sentences []Sentence
}

// Sentence is one thing to say of a message.
type Sentence struct {
	Rule    Rule
	Text    string
	Section Section
}

// Finding is what is wrong or strange with a call.
type Finding struct {
	Sentence
	Severity Severity
	Step     int // index of Story.Steps: the message that shows it
}

// Severity tells how bad a finding is.
type Severity uint8

const (
	Note    Severity = iota // strange, and harmless so far
	Warning                 // against a rule, or likely to fail
	Failure                 // it did fail
)

func (s Severity) String() string {
	return [...]string{"note", "warning", "failure"}[min(s, Failure)]
}

// Call explains the packets of a call, which are in the order of time. They may
// have been seen at one element or at several; what was sent at one and
// received at another is one message. Packets without Message are parsed.
func Call(packets []wire.Packet, names ladder.Names) *Story {
	packets = slices.Clone(packets)
	for i := range packets {
		if p := &packets[i]; p.Message == nil {
			p.Message, _ = sip.Parse(p.Text)
		}
	}
	c := newCall(ladder.New(packets, names))
	s := &Story{Ladder: c.ladder, Steps: make([]Step, len(c.messages))}
	for i, m := range c.messages {
		s.Steps[i] = Step{From: c.name(m.from()), To: c.name(m.to()), Sentences: c.explain(m)}
	}
	s.Findings = c.findings()
	return s
}

// telling gathers the sentences of one message.
type telling struct {
	*call
	*message
	sentences []Sentence
}

func (t *telling) say(r Rule, values ...any) {
	t.sentences = append(t.sentences, sentence(r, values...))
}

func sentence(r Rule, values ...any) Sentence {
	text := rules[r].form
	if len(values) > 0 {
		text = fmt.Sprintf(text, values...)
	}
	return Sentence{Rule: r, Text: text, Section: r.Section()}
}

func (c *call) explain(m *message) []Sentence {
	t := telling{call: c, message: m}
	switch {
	case m.sip == nil:
		t.unreadable()
	case m.previous != nil:
		t.repeated()
	case m.sip.IsRequest():
		t.request()
	default:
		t.response()
	}
	return t.sentences
}

func (t *telling) unreadable() {
	if reason := parseFault(t.arrow.Packet.Text); reason != nil && t.arrow.Label != "keep-alive" {
		t.say(Unreadable, reason.Field+": expected "+reason.Expected)
		return
	}
	t.say(NotSIP)
}
