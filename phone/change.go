// Change: of a session that stands: hold and resume, by either side (RFC 3261
// section 14, RFC 3264 section 8, RFC 3311).
package phone

import (
	"time"

	"viaduct/sdp"
	"viaduct/sip"
)

// change is what is being changed.
type change struct {
	ours  *exchange   // our re-INVITE
	timer *time.Timer // after a glare
}

func (ch *change) giveUp() {
	if ch.timer != nil {
		ch.timer.Stop()
	}
	if ch.ours != nil {
		ch.ours.cancel()
	}
}

// Hold stops the sound towards us: the peer may play music (RFC 3264 section
// 8.4). OnHold or Refused tells the outcome.
func (c *Call) Hold() error { return c.point(sdp.SendOnly, "hold") }

// Resume takes a call back that was held. OffHold or Refused tells the outcome.
func (c *Call) Resume() error { return c.point(sdp.SendRecv, "resume") }

// IsHeld tells whether we, and whether the peer holds the call.
func (c *Call) IsHeld() (byUs, byPeer bool) {
	c.phone.mu.Lock()
	defer c.phone.mu.Unlock()
	if c.session == nil {
		return false, false
	}
	return c.session.want != sdp.SendRecv, c.session.isHeld()
}

func (c *Call) point(want sdp.Direction, wish string) error {
	c.phone.lock()
	defer c.phone.unlock()
	if c.state != Established {
		return &StateError{wish, c.state}
	}
	if c.change.ours != nil || c.accepted.by != nil || c.change.timer != nil {
		return &BusyError{wish}
	}
	c.reinvite(want)
	return nil
}

// BusyError says that a change must wait until another one is through.
type BusyError struct{ Wish string }

func (e *BusyError) Error() string {
	return "cannot " + e.Wish + ": another change of the session is under way"
}

// reinvite offers the session anew.
func (c *Call) reinvite(want sdp.Direction) {
	d := c.dialog
	acks := map[string]*acknowledgement{}
	c.change.timer = nil
	c.change.ours = c.ask(d, "INVITE", c.session.offer(want), func(m *sip.Message, err error) {
		switch {
		case m != nil && m.Status < 200:
			return
		case m != nil && m.Status < 300:
			if ack := acks[m.ToTag()]; ack != nil {
				c.phone.stack.network.Send(ack.flow, ack.text, nil)
				return
			}
			d.refresh(m)
			acks[m.ToTag()] = c.acknowledge(d, m.CSeq.Number, body{})
			c.change.ours = nil
			c.agreed(m, want)
			return
		}
		c.change.ours = nil
		if c.state != Established {
			return
		}
		c.session.refused()
		switch {
		case m != nil && err == nil && m.Status == 491: // both asked at once: one waits longer (section 14.1)
			c.change.timer = c.phone.after(c.glareWait(), func() { c.reinvite(want) })
		case m != nil:
			c.tell(Event{Kind: Refused, Status: m.Status, Text: respondedText(m), Err: err})
		default:
			c.tell(Event{Kind: Refused, Status: 408, Text: "no answer", Err: err})
		}
	})
}

// agreed is the peer's yes.
func (c *Call) agreed(m *sip.Message, want sdp.Direction) {
	if c.state != Established {
		return
	}
	if err := c.session.accept(m.Body, true); err != nil {
		c.session.refused()
		c.tell(Event{Kind: Refused, Status: m.Status, Text: "the answer cannot be used: " + err.Error(), Err: err})
		return
	}
	c.session.want = want
	c.session.start()
	kind := OnHold
	if want == sdp.SendRecv {
		kind = OffHold
	}
	c.tell(Event{Kind: kind, Status: m.Status, Text: respondedText(m)})
}

// glareWait is how long to wait after a 491: the one who began the call, who
// chose its Call-ID, longer (section 14.1).
func (c *Call) glareWait() time.Duration {
	tens := time.Duration(c.phone.stack.random() % 190)
	if c.incoming {
		return tens * 10 * time.Millisecond
	}
	return 2100*time.Millisecond + tens*10*time.Millisecond
}

// changed takes a re-INVITE or UPDATE of the peer (section 14.2, RFC 3311
// section 5.2).
func (c *Call) changed(i *incoming, d *dialog) {
	m := i.message
	switch {
	case c.accepted.by != nil || c.state == Alerting && m.Body != "":
		i.respond(500, body{}, field{"Retry-After", "3"}) // its last one is not through
		return
	case c.change.ours != nil || c.session.pending != nil:
		i.respond(491, body{})
		return
	case m.Method == "INVITE" && c.state != Established:
		i.respond(491, body{})
		return
	case !carriesSDP(m):
		i.respond(415, body{}, field{"Accept", sdpType})
		return
	}
	wasHeld := c.session.isHeld()
	var b body
	switch {
	case m.Body != "":
		var err error
		if b, err = c.session.answer(m.Body); err != nil {
			i.respond(488, body{}, field{"Warning", warning(c.flow, err)})
			return
		}
		c.session.start()
	case m.Method == "INVITE":
		b = c.session.offer(c.session.want)
	}
	d.refresh(m)
	if m.Method == "UPDATE" {
		i.respond(200, b)
		c.tellHeld(wasHeld)
		return
	}
	c.accept(i, b, m.Body == "", func() { c.tellHeld(wasHeld) })
}

func (c *Call) tellHeld(was bool) {
	switch is := c.session.isHeld(); {
	case is && !was:
		c.tell(Event{Kind: Held})
	case was && !is:
		c.tell(Event{Kind: Resumed})
	}
}
