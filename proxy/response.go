// Responses: what becomes of each, in the order of RFC 3261 section 16.7.
package proxy

import (
	"errors"

	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
)

// Response takes a response to a branch. Step 1, finding the response
// context, is done: b belongs to it. Step 2, renewing timer C, the client
// transaction has done.
func (b *Branch) Response(client *transaction.Client, m *sip.Message, in *transport.Inbound) {
	if !b.hears(client) {
		return
	}
	c := b.Context
	if !goesOn(m) { // 3. it was meant for us, who asked nothing
		if m.Status >= 200 && b.finish(502) {
			c.branchFailed(b, in)
			c.settle(in)
		}
		return
	}
	r := Response{Message: m, Inbound: in}
	if note, ok := in.Note.(edited); ok {
		r.Edits = note.EditsSoFar()
	}
	if hooks := c.Hooks(); hooks != nil {
		seen := r // of its own, for without hooks r costs no allocation
		if !hooks.Reply(b, &seen) && m.Status < 200 {
			return
		}
		r = seen
	}
	invite := c.server.IsInvite()
	switch {
	case m.Status == 100: // of this hop only
	case m.Status < 200:
		c.sendUp(&r)
		c.tellAnswer(Answer{m.Status, m.Reason, m, in})
	case m.Status < 300:
		// 5. Each 2xx of an INVITE goes back at once, of others the first.
		b.finish(m.Status)
		if c.claim() || invite {
			c.sendUp(&r)
			c.tellAnswer(Answer{m.Status, m.Reason, m, in})
			c.cancelPending(nil, elsewhere) // 10. the other branches are not needed
		}
		c.release()
	case m.Status == 503 && b.failOver(client, nil):
	default:
		// 4. Kept in the response context until there is no better.
		c.mu.Lock()
		first := b.status == 0
		if first {
			b.status, b.response, b.flow, b.edits = m.Status, m, in.Flow, r.Edits
		}
		c.mu.Unlock()
		if m.Status >= 600 && !c.rules().Plain6xx {
			c.cancelPending(nil, declined) // 5. nobody else shall ring
		}
		if first {
			c.branchFailed(b, in)
		}
		c.settle(in)
	}
}

// goesOn tells whether a Via stands below ours, so that a response goes
// anywhere from here.
func goesOn(m *sip.Message) bool {
	fields := 0
	for i := range m.Fields {
		if m.Fields[i].Kind == sip.FieldVia {
			fields++
		}
	}
	if fields == 1 {
		for range m.Values(sip.FieldVia) {
			if fields--; fields < 0 {
				return true
			}
		}
	}
	return fields > 1
}

// edited is a note on a response that tells changes made to it before its
// transaction was found.
type edited interface{ EditsSoFar() sip.Edits }

// Failed takes the end of a branch without a final response (16.8, 16.9).
func (b *Branch) Failed(client *transaction.Client, err error) {
	if !b.isAt(client) || b.failOver(client, err) {
		return
	}
	status := StatusOf(err)
	if b.Context.IsCanceled() {
		status = 487
	}
	if !b.finish(status) {
		return
	}
	b.Context.failedAside(b)
}

// branchFailed runs the hook for the end of a branch. Nothing is decided until
// it has run.
func (c *Context) branchFailed(b *Branch, in *transport.Inbound) {
	hooks := c.Hooks()
	c.mu.Lock()
	over := hooks == nil || c.answered
	if !over {
		c.held++
	}
	c.mu.Unlock()
	if over {
		return
	}
	hooks.BranchFailed(b, in)
	c.mu.Lock()
	c.held--
	c.mu.Unlock()
}

// sendUp sends a response back: 3. our Via comes off, 8. the script's changes
// go in, 9. and it goes through the server transaction.
func (c *Context) sendUp(r *Response) {
	m := r.Message
	b := c.proxy.buffer()
	edits := append(sip.Edits(b.edits[:0]), r.Edits...)
	edits.RemoveTop(m, sip.FieldVia, 1)
	flow := c.server.Flow()
	edits.FixContentLength(m, flow.Transport.IsReliable())
	text := m.WithReturns(edits.Append(b.text, m))
	if !c.server.Respond(m.Status, text) && m.Status/100 == 2 {
		// A 2xx behind another final response still has a callee who
		// believes in the call: it goes back without the transaction (16.7
		// step 5).
		c.proxy.Network.Send(flow, text, nil)
	}
	c.proxy.reuse(b, text)
}

// tellAnswer lets the hooks know what went back.
func (c *Context) tellAnswer(a Answer) {
	if hooks := c.Hooks(); hooks != nil {
		hooks.Answered(c, a)
	}
}

// StatusOf gives the response status for a request that could not be sent.
func StatusOf(err error) int {
	switch {
	case errors.Is(err, transaction.ErrTimeout):
		return 408
	case errors.Is(err, resolve.ErrScheme):
		return 416
	case errors.Is(err, ErrGivenUp):
		return 487
	case errors.Is(err, ErrNotSent):
		return 477
	case errors.Is(err, errDropped):
		return 500
	case errors.Is(err, ErrNoTarget):
		return 404
	case errors.Is(err, ErrLoop):
		return 482
	case errors.Is(err, ErrNoHops):
		return 483
	case errors.Is(err, resolve.ErrName), errors.Is(err, resolve.ErrUnanswered), errors.Is(err, resolve.ErrTransport), errors.Is(err, ErrNoListener):
		return 478
	}
	return 503
}
