// Forward: the one place that rewrites a request, in the order of RFC 3261
// section 16.6.
package proxy

import (
	"errors"
	"strconv"

	"viaduct/sip"
	"viaduct/wire"
)

// ErrNoListener says that we listen on no address from which a next hop can
// be reached.
var ErrNoListener = errors.New("no listener for the transport and address family of the next hop")

// ErrNoHops says that a request has made as many hops as its sender allows.
var ErrNoHops = errors.New("Max-Forwards is 0")

// forwarded is a copy of a request as it leaves us.
type forwarded struct {
	text   []byte
	flow   wire.Flow
	sentBy string  // of our Via
	buffer *buffer // that the text lies in; nil: in none
}

// room is what a hop usually adds to a request.
const room = 320

// forward makes the copy of a request for one target as it leaves us on flow.
// branch prints the branch parameter of our Via.
func (p *Proxy) forward(r *Request, target *Target, edits sip.Edits, rr *RecordRoute, flow wire.Flow, branch func(dst []byte) []byte) (forwarded, error) {
	m := r.Message
	// 1. Copy: the text stays as it is, our edits go between its pieces.
	b := p.buffer()
	edits = append(sip.Edits(b.edits[:0]), edits...)
	m.NoteSource(&edits, r.Flow.Remote, r.ForcePort)

	// 2. Request-URI. The headers that a contact may have do not belong there.
	uri := sip.WithoutHeaders(target.requestURI(m))

	// 3. Max-Forwards.
	if err := setMaxForwards(&edits, r); err != nil {
		return forwarded{}, err
	}

	// 4. Record-Route.
	if rr != nil && !rr.Unasked {
		p.recordRoute(&edits, r, rr, flow)
	}

	if r.Paths != nil {
		p.addPaths(&edits, r, flow)
	}

	// 5. Additional header fields came with the script's edits.

	// 6. Routes: the path of the binding goes before the route set. Strict
	// routers next to us were dealt with when the routes were read (module rr).
	if target.Path != "" {
		insertRoute(&edits, m, target.Path)
	}

	// 9. Content-Length, before the text is put together; also for what may turn
	// out too large for a datagram.
	limit := p.MaxDatagram.Load()
	edits.FixContentLength(m, flow.Transport.IsReliable() || limit > 0 && int64(len(m.Text)+room) > limit)

	// 8. Via on top, then all the rest.
	text := append(b.text, m.Method...)
	text = append(text, ' ')
	text = append(text, uri...)
	text = append(text, " SIP/2.0\r\n"...)
	sentBy := p.sentBy(flow)
	text = appendVia(text, flow.Transport, sentBy, branch)
	text = m.WithReturns(edits.AppendFrom(text, m, int(m.Fields[0].Start)))
	return forwarded{text, flow, sentBy, b}, nil
	// 7., 10. and 11. Choosing the next hop came before; sending and timer C are the transaction's.
}

// appendVia prints our Via field (step 8).
func appendVia(dst []byte, t wire.Transport, sentBy string, branch func([]byte) []byte) []byte {
	dst = append(dst, "Via: SIP/2.0/"...)
	dst = append(dst, t.String()...)
	dst = append(dst, ' ')
	dst = append(dst, sentBy...)
	dst = append(dst, ";branch="...)
	dst = branch(dst)
	return append(dst, "\r\n"...)
}

// requestURI gives the Request-URI of a copy of m.
func (t *Target) requestURI(m *sip.Message) string {
	if t.URI == "" {
		return m.RequestURI
	}
	return t.URI
}

// setMaxForwards counts the hop, or adds the field (16.6 step 3). A request
// with none left goes no further (16.3 step 3); else one that comes back to us
// would go round for ever.
func setMaxForwards(edits *sip.Edits, r *Request) error {
	field := r.Message.First(sip.FieldMaxForwards)
	hops := r.MaxForwards
	if field == nil {
		if hops == 0 {
			hops = 70
		}
		edits.AppendField(r.Message, "Max-Forwards: "+strconv.Itoa(hops)+"\r\n")
		return nil
	}
	if hops == 0 {
		present, ok := r.Message.MaxForwards()
		if ok && present == 0 {
			return ErrNoHops
		}
		hops = max(present-1, 0)
	}
	edits.Replace(int(field.Value), int(field.ValueEnd), strconv.Itoa(hops))
	return nil
}

// recordRoute puts our Record-Route before those that are there, behind the
// Via fields (step 4). When the request leaves over another address or
// transport than it came, each side gets a value of its own that its peers
// can reach: the outgoing one on top, both marked r2=on as SER marks them.
func (p *Proxy) recordRoute(edits *sip.Edits, r *Request, rr *RecordRoute, out wire.Flow) {
	m := r.Message
	at := 0
	if f := m.First(sip.FieldRecordRoute); f != nil {
		at = int(f.Start)
	} else {
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Kind == sip.FieldVia {
				at = int(f.End)
			}
		}
	}
	in := r.Flow
	// An advertised host stands for all our addresses.
	switch changes := in.Transport != out.Transport || in.Local != out.Local && rr.Host == ""; {
	case rr.Preset != nil:
		fields := ""
		for _, value := range rr.Preset {
			fields += rr.field(value)
		}
		edits.Insert(at, fields)
	case rr.Double || changes && !rr.Single:
		edits.Insert(at, rr.field(p.recordRouteHost(rr, out, true))+rr.field(p.recordRouteHost(rr, in, true)))
	default:
		edits.Insert(at, rr.field(p.recordRouteHost(rr, in, false)))
	}
}

// recordRouteHost gives what names a listener of ours in a Record-Route. Of
// two values with one host, the transport must tell the listeners apart.
func (p *Proxy) recordRouteHost(rr *RecordRoute, flow wire.Flow, double bool) string {
	host := rr.Host
	if host == "" {
		host = p.sentBy(flow)
	}
	if flow.Transport != wire.UDP || double && rr.Host != "" {
		host += ";transport=" + lowerNames[flow.Transport]
	}
	if double {
		host += ";r2=on"
	}
	return host
}

// field writes a value for a host with its first parameters.
func (rr *RecordRoute) field(host string) string {
	scheme := "sip:"
	if rr.Secure {
		scheme = "sips:"
	}
	if rr.User != "" {
		scheme += rr.User + "@"
	}
	return "Record-Route: <" + scheme + host + rr.Params + ">\r\n"
}

// lowerNames are the transports as URIs write them.
var lowerNames = [...]string{wire.UDP: "udp", wire.TCP: "tcp", wire.TLS: "tls", wire.WS: "ws", wire.WSS: "ws"}

// insertRoute puts a Route value before the others.
func insertRoute(edits *sip.Edits, m *sip.Message, value string) {
	at := m.HeadEnd
	if f := m.First(sip.FieldRoute); f != nil {
		at = int(f.Start)
	}
	edits.Insert(at, "Route: "+value+"\r\n")
}
