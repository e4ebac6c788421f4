// Answer: the callee's side of an INVITE (RFC 3261 sections 13.3 and 9.2).
package phone

import (
	"errors"
	"strings"
	"time"

	"viaduct/sdp"
	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// accepted is a 2xx of ours until its ACK comes: it is retransmitted (section
// 13.3.1.4).
type accepted struct {
	by       *incoming
	seq      uint32
	offered  bool // the 2xx had an offer; the ACK brings the answer
	timer    *time.Timer
	interval time.Duration
	since    time.Time
	done     func() // when the ACK has come; may be nil
}

// invited takes an INVITE that begins a call; the lock is held. The sound that
// it is given it closes or keeps.
func (p *Phone) invited(i *incoming, way wire.Flow, sound Sound) {
	m := i.message
	kept := false
	defer func() {
		if !kept {
			sound.Close()
		}
	}()
	replaced, status := p.replaced(m)
	switch {
	case p.isMerged(m):
		i.respond(482, body{})
		return
	case !carriesSDP(m):
		i.respond(415, body{}, field{"Accept", sdpType})
		return
	case m.FromTag() == "" || !m.Has(sip.FieldContact):
		i.respond(400, body{})
		return
	case status != 0:
		i.respond(status, body{})
		return
	case replaced == nil && len(p.calls) >= p.config.Lines:
		i.respond(486, body{})
		return
	}
	if p.style.Trying {
		i.respond(100, body{})
	}
	c := p.newCall(dialogKey{m.CallID(), i.tag}, uriOf(m.Get(sip.FieldFrom)), way)
	c.incoming, c.state, c.invitation, i.call = true, Alerting, i, c
	c.dialog = called(m, i.tag)
	c.openSession(sound)
	kept = true
	if m.Body != "" {
		b, err := c.session.answer(m.Body)
		if err != nil {
			c.refuse(488, err.Error(), err, field{"Warning", warning(way, err)})
			return
		}
		c.answer = b
	}
	if replaced != nil {
		c.replace(replaced)
		return
	}
	c.ring(180, body{})
	c.tell(Event{Kind: Incoming, Text: c.peer})
	if p.config.AutoAnswer > 0 {
		c.auto = p.after(p.config.AutoAnswer, func() { c.take() })
	}
}

// flowOf is the way to a peer as it came; the local address is ours.
func (p *Phone) flowOf(in *transport.Inbound) wire.Flow {
	f := in.Flow
	if !f.Local.IsValid() {
		f.Local = p.home().Local
	}
	return f
}

// warning says in a header field why a description was refused (section
// 20.43: 305 is an incompatible media format, 399 anything else).
func warning(way wire.Flow, err error) string {
	code := "399"
	if errors.Is(err, sdp.ErrNoCommonCodec) {
		code = "305"
	}
	return code + " " + hostPort(way) + ` "` + strings.NewReplacer(`"`, "'", "\\", "/", "\r", " ", "\n", " ").Replace(err.Error()) + `"`
}

// isMerged tells an INVITE that came before by another way (section 8.2.2.2).
func (p *Phone) isMerged(m *sip.Message) bool {
	for _, c := range p.calls {
		if c.incoming && c.key.callID == m.CallID() && c.dialog.remoteTag == m.FromTag() && c.dialog.remoteSeq == m.CSeq.Number {
			return true
		}
	}
	return false
}

// carriesSDP tells a request without a body, or with one that we read.
func carriesSDP(m *sip.Message) bool {
	if m.Body == "" {
		return true
	}
	kind, _, _ := strings.Cut(m.Get(sip.FieldContentType), ";")
	return strings.EqualFold(strings.TrimSpace(kind), sdpType) && m.Get(sip.FieldContentEncoding) == ""
}

// refuse ends a call before anybody heard of it.
func (c *Call) refuse(status int, text string, err error, fields ...field) {
	c.invitation.respond(status, body{}, fields...)
	c.invitation = nil
	c.end(status, text, false, err)
}

// Ring answers 180 once more, or 183 with our description when early is set:
// sound then flows before the call is answered.
func (c *Call) Ring(early bool) error {
	c.phone.lock()
	defer c.phone.unlock()
	if c.state != Alerting {
		return &StateError{"ring", c.state}
	}
	if !early || c.answer.text == "" {
		c.ring(180, body{})
		return nil
	}
	c.session.start()
	c.ring(183, c.answer)
	return nil
}

// Answer takes the call.
func (c *Call) Answer() error {
	c.phone.lock()
	defer c.phone.unlock()
	return c.take()
}

func (c *Call) take() error {
	if c.state != Alerting {
		return &StateError{"answer", c.state}
	}
	if c.auto != nil {
		c.auto.Stop()
	}
	if c.reliable.waits() { // section 5 of RFC 3262: no 2xx before the PRACK of an answer
		c.reliable.then = func() { c.take() }
		return nil
	}
	i, b := c.invitation, c.answer
	offered := b.text == ""
	if offered {
		b = c.session.offer(sdp.SendRecv)
	}
	c.invitation = nil
	c.dialog.confirmed = true
	c.state = Established
	c.accept(i, b, offered, func() {
		c.established()
		c.tell(Event{Kind: Answered, Text: c.peer})
	})
	if !offered {
		c.session.start()
	}
	return nil
}

// accept sends a 2xx and retransmits it until its ACK comes.
func (c *Call) accept(i *incoming, b body, offered bool, done func()) {
	c.accepted = accepted{by: i, seq: i.message.CSeq.Number, offered: offered, interval: c.phone.stack.timing.T1, since: time.Now(), done: done}
	i.respond(200, b)
	c.accepted.timer = c.phone.after(c.accepted.interval, c.acceptAgain)
}

func (c *Call) acceptAgain() {
	a := &c.accepted
	if a.by == nil || c.state == Over {
		return
	}
	timing := &c.phone.stack.timing
	if time.Since(a.since) >= 64*timing.T1 { // the session is given up with a BYE
		a.by, c.waiting = nil, nil
		c.state = Ending
		c.sendBye(nil)
		c.end(408, "our answer was never acknowledged", true, nil)
		return
	}
	a.by.again()
	a.interval = min(2*a.interval, timing.T2)
	a.timer = c.phone.after(a.interval, c.acceptAgain)
}

// acknowledged takes the ACK of a 2xx.
func (c *Call) acknowledged(m *sip.Message) {
	a := &c.accepted
	if a.by == nil || m.CSeq.Number != a.seq {
		return
	}
	a.timer.Stop()
	a.by = nil
	if a.offered {
		if err := c.session.accept(m.Body, true); err != nil && c.session.theirs == nil {
			c.state = Ending
			c.sendBye(nil)
			c.end(488, "the answer cannot be used: "+err.Error(), false, err)
			return
		}
		c.session.start()
	}
	if c.state == Ending { // we wanted to hang up before
		for _, do := range c.waiting {
			do()
		}
		c.waiting = nil
		return
	}
	if a.done != nil {
		a.done()
	}
}

// Reject refuses the call: 486 busy, 480, 603 declined, or another final
// status; "" takes the usual phrase.
func (c *Call) Reject(status int, reason string) error {
	c.phone.lock()
	defer c.phone.unlock()
	return c.reject(status, reason)
}

func (c *Call) reject(status int, reason string) error {
	if c.state != Alerting {
		return &StateError{"reject", c.state}
	}
	if status < 300 || status > 699 {
		return &StatusError{status}
	}
	if reason == "" {
		reason = sip.ReasonPhrase(status)
	}
	c.invitation.reason = reason
	c.invitation.respond(status, body{})
	c.invitation = nil
	c.end(status, "rejected: "+reason, false, nil)
	return nil
}

// StatusError says that a call cannot be rejected with a status.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	return "a call is rejected with a status from 300 to 699, such as 486 or 603"
}

// canceled takes a CANCEL of the peer: of no effect once there is an answer
// (section 9.2).
func (c *Call) canceled(i *incoming, m *sip.Message, in *transport.Inbound) {
	answer := &incoming{stack: c.phone.stack, style: c.phone.style, message: m, tag: i.tag, contact: i.contact}
	if !answer.begin(in) {
		return
	}
	c.phone.lock()
	defer c.phone.unlock()
	answer.respond(200, body{})
	if c.invitation != i {
		return
	}
	i.respond(487, body{})
	c.invitation = nil
	text := "canceled by the caller"
	if reason, ok := m.Lookup("Reason"); ok {
		text += " (" + reason + ")"
	}
	c.end(487, text, true, nil)
}
