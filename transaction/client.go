// Client: one client transaction (RFC 3261 section 17.1).
package transaction

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"viaduct/sip"
	"viaduct/transport"
	"viaduct/wire"
)

// ClientUser hears what becomes of a request. It is called with no lock held:
// Response on the goroutine that read it, Failed on the wheel's or the
// transport's.
type ClientUser interface {
	// Response gets each response that is no retransmission, and each 2xx of
	// an INVITE.
	Response(c *Client, m *sip.Message, in *transport.Inbound)
	// Failed is the end of a request that got no final response.
	Failed(c *Client, err error)
}

// AckWriter is a ClientUser that cares how the ACK of a refusal is written. The
// transaction sends it all the same, and puts in what ties it to the INVITE.
type AckWriter interface {
	// AckLike gives an ACK whose other fields and order are taken over, or nil.
	// It is called with the transaction locked and must not call it.
	AckLike() *sip.Message
}

// ErrTimeout says that nobody answered in time: timer B, C or F.
var ErrTimeout = errors.New("no final response in time")

// Client carries one request to one next hop. It lives inside its user's
// record. Reserve gives it its branch, Start sends.
type Client struct {
	layer *Layer
	slot  uint32
	salt  uint32
	index uint16 // of the branch in its response context

	user   ClientUser
	flow   wire.Flow
	invite bool
	method string // CSeq and topmost Via of a response must name these
	sentBy string
	waits  waits

	mu      sync.Mutex
	machine machine
	timer   timer
	text    []byte  // request, later its ACK; never changed, only replaced
	cancel  *Client // CANCEL of this INVITE: the same branch (section 9.1)
	wanted  *cancelOrder
}

// cancelOrder is a CANCEL that waits for a first provisional response, before
// which it must not be sent (section 9.1).
type cancelOrder struct {
	received *sip.Message
	fields   string
	user     ClientUser
}

// Outgoing is a request to be sent.
type Outgoing struct {
	Text   []byte // the caller's again after Start
	Flow   wire.Flow
	Invite bool
	User   ClientUser
	// Method and SentBy are those of the request and of its topmost Via; a
	// response that names others is none to it. "" takes any. They are kept as
	// long as the transaction: see sip.MethodName.
	Method, SentBy string
	// Final bounds the wait for a first answer (timers B and F), 0 for the
	// layer's; TimerC the wait for a final response once it rings, 0 for ever;
	// Lifetime all of it, whatever comes, 0 for ever.
	Final, TimerC, Lifetime time.Duration
	T1, T2                  time.Duration // 0 for the layer's
	// RingOnce: only a provisional response of 180 or more that is higher than
	// those before renews timer C, so that a peer that rings on cannot hold it.
	RingOnce bool
	// CancelUnheard: a CANCEL goes out at once though nothing was heard yet,
	// against section 9.1.
	CancelUnheard bool
	// CancelAllVias: a CANCEL has all Vias of the INVITE and not the topmost
	// only, against section 9.1.
	CancelAllVias bool
}

// Reserve gives c a branch, numbered index in its response context.
func (l *Layer) Reserve(c *Client, index int) {
	c.layer = l
	c.index = uint16(index)
	c.timer.owner = c
	l.clients.add(c)
}

// AppendBranch prints the branch parameter's value behind dst.
func (c *Client) AppendBranch(dst []byte) []byte { return c.appendBranch(dst) }

// Release gives the branch of a client back that was not started.
func (c *Client) Release() { c.layer.clients.remove(c) }

// Start sends the request. An error ends the transaction at once; Failed is
// then not called.
func (c *Client) Start(o *Outgoing) error {
	c.mu.Lock()
	c.user, c.flow, c.invite = o.User, o.Flow, o.Invite
	c.method, c.sentBy = o.Method, o.SentBy
	c.machine.reliable = o.Flow.Transport.IsReliable()
	if c.invite || !c.machine.reliable { // to be sent again, or for its ACK or CANCEL
		c.text = bytes.Clone(o.Text)
	}
	now := c.layer.wheel.now.Load()
	c.waits.begin(o, now, &c.layer.timing)
	if c.invite {
		c.machine.startInviteClient(now, c.waits.final, c.waits.timing)
	} else {
		c.machine.startOtherClient(now, c.waits.final, c.waits.timing)
	}
	c.bound()
	c.arm()
	c.mu.Unlock()
	err := c.layer.send.Send(o.Flow, o.Text, c)
	if err != nil {
		c.mu.Lock()
		fx := c.machine.terminate()
		c.mu.Unlock()
		c.carryOut(fx, nil)
	}
	return err
}

// State gives the present state.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.state
}

// Flow gives the way the request went.
func (c *Client) Flow() wire.Flow { return c.flow }

// receive takes a response; false when it answers something else.
func (c *Client) receive(m *sip.Message, in *transport.Inbound) bool {
	if m.CSeq.Method == "CANCEL" && c.invite {
		c.mu.Lock()
		cancel := c.cancel
		c.mu.Unlock()
		if cancel == nil {
			return false
		}
		c = cancel
	}
	c.mu.Lock()
	if c.user == nil || !c.isAnswered(m) { // reserved, not started: no response can be meant for it
		c.mu.Unlock()
		return false
	}
	fx := c.hear(m.Status)
	if fx&effectACK != 0 && c.text != nil && m.Status >= 300 {
		c.acknowledge(m)
	} else if m.Status >= 200 && c.machine.state != Completed {
		c.text = nil
	}
	text := c.text
	var order *cancelOrder
	if m.Status < 200 && c.wanted != nil {
		order, c.wanted = c.wanted, nil
	}
	user := c.user
	c.mu.Unlock()
	if fx&effectACK != 0 && text != nil {
		c.layer.send.Send(c.flow, text, nil)
	}
	if order != nil {
		c.Cancel(order.received, order.fields, order.user)
	}
	if fx&effectUp != 0 {
		user.Response(c, m, in)
	}
	c.carryOut(fx&^effectUp, nil)
	return true
}

