// Call: one conversation, from the INVITE to the end (RFC 3261 sections 13 to
// 15).
package phone

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// State is how far a call is.
type State string

const (
	Calling     State = "calling"     // our INVITE is out, nothing was heard
	Proceeding  State = "ringing"     // the one we call was found
	Alerting    State = "alerting"    // we are called and ring
	Established State = "established" // it was answered
	Ending      State = "ending"      // our CANCEL or BYE is out
	Over        State = "over"
)

// Call is one call of a phone. Its methods may be called by any goroutine; what
// they lead to is told to Config.Events.
type Call struct {
	phone    *Phone
	number   int
	incoming bool
	peer     string // URI of who is at the other end
	key      dialogKey
	flow     wire.Flow // between us and the next hop when the call began

	// Below here all is guarded by phone.mu.
	state   State
	dialog  *dialog // of the two who talk; nil as long as ours only rings
	session *session
	began   time.Time // when it was answered

	// Of a call that we began.
	invite *exchange
	forks  map[string]*fork // by the peer's tag: those that ring, or answered too late
	unbind func() bool      // from the context of Dial

	// Of a call that we were given.
	invitation *incoming // the INVITE; nil when there is none that waits for us
	answer     body      // to its offer
	reliable   reliable
	auto       *time.Timer

	change   change   // of the session, by either side
	accepted accepted // our 2xx, until its ACK comes
	transfer transfer
	waiting  []func() // what was asked for before the session stood
}

// Number counts the calls of a phone from 1.
func (c *Call) Number() int { return c.number }

// Peer gives the URI of who is at the other end.
func (c *Call) Peer() string { return c.peer }

// IsIncoming tells whether the peer began the call.
func (c *Call) IsIncoming() bool { return c.incoming }

// CallID gives the Call-ID.
func (c *Call) CallID() string { return c.key.callID }

// State tells how far the call is.
func (c *Call) State() State {
	c.phone.mu.Lock()
	defer c.phone.mu.Unlock()
	return c.state
}

// Report says what was sent and heard so far.
func (c *Call) Report() Report {
	c.phone.mu.Lock()
	defer c.phone.mu.Unlock()
	if c.session == nil {
		return Report{}
	}
	return c.session.report()
}

// StateError says that what was asked for does not suit the call.
type StateError struct {
	Wish  string
	State State
}

func (e *StateError) Error() string { return fmt.Sprintf("cannot %s: the call is %s", e.Wish, e.State) }

// newCall enters a call; the lock is held.
func (p *Phone) newCall(key dialogKey, peer string, flow wire.Flow) *Call {
	p.numbered++
	c := &Call{phone: p, number: p.numbered, key: key, peer: peer, flow: flow, state: Calling}
	p.calls = append(p.calls, c)
	p.stack.enter(key, c)
	return c
}

// tell notes an event of the call.
func (c *Call) tell(e Event) {
	e.Call = c
	c.phone.tell(e)
}

// end is the end of a call, however it came.
func (c *Call) end(status int, text string, byPeer bool, err error) {
	if c.state == Over {
		return
	}
	c.drop()
	c.tell(Event{Kind: Ended, Status: status, Text: text, ByPeer: byPeer, Err: err})
	c.transferEnded(status, text)
}

// drop takes the call off the phone. Its key stays known while a peer may
// still send to it.
func (c *Call) drop() {
	c.state = Over
	if c.session != nil {
		c.session.close()
	}
	for _, timer := range []*time.Timer{c.auto, c.accepted.timer, c.change.timer, c.reliable.timer} {
		if timer != nil {
			timer.Stop()
		}
	}
	if c.unbind != nil {
		c.unbind()
	}
	p := c.phone
	p.calls = slices.DeleteFunc(p.calls, func(other *Call) bool { return other == c })
	p.stack.leave(c.key)
}

