// Best: which final response goes back when every branch has one (RFC 3261
// section 16.7 steps 6 and 7).
package proxy

import (
	"slices"

	"viaduct/sip"
	"viaduct/transport"
)

// settle decides, and lets go of what is not needed any more. in is what the
// caller's goroutine reads, nil for nothing: a failure hook may have to wait.
func (c *Context) settle(in *transport.Inbound) {
	c.decide(in)
	c.release()
}

// failedAside goes on behind the end of a branch on a goroutine that must not
// wait, as the hooks may: the timers' or the transport's.
func (c *Context) failedAside(b *Branch) {
	if c.Hooks() == nil {
		c.settle(nil)
		return
	}
	go func() {
		c.branchFailed(b, nil)
		c.settle(nil)
	}()
}

// decide sends the best response back once all branches have ended, unless
// the failure hook finds new targets: then their responses are waited for.
func (c *Context) decide(in *transport.Inbound) {
	for {
		best, branches := c.allEnded(in)
		if best == nil {
			return
		}
		if hooks := c.Hooks(); hooks != nil && best.status >= 300 {
			hooks.Failure(c, best.status)
		}
		if c.decided(branches) {
			continue // the hook added targets, which may have ended already
		}
		if c.claim() {
			c.sendBest(best, in)
		}
		return
	}
}

// allEnded gives the best branch, and how many there are, once none is pending
// and nothing went back; else nil. Who gets it has the decision until decided.
func (c *Context) allEnded(in *transport.Inbound) (best *Branch, branches int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered || c.held > 0 || c.deciding {
		return nil, 0
	}
	for _, b := range c.branches {
		if b.status == 0 {
			return nil, 0
		}
		best = c.better(best, b)
	}
	if best == nil && len(c.branches) > 0 {
		best = c.branches[len(c.branches)-1] // all are forgotten, and somebody waits
	}
	if c.deciding = best != nil; c.deciding {
		c.inbound = in
	}
	return best, len(c.branches)
}

// decided gives the decision back and tells whether any branch was sent beside
// those that there were.
func (c *Context) decided(branches int) (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deciding, c.inbound = false, nil
	return slices.ContainsFunc(c.branches[branches:], func(b *Branch) bool { return !b.unsent })
}

// better gives the better of two branches that have ended, best being nil or
// such; the lock is held. Of equals it is the first.
func (c *Context) better(best, b *Branch) *Branch {
	switch {
	case b.forgotten:
		return best
	case best == nil, c.rank(b) < c.rank(best):
		return b
	}
	return best
}

// unsentRank puts branches that could not be sent at all behind all others:
// they say nothing of the callee.
const unsentRank = 9000

func (c *Context) rank(b *Branch) int {
	rank := c.rules().rank(b.status, b.response == nil)
	if b.unsent {
		rank += unsentRank
	}
	return rank
}

// sendBest sends a branch's response back, or one of ours in its place.
func (c *Context) sendBest(best *Branch, in *transport.Inbound) {
	status := best.status
	switch {
	case status == 408 && !c.server.IsInvite() && best.response == nil:
		// The caller's own timer has run out as well; a 408 would only be
		// stray (RFC 4320 section 4.2).
	case best.response != nil && status == 503 && !c.rules().Keep503:
		// 503 is between neighbours: behind us others may still be reached.
		status = 500
		c.reply(&sip.Reply{Status: 500})
	case best.response == nil:
		c.reply(&sip.Reply{Status: status, Reason: ownReason(status)})
	default:
		r := Response{Message: best.response, Edits: best.edits}
		if (status == 401 || status == 407) && !c.rules().OneChallenge {
			c.addChallenges(&r, best)
		}
		c.sendUp(&r)
		c.tellAnswer(Answer{status, best.response.Reason, best.response, in})
		return
	}
	reason := ownReason(status)
	if reason == "" {
		reason = sip.ReasonPhrase(status)
	}
	c.tellAnswer(Answer{Status: status, Reason: reason, Inbound: in})
}

// ownReason names statuses of our own that no RFC defines.
func ownReason(status int) string {
	switch status {
	case 477:
		return "Not sent"
	case 478:
		return "Unresolvable destination"
	}
	return ""
}

// addChallenges collects the challenges of the other 401 and 407 responses,
// so that the caller can answer all of them at once (16.7 step 7).
func (c *Context) addChallenges(r *Response, best *Branch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.branches {
		if b == best || b.forgotten || b.response == nil || b.status != 401 && b.status != 407 {
			continue
		}
		m := b.response
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Kind == sip.FieldWWWAuthenticate || f.Kind == sip.FieldProxyAuthenticate {
				r.Edits.AppendField(r.Message, m.Text[f.Start:f.ValueEnd]+"\r\n")
			}
		}
	}
}
