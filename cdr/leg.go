// Leg: the ways that a call took, and its transfers.
package cdr

import "slices"

// onlyLeaf gives the branch that reached furthest when there is no other; else
// nil.
func (a *attempt) onlyLeaf() *branch {
	var only *branch
	for _, b := range a.branches {
		if b.isInner {
			continue
		}
		if only != nil {
			return nil
		}
		only = b
	}
	return only
}

// legs lists the branches that reached furthest. One with several To tags was
// forked behind what was recorded: a leg for each. An attempt that was challenged and
// made again has none.
func (g *folding) legs() {
	for i, a := range g.attempts {
		final := a.final()
		if final != nil && (final.status == 401 || final.status == 407) && i+1 < len(g.attempts) {
			continue
		}
		for _, b := range a.branches {
			if !b.isInner {
				g.legsOf(a, b)
			}
		}
	}
	for i := range g.Legs {
		slices.SortStableFunc(g.Legs[i].Proofs, func(a, b Proof) int { return int(a.Field) - int(b.Field) })
	}
}

func (g *folding) legsOf(a *attempt, b *branch) {
	var tags []string
	for _, n := range b.responses {
		if n.toTag != "" && n.status > 100 && n.status < 300 && !slices.Contains(tags, n.toTag) {
			tags = append(tags, n.toTag)
		}
	}
	if len(tags) == 0 {
		tags = append(tags, "")
	}
	for _, tag := range tags {
		g.Legs = append(g.Legs, g.leg(a, b, tag))
	}
}

func (g *folding) leg(a *attempt, b *branch, tag string) Leg {
	l := Leg{Tag: tag}
	prove := func(field Field, n *note) { l.Proofs = append(l.Proofs, n.proof(field)) }
	if b.invite != nil {
		l.Target, l.Start = b.invite.uri, b.invite.time
		prove(FieldStart, b.invite)
	}
	var own []*note
	for _, n := range b.responses {
		if n.toTag == tag {
			own = append(own, n)
		}
	}
	if n := ring(own); n != nil {
		l.Ring = n.time
		prove(FieldRing, n)
	}
	for _, n := range own {
		if n.status >= 200 && n.status < 300 {
			l.Answer, l.Code = n.time, n.status
			prove(FieldAnswer, n)
			if bye := dialogOf(g.notes, a.fromTag, tag, n).bye(); bye != nil {
				l.End = bye.time
				prove(FieldEnd, bye)
			}
			return l
		}
	}
	if b.final != nil {
		l.End, l.Code = b.final.time, b.final.status
		prove(FieldEnd, b.final)
	}
	return l
}

// transfers lists the REFERs of the dialog with what became of them.
func (g *folding) transfers() {
	if g.dialog == nil {
		return
	}
	type referKey struct {
		by   Side
		cseq uint32
	}
	seen := map[referKey]bool{}
	for _, n := range g.notes {
		by := g.dialog.sideOf(n)
		if n.method != "REFER" || !n.isRequest() || by == Nobody || seen[referKey{by, n.cseq}] {
			continue
		}
		seen[referKey{by, n.cseq}] = true
		t := Transfer{By: by, To: n.referTo, Proofs: []Proof{n.proof(FieldTransfers)}}
		g.follow(&t, n)
		g.Transfers = append(g.Transfers, t)
	}
}

// follow finds what became of a transfer: the response to its REFER, and the
// last status that a NOTIFY told its sender.
func (g *folding) follow(t *Transfer, refer *note) {
	var told *note
	for _, n := range g.notes {
		by := g.dialog.sideOf(n)
		switch {
		case n.packet < refer.packet || by == Nobody:
		case n.method == "REFER" && n.status >= 200 && by == t.By && n.cseq == refer.cseq && t.Code == 0:
			t.Code = n.status
			t.Proofs = append(t.Proofs, n.proof(FieldTransfers))
		case n.method == "REFER" && n.isRequest() && by == t.By && n.cseq != refer.cseq:
			by = Nobody // what follows is told of that one
		case n.method == "NOTIFY" && n.referred != 0 && by != t.By && (told == nil || n.referred != told.referred):
			told = n
		}
	}
	if told != nil {
		t.Result = told.referred
		t.Proofs = append(t.Proofs, told.proof(FieldTransfers))
	}
}