// request takes a request within the call (section 12.2.2).
func (c *Call) request(m *sip.Message, in *transport.Inbound) {
	p := c.phone
	i := &incoming{stack: p.stack, style: p.style, message: m, tag: c.key.localTag, contact: p.contact(in.Flow)}
	if m.Method == "INVITE" {
		i.call = c // for a CANCEL
	}
	if m.Method != "ACK" && !i.begin(in) {
		return
	}
	p.lock()
	defer p.unlock()
	d := c.dialogWith(m.FromTag())
	switch {
	case m.Method == "ACK":
		c.acknowledged(m)
		return
	case d == nil || c.state == Over:
		i.respond(481, body{})
		return
	case m.Method == "PRACK": // it may overtake, and is matched by RAck
	case !d.takes(m):
		i.respond(500, body{}) // out of order
		return
	}
	if unsupported := unknownOptions(m); unsupported != "" {
		i.respond(420, body{}, field{"Unsupported", unsupported})
		return
	}
	switch m.Method {
	case "BYE":
		c.bye(i)
	case "INVITE", "UPDATE":
		c.changed(i, d)
	case "INFO":
		c.info(i)
	case "OPTIONS":
		i.respond(200, body{})
	case "REFER":
		c.referred(i)
	case "NOTIFY":
		c.notified(i)
	case "PRACK":
		c.pracked(i)
	default:
		i.respond(405, body{}, field{"Allow", p.style.Allow})
	}
}

// dialogWith gives the dialog with the peer of a tag, or nil.
func (c *Call) dialogWith(tag string) *dialog {
	if c.dialog != nil && c.dialog.remoteTag == tag {
		return c.dialog
	}
	if f := c.forks[tag]; f != nil {
		return f.dialog
	}
	return nil
}

// bye is the peer's end of the call (section 15.1.2).
func (c *Call) bye(i *incoming) {
	i.respond(200, body{})
	if c.dialog == nil || i.message.FromTag() != c.dialog.remoteTag {
		return // one of those that we hung up ourselves
	}
	if c.invitation != nil {
		c.invitation.respond(487, body{})
		c.invitation = nil
	}
	c.change.giveUp()
	text := "hung up"
	if reason, ok := i.message.Lookup("Reason"); ok {
		text += " (" + reason + ")"
	}
	c.end(0, text, true, nil)
}

// ask sends a request within a dialog. One that the peer knows nothing of, or
// never answers, ends the call (section 12.2.1.2).
func (c *Call) ask(d *dialog, method string, b body, hear func(m *sip.Message, err error), fields ...field) *exchange {
	uri, routes, next := d.route()
	return c.phone.send(&request{
		method: method, uri: uri, routes: routes, next: next,
		from: d.local, to: d.remote, callID: d.callID, seq: d.next, fields: fields, body: b,
	}, func(m *sip.Message, err error) {
		if c.phone.style.Reroute && m != nil && m.Status/100 == 2 && m.Has(sip.FieldRecordRoute) {
			d.reroute(m)
		}
		hear(m, err)
		if c.state == Over || d != c.dialog {
			return
		}
		switch {
		case err != nil && m == nil:
			c.end(408, "the peer does not answer", true, err)
		case m.Status == 481 || m.Status == 408:
			c.end(m.Status, "the peer has lost the call", true, nil)
		}
	})
}

// Hangup ends the call in the way that suits it: BYE, CANCEL, or 486 to a call
// that rings here.
func (c *Call) Hangup() error {
	c.phone.lock()
	defer c.phone.unlock()
	return c.hangup()
}

func (c *Call) hangup() error {
	switch c.state {
	case Calling, Proceeding:
		return c.cancel()
	case Alerting:
		return c.reject(486, "")
	case Established:
		c.sayBye()
		return nil
	}
	return &StateError{"hang up", c.state}
}

// sayBye ends an established call. A callee waits for the ACK before (section
// 15).
func (c *Call) sayBye(fields ...field) {
	c.state = Ending
	c.change.giveUp()
	if c.accepted.by != nil {
		c.waiting = append(c.waiting, func() { c.sendBye(fields) })
		return
	}
	c.sendBye(fields)
}

func (c *Call) sendBye(fields []field) {
	if c.session != nil {
		c.session.close()
	}
	c.ask(c.dialog, "BYE", body{}, func(m *sip.Message, err error) {
		if err == nil && m.Status < 200 {
			return
		}
		c.end(0, "hung up", false, nil)
	}, fields...)
}

// uriOf gives the URI of a From or To.
func uriOf(value string) string {
	a, err := sip.ParseNameAddr(value)
	if err != nil {
		return strings.TrimSpace(value)
	}
	return a.URI
}

// respondedText is a status for people: "486 Busy Here".
func respondedText(m *sip.Message) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", m.Status, m.Reason))
}
