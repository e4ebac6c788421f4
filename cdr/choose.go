// Choose: which attempt and which dialog of a call its record is about.
package cdr

// choose finds the attempt and the dialog that the record is about: the first
// attempt that was answered, or else the last one; and of several that answered
// the one with whom the call went on.
func (g *folding) choose() {
	for _, a := range g.attempts {
		g.main = a
		if a.answer != nil {
			break
		}
	}
	if g.main == nil {
		g.dialog = g.partial()
		return
	}
	seen := map[string]bool{}
	for _, r := range g.main.responses {
		if r.status >= 200 && r.status < 300 && !seen[r.toTag] {
			seen[r.toTag] = true
			g.dialogs = append(g.dialogs, dialogOf(g.notes, g.main.fromTag, r.toTag, r))
		}
	}
	for _, d := range g.dialogs {
		if g.dialog == nil || outlives(d, g.dialog) {
			g.dialog = d
		}
	}
	if g.dialog == nil && g.main.final() == nil {
		g.dialog = g.unseen()
	}
}

// unseen gives the dialog of an answer that was not recorded, where requests
// show that there was one; nil when none does.
func (g *folding) unseen() *dialog {
	for _, n := range g.notes {
		if !n.isRequest() || n.toTag == "" {
			continue
		}
		switch n.method {
		case "BYE", "REFER", "INVITE":
		case "ACK":
			if g.main.has(n.branch) { // it confirms a refusal (RFC 3261 section 17.1.1.3)
				continue
			}
		default: // may come before the answer
			continue
		}
		var d *dialog
		switch g.main.fromTag {
		case n.fromTag:
			d = dialogOf(g.notes, n.fromTag, n.toTag, nil)
		case n.toTag:
			d = dialogOf(g.notes, n.toTag, n.fromTag, nil)
		default:
			continue
		}
		d.shownBy = n
		return d
	}
	return nil
}

// outlives tells whether dialog d went on when other had ended.
func outlives(d, other *dialog) bool {
	bye, otherBye := d.bye(), other.bye()
	return otherBye != nil && (bye == nil || bye.packet > otherBye.packet)
}

// partial gives the dialog of a recording without an INVITE that begins it. Who
// called whom is not known: its caller is who sent the first request that was
// seen.
func (g *folding) partial() *dialog {
	for _, n := range g.notes {
		if n.fromTag != "" && n.toTag != "" {
			return dialogOf(g.notes, n.fromTag, n.toTag, nil)
		}
	}
	return nil
}
