// Findings: what is wrong or strange with a call.
package explain

import (
	"slices"
	"strings"
	"time"

	"viaduct/sip"
)

// maxFindings bounds a story of a recording that is full of faults.
const maxFindings = 200

// inquest looks for findings.
type inquest struct {
	*call
	found    []Finding
	sequence map[side]uint32 // the highest CSeq number so far
}

// side is who sends with a tag.
type side struct{ callID, tag string }

func (c *call) findings() []Finding {
	q := inquest{call: c, sequence: map[side]uint32{}}
	branches := map[branchOwner]*message{}
	for _, m := range c.messages {
		if m.sip == nil {
			q.unreadable(m)
			continue
		}
		q.contentLength(m)
		if m.previous != nil {
			q.repeated(m)
			continue
		}
		if m.sip.IsRequest() {
			q.request(m)
			q.branch(m, branches)
		} else {
			q.response(m)
		}
		if m.origin == nil {
			q.privateAddresses(m)
		} else if m.sip.Body != m.origin.sip.Body {
			q.find(Warning, m, BodyChanged, q.name(m.from()))
		}
	}
	for _, m := range c.messages {
		if m.tx != nil && m.tx.request == m {
			q.transaction(m.tx)
		}
	}
	slices.SortStableFunc(q.found, func(a, b Finding) int { return a.Step - b.Step })
	return q.found
}

func (q *inquest) find(severity Severity, m *message, r Rule, values ...any) {
	if len(q.found) < maxFindings {
		q.found = append(q.found, Finding{Sentence: sentence(r, values...), Severity: severity, Step: m.index})
	}
}

func (q *inquest) unreadable(m *message) {
	text := m.arrow.Packet.Text
	fault := parseFault(text)
	if fault == nil || m.arrow.Label == "keep-alive" {
		return
	}
	if fault.Field == "body" {
		if broken, _ := sip.Parse(text); broken != nil {
			if length, ok := broken.ContentLength(); ok {
				q.find(Failure, m, WrongContentLength, length, len(text)-broken.BodyStart(), ": the message is cut short")
				return
			}
		}
	}
	q.find(Failure, m, FaultyMessage, fault.Field+": expected "+fault.Expected)
}

// contentLength finds bytes behind the body. A datagram that was cut short is
// not read at all.
func (q *inquest) contentLength(m *message) {
	length, ok := m.sip.ContentLength()
	if bytes := len(m.sip.Text) - m.sip.BodyStart(); ok && bytes > length && m.origin == nil && m.previous == nil {
		q.find(Warning, m, WrongContentLength, length, bytes, ": what is too much is thrown away")
	}
}

func (q *inquest) repeated(m *message) {
	transport := m.arrow.Packet.Flow.Transport
	if m.previous == m.first && transport.IsReliable() && (m.sip.IsRequest() && m.sip.Method != "ACK" || m.sip.Status >= 300) {
		q.find(Warning, m, RepeatedOverStream, transport)
	}
}

func (q *inquest) request(m *message) {
	if m.sip.FromTag() == "" && m.origin == nil {
		q.find(Warning, m, FromTagMissing)
	}
	if !m.sip.Has(sip.FieldMaxForwards) && m.origin == nil {
		q.find(Warning, m, HopsMissing)
	}
	switch m.sip.Method {
	case "INVITE":
		if m.origin == nil && !m.sip.Has(sip.FieldContact) {
			q.find(Warning, m, ContactMissing)
		}
	case "CANCEL":
		q.cancel(m)
		return
	case "ACK":
		q.ack(m)
	}
	confirmsRefusal := m.tx != nil && m.tx.key.method != m.sip.Method
	if m.origin == nil && m.sip.FromTag() != "" && m.sip.ToTag() != "" && !confirmsRefusal {
		q.inDialog(m)
	}
	s := side{m.sip.CallID(), m.sip.FromTag()}
	q.sequence[s] = max(q.sequence[s], m.sip.CSeq.Number)
}

