// CANCEL: from upstream (RFC 3261 section 16.10), and of our own when a branch
// is no longer needed (section 16.7 step 10) or rings too long (16.8).
package proxy

import (
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
)

// Cancel takes a CANCEL: it is answered with 200 and goes to each pending
// branch of its INVITE. It gives false when there is no such INVITE; then it
// may be forwarded without state. replies, which may be nil, sees the responses
// that the branches give to the CANCEL.
func (p *Proxy) Cancel(r Request, replies Hooks) bool {
	invite := Of(p.Transactions.Invite(r.Message))
	if invite == nil {
		return false
	}
	own := p.Begin(r, nil)
	if own == nil {
		return true // another reader was faster
	}
	own.Reply(sip.Reply{Status: 200})
	own.Done()
	invite.mu.Lock()
	over := invite.answered
	invite.canceled = true
	none := len(invite.branches) == 0 && invite.held == 0
	invite.mu.Unlock()
	switch {
	case over:
	case none:
		invite.Reply(sip.Reply{Status: 487})
	default:
		from := &cancelReplies{received: r.Message, hooks: replies}
		if invite.rules().NoCallersReason {
			from.received = withoutReason(r.Message)
		}
		invite.cancelPending(from, "")
	}
	return true
}

// Why branches are cancelled that lost (RFC 3326).
const (
	elsewhere = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
	declined  = "Reason: SIP;cause=600;text=\"Declined elsewhere\"\r\n"
)

// cancelPending sends a CANCEL on each branch that has no final response. It
// takes over what the caller's CANCEL says, else the reason given.
func (c *Context) cancelPending(from *cancelReplies, reason string) {
	c.cancelWhere(from, reason, func(*Branch) bool { return true })
}

func (c *Context) cancelWhere(from *cancelReplies, reason string, which func(*Branch) bool) {
	if !c.server.IsInvite() {
		return
	}
	if c.rules().NoReason {
		reason = ""
	}
	c.mu.Lock()
	if len(c.branches) == 1 && c.branches[0].status != 0 {
		c.mu.Unlock()
		return
	}
	var pending []*Branch
	for _, b := range c.branches {
		if b.status != 0 || b.cancel != nil || !which(b) {
			continue
		}
		b.cancel = &cancelReplies{branch: b, reason: reason}
		if from != nil {
			b.cancel.received, b.cancel.hooks = from.received, from.hooks
		}
		pending = append(pending, b)
	}
	c.mu.Unlock()
	for _, b := range pending {
		b.passCancel()
	}
}

// passCancel sends the CANCEL that is wanted of the branch, if one is, once
// there is something to cancel.
func (b *Branch) passCancel() {
	b.Context.mu.Lock()
	cancel, client := b.cancel, b.client
	b.Context.mu.Unlock()
	switch c := b.Context; {
	case cancel == nil || client == nil:
	case c.rules().Unheard == ForgetUnheard && client.Abandon():
		if b.finish(487) {
			c.failedAside(b)
		}
	default:
		client.Cancel(cancel.received, cancel.reason, cancel)
	}
}

// cancelReplies hears the responses to the CANCEL of one branch.
type cancelReplies struct {
	branch   *Branch
	received *sip.Message // from upstream, nil for a CANCEL of our own
	reason   string       // header line of a CANCEL of our own, or ""
	hooks    Hooks
}

// Response shows a response to the script; nobody else waits for it.
func (u *cancelReplies) Response(_ *transaction.Client, m *sip.Message, in *transport.Inbound) {
	if u.hooks != nil {
		u.hooks.Reply(u.branch, &Response{Message: m, Inbound: in})
	}
}

// Failed means that the next hop did not answer the CANCEL; the INVITE's own
// timer ends the branch.
func (u *cancelReplies) Failed(*transaction.Client, error) {}

// CancelPending gives up the branches that have no final response.
func (c *Context) CancelPending() { c.cancelPending(nil, "") }

// CancelBranches gives up those that which chooses. reason is a header line for
// the CANCEL, or "".
func (c *Context) CancelBranches(reason string, which func(b *Branch) bool) {
	c.cancelWhere(nil, reason, which)
}
