// Without state: requests and responses that have no transaction here
// (RFC 3261 section 16.11).
package proxy

import (
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/wire"
)

// ForwardStateless sends a request on and forgets it.
func (p *Proxy) ForwardStateless(r *Request, target *Target) error {
	var space [32]byte
	branch := transaction.AppendStatelessBranch(space[:0], r.Message)
	r.seed = seedOf(branch)
	hop, err := p.nextHop(r, target, target.requestURI(r.Message))
	if err != nil {
		return err
	}
	appendBranch := func(dst []byte) []byte { return append(dst, branch...) }
	out, err := p.forward(r, target, r.Edits, r.RecordRoute, hop, appendBranch)
	if err != nil {
		return err
	}
	if r.OnSend != nil && !r.OnSend(out.flow, out.text) {
		return ErrNotSent
	}
	return p.sendOnce(&out, appendBranch)
}

// seedOf makes one number of a branch (FNV-1a): what belongs to one transaction
// shall go to one hop (RFC 3263 section 4.4).
func seedOf(branch []byte) uint64 {
	seed := uint64(14695981039346656037)
	for _, c := range branch {
		seed = (seed ^ uint64(c)) * 1099511628211
	}
	return seed
}

// ReplyStateless answers a request and forgets it (section 8.2.7).
func (p *Proxy) ReplyStateless(r *Request, reply sip.Reply) error {
	reply.Source, reply.ForcePort = r.Flow.Remote, r.ForcePort
	if reply.ToTag == "" && reply.Status > 100 {
		reply.ToTag = localTag(r.Message)
	}
	b := p.buffer()
	text := sip.AppendReply(b.text, r.Message, &reply)
	err := p.Network.Send(transaction.ReplyFlow(r.Message, r.Flow, r.ForcePort), text, nil)
	p.reuse(b, text)
	return err
}

// ForwardResponse sends a response without transaction to the next Via, if
// its topmost Via is ours: one that answers a request forwarded without
// state, or a 2xx to an INVITE whose transaction is gone, which must still
// reach the caller. All else is stray (RFC 6026 section 8.9): it gives false.
func (p *Proxy) ForwardResponse(r *Response, flow wire.Flow) bool {
	m := r.Message
	late := m.Status/100 == 2 && m.CSeq.Method == "INVITE"
	if !transaction.IsStateless(m.Via.Branch) && !late || !p.isOurs(&m.Via, flow) {
		return false
	}
	next := 0
	var via sip.Via
	var ok bool
	for value := range m.Values(sip.FieldVia) {
		if next++; next == 2 {
			via, ok = sip.ParseVia(value.Text)
			break
		}
	}
	if !ok {
		return false
	}
	out, ok := transaction.ViaFlow(&via, flow)
	if !ok {
		return false
	}
	b := p.buffer()
	edits := append(sip.Edits(b.edits[:0]), r.Edits...)
	edits.RemoveTop(m, sip.FieldVia, 1)
	edits.FixContentLength(m, out.Transport.IsReliable())
	text := m.WithReturns(edits.Append(b.text, m))
	err := p.Network.Send(out, text, nil)
	p.reuse(b, text)
	return err == nil
}

// isOurs tells whether a Via names the listener that a response came to, or
// any other of ours.
func (p *Proxy) isOurs(via *sip.Via, flow wire.Flow) bool {
	host, port := via.SentBy()
	for i := range p.Listeners {
		l := &p.Listeners[i]
		if via.IsSentBy(l.SentBy) {
			return true
		}
		if a, err := sip.ParseHost(host); err == nil && a == l.Local.Addr() && port == int(l.Local.Port()) {
			return true
		}
	}
	a, err := sip.ParseHost(host)
	return err == nil && a == flow.Local.Addr() && port == int(flow.Local.Port())
}
