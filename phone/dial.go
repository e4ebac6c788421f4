// Dial: the caller's side of an INVITE (RFC 3261 sections 9.1 and 13.2).
package phone

import (
	"context"
	"errors"
	"strings"
	"time"

	"viaduct/sdp"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/wire"
)

// fork is one of those whom our INVITE reached.
type fork struct {
	dialog *dialog
	rang   bool
	ack    *acknowledgement // of its 2xx
	rseq   uint32           // of its last reliable provisional response
}

// acknowledgement is the ACK of a 2xx, which is sent again with each of its
// retransmissions (section 13.2.2.4).
type acknowledgement struct {
	flow wire.Flow
	text []byte
}

// Dial calls somebody: "309", "309@example.test", "sip:309@127.0.0.1:5070". It
// returns when the INVITE is on its way; what becomes of it is told by events.
// When ctx ends before the call was answered, the call is canceled. The error
// is a *TargetError, ErrClosed, or that of Config.Media.
func (p *Phone) Dial(ctx context.Context, target string) (*Call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	uri, err := p.target(target)
	if err != nil {
		return nil, err
	}
	way := p.wayTo(uri)
	sound, err := p.openSound(way.Local, func() {})
	if err != nil {
		return nil, err
	}
	p.lock()
	defer p.unlock()
	if p.closed {
		sound.Close()
		return nil, ErrClosed
	}
	c := p.dial(uri, way, sound)
	c.unbind = context.AfterFunc(ctx, func() { c.Cancel() })
	return c, nil
}

// wayTo is the flow on which a call to a URI begins, as far as it is known.
func (p *Phone) wayTo(uri string) wire.Flow {
	if p.config.Server != "" {
		return p.toward(p.config.serverURI())
	}
	return p.toward(uri)
}

// dial sends the INVITE; the lock is held. Fields go along.
func (p *Phone) dial(uri string, flow wire.Flow, sound Sound, fields ...field) *Call {
	uri, fromURI := cutHeaders(uri)
	next := uri
	if p.config.Server != "" {
		next = p.config.serverURI()
	}
	tag := p.stack.id()
	key := dialogKey{p.stack.id() + "@" + flow.Local.Addr().String(), tag}
	c := p.newCall(key, uri, flow)
	c.forks = map[string]*fork{}
	c.openSession(sound)
	seq := uint32(p.stack.random()>>50) + 1 // as the paper's phones: five digits
	r := &request{
		method: "INVITE", uri: uri, next: next, from: p.from(flow, tag), to: "<" + plain(uri) + ">", callID: key.callID,
		seq:    func() uint32 { seq++; return seq - 1 },
		fields: append(fields, fromURI...), body: c.session.offer(sdp.SendRecv),
	}
	c.invite = p.send(r, c.heard)
	return c
}

// heard takes what the INVITE came to.
func (c *Call) heard(m *sip.Message, err error) {
	switch {
	case m != nil && m.Status < 200:
		c.provisional(m)
	case m != nil && m.Status < 300:
		c.taken(m)
	case c.state == Over:
	case errors.Is(err, ErrCanceled):
		c.end(487, "canceled", false, nil)
	case m != nil && err != nil: // credentials
		c.end(m.Status, err.Error(), true, err)
	case m != nil:
		c.end(m.Status, respondedText(m), c.state != Ending, refused("INVITE", m))
	case c.state == Ending:
		c.end(487, "canceled; no answer came", false, err)
	case errors.Is(err, transaction.ErrTimeout):
		c.end(408, "nobody answers", true, err)
	default:
		c.end(503, err.Error(), true, err)
	}
}

// provisional takes a 1xx, which may make an early dialog (section 13.2.2.1).
func (c *Call) provisional(m *sip.Message) {
	if m.Status == 100 || c.state != Calling && c.state != Proceeding {
		return
	}
	c.state = Proceeding
	kind := Progress
	if tag := m.ToTag(); tag != "" {
		f := c.forks[tag]
		if f == nil {
			f = &fork{dialog: dialed(c.invite.request, m)}
			c.forks[tag] = f
		}
		if !c.acknowledgeProvisional(f, m) {
			return
		}
		if m.Body != "" && c.session.accept(m.Body, false) == nil {
			c.session.start() // early media
		}
		if m.Status == 180 {
			if f.rang {
				return
			}
			f.rang = true
		}
	}
	if m.Status == 180 {
		kind = Ringing
	}
	c.tell(Event{Kind: kind, Status: m.Status, Text: respondedText(m)})
}

