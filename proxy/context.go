// Context: the response context of one request (RFC 3261 section 16).
package proxy

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// Context holds a request's server transaction, its branches and the best
// response so far. One allocation holds all of an unforked request.
type Context struct {
	Request Request // as it was first relayed; emptied once nothing more can need it

	proxy  *Proxy
	hooks  Hooks
	server transaction.Server
	chosen atomic.Pointer[Rules]
	begun  time.Duration // time of the transactions' clock

	mu       sync.Mutex
	latest   *Request // what the next branch is a copy of
	loopMark uint32   // 0: not made yet
	looped   bool     // it has gone round
	branches []*Branch
	held     int  // nothing is decided before Done and while branches are added
	answered bool // a final response went back
	canceled bool // the caller wants no answer any more
	deciding bool // somebody chooses the response, or its failure hook runs

	inbound *transport.Inbound // what the goroutine reads that runs the failure hook; nil: nothing

	first  Branch
	inline [1]*Branch
}

// Branch is one copy of the request and what came of it.
type Branch struct {
	Context *Context
	Index   int
	Target  Target
	Edits   sip.Edits // of the request for this branch, script's included

	RecordRoute *RecordRoute // the request's, unless the Branch hook changes it
	SendFrom    wire.Flow    // likewise

	request   *Request            // what it is a copy of
	client    *transaction.Client // of the hop that is tried; nil: none yet
	hops      []wire.Flow         // to be tried when that one fails
	large     bool                // the first of hops is that one, which is asked over a stream
	heard     bool                // it has responded
	again     bool                // and had responded before
	cancel    *cancelReplies      // nobody wants the branch any more
	status    int                 // final status; 0 while it is pending
	response  *sip.Message        // with that status; nil when we made it up
	flow      wire.Flow           // over which that came
	edits     sip.Edits           // of the response
	forgotten bool                // how it ended counts no more
	unsent    bool                // it could not be sent at all

	first transaction.Client
}

// Begin makes the response context of a request and its server transaction,
// which is held until Done. It gives nil when the request is a retransmission
// of one already begun.
func (p *Proxy) Begin(r Request, hooks Hooks) *Context {
	c := &Context{Request: r, proxy: p, hooks: hooks, begun: p.Transactions.Elapsed()}
	c.branches, c.latest = c.inline[:0], &c.Request
	c.held = 1
	m := r.Message
	if holder := p.Transactions.Begin(&c.server, m, transaction.ReplyFlow(m, r.Flow, r.ForcePort), c); holder != nil {
		return nil
	}
	return c
}

// SetRequest changes what is relayed from now on: what a script has decided
// about the request since the context began.
func (c *Context) SetRequest(r Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.branches) == 0 {
		c.Request = r
	} else { // those that were sent may still need theirs
		latest := r // the usual case above shall not cost an allocation
		c.latest = &latest
	}
	if r.Rules != nil {
		c.chosen.Store(r.Rules)
	}
}

// SetTimers changes the waits of the branches, pending ones included: final
// for a first answer, invite from ringing on; see Timers. 0 leaves one as it is.
func (c *Context) SetTimers(final, invite time.Duration) {
	c.mu.Lock()
	timers := []*Timers{&c.Request.Timers}
	if c.latest != nil && c.latest != &c.Request {
		timers = append(timers, &c.latest.Timers)
	}
	for _, t := range timers {
		if final != 0 {
			t.Final = final
		}
		if invite != 0 {
			t.Invite = invite
		}
	}
	var pending []*transaction.Client
	for _, b := range c.branches {
		if b.status == 0 && b.client != nil {
			pending = append(pending, b.client)
		}
	}
	c.mu.Unlock()
	for _, client := range pending {
		client.SetWaits(final, invite)
	}
}

// SetRules changes by which rules the context goes on.
func (c *Context) SetRules(r *Rules) { c.chosen.Store(r) }

// rules gives what the operator wants otherwise.
func (c *Context) rules() Rules {
	if chosen := c.chosen.Load(); chosen != nil {
		return *chosen
	}
	return Rules{}
}

// Done says that whoever began the context has nothing more to add for now:
// from here on responses are chosen as they come. A request that has neither
// an answer nor a branch by then is answered with 500, so that its sender
// does not wait in vain; it gives false for one.
func (c *Context) Done() bool {
	c.mu.Lock()
	in := c.Request.Inbound
	c.Request.Inbound = nil // the reader goes on after this
	c.held--
	forgotten := !c.answered && c.held == 0 && len(c.branches) == 0
	c.mu.Unlock()
	if forgotten {
		c.Reply(sip.Reply{Status: 500})
		return false
	}
	c.settle(in)
	return true
}

// Of gives the response context that a server transaction belongs to.
func Of(s *transaction.Server) *Context {
	if s == nil {
		return nil
	}
	c, _ := s.User.(*Context)
	return c
}

// SetHooks changes who is asked from now on.
func (c *Context) SetHooks(hooks Hooks) {
	c.mu.Lock()
	c.hooks = hooks
	c.mu.Unlock()
}

// Hooks gives who is asked.
func (c *Context) Hooks() Hooks {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hooks
}