// inDialog looks at the first hop of a request within a dialog.
func (q *inquest) inDialog(m *message) {
	d := q.dialogs[keyOfDialog(m.sip)]
	if d == nil {
		return
	}
	tag := m.sip.FromTag()
	if m.sip.Method != "ACK" {
		if highest := q.sequence[side{m.sip.CallID(), tag}]; highest > m.sip.CSeq.Number {
			q.find(Failure, m, CSeqWentBack, m.sip.CSeq.Number, q.name(m.from()), highest)
		}
	}
	first, ok := d.routed[tag]
	if ok && !m.sip.Has(sip.FieldRoute) && d.routes[tag].index < m.index && len(m.vias) == 1 {
		if q.laneOfURI(first) != m.to() {
			q.find(Warning, m, RecordRouteIgnored, "The "+printable(m.sip.Method)+" of "+q.name(m.from()), q.nameOfURI(first))
		}
	}
}

func (q *inquest) cancel(m *message) {
	invite := q.inviteWithBranch(m)
	if invite == nil {
		q.find(Failure, m, CancelUnlike, q.name(m.from()), short(topBranch(m)))
		return
	}
	isAnswered := func(response *message) bool { return response != nil && response.index < m.index }
	if m.origin == nil && !isAnswered(invite.provisional) && !isAnswered(invite.final) {
		q.find(Note, m, CancelTooEarly)
	}
}

func (q *inquest) ack(m *message) {
	if m.tx != nil && m.tx.key.method == "INVITE" || m.origin != nil || len(m.vias) == 0 {
		return
	}
	invite := q.inviteOf(m)
	switch {
	case invite == nil || invite.final == nil:
		q.find(Note, m, AckAlone)
	case invite.final.sip.Status >= 300 && invite.request.from() == m.from():
		q.find(Failure, m, AckUnlike, invite.final.sip.Status, short(invite.key.branch), short(m.vias[0].Branch))
	}
}

// branchOwner is a branch of one sender.
type branchOwner struct {
	lane   int
	branch string
}

// branch finds branches that name two transactions, or none for certain.
func (q *inquest) branch(m *message, owners map[branchOwner]*message) {
	if len(m.vias) == 0 {
		return
	}
	branch := m.vias[0].Branch
	if !strings.HasPrefix(branch, sip.MagicCookie) {
		if m.origin == nil {
			q.find(Warning, m, BranchWithoutCookie, printable(branch))
		}
		return
	}
	key := branchOwner{m.from(), branch}
	owner := owners[key]
	if owner == nil {
		owners[key] = m
		return
	}
	sameCSeq := owner.sip.CSeq.Number == m.sip.CSeq.Number && owner.sip.CallID() == m.sip.CallID()
	switch {
	case sameCSeq && m.sip.Method == "CANCEL", sameCSeq && m.sip.Method == "ACK" && m.tx != nil && m.tx.key.method == "INVITE":
	case sameCSeq && owner.sip.Method == m.sip.Method && owner.to() == m.to(): // the same request, changed in something else
	default:
		q.find(Warning, m, BranchReused, short(branch), "the "+printable(owner.sip.Method)+" "+userIn(owner.sip, sip.FieldFrom)+" → "+userIn(owner.sip, sip.FieldTo))
	}
}

func (q *inquest) response(m *message) {
	status, method := m.sip.Status, m.sip.CSeq.Method
	if m.tx == nil && len(m.vias) > 0 {
		q.find(Warning, m, ResponseAlone, short(m.vias[0].Branch), printable(method))
	}
	if m.origin != nil {
		return
	}
	if status > 100 && m.sip.ToTag() == "" && method != "CANCEL" {
		q.find(Warning, m, ToTagMissing, status)
	}
	switch {
	case method == "INVITE" && status >= 200 && status < 300 && !m.sip.Has(sip.FieldContact):
		q.find(Warning, m, ContactMissingInAnswer, printable(m.sip.Summary()))
	case status == 481 && method == "CANCEL":
		q.find(Failure, m, CancelUnknown, q.name(m.from()), short(topBranch(m)))
	case status == 481:
		q.find(Failure, m, DialogUnknown, printable(method), q.name(m.from()), short(m.sip.FromTag()), short(m.sip.ToTag()))
	case status == 483:
		q.find(Failure, m, TooManyHops)
	}
	number, reliable := m.sip.Lookup("RSeq")
	if reliable && status > 100 && status < 200 && !q.isConfirmed(m, number) {
		q.find(Warning, m, ProvisionalUnconfirmed, status, printable(number))
	}
}

