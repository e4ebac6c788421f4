// Callee: takes calls as the user is called, with the retransmissions of RFC 3261 sections 17.2 and 13.3.1.4.

package soak

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"viaduct/sip"
)

// callee is a phone that takes calls, several at once.
type callee struct {
	*link
	server netip.AddrPort
	rings  time.Duration // before 200 or 486
	calls  map[string]*incoming

	registered map[string]bool
	open       int // calls that are not done
	faults     []string
}

// incoming is a call at the callee.
type incoming struct {
	*callee
	kind, branch string
	invite       *sip.Message
	last         string // response to the INVITE
	isFinal      bool
	isDone       bool // acknowledged or ended
}

func newCallees(k *link, server netip.AddrPort, rings time.Duration) *callee {
	c := &callee{link: k, server: server, rings: rings, calls: map[string]*incoming{}, registered: map[string]bool{}}
	k.start(c.take)
	return c
}

// register binds a user until the server says so.
func (c *callee) register(user string) {
	text := fmt.Sprintf("REGISTER sip:%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKregister%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%v>;tag=r\r\n"+
		"To: <sip:%s@%v>\r\nCall-ID: %s@callee.test\r\nCSeq: 1 REGISTER\r\nContact: <sip:%s@%v>\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n",
		c.server, c.address(), user, user, c.server, user, c.server, user, user, c.address())
	var again func()
	again = func() {
		if !c.registered[user] {
			c.send(text, c.server)
			c.loop.after(c.t1, again)
		}
	}
	again()
}

func (c *callee) fault(m *sip.Message, format string, details ...any) {
	fault := m.CallID() + ": " + fmt.Sprintf(format, details...)
	if begun := c.journal[m.CallID()]; len(c.faults) < shownFaults && len(begun) > 0 {
		fault += "\nwhat the callee saw:" + c.journal.of(m.CallID(), begun[0].at)
	}
	if c.faults = append(c.faults, fault); len(c.faults) > 1000 {
		panic("a thousand faults: " + strings.Join(c.faults[:10], "\n"))
	}
}

// take gets what arrives at the callee.
func (c *callee) take(text string) {
	m, err := sip.Parse(text)
	if err != nil {
		c.faults = append(c.faults, fmt.Sprintf("what arrived is no SIP: %v\n%s", err, text))
		return
	}
	if !m.IsRequest() {
		if user, _, _ := strings.Cut(m.CallID(), "@"); m.CSeq.Method == "REGISTER" && m.Status == 200 {
			c.registered[user] = true
		}
		return
	}
	call := c.calls[m.CallID()]
	switch {
	case m.Method == "INVITE":
		c.takeInvite(call, m)
	case call == nil:
		c.fault(m, "%s without a call", m.Method)
		if m.Method != "ACK" {
			c.reply(m, 481)
		}
	case m.Method == "ACK":
		if call.isFinal {
			call.done()
		}
	case m.Method == "CANCEL":
		c.reply(m, 200)
		if !call.isFinal {
			call.finish(487)
		}
	case m.Method == "BYE":
		call.done()
		c.reply(m, 200)
	}
}

// takeInvite begins a call, or repeats what was last said of it (section 17.2.1).
func (c *callee) takeInvite(call *incoming, m *sip.Message) {
	if call != nil {
		if m.Via.Branch != call.branch {
			c.fault(m, "the INVITE comes again as another one, with branch %s after %s", m.Via.Branch, call.branch)
		}
		if !call.isDone {
			c.send(call.last, c.server)
		}
		return
	}
	kind, _, _ := strings.Cut(m.CallID(), "-")
	call = &incoming{callee: c, kind: kind, branch: m.Via.Branch, invite: m}
	c.calls[m.CallID()] = call
	c.open++
	c.loop.after(2*c.giveUp+c.t2, func() {
		if !call.isDone {
			c.fault(m, "nobody has ended it")
			call.done()
		}
		delete(c.calls, m.CallID())
		delete(c.journal, m.CallID())
	})
	call.say(180)
	switch kind {
	case answered, crossing:
		c.loop.after(c.rings, func() { call.finish(200) })
	case busy:
		c.loop.after(c.rings, func() { call.finish(486) })
	case cancelled: // it rings until somebody has enough
	default:
		c.fault(m, "nobody here is called so")
	}
}

func (call *incoming) say(status int) {
	call.last = call.text(call.invite, status)
	call.send(call.last, call.server)
}

// finish sends a final response until it is acknowledged (timer G; section 13.3.1.4 for 2xx).
func (call *incoming) finish(status int) {
	if call.isFinal {
		return
	}
	call.isFinal = true
	begin, span := call.loop.now(), call.t1
	var again func()
	again = func() {
		switch {
		case call.isDone:
		case call.loop.since(begin) > call.giveUp:
			call.fault(call.invite, "no ACK for %d in %v", status, call.giveUp)
			call.done()
		default:
			call.say(status)
			call.loop.after(span, again)
			span = min(2*span, call.t2)
		}
	}
	again()
}

func (call *incoming) done() {
	if !call.isDone {
		call.isDone = true
		call.open--
	}
}

func (c *callee) reply(m *sip.Message, status int) { c.send(c.text(m, status), c.server) }

func (c *callee) text(m *sip.Message, status int) string {
	fields := ""
	if m.Method == "INVITE" && status < 300 {
		fields = fmt.Sprintf("Contact: <sip:callee@%v>\r\n", c.address())
	}
	return string(sip.AppendReply(nil, m, &sip.Reply{Status: status, ToTag: "callee", Fields: fields}))
}
