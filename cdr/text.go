// A record as text: the call in words, each field with its proof.
package cdr

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// AppendText writes the record behind dst, for people:
//
//	3848276298220188511@atlanta.test
//	    sip:alice@atlanta.test called sip:bob@biloxi.test
//	    ended after 3.250 s, the callee hung up
//	    start     2010-01-01T00:00:00.000000Z  message 1, INVITE, CSeq 1
//	    …
//	    doubt     no ACK of the caller was recorded (message 4)
//
// Messages are counted from 1, as in a ladder.
func (r *Record) AppendText(dst []byte) []byte {
	if r.State == NoCall {
		return fmt.Appendf(dst, "%s\n    no call\n", printable(r.CallID))
	}
	dst = fmt.Appendf(dst, "%s\n    %s\n    %s\n", printable(r.CallID), r.parties(), r.summary())
	dst = r.appendField(dst, "dialled", r.Dialled, FieldDialled)
	dst = r.appendField(dst, "reached", r.Reached, FieldReached)
	dst = r.appendField(dst, "start", timeOrNone(r.Start), FieldStart)
	dst = r.appendField(dst, "ring", timeOrNone(r.Ring), FieldRing)
	dst = r.appendField(dst, "answer", timeOrNone(r.Answer), FieldAnswer)
	dst = r.appendField(dst, "end", timeOrNone(r.End), FieldEnd)
	dst = r.appendField(dst, "hung up", r.hungUp(), FieldHungUp)
	if r.Code != 0 {
		dst = r.appendField(dst, "code", fmt.Sprintf("%d %s", r.Code, r.Phrase), FieldCode)
	}
	dst = r.appendField(dst, "cause", joinCauses(r.Causes), FieldCause)
	dst = r.appendField(dst, "replaces", r.Replaces, FieldReplaces)
	if len(r.Legs) > 1 {
		for i := range r.Legs {
			dst = appendLine(dst, fmt.Sprintf("leg %d", i+1), r.Legs[i].words(), r.Legs[i].Proofs)
		}
	}
	for i := range r.Transfers {
		dst = appendLine(dst, "transfer", r.Transfers[i].words(), r.Transfers[i].Proofs)
	}
	if p := r.Price; p != nil {
		dst = appendLine(dst, "price", fmt.Sprintf("%s %s for %d s, rate of prefix %q", p.Amount, p.Currency, p.Seconds, p.Prefix), nil)
	}
	for _, d := range r.Doubts {
		text := d.Text
		if d.Packet >= 0 {
			text += fmt.Sprintf(" (message %d)", d.Packet+1)
		}
		dst = appendLine(dst, "doubt", text, nil)
	}
	return dst
}

func (r *Record) parties() string {
	from, to := r.From.words(), r.To.words()
	if r.State == Partial {
		return fmt.Sprintf("%s and %s, who called whom is not known", from, to)
	}
	return from + " called " + to
}

func (p Party) words() string {
	switch {
	case p.URI == "":
		return "somebody"
	case p.Name != "":
		return printable(p.Name + " <" + p.URI + ">")
	}
	return printable(p.URI)
}

// summary tells in half a sentence what became of the call.
func (r *Record) summary() string {
	length := "a time that is not known"
	if r.Duration != Unknown {
		length = r.Duration.String()
	}
	switch r.State {
	case Partial:
		return "recorded in parts"
	case Trying, Ringing:
		return r.State.String() + ", no answer so far"
	case Answered:
		if r.SoFar == Unknown {
			return "answered, the end is not known"
		}
		return "answered, " + r.SoFar.String() + " so far"
	case Ended:
		if r.HungUp == Nobody {
			return "ended after " + length + ", who hung up is not known"
		}
		return fmt.Sprintf("ended after %s, the %s hung up", length, r.HungUp)
	case Cancelled:
		return "cancelled before the answer"
	}
	return fmt.Sprintf("refused: %d %s", r.Code, printable(r.Phrase))
}

// hungUp names who hung up: by the address where sides are not known.
func (r *Record) hungUp() string {
	switch {
	case r.State == Partial && r.HungUp == Caller:
		return r.From.words()
	case r.State == Partial && r.HungUp == Callee:
		return r.To.words()
	}
	return r.HungUp.String()
}

func (l *Leg) words() string {
	words := []string{"?"}
	if l.Target != "" {
		words[0] = l.Target
	}
	switch {
	case l.Code/100 == 2:
		words = append(words, "answered")
	case l.Code != 0:
		words = append(words, fmt.Sprintf("ended with %d", l.Code))
	case slices.ContainsFunc(l.Proofs, func(p Proof) bool { return p.Field == FieldRing }):
		words = append(words, "ringing")
	}
	return strings.Join(words, " ")
}

func (t *Transfer) words() string {
	s := fmt.Sprintf("by the %s to %s", t.By, t.To)
	if t.Code != 0 {
		s += fmt.Sprintf(", answered %d", t.Code)
	}
	if t.Result != 0 {
		s += fmt.Sprintf(", the new call got %d", t.Result)
	}
	return s
}

// String writes "3.250 s".
func (m Milliseconds) String() string {
	if m == Unknown {
		return "unknown"
	}
	return fmt.Sprintf("%d.%03d s", m/1000, m%1000)
}

func (r *Record) appendField(dst []byte, name, value string, field Field) []byte {
	proofs := r.ProofsOf(field)
	switch {
	case value == "" && len(proofs) == 0:
		return dst
	case value == "":
		value = "not known"
	}
	return appendLine(dst, name, value, proofs)
}

func appendLine(dst []byte, name, value string, proofs []Proof) []byte {
	dst = fmt.Appendf(dst, "    %-9s %s", name, printable(value))
	for i, p := range proofs {
		separator := "; "
		if i == 0 {
			separator = "  "
		}
		dst = fmt.Appendf(dst, "%smessage %d, %s", separator, p.Packet+1, printable(p.Text))
	}
	return append(dst, '\n')
}

func joinCauses(causes []Cause) string {
	var all []string
	for _, c := range causes {
		all = append(all, c.String())
	}
	return strings.Join(all, ", ")
}

func timeOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return formatTime(t)
}

// printable makes a text of the network fit for a line of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