// isAnswered tells whether a response with our branch names our method (section
// 17.1.3) and the listener that we wrote (section 18.1.2).
func (c *Client) isAnswered(m *sip.Message) bool {
	return (c.method == "" || m.CSeq.Method == c.method) && (c.sentBy == "" || m.Via.IsSentBy(c.sentBy))
}

// acknowledge puts the ACK in the place of the request; the lock is held.
func (c *Client) acknowledge(response *sip.Message) {
	if c.text[0] == 'A' { // it stands there already: a retransmitted response
		return
	}
	request, err := sip.Parse(string(c.text))
	if err != nil {
		c.text = nil
		return
	}
	var like *sip.Message
	if writer, ok := c.user.(AckWriter); ok {
		like = writer.AckLike()
	}
	c.text = appendACK(nil, request, response, like)
}

// Cancel asks the next hop to give an INVITE up (section 9.1): at once when it
// has answered provisionally, else as soon as it does; not at all once it has
// answered finally. Fields of received, the CANCEL that came from upstream or
// nil, are carried on; without one, fields are added: header lines such as
// Reason (RFC 3326). user hears the responses to the CANCEL.
func (c *Client) Cancel(received *sip.Message, fields string, user ClientUser) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.invite || c.cancel != nil:
		return
	case c.machine.state == Calling && c.waits.cancelUnheard:
		c.machine.retransmit = 0
	case c.machine.state == Calling:
		c.wanted = &cancelOrder{received, fields, user}
		return
	case c.machine.state != Proceeding:
		return
	}
	invite, err := sip.Parse(string(c.text))
	if err != nil {
		return
	}
	cancel := &Client{layer: c.layer, slot: c.slot, salt: c.salt, index: c.index}
	cancel.timer.owner = cancel
	c.cancel = cancel
	now := c.layer.wheel.now.Load()
	c.machine.deadline = now + c.layer.timing.t1x64 // an answer to the INVITE must come within 64*T1
	c.arm()
	outgoing := Outgoing{Text: appendCancel(nil, invite, received, fields, c.waits.cancelAllVias), Flow: c.flow, User: user, Method: "CANCEL", SentBy: c.sentBy}
	// Sending never calls back, so the INVITE's lock may be held.
	cancel.Start(&outgoing)
}

// IsCanceled tells whether a CANCEL was sent or is waiting to be.
func (c *Client) IsCanceled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cancel != nil || c.wanted != nil
}

// TransportFailed is the transport's word that the request did not get out.
func (c *Client) TransportFailed(err error) {
	c.mu.Lock()
	fx := c.step(eventUndelivered)
	c.mu.Unlock()
	c.carryOut(fx, err)
}

func (c *Client) expire(now int64) {
	c.mu.Lock()
	e, due := c.machine.due(now)
	if due && e == eventDeadline && c.invite && c.machine.state == Proceeding && c.cancel == nil {
		c.mu.Unlock()
		c.ringsTooLong()
		return
	}
	var fx effects
	if due {
		fx = c.step(e)
	} else {
		c.arm()
	}
	text := c.text
	c.mu.Unlock()
	if fx&effectSend != 0 && text != nil {
		c.layer.send.Send(c.flow, text, c)
	}
	c.carryOut(fx, nil)
}

// ringsTooLong is timer C (section 16.8): the next hop is told to stop, and
// the user that it has failed. The transaction stays for the 487, which wants
// its ACK.
func (c *Client) ringsTooLong() {
	c.layer.timeouts.Add(1)
	c.Cancel(nil, "Reason: SIP;cause=408\r\n", unheard{})
	c.user.Failed(c, ErrTimeout)
}

// unheard is the user of a CANCEL whose responses nobody waits for.
type unheard struct{}

func (unheard) Response(*Client, *sip.Message, *transport.Inbound) {}
func (unheard) Failed(*Client, error)                              {}

// step runs the machine and arms the timer; the lock is held.
func (c *Client) step(e event) effects {
	now := c.layer.wheel.now.Load()
	var fx effects
	if c.invite {
		fx = c.machine.stepInviteClient(e, now, c.waits.timerC, c.waits.timing)
	} else {
		fx = c.machine.stepOtherClient(e, now, c.waits.timing)
	}
	c.bound()
	if fx&effectUp != 0 && c.cancel != nil && c.machine.state == Proceeding {
		c.machine.deadline = now + c.layer.timing.t1x64 // ringing on does not undo the CANCEL
	}
	c.arm()
	return fx
}

func (c *Client) arm() {
	if at := c.machine.next(); at != 0 {
		c.layer.wheel.arm(&c.timer, at)
	}
}

func (c *Client) carryOut(fx effects, err error) {
	if fx&effectTerminate != 0 {
		c.layer.wheel.disarm(&c.timer)
		c.layer.clients.remove(c) // no effect for a CANCEL, which has no slot of its own
	}
	switch {
	case fx&effectTimeout != 0:
		c.layer.timeouts.Add(1)
		c.user.Failed(c, ErrTimeout)
	case fx&effectFail != 0:
		c.user.Failed(c, err)
	}
}
