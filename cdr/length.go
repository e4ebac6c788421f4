// Length: how long a call was, where that can be told.
package cdr

import (
	"slices"
	"time"
)

// lengths fills in durations.
func (g *folding) lengths() {
	between := func(from, to time.Time) Milliseconds {
		if from.IsZero() || to.Before(from) || g.clockWasSet() {
			return Unknown
		}
		return Milliseconds(to.Sub(from).Milliseconds())
	}
	switch g.State {
	case Ended:
		g.Duration = between(g.Answer, g.End)
	case Refused, Cancelled:
		g.Duration = 0
	case Answered:
		if !g.isPastUs() {
			g.SoFar = between(g.Answer, g.LastSign.Time)
		}
	}
}

// clockWasSet tells whether the clock went back between answer and end by more
// than packets overtake each other.
func (g *folding) clockWasSet() bool {
	return slices.ContainsFunc(g.clock.steps, func(s step) bool { return s.by > maxSkew && g.isTalk(s.packet) })
}

// isTalk tells whether a packet lies between answer and end.
func (g *folding) isTalk(packet int) bool {
	if g.dialog == nil || g.dialog.answer == nil || packet <= g.dialog.answer.packet {
		return false
	}
	bye := g.dialog.bye()
	return bye == nil || packet <= bye.packet
}

// isPastUs tells whether the answer left no way for BYE to come by: an INVITE that was
// relayed and a 2xx without Record-Route (RFC 3261 section 16.6 step 4).
func (g *folding) isPastUs() bool {
	return g.dialog.answer != nil && !g.dialog.isPassed && !g.dialog.answer.isRecordRouted && g.main.isRelayed()
}
