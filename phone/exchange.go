// Exchange: a request of ours until its final response: over the hops that its
// URI leads to, and once more with credentials when they are asked for (RFC
// 3261 sections 8.1.2, 8.1.3 and 22.2).
package phone

import (
	"strconv"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// request is what a request of ours says, each time that it is sent.
type request struct {
	method, uri string
	next        string // URI of the next hop; "" is the Request-URI
	routes      []string
	from, to    string
	callID      string
	seq         func() uint32 // numbers the next attempt
	fields      []field
	body        body
}

// exchange is one such request on its way. hear is called with the phone's
// lock held: for each provisional response, for the final one (of an INVITE
// for each 2xx), or with the error why none came.
type exchange struct {
	phone    *Phone
	request  *request
	present  *attempt
	hops     []wire.Flow // those that are left
	answered []challenged
	canceled bool
	over     bool
	hear     func(m *sip.Message, err error)
}

// attempt is one client transaction of an exchange.
type attempt struct {
	client transaction.Client
	of     *exchange
	seq    uint32
	proofs []field // credentials that went along
	flow   wire.Flow
}

// send begins an exchange; the lock is held. Where a name must be asked for, a
// goroutine waits for it.
func (p *Phone) send(r *request, hear func(m *sip.Message, err error)) *exchange {
	x := &exchange{phone: p, request: r, hear: hear}
	next := r.next
	if next == "" {
		next = r.uri
	}
	if hops, ok := p.hopsNow(next); ok {
		x.begin(hops, nil)
		return x
	}
	go func() {
		hops, err := p.stack.hops(next, nil)
		p.lock()
		defer p.unlock()
		x.begin(hops, err)
	}()
	return x
}

// begin takes the hops and sends to the first. Failing at once is told to hear
// when the caller of send has its exchange.
func (x *exchange) begin(hops []wire.Flow, err error) {
	if x.canceled {
		err = ErrCanceled
	}
	x.hops = hops
	if err == nil {
		err = x.tryNext()
	}
	if err != nil {
		x.phone.later(func() { x.finish(nil, err) })
	}
}

// tryNext sends to the next hop that takes it.
func (x *exchange) tryNext() (err error) {
	for len(x.hops) > 0 {
		hop := x.hops[0]
		x.hops = x.hops[1:]
		if err = x.attempt(hop, 0); err == nil {
			return nil
		}
	}
	return err
}

// attempt sends the request to a hop; seq 0 takes a new number.
func (x *exchange) attempt(hop wire.Flow, seq uint32) error {
	p, r := x.phone, x.request
	local, err := p.localFor(hop)
	if err != nil {
		return err
	}
	hop.Local = local
	if seq == 0 {
		seq = r.seq()
	}
	a := &attempt{of: x, seq: seq, flow: hop, proofs: p.prove(x)}
	p.stack.transactions.Reserve(&a.client, 0)
	x.present = a
	text := p.print(r, hop, string(a.client.AppendBranch(nil)), seq, a.proofs)
	return a.client.Start(&transaction.Outgoing{
		Text: text, Flow: hop, Invite: r.method == "INVITE", User: a, Final: p.config.Patience,
	})
}

// print writes a request for a flow.
func (p *Phone) print(r *request, flow wire.Flow, branch string, seq uint32, proofs []field) []byte {
	via := "SIP/2.0/" + flow.Transport.String() + " " + hostPort(flow) + ";branch=" + branch
	if p.style.RPort {
		via += ";rport"
	}
	fields := []field{{"Via", via}, {"Max-Forwards", "70"}}
	for _, route := range r.routes {
		fields = append(fields, field{"Route", route})
	}
	fields = append(fields, field{"From", r.from}, field{"To", r.to}, field{"Call-ID", r.callID},
		field{"CSeq", strconv.FormatUint(uint64(seq), 10) + " " + r.method})
	fields = append(append(fields, proofs...), r.fields...)
	return p.style.appendRequest(nil, r.method, r.uri, p.contact(flow), r.body, fields)
}

// Response is the transaction's word.
func (a *attempt) Response(_ *transaction.Client, m *sip.Message, in *transport.Inbound) {
	x := a.of
	x.phone.lock()
	defer x.phone.unlock()
	if a != x.present {
		return
	}
	switch {
	case m.Status < 200:
		x.hear(m, nil)
	case (m.Status == 401 || m.Status == 407) && !x.canceled:
		if err := x.answerChallenges(m); err != nil {
			x.finish(m, err)
		}
	case m.Status == 503 && len(x.hops) > 0: // RFC 3263 section 4.3
		if err := x.tryNext(); err != nil {
			x.finish(nil, err)
		}
	default:
		x.finish(m, nil)
	}
}

// Failed is the transaction's word that no final response will come.
func (a *attempt) Failed(_ *transaction.Client, err error) {
	x := a.of
	x.phone.lock()
	defer x.phone.unlock()
	if a != x.present || x.over {
		return
	}
	if !x.canceled && len(x.hops) > 0 && x.tryNext() == nil {
		return
	}
	x.finish(nil, err)
}

// finish tells the end; a second one only of an INVITE, whose every 2xx counts.
func (x *exchange) finish(m *sip.Message, err error) {
	if x.over && (m == nil || m.Status >= 300) {
		return
	}
	x.over = true
	x.hear(m, err)
}

// cancel gives an INVITE up (section 9.1). The CANCEL is written in the
// phone's style; the transaction puts the INVITE's own fields in.
func (x *exchange) cancel() {
	if x.canceled || x.over {
		return
	}
	x.canceled = true
	a := x.present
	if a == nil { // its hop is not known yet; begin will see
		return
	}
	a.client.Cancel(a.inStyle("CANCEL"), "", deaf{})
}

// inStyle writes a request that the transaction makes out of our INVITE as this
// phone would; nil when it cannot be read.
func (a *attempt) inStyle(method string) *sip.Message {
	r := *a.of.request
	r.method, r.fields, r.body = method, nil, body{}
	written, err := sip.Parse(string(a.of.phone.print(&r, a.flow, sip.MagicCookie, a.seq, nil)))
	if err != nil {
		return nil
	}
	return written
}

// AckLike is how the ACK of a refusal looks.
func (a *attempt) AckLike() *sip.Message { return a.inStyle("ACK") }

// deaf is the user of a CANCEL: what counts is the response to the INVITE.
type deaf struct{}

func (deaf) Response(*transaction.Client, *sip.Message, *transport.Inbound) {}
func (deaf) Failed(*transaction.Client, error)                              {}
