// Dialog: what an answer began, and how it ended.
package cdr

// dialog is what one answer to the INVITE made (RFC 3261 section 12).
type dialog struct {
	callerTag, calleeTag string
	answer               *note // nil: not recorded
	shownBy              *note // without an answer, the request that shows that there was one
	ack                  *note
	byes                 []*note // of both sides, in order
	byeFinals            []*note // their final responses
	gone                 *note   // a 481 or 408 to a request other than BYE
	isPassed             bool    // a request within it was recorded
}

// sideOf tells who sent a request or is answered by a response; Nobody when it is
// not of this dialog.
func (d *dialog) sideOf(n *note) Side {
	switch {
	case n.fromTag == d.callerTag && n.toTag == d.calleeTag:
		return Caller
	case n.fromTag == d.calleeTag && n.toTag == d.callerTag:
		return Callee
	}
	return Nobody
}

// dialogOf gathers what the notes hold of a dialog.
func dialogOf(notes []*note, callerTag, calleeTag string, answer *note) *dialog {
	d := &dialog{callerTag: callerTag, calleeTag: calleeTag, answer: answer}
	for _, n := range notes {
		if d.sideOf(n) == Nobody {
			continue
		}
		if n.isRequest() && n.method != "CANCEL" && (n.method != "INVITE" || n.toTag != "") {
			d.isPassed = true
		}
		switch {
		case n.method == "BYE" && n.isRequest():
			d.byes = append(d.byes, n)
		case n.method == "BYE" && n.status >= 200:
			d.byeFinals = append(d.byeFinals, n)
		case n.method == "ACK":
			if d.ack == nil && answer != nil && n.cseq == answer.cseq && n.fromTag == callerTag {
				d.ack = n
			}
		case n.status == 481 && d.gone == nil, n.status == 408 && d.gone == nil:
			if answer == nil || n.cseq != answer.cseq || n.fromTag != callerTag || n.method != "INVITE" {
				d.gone = n
			}
		}
	}
	return d
}

// bye gives the first BYE; nil when there is none.
func (d *dialog) bye() *note {
	if len(d.byes) == 0 {
		return nil
	}
	return d.byes[0]
}

// byeFinal gives the final response that tells most of how the BYE went: a 2xx,
// or else the last.
func (d *dialog) byeFinal() *note {
	for _, n := range d.byeFinals {
		if n.status < 300 {
			return n
		}
	}
	if len(d.byeFinals) == 0 {
		return nil
	}
	return d.byeFinals[len(d.byeFinals)-1]
}

// hungUpByBoth tells whether each side sent a BYE before the other's was answered.
func (d *dialog) hungUpByBoth() (second *note) {
	first := d.bye()
	if first == nil {
		return nil
	}
	for _, n := range d.byes {
		if n.fromTag != first.fromTag && (len(d.byeFinals) == 0 || n.packet < d.byeFinals[0].packet) {
			return n
		}
	}
	return nil
}
