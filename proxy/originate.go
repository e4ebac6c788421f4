// Originate: requests of our own (RFC 3261 section 8.1), such as pings, what a
// script sends, the BYE of a call that has lasted too long.
package proxy

import (
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/transport"
	"viaduct/wire"
)

// ErrUnsound says that a request of our own would not be one.
var ErrUnsound = errors.New("the parts given make no SIP request")

// OwnRequest is a request that we send for ourselves, within a dialog or not.
// Values are those of header fields: "\"Bob\" <sip:bob@biloxi.test>;tag=1".
type OwnRequest struct {
	Method  string
	URI     string   // Request-URI; within a dialog the remote target
	From    string   // a value without tag gets a new one
	To      string   // "" is the Request-URI
	CallID  string   // "" is a new one
	CSeq    uint32   // 0 is 1
	Routes  []string // values of Route, the next hop first
	Fields  string   // further header lines, each with its line end
	Body    string   // Content-Type belongs to Fields
	Timers           // a zero Final is timer F's (or B's) 32 s
	Inbound *transport.Inbound

	Destination string    // URI of the next hop; "": the first route, else the Request-URI
	Flow        wire.Flow // when set, where to send instead: a registered connection
	SendFrom    wire.Flow // listener to send from; zero: the best one

	Edits sip.Edits // changes by Proxy.Local
}

// Outcome is what became of a request of our own.
type Outcome struct {
	Status   int          // of the final response, or what stands for Err: 408, 503
	Response *sip.Message // the final response; nil when none came
	Err      error        // why none came: transaction.ErrTimeout, or the transport's

	Request *sip.Message       // as it was sent, but for our Via
	Inbound *transport.Inbound // what the goroutine reads; nil when it is the timers' or the transport's
}

// Originate sends a request of our own. done, which may be nil, hears the
// outcome once, on a goroutine that must not be held up; it is not called when
// Originate gives an error: ErrUnsound, ErrNoListener, or the resolver's or
// transport's. An INVITE that is taken is acknowledged (section 13.2.2.4).
func (p *Proxy) Originate(r *OwnRequest, done func(Outcome)) error {
	r.complete()
	o := &origin{proxy: p, request: r, done: done}
	p.Transactions.Reserve(&o.client, 0)
	out, m, err := p.compose(r, o.client.AppendBranch)
	if err != nil {
		o.client.Release()
		return err
	}
	o.sent = m
	if stream, ok := p.streamFor(out.flow, len(out.text)); ok && !r.Flow.Remote.IsValid() {
		o.datagram = &out
		large := p.over(&out, stream, o.client.AppendBranch)
		if err = o.start(&o.client, &large); err == nil || o.asDatagram() {
			return nil
		}
		return err
	}
	return o.start(&o.client, &out)
}

func (o *origin) start(client *transaction.Client, out *forwarded) error {
	r := o.request
	outgoing := transaction.Outgoing{
		Text: out.text, Flow: out.flow, Invite: r.Method == "INVITE", User: o,
		Method: r.Method, SentBy: out.sentBy,
		Final: r.Final, TimerC: r.Invite,
	}
	if outgoing.TimerC == 0 {
		outgoing.TimerC = defaultInvite
	}
	return client.Start(&outgoing)
}

// asDatagram sends a request that no stream took, in a transaction of its own.
func (o *origin) asDatagram() bool {
	out := o.datagram
	if out == nil {
		return false
	}
	o.datagram = nil
	client := new(transaction.Client)
	o.proxy.Transactions.Reserve(client, 0)
	again := o.proxy.over(out, out.flow, client.AppendBranch)
	return o.start(client, &again) == nil
}

// complete fills in what was left to us.
func (r *OwnRequest) complete() {
	if r.CallID == "" {
		r.CallID = rand.Text()
	}
	if r.CSeq == 0 {
		r.CSeq = 1
	}
	if r.To == "" {
		r.To = "<" + r.URI + ">"
	}
	if sip.AddressParam(r.From, "tag") == "" {
		r.From += ";tag=" + rand.Text()
	}
}

// compose prints a request of our own for its next hop, and gives it parsed as
// it was before Proxy.Local changed it.
func (p *Proxy) compose(r *OwnRequest, branch func([]byte) []byte) (forwarded, *sip.Message, error) {
	flow, err := p.ownHop(r)
	if err != nil {
		return forwarded{}, nil, err
	}
	text := p.printOwn(r, flow, branch)
	m, err := sip.Parse(string(text))
	if err != nil || !r.isSound() || m.Method != r.Method || m.CSeq.Method != r.Method {
		return forwarded{}, nil, ErrUnsound
	}
	if p.Local == nil || r.Method == "ACK" {
		return forwarded{text, flow, p.sentBy(flow), nil}, m, nil
	}
	before := *r
	if p.Local(m, r); r.Destination != before.Destination || r.SendFrom != before.SendFrom || r.URI != before.URI {
		if flow, err = p.ownHop(r); err != nil {
			return forwarded{}, nil, err
		}
	}
	r.Edits.FixContentLength(m, true)
	text = p.printStart(text[:0:0], r, flow, branch)
	return forwarded{r.Edits.AppendFrom(text, m, int(m.Fields[0].End)), flow, p.sentBy(flow), nil}, m, nil
}

// ownHop finds where a request of our own goes.
func (p *Proxy) ownHop(r *OwnRequest) (wire.Flow, error) {
	target := Target{Destination: r.Destination, Flow: r.Flow}
	if target.Destination == "" && len(r.Routes) > 0 {
		target.Path = r.Routes[0]
	}
	return p.nextHop(&Request{SendFrom: r.SendFrom, Inbound: r.Inbound}, &target, r.URI)
}

