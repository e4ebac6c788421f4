// Hooks: the routes of the script that see a relayed request's branches and
// replies.
package tm

import (
	"sync"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
)

const kamailio = syntax.Kamailio

// hooks runs the routes of one transaction, one at a time: they share AVPs,
// flags and the request's context. The request's own route holds the lock from
// t_relay to its end.
type hooks struct {
	tm      *TM
	mu      sync.Mutex
	request *module.Message
	saved   saved
	leg     int  // number of the first branch of the present leg of serial forking
	relayed bool // the route that runs has sent a branch
	drop    int  // what t_drop_replies asked for
}

// hooks gives the hooks of a transaction, nil when there is nothing to run.
func (t *TM) hooks(m *module.Message) *hooks {
	if h, ok := m.Hooks.(*hooks); ok {
		return h
	}
	if m.OnBranch == nil && m.OnReply == nil && m.OnFailure == nil && m.OnBranchFailure == nil && m.Watching == nil && m.Restore == nil {
		return nil
	}
	return t.newHooks(m)
}

func (t *TM) newHooks(m *module.Message) *hooks {
	h := &hooks{tm: t, request: m}
	if m.AVPs == nil {
		m.AVPs = new(script.AVPs)
	}
	h.saved.take(m)
	h.mu.Lock()
	before := m.Unlock
	m.Unlock = func() {
		h.mu.Unlock()
		if before != nil {
			before()
		}
	}
	m.Lock, m.Release = h.mu.Lock, h.mu.Unlock
	m.Hooks = h
	return h
}

// Branch runs branch_route on the request as this branch will send it. It
// runs within t_relay, whose route holds the lock.
func (h *hooks) Branch(b *proxy.Branch) bool {
	m := h.request
	if m.OnBranch == nil {
		return true
	}
	c := &m.Context
	kept := *c
	m.SetTarget(b.Target)
	c.BranchIndex = b.Index
	c.Edits = append(c.Edits[:0:0], b.Edits...)
	outer, asked := m.Branch, m.RecordRoute
	m.Branch, m.RecordRoute = b, b.RecordRoute
	result := m.OnBranch.Run(c)
	b.RecordRoute = m.RecordRoute
	m.Branch, m.RecordRoute = outer, asked
	b.Target = m.Target()
	b.Edits, b.SendFrom = c.Edits, c.SendSocket
	avps, flags := c.AVPs, c.Flags
	*c = kept
	c.AVPs, c.Flags = avps, flags
	return !result.Drop
}

// Reply runs onreply_route on a reply.
func (h *hooks) Reply(b *proxy.Branch, r *proxy.Response) bool {
	h.lock(r.Inbound)
	defer h.mu.Unlock()
	for _, restore := range h.request.Restore {
		restore(r.Message, &r.Edits)
	}
	if h.request.OnReply == nil {
		return true
	}
	m := h.replyMessage(b, r)
	c := &m.Context
	c.AVPs, c.Flags, c.BranchFlags, c.BranchIndex = h.request.AVPs, h.request.Flags, b.Target.Flags, b.Index
	c.Edits = r.Edits
	result := h.request.OnReply.Run(c)
	r.Edits = c.Edits
	h.request.Flags = c.Flags
	b.Target.Flags = c.BranchFlags
	return !result.Drop
}

// replyMessage is the context of a reply: the one that the core's reply route
// has seen, or a new one.
func (h *hooks) replyMessage(b *proxy.Branch, r *proxy.Response) *module.Message {
	m, ok := r.Inbound.Note.(*module.Message)
	if !ok {
		m = module.NewReply(r.Message, r.Inbound, h.request.Proxy)
	}
	m.Transaction, m.Branch, m.Origin = b.Context, b, h.request
	return m
}

// lock waits for another route of the transaction; while it does, another
// goroutine reads on.
func (h *hooks) lock(in *transport.Inbound) {
	if h.mu.TryLock() {
		return
	}
	if in != nil {
		in.HandOver()
	}
	h.mu.Lock()
}

// BranchFailed runs the branch-failure route, which may find another target
// for this branch alone.
func (h *hooks) BranchFailed(b *proxy.Branch, in *transport.Inbound) {
	h.lock(in)
	defer h.mu.Unlock()
	route := h.request.OnBranchFailure
	if route == nil {
		return
	}
	if in != nil {
		in.HandOver() // the route may have to wait for a name
	}
	status, _, _ := b.Final()
	h.begin(b, b.Index, status)
	route.Run(&h.request.Context)
	h.end()
}

// Failure runs failure_route on the request, which may find new targets.
func (h *hooks) Failure(t *proxy.Context, status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.request
	m.Watching.Missed(m, answerOf(t, status))
	route := m.OnFailure
	if route == nil {
		return
	}
	m.OnFailure = nil // it must be asked for again
	before := t.Branches()
	h.drop = h.tm.failureReplies
	h.begin(t.BestBranch(), before, status)
	route.Run(&m.Context)
	if h.relayed {
		h.dropReplies(t, before)
		h.leg = before
	}
	h.end()
}

// Mark sets flags that the routes to come see.
func (h *hooks) Mark(flags uint32) {
	h.mu.Lock()
	h.request.Flags |= flags
	h.mu.Unlock()
}

// begin gives the request back what it had when it was relayed first, for a
// route about a branch that has failed.
func (h *hooks) begin(b *proxy.Branch, index, status int) {
	m := h.request
	h.saved.giveBack(m)
	m.Inbound, m.Wait = nil, nil
	m.Branches = nil
	m.Branch, m.BranchIndex, m.Status = b, index, status
	h.relayed = false
}

// end takes back what the route has made of the request, for those that reply
// routes read.
func (h *hooks) end() {
	h.request.Branch = nil
	h.saved.giveBack(h.request)
}

// answerOf is the response that would go back, as observers see it.
func answerOf(t *proxy.Context, status int) module.Answer {
	answer := module.Answer{Status: status, Reason: sip.ReasonPhrase(status), Response: t.Best()}
	if answer.Response != nil {
		answer.Reason, answer.ToTag = answer.Response.Reason, answer.Response.ToTag()
	}
	return answer
}

// Answered tells the observers what went back.
func (h *hooks) Answered(_ *proxy.Context, a proxy.Answer) {
	h.lock(a.Inbound)
	defer h.mu.Unlock()
	answer := module.Answer{Status: a.Status, Reason: a.Reason, Response: a.Response, Inbound: a.Inbound}
	if a.Response != nil {
		answer.ToTag = a.Response.ToTag()
	}
	h.request.Watching.Answered(h.request, answer)
}

// KeepsReplies: retransmitted 2xx replies pass the reply route as well.
func (h *hooks) KeepsReplies() bool { return h.request.OnReply != nil || h.request.Restore != nil }
