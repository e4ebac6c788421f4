// Doubt: what the packets leave open, or contradict.
package cdr

import (
	"fmt"
	"time"
)

// Doubt is one thing that a record cannot vouch for.
type Doubt struct {
	Kind   DoubtKind `json:"kind"`
	Field  Field     `json:"field"`  // that it is about
	Packet int       `json:"packet"` // index of the message that shows it; -1: none does
	Text   string    `json:"text"`
}

// DoubtKind names a doubt.
type DoubtKind uint8

const (
	StartMissing   DoubtKind = iota // the first packet is not the INVITE that began the call
	AnswerMissing                   // a dialog, and no 2xx that made it
	FinalMissing                    // the INVITE has no final response
	CancelMissing                   // a 487, and no CANCEL
	NoAck                           // a 2xx, and no ACK
	NotOnPath                       // relayed without Record-Route: the BYE does not come by
	NoBye                           // answered, and no BYE
	DialogGone                      // a side said within the call that it does not know it
	ByeUnanswered                   // BYE without a final response, or with 408
	ByeUnknown                      // BYE answered 481
	ByeRefused                      // BYE answered otherwise
	BothHungUp                      // two BYEs met
	AnsweredTwice                   // several answered
	CallIDReused                    // another INVITE after the answer
	ClockBack                       // a packet is older than the one before
	TimesMissing                    // packets without a time
	TooLong                         // more messages than are followed
	PacketsMissing                  // the recording lacks packets
)

var doubtNames = names[DoubtKind]{
	"start missing", "answer missing", "final missing", "cancel missing", "no ack", "not on path", "no bye", "dialog gone", "bye unanswered",
	"bye unknown", "bye refused", "both hung up", "answered twice", "call-id reused", "clock back", "times missing", "too long", "packets missing",
}

func (k DoubtKind) String() string                { return doubtNames.of(k) }
func (k DoubtKind) MarshalText() ([]byte, error)  { return []byte(k.String()), nil }
func (k *DoubtKind) UnmarshalText(b []byte) error { return doubtNames.find(k, b, "doubt") }

// Has tells whether a record has a doubt of a kind.
func (r *Record) Has(kind DoubtKind) bool {
	for _, d := range r.Doubts {
		if d.Kind == kind {
			return true
		}
	}
	return false
}

// doubt lists all doubts of the record, in the order of their kinds.
func (g *folding) doubt() {
	g.doubtBeginning()
	if g.main != nil && g.dialog == nil {
		g.doubtNoAnswer()
	}
	if g.dialog != nil {
		g.doubtEnd()
	}
	if n := len(g.dialogs); n > 1 {
		g.because(AnsweredTwice, FieldAnswer, g.dialogs[1].answer, "%d answered: the record is of the one with whom the call went on", n)
	}
	if g.main != nil && g.main.answer != nil {
		for _, a := range g.attempts {
			if a.invite != nil && a.invite.packet > g.main.answer.packet {
				g.because(CallIDReused, FieldStart, a.invite, "another INVITE with the same Call-ID began after the answer")
				break
			}
		}
	}
	g.doubtTimes()
	g.doubtKept()
}

// doubtKept tells of packets that are not among those that were folded.
func (g *folding) doubtKept() {
	if g.missed > 0 {
		g.because(PacketsMissing, NoField, nil, "%d packets of this call are not in the recording", g.missed)
	}
	if g.cut > 0 {
		g.because(TooLong, NoField, nil, "%d messages are not followed: a call is followed for %d that differ", g.cut, maxNotes)
	}
}

func (g *folding) because(kind DoubtKind, field Field, n *note, format string, args ...any) {
	d := Doubt{kind, field, -1, fmt.Sprintf(format, args...)}
	if n != nil {
		d.Packet = n.packet
	}
	g.Doubts = append(g.Doubts, d)
}