// isConfirmed tells whether a PRACK with this number came behind a response.
func (q *inquest) isConfirmed(m *message, number string) bool {
	for _, later := range q.messages[m.index:] {
		if later.sip == nil || !later.sip.IsRequest() || later.sip.Method != "PRACK" {
			continue
		}
		value, _ := later.sip.Lookup("RAck")
		if words := strings.Fields(value); len(words) > 0 && words[0] == strings.TrimSpace(number) {
			return true
		}
	}
	return false
}

// transaction looks at a transaction as a whole.
func (q *inquest) transaction(tx *transaction) {
	m := tx.request
	final := tx.final
	if count := len(tx.repeats); count > 0 && m.sip.Method != "ACK" && m.origin == nil {
		severity, ending := Note, ""
		switch {
		case final == nil && tx.provisional == nil:
			severity, ending = Failure, "; no response ever came"
		case final != nil:
			ending = ", then " + printable(final.sip.Summary()) + " came"
		default:
			ending = ", then " + printable(tx.provisional.sip.Summary()) + " came"
		}
		timer := "E"
		if m.sip.Method == "INVITE" {
			timer = "A"
		}
		q.find(severity, m, RequestRepeated, printable(m.sip.Method), count+1, timer, timesOf(m, tx.repeats), ending)
	}
	if final == nil {
		if m.sip.Method != "ACK" && m.origin == nil && len(tx.repeats) == 0 {
			q.find(Note, m, FinalMissing, printable(m.sip.Method), q.lastsFor(m))
		}
		return
	}
	if m.sip.Method != "INVITE" {
		return
	}
	if final.sip.Status >= 300 {
		if len(tx.finals) > 0 && final.origin == nil {
			ending := "; an ACK came"
			severity := Note
			if len(tx.acks) == 0 {
				severity, ending = Failure, "; no ACK came"
			}
			q.find(severity, final, RefusalRepeated, final.sip.Status, len(tx.finals)+1, timesOf(final, tx.finals), ending)
		}
		return
	}
	q.answered(tx)
}

// answered looks for the ACK of a 2xx.
func (q *inquest) answered(tx *transaction) {
	final := tx.final
	if final.origin != nil { // the callee's own is enough
		return
	}
	var ack *message
	for _, m := range q.messages[final.index:] {
		if m.sip != nil && m.sip.IsRequest() && m.sip.Method == "ACK" && m.origin == nil && m.sip.CallID() == final.sip.CallID() &&
			m.sip.CSeq.Number == final.sip.CSeq.Number && m.sip.FromTag() == final.sip.FromTag() {
			ack = m
			break
		}
	}
	if ack == nil {
		if len(tx.finals) == 0 && q.goesStraight(final) {
			return
		}
		repeated, severity := "", Warning
		if count := len(tx.finals); count > 0 {
			repeated, severity = ", and the 2xx was repeated ("+timesOf(final, tx.finals)+")", Failure
		}
		q.find(severity, final, AckMissing, repeated, q.name(final.from()))
		return
	}
	for _, again := range tx.finals {
		if again.index > ack.index {
			q.find(Warning, again, AckNotArrived, timesOf(final, tx.finals), q.name(final.from()))
			return
		}
	}
}

// goesStraight tells whether the ACK may pass by all that was watched: no
// Record-Route asked it to come by.
func (q *inquest) goesStraight(final *message) bool {
	return !final.sip.Has(sip.FieldRecordRoute) && len(final.vias) > 1
}

// timesOf lists when repetitions came, counted from the first.
func timesOf(first *message, repeats []*message) string {
	var times []string
	for i, m := range repeats {
		if i == 8 {
			times = append(times, "…")
			break
		}
		times = append(times, duration(m.time()-first.time()))
	}
	if first.arrow.Packet.Time.IsZero() {
		return "times are not known"
	}
	return "after " + strings.Join(times, ", ")
}

// lastsFor says how long the recording goes on behind a message.
func (q *inquest) lastsFor(m *message) string {
	last := q.messages[len(q.messages)-1]
	if m.arrow.Packet.Time.IsZero() || last.time()-m.time() < time.Second {
		return "; the recording ends"
	}
	return " in the " + duration(last.time()-m.time()) + " that follow"
}