// Status gives the status of the last response sent back, 0 for none.
func (c *Context) Status() int { return c.server.Status() }

// IsCanceled tells whether a CANCEL has come for the request.
func (c *Context) IsCanceled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.canceled
}

// IsAnswered tells whether a final response has gone back.
func (c *Context) IsAnswered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered
}

// Branches gives how many branches there are, finished ones included.
func (c *Context) Branches() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.branches)
}

// Best gives the best final response of the branches so far, nil when it is
// one that we made up or there is none.
func (c *Context) Best() *sip.Message {
	if best := c.BestBranch(); best != nil {
		_, response, _ := best.Final()
		return response
	}
	return nil
}

// BestBranch gives the branch with the best final response so far, or nil.
func (c *Context) BestBranch() (best *Branch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.branches {
		if b.status != 0 {
			best = c.better(best, b)
		}
	}
	return best
}

// Final gives how the branch ended: its status, 0 while it is pending, and the
// response with the flow it came over, nil when nobody sent it.
func (b *Branch) Final() (status int, response *sip.Message, flow wire.Flow) {
	b.Context.mu.Lock()
	defer b.Context.mu.Unlock()
	return b.status, b.response, b.flow
}

// Heard tells whether the next hop has responded.
func (b *Branch) Heard() bool {
	b.Context.mu.Lock()
	defer b.Context.mu.Unlock()
	return b.heard
}

// Replied tells whether the next hop had responded before its last response, or
// before it was silent.
func (b *Branch) Replied() bool {
	b.Context.mu.Lock()
	defer b.Context.mu.Unlock()
	if b.status != 0 && b.response == nil {
		return b.heard
	}
	return b.again
}

// All gives the branches, finished ones included.
func (c *Context) All() []*Branch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.branches)
}

// Forget lets how the branches ended count no more that are numbered from
// first on and below end. Branches must be left that count.
func (c *Context) Forget(first, end int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.branches[max(first, 0):min(end, len(c.branches))] {
		b.forgotten = b.status != 0
	}
}

// EachBranch visits the branches: final status, 0 while it is pending, and
// whether the next hop gave it.
func (c *Context) EachBranch(visit func(status int, answered bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.branches {
		visit(b.status, b.response != nil)
	}
}

// Reply answers the request ourselves; it gives false when a final response
// went back before. Pending branches are cancelled by a final one.
func (c *Context) Reply(reply sip.Reply) bool {
	if reply.Status >= 200 && !c.claim() || reply.Status < 200 && c.IsAnswered() {
		return false
	}
	c.reply(&reply)
	if reply.Status >= 200 {
		c.cancelPending(nil, "")
		c.release()
	}
	return true
}

// Hold keeps the response from being chosen until Done is called once more, as
// for a script that waits for something.
func (c *Context) Hold() {
	c.mu.Lock()
	c.held++
	c.mu.Unlock()
}

// Message gives the request, nil once nothing more can need it.
func (c *Context) Message() *sip.Message {
	m, _ := c.Received()
	return m
}

// Received gives the request and the flow it came over; nil once nothing more
// can need it.
func (c *Context) Received() (*sip.Message, wire.Flow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Request.Message, c.Request.Flow
}

// Drop ends the context without an answer; it gives false when a final one has
// gone back. Retransmissions of the request are absorbed for a while.
func (c *Context) Drop() bool {
	if !c.claim() {
		return false
	}
	c.server.Forget()
	c.cancelPending(nil, "")
	c.release()
	return true
}

// Repeat sends the last response once more.
func (c *Context) Repeat() { c.server.Repeat() }

// Age gives the time since the request arrived.
func (c *Context) Age() time.Duration { return c.proxy.Transactions.Elapsed() - c.begun }

// claim takes the right to send the one final response.
func (c *Context) claim() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered {
		return false
	}
	c.answered = true
	return true
}

// reply prints and sends a response of our own.
func (c *Context) reply(reply *sip.Reply) bool {
	c.mu.Lock()
	m := c.Request.Message
	reply.Source, reply.ForcePort = c.Request.Flow.Remote, c.Request.ForcePort
	c.mu.Unlock()
	if m == nil {
		return false
	}
	if reply.ToTag == "" && reply.Status > 100 {
		reply.ToTag = localTag(m)
	}
	b := c.proxy.buffer()
	text := sip.AppendReply(b.text, m, reply)
	sent := c.server.Respond(reply.Status, text)
	c.proxy.reuse(b, text)
	return sent
}

// release lets go of what only an unanswered request needs, so that the
// transactions that linger for retransmissions stay small. The hooks stay
// where retransmitted 2xx responses must pass them.
func (c *Context) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.answered || c.held > 0 {
		return
	}
	for _, b := range c.branches {
		if b.status == 0 {
			return
		}
		b.response, b.edits = nil, nil
	}
	if c.hooks != nil && c.server.IsInvite() && c.hooks.KeepsReplies() {
		return
	}
	c.Request, c.latest = Request{}, nil
	c.hooks = nil
	for _, b := range c.branches {
		b.request = nil
		b.Target, b.Edits, b.RecordRoute, b.hops = Target{}, nil, nil, nil
	}
}
