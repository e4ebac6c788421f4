// Failover: a branch goes to the next of its hops when one fails (RFC 3263
// section 4.3). It stays one branch of the response context; each attempt has a
// client transaction and a branch parameter of its own.
package proxy

import (
	"errors"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/wire"
)

// ErrGivenUp says that a request was cancelled or answered before it could be
// sent on.
var ErrGivenUp = errors.New("the request was cancelled or answered meanwhile")

// ErrNotSent says that Request.OnSend did not let a request go.
var ErrNotSent = errors.New("the script did not let the request go")

// try sends the branch to the first of the hops that takes it, and keeps those
// behind it. asIs: to the first one over its own transport, however large.
func (b *Branch) try(hops []wire.Flow, asIs bool) error {
	c := b.Context
	err := error(ErrNoListener)
	for i, hop := range hops {
		if hop, err = c.proxy.leave(b.SendFrom, hop); err != nil {
			continue
		}
		var sent bool
		if sent, err = b.send(hop, hops[i+1:], asIs && i == 0); sent {
			return err
		}
	}
	return err
}

// send makes one attempt. final is false when another hop may do better.
func (b *Branch) send(hop wire.Flow, rest []wire.Flow, asIs bool) (final bool, err error) {
	c := b.Context
	client := &b.first
	if b.client != nil {
		client = new(transaction.Client)
	}
	c.proxy.Transactions.Reserve(client, b.Index)
	branch := func(dst []byte) []byte { return appendMark(client.AppendBranch(dst), c.loopMark) }
	out, err := c.proxy.forward(b.request, &b.Target, b.Edits, b.RecordRoute, hop, branch)
	large := false
	if err == nil && !asIs && !b.Target.Flow.Remote.IsValid() { // a flow that was registered is kept (RFC 5626)
		var stream wire.Flow
		if stream, large = c.proxy.streamFor(hop, len(out.text)); large {
			out = c.proxy.over(&out, stream, branch)
			rest = append([]wire.Flow{hop}, rest...)
		}
	}
	if err == nil && b.request.OnSend != nil && !b.request.OnSend(out.flow, out.text) {
		err = ErrNotSent
	}
	if err == nil && !b.engage(client, rest, large) {
		err = ErrGivenUp
	}
	if err != nil {
		client.Release()
		return true, err
	}
	outgoing := b.outgoing(&out)
	err = client.Start(&outgoing)
	c.proxy.reuse(out.buffer, out.text)
	if err != nil {
		if large {
			return b.send(hop, rest[1:], true)
		}
		return false, err
	}
	b.passCancel()
	return true, nil
}

// outgoing says how the transaction of an attempt is to be run.
func (b *Branch) outgoing(out *forwarded) transaction.Outgoing {
	c := b.Context
	c.mu.Lock()
	timers := b.request.Timers
	o := transaction.Outgoing{
		Text: out.text, Flow: out.flow, Invite: c.server.IsInvite(), User: b,
		Method: sip.MethodName(b.request.Message.Method), SentBy: out.sentBy,
		Final: timers.Final, TimerC: timers.Invite, T1: timers.T1, T2: timers.T2,
		RingOnce: timers.RingOnce, CancelUnheard: c.rules().Unheard == CancelAtOnce, CancelAllVias: c.rules().CallersVias,
	}
	c.mu.Unlock()
	if o.Final == 0 {
		o.Final = defaultFinal
	}
	if o.TimerC == 0 {
		o.TimerC = defaultInvite
	}
	if timers.Lifetime != 0 {
		o.Lifetime = max(timers.Lifetime-c.Age(), 1)
	}
	return o
}

// engage makes client the transaction of the branch, unless nobody wants the
// branch any more. large: over a stream, to what is the first of the rest.
func (b *Branch) engage(client *transaction.Client, rest []wire.Flow, large bool) bool {
	c := b.Context
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.canceled || c.answered || b.cancel != nil || b.status != 0 {
		return false
	}
	b.client, b.heard, b.again, b.large = client, false, false, large
	b.hops = append(b.hops[:0:0], rest...)
	return true
}

// hears notes a response of the present hop. One of a hop that was left is not
// heard: its transaction has ended.
func (b *Branch) hears(client *transaction.Client) bool {
	b.Context.mu.Lock()
	defer b.Context.mu.Unlock()
	if b.client != client {
		return false
	}
	b.heard, b.again = true, b.heard
	return true
}

// isAt tells whether client is the transaction of the present hop.
func (b *Branch) isAt(client *transaction.Client) bool {
	b.Context.mu.Lock()
	defer b.Context.mu.Unlock()
	return b.client == client
}

// failOver sends the branch to its next hop, if there is one, when client, its
// present transaction, has failed: err says how, nil is a 503. One that has
// heard of the next hop and then no more is not tried again elsewhere: the
// request is there.
func (b *Branch) failOver(client *transaction.Client, err error) bool {
	c := b.Context
	c.mu.Lock()
	var hops []wire.Flow
	asIs := false
	if b.client == client && !(b.heard && errors.Is(err, transaction.ErrTimeout)) {
		hops, b.hops = b.hops, nil
		if b.large {
			if asIs = neverLeft(err); !asIs {
				hops = hops[1:] // it was there, over the stream
			}
			b.large = false
		}
	}
	c.mu.Unlock()
	return len(hops) > 0 && b.try(hops, asIs) == nil
}