// isSound tells whether no value ends its line, so that what was made of the
// values is what was meant.
func (r *OwnRequest) isSound() bool {
	for _, value := range append([]string{r.URI, r.From, r.To, r.CallID}, r.Routes...) {
		if strings.ContainsAny(value, "\r\n") {
			return false
		}
	}
	return r.Fields == "" || strings.HasSuffix(r.Fields, "\r\n") && !strings.Contains(r.Fields, "\r\n\r\n")
}

// printStart prints the request line and our Via. A first route without lr is
// a strict router, which wants to stand there itself (section 12.2.1.1).
func (p *Proxy) printStart(dst []byte, r *OwnRequest, flow wire.Flow, branch func([]byte) []byte) []byte {
	uri := r.URI
	if strict, ok := r.strictRouter(); ok {
		uri = strict
	}
	dst = append(dst, r.Method...)
	dst = append(dst, ' ')
	dst = append(dst, sip.WithoutHeaders(uri)...)
	dst = append(dst, " SIP/2.0\r\n"...)
	return appendVia(dst, flow.Transport, p.sentBy(flow), branch)
}

// printOwn prints the whole request.
func (p *Proxy) printOwn(r *OwnRequest, flow wire.Flow, branch func([]byte) []byte) []byte {
	routes := r.Routes
	if _, ok := r.strictRouter(); ok {
		routes = append(slices.Clone(routes[1:]), "<"+r.URI+">")
	}
	dst := p.printStart(make([]byte, 0, 512+len(r.Fields)+len(r.Body)), r, flow, branch)
	for _, route := range routes {
		dst = appendLine(dst, "Route: ", route)
	}
	if !hasLine(r.Fields, "Max-Forwards") {
		dst = appendLine(dst, "Max-Forwards: ", "70")
	}
	dst = appendLine(dst, "From: ", r.From)
	dst = appendLine(dst, "To: ", r.To)
	dst = appendLine(dst, "Call-ID: ", r.CallID)
	dst = appendLine(dst, "CSeq: ", strconv.FormatUint(uint64(r.CSeq), 10)+" "+r.Method)
	dst = append(dst, r.Fields...)
	dst = appendLine(dst, "Content-Length: ", strconv.Itoa(len(r.Body)))
	dst = append(dst, "\r\n"...)
	return append(dst, r.Body...)
}

func appendLine(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// hasLine tells whether header lines hold a field.
func hasLine(lines, name string) bool {
	for line := range strings.Lines(lines) {
		if found, _, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimRight(found, " \t"), name) {
			return true
		}
	}
	return false
}

// strictRouter gives the URI of a first route that is one.
func (r *OwnRequest) strictRouter() (uri string, ok bool) {
	if len(r.Routes) == 0 {
		return "", false
	}
	route, err := sip.ParseNameAddr(r.Routes[0])
	if err != nil {
		return "", false
	}
	u, err := sip.ParseURI(route.URI)
	if err != nil {
		return "", false
	}
	_, loose := u.Param("lr")
	return route.URI, !loose
}

// origin is the transaction of a request of our own.
type origin struct {
	proxy   *Proxy
	request *OwnRequest
	sent    *sip.Message
	done    func(Outcome)
	once    sync.Once
	client  transaction.Client

	datagram *forwarded // what to send when no stream takes the request; nil: it went as it is
}

// Response takes a response; provisional ones nobody waits for.
func (o *origin) Response(_ *transaction.Client, m *sip.Message, in *transport.Inbound) {
	if m.Status/100 == 2 && o.request.Method == "INVITE" {
		o.proxy.acknowledge(o.request, m)
	}
	if m.Status >= 200 {
		o.end(Outcome{Status: m.Status, Response: m, Inbound: in})
	}
}

// Failed takes the end without a final response.
func (o *origin) Failed(_ *transaction.Client, err error) {
	if neverLeft(err) && o.asDatagram() {
		return
	}
	o.end(Outcome{Status: StatusOf(err), Err: err})
}

// end tells the outcome once: of an INVITE more than one 2xx may come.
func (o *origin) end(outcome Outcome) {
	if o.done != nil {
		outcome.Request = o.sent
		o.once.Do(func() { o.done(outcome) })
	}
}

// acknowledge sends the ACK of a 2xx: within the dialog that it has made
// (sections 12.1.2 and 13.2.2.4).
func (p *Proxy) acknowledge(invite *OwnRequest, response *sip.Message) {
	ack := OwnRequest{
		Method: "ACK", URI: invite.URI, From: invite.From, To: response.Get(sip.FieldTo), CallID: invite.CallID, CSeq: invite.CSeq,
		Routes: RouteSet(response), SendFrom: invite.SendFrom,
	}
	if contact, err := sip.ParseNameAddr(response.Get(sip.FieldContact)); err == nil {
		ack.URI = contact.URI
	}
	branch := sip.MagicCookie + rand.Text()
	appendBranch := func(dst []byte) []byte { return append(dst, branch...) }
	out, _, err := p.compose(&ack, appendBranch)
	if err == nil {
		p.sendOnce(&out, appendBranch)
	}
}

// RouteSet gives the route set of the side that sent the request: the values
// of Record-Route in a response, the last first (section 12.1.2).
func RouteSet(response *sip.Message) (routes []string) {
	for route := range response.Values(sip.FieldRecordRoute) {
		routes = append(routes, route.Text)
	}
	slices.Reverse(routes)
	return routes
}
