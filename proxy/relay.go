// Relay: a request goes to its targets (RFC 3261 sections 16.4 to 16.6).
package proxy

import (
	"errors"

	"viaduct/sip"
	"viaduct/transaction"
)

// ErrNoTarget says that the target set is empty.
var ErrNoTarget = errors.New("no target")

// Relay starts a branch for each target and gives how many could be sent; if
// none could, the error of the last. It may be called again from a failure
// hook with further targets.
func (c *Context) Relay(targets ...Target) (sent int, err error) {
	if c.server.IsInvite() && !c.Request.No100 && c.server.Status() == 0 {
		c.reply(&sip.Reply{Status: 100})
	}
	c.mu.Lock()
	c.held++
	c.mu.Unlock()
	err = ErrNoTarget
	for i := range targets {
		b := c.addBranch(targets[i])
		if failed := c.start(b); failed != nil {
			err = failed
			continue
		}
		sent++
	}
	c.mu.Lock()
	c.held--
	c.mu.Unlock()
	if sent == 0 {
		return 0, err
	}
	c.settle()
	return sent, nil
}

// addBranch numbers a new branch.
func (c *Context) addBranch(target Target) *Branch {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &c.first
	if len(c.branches) > 0 {
		b = &Branch{}
	}
	b.Context, b.Target, b.Index = c, target, len(c.branches)
	b.Edits, b.RecordRoute = c.Request.Edits, c.Request.RecordRoute
	c.branches = append(c.branches, b)
	return b
}

// start sends a branch. One that cannot be sent counts as failed with the
// status that says why.
func (c *Context) start(b *Branch) error {
	if hooks := c.Hooks(); hooks != nil && !hooks.Branch(b) {
		b.finish(500)
		return ErrNoTarget
	}
	p := c.proxy
	p.Transactions.Reserve(&b.client, b.Index)
	out, err := p.forward(&c.Request, &b.Target, b.Edits, b.RecordRoute, b.client.AppendBranch)
	if err != nil {
		b.client.Release()
		b.finish(StatusOf(err))
		return err
	}
	c.mu.Lock()
	b.started = true
	c.mu.Unlock()
	outgoing := transaction.Outgoing{
		Text: out.text, Flow: out.flow, Invite: c.server.IsInvite(), User: b,
		Final: c.Request.Final, TimerC: c.Request.Invite,
	}
	if outgoing.Final == 0 {
		outgoing.Final = defaultFinal
	}
	if outgoing.TimerC == 0 {
		outgoing.TimerC = defaultInvite
	}
	if err := b.client.Start(&outgoing); err != nil {
		b.finish(StatusOf(err))
		return err
	}
	return nil
}

// finish notes the final status of a branch once.
func (b *Branch) finish(status int) bool {
	c := b.Context
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.status != 0 {
		return false
	}
	b.status = status
	return true
}