// taken takes a 2xx. The first is the call; others are acknowledged and hung
// up (section 13.2.2.4).
func (c *Call) taken(m *sip.Message) {
	f := c.forks[m.ToTag()]
	if f == nil {
		f = &fork{dialog: dialed(c.invite.request, m)}
		c.forks[m.ToTag()] = f
	}
	if f.ack != nil { // a retransmission
		c.phone.stack.network.Send(f.ack.flow, f.ack.text, nil)
		return
	}
	f.dialog.confirm(m)
	f.ack = c.acknowledge(f.dialog, m.CSeq.Number, body{})
	if c.dialog != nil || c.state == Over || c.state == Ending {
		c.leave(f.dialog)
		return
	}
	c.dialog = f.dialog
	err := c.session.accept(m.Body, true)
	if err == nil && c.session.theirs == nil {
		err = errors.New("the answer has no session description")
	}
	if err != nil {
		c.state = Established
		c.sayBye()
		c.end(488, "the answer cannot be used: "+err.Error(), false, err)
		return
	}
	c.state = Established
	c.session.start()
	c.established()
	c.tell(Event{Kind: Answered, Status: m.Status, Text: respondedText(m)})
	c.transferAnswered()
}

// leave hangs up with one who answered when it was too late.
func (c *Call) leave(d *dialog) {
	canceled := c.dialog == nil && c.state == Ending
	c.ask(d, "BYE", body{}, func(m *sip.Message, err error) {
		if canceled && (err != nil || m.Status >= 200) {
			c.end(487, "canceled; it was answered at the same moment", false, nil)
		}
	})
}

// established does what waited for the session to stand.
func (c *Call) established() {
	c.began = time.Now()
	if c.unbind != nil {
		c.unbind()
	}
	for _, do := range c.waiting {
		do()
	}
	c.waiting = nil
}

// confirm makes a dialog that of a 2xx: its route set counts (section
// 13.2.2.4).
func (d *dialog) confirm(m *sip.Message) {
	fresh := dialed(&request{callID: d.callID, from: d.local, uri: d.target}, m)
	d.routes, d.target, d.confirmed = fresh.routes, fresh.target, true
}

// acknowledge sends the ACK of a 2xx: no transaction, but the number and the
// credentials of the INVITE (section 13.2.2.4).
func (c *Call) acknowledge(d *dialog, seq uint32, b body) *acknowledgement {
	p := c.phone
	uri, routes, next := d.route()
	r := &request{method: "ACK", uri: uri, routes: routes, from: d.local, to: d.remote, callID: d.callID, body: b}
	var proofs []field
	if x := c.exchanged(); x != nil && x.present != nil {
		for _, f := range x.present.proofs {
			if !strings.EqualFold(f.name, "Authorization") || len(x.answered) > 0 {
				proofs = append(proofs, f)
			}
		}
	}
	ack := &acknowledgement{}
	send := func(hops []wire.Flow) {
		ack.flow = hops[0]
		local, err := p.localFor(ack.flow)
		if err != nil {
			return
		}
		ack.flow.Local = local
		ack.text = p.print(r, ack.flow, sip.MagicCookie+p.stack.id(), seq, proofs)
		p.stack.network.Send(ack.flow, ack.text, nil)
	}
	if hops, ok := p.hopsNow(next); ok {
		send(hops)
		return ack
	}
	go func() {
		hops, err := p.stack.hops(next, nil)
		p.lock()
		defer p.unlock()
		if err == nil {
			send(hops)
		}
	}()
	return ack
}

// exchanged is the INVITE of ours that was answered last.
func (c *Call) exchanged() *exchange {
	if c.change.ours != nil {
		return c.change.ours
	}
	return c.invite
}

// Cancel gives up a call that was not answered yet. When the answer crosses
// it, the call is hung up.
func (c *Call) Cancel() error {
	c.phone.lock()
	defer c.phone.unlock()
	return c.cancel()
}

func (c *Call) cancel() error {
	if c.state != Calling && c.state != Proceeding {
		return &StateError{"cancel", c.state}
	}
	c.state = Ending
	c.invite.cancel()
	return nil
}
