// Record: derives the fields from the notes of the messages.
package cdr

import (
	"slices"
	"strings"

	"viaduct/sip"
)

// folding is a record in the making.
type folding struct {
	*Folder
	Record
	attempts []*attempt
	unsure   []*attempt // perhaps changes within the call
	main     *attempt   // the one that counts; nil when none was recorded
	dialog   *dialog    // that it made; nil when none was
	dialogs  []*dialog
}

// Record gives the record of what was added so far. Adding may go on behind it.
func (f *Folder) Record() Record {
	g := folding{Folder: f, Record: Record{
		CallID: inUTF8(f.callID), Duration: Unknown, SoFar: Unknown,
		Packets: f.packets, Repeated: f.repeated(), Ignored: f.ignored,
	}}
	if f.callID != "" {
		g.LastSign = Sign{f.last.time, Proof{Packet: f.last.packet, Text: f.last.String()}}
	}
	if f.isCall {
		g.fold()
	} else {
		g.doubtKept()
	}
	return g.Record
}

func (g *folding) fold() {
	for _, a := range attempts(g.notes) {
		if a.unsure {
			g.unsure = append(g.unsure, a)
		} else {
			g.attempts = append(g.attempts, a)
		}
	}
	g.choose()
	g.begin()
	switch {
	case g.dialog != nil:
		g.answered()
	case g.main != nil:
		g.unanswered()
	}
	g.legs()
	g.transfers()
	g.lengths()
	g.doubt()
	slices.SortStableFunc(g.Proofs, func(a, b Proof) int { return int(a.Field) - int(b.Field) })
}

// begin fills in who called whom, and when.
func (g *folding) begin() {
	g.State = Partial
	first := g.notes[0]
	if g.main != nil {
		g.State = Trying
		first = g.attempts[0].invite
		if first == nil && len(g.attempts[0].responses) > 0 {
			first = g.attempts[0].responses[0]
		}
	} else if g.dialog != nil {
		i := slices.IndexFunc(g.notes, func(n *note) bool { return g.dialog.sideOf(n) == Caller })
		first = g.notes[i]
	}
	g.From, g.To = partyOf(first.from), partyOf(first.to)
	g.prove(FieldParties, first)
	if g.main == nil {
		return
	}
	g.From.Tag = g.main.fromTag
	if g.dialog != nil {
		g.To.Tag = g.dialog.calleeTag
	}
	if invite := g.attempts[0].invite; invite != nil {
		g.Dialled, g.Start, g.Replaces = invite.uri, invite.time, invite.replaces
		g.prove(FieldDialled, invite)
		g.prove(FieldStart, invite)
		if g.Replaces != "" {
			g.prove(FieldReplaces, invite)
		}
	}
	if n := ring(g.main.responses); n != nil {
		g.State, g.Ring = Ringing, n.time
		g.prove(FieldRing, n)
	}
}

// answered fills in what an answer and a BYE tell.
func (g *folding) answered() {
	d := g.dialog
	if d.shownBy != nil {
		g.State = Answered
	}
	if d.answer != nil {
		g.State, g.Answer = Answered, d.answer.time
		g.prove(FieldAnswer, d.answer)
		g.prove(FieldAnswer, d.ack)
		g.code(d.answer)
		g.reached(d.answer)
	}
	bye := d.bye()
	if bye == nil {
		return
	}
	g.State, g.End, g.HungUp = Ended, bye.time, g.senderOf(bye)
	if g.main != nil && g.main.madeByServer(bye) {
		g.HungUp = Server
	}
	if g.main == nil {
		g.State = Partial
	}
	g.prove(FieldEnd, bye)
	g.prove(FieldEnd, d.byeFinal())
	g.prove(FieldHungUp, bye)
	g.cause(bye, d.byeFinal())
}

// senderOf tells who sent a request of the dialog. Where neither side has a
// tag, as RFC 2543 allowed, only the address can tell.
func (g *folding) senderOf(n *note) Side {
	if g.dialog.callerTag != g.dialog.calleeTag {
		return g.dialog.sideOf(n)
	}
	switch uri := partyOf(n.from).URI; {
	case g.From.URI == g.To.URI:
	case uri == g.From.URI:
		return Caller
	case uri == g.To.URI:
		return Callee
	}
	return Nobody
}

// unanswered fills in how an attempt without an answer ended.
func (g *folding) unanswered() {
	final, cancel, bye := g.main.final(), g.main.cancel(), g.earlyBye()
	if final != nil {
		g.code(final)
	}
	quit := cancel
	if quit == nil {
		quit = bye
	}
	switch {
	case final != nil && final.status != 487:
		g.State, g.End = Refused, final.time
		g.prove(FieldEnd, final)
		if alone := g.main.onlyLeaf(); alone != nil && alone.final != nil && len(alone.above) > 0 {
			g.reached(alone.final)
		}
	case quit != nil:
		g.State, g.End, g.HungUp = Cancelled, quit.time, Caller
		g.prove(FieldEnd, quit)
		g.prove(FieldHungUp, quit)
	case final != nil:
		g.State, g.End = Cancelled, final.time
		g.prove(FieldEnd, final)
	}
	g.cause(quit, final)
}

// earlyBye gives a BYE of the caller to one who has not answered (RFC 3261 section
// 15); nil when there is none.
func (g *folding) earlyBye() *note {
	for _, n := range g.notes {
		if n.method == "BYE" && n.isRequest() && n.fromTag == g.main.fromTag {
			return n
		}
	}
	return nil
}

// code fills in a final response.
func (g *folding) code(n *note) {
	g.Code, g.Phrase = n.status, n.phrase
	g.prove(FieldCode, n)
}

// cause takes the Reason of the first note that has one.
func (g *folding) cause(notes ...*note) {
	for _, n := range notes {
		if n != nil && len(n.causes) > 0 {
			g.Causes = n.causes
			g.prove(FieldCause, n)
			return
		}
	}
}

// reached fills in where a response came from.
func (g *folding) reached(n *note) {
	if b := g.main.branch(n); b.invite != nil {
		g.Reached = b.invite.uri
		g.prove(FieldReached, b.invite)
		return
	}
	if g.Reached = n.uri; n.uri != "" {
		g.prove(FieldReached, n)
	}
}

func (g *folding) prove(field Field, n *note) {
	if n != nil {
		g.Proofs = append(g.Proofs, n.proof(field))
	}
}

// partyOf reads a From or To field.
func partyOf(field string) Party {
	a, err := sip.ParseNameAddr(field)
	if err != nil {
		return Party{URI: strings.TrimSpace(field)}
	}
	tag, _ := a.Param("tag")
	return Party{a.URI, sip.Unquote(a.Display), tag}
}
