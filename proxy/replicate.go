// Replicate: a copy of a request for somebody who only listens.
package proxy

import (
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
)

// Replicate sends a copy of a request on in a transaction of its own. What
// comes back goes nowhere; the request's own answer is another matter.
func (p *Proxy) Replicate(r Request, target Target) error {
	hop, err := p.nextHop(&r, &target, target.requestURI(r.Message))
	if err != nil {
		return err
	}
	copied := &replica{}
	p.Transactions.Reserve(&copied.client, 0)
	out, err := p.forward(&r, &target, r.Edits, r.RecordRoute, hop, copied.client.AppendBranch)
	if err == nil && r.OnSend != nil && !r.OnSend(out.flow, out.text) {
		err = ErrNotSent
	}
	if err != nil {
		copied.client.Release()
		return err
	}
	err = copied.client.Start(&transaction.Outgoing{
		Text: out.text, Flow: out.flow, Invite: r.Message.Method == "INVITE", User: copied,
		Final: r.Final, TimerC: defaultInvite, T1: r.T1, T2: r.T2,
	})
	p.reuse(out.buffer, out.text)
	return err
}

// replica is the transaction of a copy.
type replica struct{ client transaction.Client }

func (*replica) Response(*transaction.Client, *sip.Message, *transport.Inbound) {}
func (*replica) Failed(*transaction.Client, error)                              {}
