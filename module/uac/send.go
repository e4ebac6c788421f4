// uac_req_send: a request that the script puts together out of $uac_req(…).
package uac

import (
	"errors"
	"fmt"
	"strings"

	"viaduct/digest"
	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
)

// parts are the values of $uac_req by their names.
type parts map[string]script.Value

// requestKey keeps the parts with a message.
type requestKey struct{}

// names of the parts that are numbers until they are set, and of all others.
var (
	numbers = [...]string{"evroute", "evcode", "evtype", "flags"}
	texts   = [...]string{"method", "ruri", "furi", "turi", "ouri", "hdrs", "body", "callid", "sock", "auser", "apasswd", "evparam"}
)

// firstCSeq is what Kamailio begins with.
const firstCSeq = 10

func partsOf(c *script.Context) parts {
	m := module.Of(c)
	kept, ok := m.Kept(requestKey{}).(parts)
	if !ok {
		kept = parts{}
		m.Keep(requestKey{}, kept)
	}
	return kept
}

// bindRequestPart binds $uac_req(name); $uac_req(all) = $null forgets all.
func bindRequestPart(inner *syntax.Inner, _ *syntax.Index, _ script.FormatBinder) (script.Assignable, error) {
	name := ""
	if inner != nil {
		name, _ = inner.Static()
	}
	if name == "all" {
		return part{name, script.Value{}}, nil
	}
	for _, known := range numbers {
		if name == known {
			return part{name, script.IntValue(0)}, nil
		}
	}
	for _, known := range texts {
		if name == known {
			return part{name, script.Value{}}, nil
		}
	}
	return nil, fmt.Errorf("$uac_req(%s) is not known", name)
}

// part is one of them, with its value before it is set.
type part struct {
	name  string
	unset script.Value
}

func (p part) Eval(c *script.Context) script.Value {
	if value, ok := partsOf(c)[p.name]; ok {
		return value
	}
	return p.unset
}

func (p part) Assign(c *script.Context, value script.Value) error {
	all := partsOf(c)
	switch {
	case p.name == "all" && value.Kind != script.Null:
		return errors.New("$uac_req(all) takes $null alone")
	case p.name == "all":
		clear(all)
	case value.Kind == script.Null:
		delete(all, p.name)
	default:
		all[p.name] = value
	}
	return nil
}

func (p parts) text(name string) string { return p[name].AsString() }

// send is uac_req_send: 1 when the request is on its way, -1 when it is none or
// cannot be sent.
func (u *UAC) send(c *script.Context) int {
	m, p := module.Of(c), partsOf(c)
	r := &proxy.OwnRequest{
		Method: p.text("method"), URI: p.text("ruri"), From: address(p, "furi"), To: address(p, "turi"), CallID: p.text("callid"),
		CSeq: firstCSeq, Fields: p.text("hdrs"), Body: p.text("body"), Destination: p.text("ouri"), Inbound: m.Inbound,
	}
	if r.Method == "" || r.URI == "" {
		return -1
	}
	if r.Fields != "" && !strings.HasSuffix(r.Fields, "\r\n") {
		r.Fields += "\r\n"
	}
	socket := p.text("sock")
	if socket == "" {
		socket = u.socket
	}
	if socket != "" {
		flow, err := script.ParseSocket(socket)
		if err != nil {
			return -1
		}
		r.SendFrom = flow
	}
	s := &sending{proxy: m.Proxy, request: r, parts: parts{}, avps: c.AVPs}
	for name, value := range p {
		s.parts[name] = value
	}
	if p["evroute"].AsInt() != 0 {
		s.route = c.Program.Find(syntax.EventRoute, "uac:reply")
	}
	return module.Bool(m.Proxy.Originate(r, s.done) == nil)
}

// address gives a value for From or To: the Request-URI where the script set
// none, a bare URI in angle brackets.
func address(p parts, name string) string {
	value := p.text(name)
	if value == "" {
		value = p.text("ruri")
	}
	if !strings.Contains(value, "<") {
		value = "<" + value + ">"
	}
	return value
}

// sending is a request on its way.
type sending struct {
	proxy    *proxy.Proxy
	request  *proxy.OwnRequest
	parts    parts
	avps     *script.AVPs
	route    *script.Route // event_route[uac:reply], nil when it shall not run
	answered bool          // a challenge was
}

// done hears the outcome. A challenge is answered once, when the script has
// named a user.
func (s *sending) done(o proxy.Outcome) {
	s.tell(o)
	if s.parts.text("auser") == "" || s.answered || o.Response == nil {
		return
	}
	s.answered = true
	who := user(s.parts.text("auser"), s.parts.text("apasswd"), false)
	what := digest.Request{Method: s.request.Method, URI: sip.WithoutHeaders(s.request.URI), Body: s.request.Body}
	line, ok := answer(o.Response, what, func(string) (digest.User, bool) { return who, true })
	if !ok {
		return
	}
	again := *s.request
	again.CSeq++
	again.Fields, again.Edits, again.Inbound = again.Fields+line, nil, o.Inbound
	s.request = &again
	if err := s.proxy.Originate(&again, s.done); err != nil {
		s.tell(proxy.Outcome{Status: proxy.StatusOf(err), Err: err})
	}
}

// Values of $uac_req(evtype).
const (
	evReply = 1
	evNone  = 2 // nobody replied
)

// tell runs event_route[uac:reply]: on the reply, or on nothing but the parts.
func (s *sending) tell(o proxy.Outcome) {
	if s.route == nil {
		return
	}
	kind := evReply
	response, in := o.Response, o.Inbound
	if response == nil {
		if kind, response = evNone, standIn(o); response == nil {
			return
		}
	}
	run := func() {
		if in == nil {
			in = &transport.Inbound{}
		}
		m := module.NewReply(response, in, s.proxy)
		m.AVPs = s.avps
		told := parts{}
		for name, value := range s.parts {
			told[name] = value
		}
		told["evcode"], told["evtype"] = script.IntValue(int64(o.Status)), script.IntValue(int64(kind))
		m.Keep(requestKey{}, told)
		s.route.Run(&m.Context)
	}
	if o.Inbound == nil {
		go run() // the timers' goroutine must not wait
		return
	}
	run()
}

// standIn makes a reply in the place of the one that nobody sent.
func standIn(o proxy.Outcome) *sip.Message {
	if o.Request == nil {
		return nil
	}
	reply, err := sip.Parse(string(sip.AppendReply(nil, o.Request, &sip.Reply{Status: o.Status})))
	if err != nil {
		return nil
	}
	return reply
}
