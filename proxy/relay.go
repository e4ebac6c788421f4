// Relay: a request goes to its targets (RFC 3261 sections 16.4 to 16.6).
package proxy

import (
	"errors"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// ErrNoTarget says that the target set is empty.
var ErrNoTarget = errors.New("no target")

// errDropped says that the Branch hook did not want a branch.
var errDropped = errors.New("the script dropped the branch")

// Relay starts a branch for each target and gives how many could be sent; if
// none could, the error of the last. It may be called again from a failure
// hook with further targets. A request that was cancelled or answered goes
// nowhere any more: ErrGivenUp; nor does one that has gone round: ErrLoop.
func (c *Context) Relay(targets ...Target) (sent int, err error) {
	if c.isOver() {
		return 0, ErrGivenUp
	}
	if c.loopMark == 0 {
		c.loopMark = loopMark(&c.Request)
		c.looped = goesRound(c.Request.Message, c.loopMark)
	}
	if c.server.IsInvite() && !c.Request.No100 && !c.looped && c.server.Status() == 0 {
		c.reply(&sip.Reply{Status: 100, Reason: c.rules().TryingReason})
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
	c.settle(nil)
	return sent, nil
}

// isOver tells whether nobody waits for an answer any more. Who has cancelled
// before there was a branch gets the answer here.
func (c *Context) isOver() bool {
	c.mu.Lock()
	canceled, answered, none := c.canceled, c.answered, len(c.branches) == 0
	c.mu.Unlock()
	if canceled && none {
		c.Reply(sip.Reply{Status: 487})
	}
	return canceled || answered
}

// addBranch numbers a new branch.
func (c *Context) addBranch(target Target) *Branch {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &c.first
	if len(c.branches) > 0 {
		b = &Branch{}
	}
	b.Context, b.Target, b.Index, b.request = c, target, len(c.branches), c.latest
	b.Edits, b.RecordRoute, b.SendFrom = b.request.Edits, b.request.RecordRoute, b.request.SendFrom
	c.branches = append(c.branches, b)
	return b
}

// start sends a branch. One that cannot be sent counts as failed with the
// status that says why; that is no error when nobody wants it any more.
func (c *Context) start(b *Branch) error {
	if c.looped {
		return b.notSent(ErrLoop)
	}
	if hooks := c.Hooks(); hooks != nil && !hooks.Branch(b) {
		return b.notSent(errDropped)
	}
	var wait func()
	if in := b.reading(); in != nil {
		wait = in.HandOver
	}
	var space [4]wire.Flow
	hops, err := c.proxy.appendHops(space[:0], &b.Target, b.Target.requestURI(b.request.Message), 0, wait)
	if err == nil && b.request.NoFailover {
		hops = hops[:1]
	}
	if err == nil {
		err = b.try(hops, false)
	}
	if err == nil {
		return nil
	}
	return b.notSent(err)
}

// notSent ends a branch that could not be sent. Who does not want it any more
// hears of no error.
func (b *Branch) notSent(err error) error {
	b.Context.mu.Lock()
	b.unsent = true
	b.Context.mu.Unlock()
	b.finish(StatusOf(err))
	if errors.Is(err, ErrGivenUp) {
		return nil
	}
	return err
}

// reading gives what the present goroutine reads, to be handed over before it
// waits: the request, or the response on which a failure hook runs. nil: it is
// nobody's reader.
func (b *Branch) reading() *transport.Inbound {
	c := b.Context
	c.mu.Lock()
	defer c.mu.Unlock()
	if in := b.request.Inbound; in != nil {
		return in
	}
	return c.inbound
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