func (g *folding) doubtBeginning() {
	begun := fmt.Sprintf("the recording begins with %v", &g.first)
	switch {
	case g.main == nil && len(g.unsure) > 0 && g.unsure[0].answer != nil:
		begun += fmt.Sprintf(", in the middle: whether %s answered the call or a change of it is not known, nor who called whom",
			g.unsure[0].answer.proof(NoField).Text)
	case g.main == nil:
		begun += ", in the middle: start, answer and who called whom are not known"
	case g.attempts[0].invite == nil:
		begun += ": the start is not known"
	case g.attempts[0].invite.packet == g.first.packet:
		return
	default:
		begun += ", before the INVITE"
	}
	g.Doubts = append(g.Doubts, Doubt{StartMissing, FieldStart, g.first.packet, begun})
}

func (g *folding) doubtNoAnswer() {
	switch {
	case g.Code == 0 && g.State == Cancelled:
		g.because(FinalMissing, FieldCode, nil, "the INVITE has no final response")
	case g.Code == 0:
		g.atLastSign(FinalMissing, "no final response so far: the call goes on, or its end was not recorded")
	case g.State == Cancelled && g.HungUp == Nobody:
		g.because(CancelMissing, FieldHungUp, nil, "the call was cancelled, but no CANCEL was recorded")
	}
}

func (g *folding) doubtEnd() {
	d := g.dialog
	past := g.isPastUs()
	if n := d.shownBy; n != nil && n.method == "BYE" && n.fromTag == d.callerTag {
		g.because(AnswerMissing, FieldAnswer, n, "%s, and no answer: whether and when the call was answered is not known", n.proof(NoField).Text)
	} else if n != nil {
		g.because(AnswerMissing, FieldAnswer, n, "%s shows that the call was answered, when is not known", n.proof(NoField).Text)
	}
	if d.answer != nil && d.ack == nil && !past {
		g.because(NoAck, FieldAnswer, d.answer, "no ACK of the caller was recorded")
	}
	switch bye, final := d.bye(), d.byeFinal(); {
	case past:
		g.because(NotOnPath, FieldEnd, d.answer, "the answer has no Record-Route, so ACK and BYE took another way: the end is not known")
	case bye == nil && g.State != Cancelled && g.State != Refused:
		g.atLastSign(NoBye, "no BYE so far: the call goes on, or its BYE was lost")
		if d.gone != nil {
			g.because(DialogGone, FieldEnd, d.gone, "a side answered %s: it knew the call no more", d.gone.proof(NoField).Text)
		}
	case bye == nil:
	case final == nil, final.status == 408:
		g.because(ByeUnanswered, FieldEnd, bye, "the BYE was not answered: the other side may have taken the call for a going one, or was gone before")
	case final.status == 481:
		g.because(ByeUnknown, FieldEnd, final, "the BYE was answered 481: the call had ended at the other side before, when is not known")
	case final.status >= 300:
		g.because(ByeRefused, FieldEnd, final, "the BYE was answered %d", final.status)
	}
	if second := d.hungUpByBoth(); second != nil && g.HungUp != Server {
		g.because(BothHungUp, FieldHungUp, second, "both sides hung up at the same time; the BYE that was seen first counts")
	}
}

func (g *folding) doubtTimes() {
	for _, s := range g.clock.steps {
		within := ""
		if g.isTalk(s.packet) {
			within = ": the duration may be longer"
			if g.Duration == Unknown && g.SoFar == Unknown {
				within = ": the duration is not known"
			}
		}
		g.Doubts = append(g.Doubts, Doubt{ClockBack, FieldEnd, s.packet, fmt.Sprintf("the clock went back by %v%s", s.by, within)})
	}
	if g.clock.unknown {
		g.because(TimesMissing, NoField, nil, "some packets have no time")
	}
}

// atLastSign doubts the end of a call that was last heard of by some message.
func (g *folding) atLastSign(kind DoubtKind, text string) {
	when := "at an unknown time"
	if !g.LastSign.Time.IsZero() {
		when = formatTime(g.LastSign.Time)
	}
	g.Doubts = append(g.Doubts, Doubt{kind, FieldEnd, g.LastSign.Packet, fmt.Sprintf("%s; last sign of life %s, %s", text, when, g.LastSign.Text)})
}

// formatTime writes a time in UTC, to the microsecond.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
