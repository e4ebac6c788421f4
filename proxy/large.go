// Large: requests that are too large for a datagram (RFC 3261 section 18.1.1).
package proxy

import (
	"bytes"
	"errors"

	"viaduct/transaction"
	"viaduct/wire"
)

// streamFor gives the flow for a request of that size which would go to hop in
// a datagram: over TCP, from the same address of ours where we listen there.
// false: the datagram will do, or we do not speak TCP.
func (p *Proxy) streamFor(hop wire.Flow, size int) (stream wire.Flow, ok bool) {
	limit := p.MaxDatagram.Load()
	if limit <= 0 || int64(size) <= limit || hop.Transport != wire.UDP {
		return hop, false
	}
	stream = wire.Flow{Transport: wire.TCP, Remote: hop.Remote}
	for i := range p.Listeners {
		if l := &p.Listeners[i]; l.Transport == wire.TCP && l.Local.Addr() == hop.Local.Addr() {
			stream.Local = l.Local
			if l.Local == hop.Local {
				break
			}
		}
	}
	if stream.Local.IsValid() {
		return stream, true
	}
	stream.Local, ok = p.Network.LocalFor(wire.TCP, hop.Remote)
	return stream, ok
}

// over gives a request as it leaves on another flow: only our Via, its first
// field, tells them apart.
func (p *Proxy) over(out *forwarded, flow wire.Flow, branch func([]byte) []byte) forwarded {
	start := bytes.IndexByte(out.text, '\n') + 1
	rest := start + bytes.IndexByte(out.text[start:], '\n') + 1
	text := append(make([]byte, 0, len(out.text)+64), out.text[:start]...)
	sentBy := p.sentBy(flow)
	text = appendVia(text, flow.Transport, sentBy, branch)
	return forwarded{append(text, out.text[rest:]...), flow, sentBy, nil}
}

// sendOnce sends a request that has no transaction.
func (p *Proxy) sendOnce(out *forwarded, branch func([]byte) []byte) error {
	if stream, ok := p.streamFor(out.flow, len(out.text)); ok {
		large := p.over(out, stream, branch)
		if p.Network.Send(large.flow, large.text, &datagram{p, *out}) == nil {
			return nil
		}
	}
	err := p.Network.Send(out.flow, out.text, nil)
	p.reuse(out.buffer, out.text)
	return err
}

// datagram owns a request without transaction that went out over a stream, and
// is sent as it first was when the stream does not take it.
type datagram struct {
	proxy *Proxy
	out   forwarded
}

// TransportFailed is the transport's word that the request did not get out.
func (d *datagram) TransportFailed(error) { d.proxy.Network.Send(d.out.flow, d.out.text, nil) }

// neverLeft tells an error of the transport: the peer has not got the request.
// nil, a 503, and a time-out say nothing of the kind.
func neverLeft(err error) bool { return err != nil && !errors.Is(err, transaction.ErrTimeout) }
