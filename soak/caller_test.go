// Caller: makes calls and ends them, with the retransmissions of RFC 3261 sections 17.1 and 13.2.2.4.

package soak

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"viaduct/sip"
)

// timers of RFC 3261 section 17.1.1.1.
type timers struct{ t1, t2, giveUp time.Duration }

func timersOf(t1 time.Duration) timers { return timers{t1, 8 * t1, 64 * t1} }

// The kinds of calls; each is also the name of the user who takes calls so.
const (
	answered  = "answered"  // 180, 200, ACK, BYE
	busy      = "busy"      // 486
	cancelled = "cancelled" // 180, CANCEL, 487
	crossing  = "crossing"  // CANCEL and 200 at about the same time: either may be first
	nobody    = "nobody"    // 404 of the server
)

// finals end the INVITEs; of a crossing call either this or 200.
var finals = map[string]int{answered: 200, busy: 486, cancelled: 487, crossing: 487, nobody: 404}

// mix is how often each kind of call is made.
var mix = []string{answered, answered, answered, answered, answered, answered, answered, answered, answered, answered, answered, answered,
	busy, busy, cancelled, cancelled, cancelled, crossing, crossing, nobody}

// caller is a phone that makes calls, several at once.
type caller struct {
	*link
	server netip.AddrPort
	hold   time.Duration // between ACK and BYE
	calls  map[string]*outgoing
	number int

	open    int
	unheard int            // of these, how many have no response at all
	ended   map[string]int // kind → calls that ended as they must
	late    int            // crossing calls whose 200 was first
	faults  []string
	others  *callee // whose side a fault shows as well
}

// outgoing is a call at the caller.
type outgoing struct {
	*caller
	begin                   time.Time
	kind, id, head, invite  string
	final                   *sip.Message // of the INVITE
	rings                   bool         // a provisional response has come
	isHeard                 bool         // any response has come
	byeDone, cancelDone     bool
	cancelAsked, cancelSent bool
	tries                   int // requests sent, other than ACK
	isOver                  bool
}

func newCallers(k *link, others *callee, hold time.Duration) *caller {
	c := &caller{link: k, others: others, server: others.server, hold: hold, calls: map[string]*outgoing{}, ended: map[string]int{}}
	k.start(c.take)
	return c
}

func (c *caller) fault(call *outgoing, format string, details ...any) {
	fault := call.id + " (" + call.kind + "): " + fmt.Sprintf(format, details...)
	if len(c.faults) < shownFaults {
		fault += "\nwhat the caller saw:" + c.journal.of(call.id, call.begin) + "\nwhat the callee saw:" + c.others.journal.of(call.id, call.begin)
	}
	if c.faults = append(c.faults, fault); len(c.faults) > 1000 {
		panic("a thousand faults: " + strings.Join(c.faults[:10], "\n"))
	}
}

// dial begins a call.
func (c *caller) dial(kind string) {
	c.number++
	call := &outgoing{caller: c, begin: c.loop.now(), kind: kind, id: fmt.Sprintf("%s-%d@caller.test", kind, c.number)}
	c.calls[call.id] = call
	c.open++
	c.unheard++
	call.head = fmt.Sprintf("Max-Forwards: 70\r\nFrom: <sip:caller@%v>;tag=%d\r\nCall-ID: %s\r\n", c.server, c.number, call.id)
	session := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
	call.invite = "INVITE " + call.target() + " SIP/2.0\r\n" + call.via("i") + call.head + "To: <" + call.target() + ">\r\nCSeq: 1 INVITE\r\n" + c.contact() +
		fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(session), session)
	call.repeat(call.invite, c.t1, 0, func() bool { return call.rings || call.final != nil }) // timer A
	c.loop.after(2*c.giveUp, func() {
		if !call.isOver {
			c.fault(call, "%d tries, has not ended after %v: rings %v, final %v, CANCEL %v, BYE answered %v", call.tries, 2*c.giveUp, call.rings, call.final != nil, call.cancelSent, call.byeDone)
			call.over()
		}
		delete(c.calls, call.id)
		delete(c.journal, call.id)
	})
}

func (call *outgoing) target() string { return fmt.Sprintf("sip:%s@%v", call.kind, call.server) }

func (call *outgoing) via(branch string) string {
	return fmt.Sprintf("Via: SIP/2.0/UDP %v;branch=z9hG4bK%s-%s;rport\r\n", call.address(), branch, strings.TrimSuffix(call.id, "@caller.test"))
}

func (c *caller) contact() string { return fmt.Sprintf("Contact: <sip:caller@%v>\r\n", c.address()) }

// repeat sends a request again and again, each time after twice the span but at most the longest (0: no limit), until it
// is answered or given up (timers A and B, E and F).
func (call *outgoing) repeat(text string, span, longest time.Duration, isAnswered func() bool) {
	begin := call.loop.now()
	var again func()
	again = func() {
		if isAnswered() || call.isOver || call.loop.since(begin) > call.giveUp {
			return
		}
		call.tries++
		call.send(text, call.server)
		call.loop.after(span, again)
		if span *= 2; longest > 0 {
			span = min(span, longest)
		}
	}
	again()
}

// take gets what arrives at the caller.
func (c *caller) take(text string) {
	m, err := sip.Parse(text)
	if err != nil || m.IsRequest() {
		c.fault(&outgoing{id: "?", kind: "?", begin: c.loop.now()}, "what arrived is no response: %v\n%s", err, text)
		return
	}
	call := c.calls[m.CallID()]
	switch {
	case call == nil:
		c.fault(&outgoing{id: m.CallID(), kind: "?", begin: c.loop.now()}, "a response long after the end: %s", m.StartLine())
	case m.CSeq.Method == "INVITE":
		call.hear()
		call.takeInvite(m)
	case m.CSeq.Method == "CANCEL":
		call.takeCancel(m)
	case m.CSeq.Method == "BYE":
		call.takeBye(m)
	}
}

// hear notes that the server knows of the call.
func (call *outgoing) hear() {
	if !call.isHeard {
		call.isHeard = true
		call.unheard--
	}
}

// takeInvite gets the responses to the INVITE; a final one that comes again is acknowledged again.
func (call *outgoing) takeInvite(m *sip.Message) {
	switch {
	case m.Status < 200:
		call.rings = true
		if call.kind == cancelled || call.kind == crossing {
			call.cancel()
		}
	case m.Status < 300:
		call.send(call.inDialog("ACK", 1, m), call.server)
		if call.final != nil {
			if call.final.Status != m.Status || call.final.ToTag() != m.ToTag() {
				call.fault(call, "%s after %s", m.StartLine(), call.final.StartLine())
			}
			return
		}
		call.final = m
		if call.cancelSent {
			call.late++
		}
		if call.kind != answered && call.kind != crossing {
			call.fault(call, "is answered: %s", m.StartLine())
		}
		call.loop.after(call.hold, func() {
			call.repeat(call.inDialog("BYE", 2, m), call.t1, call.t2, func() bool { return call.byeDone })
		})
	default:
		call.send("ACK "+call.target()+" SIP/2.0\r\n"+call.via("i")+call.head+"To: "+m.Get(sip.FieldTo)+"\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n", call.server)
		if call.final != nil {
			if call.final.Status != m.Status {
				call.fault(call, "%s after %s", m.StartLine(), call.final.StartLine())
			}
			return
		}
		call.final = m
		if want := finals[call.kind]; m.Status != want {
			call.fault(call, "%s, want %d", m.StartLine(), want)
		}
		call.over()
	}
}

// cancel is only sent after a provisional response (section 9.1), once the callee may have something to cancel.
func (call *outgoing) cancel() {
	if call.cancelAsked {
		return
	}
	call.cancelAsked = true
	wait := call.hold
	if call.kind == crossing {
		wait = wait/2 + time.Duration(call.random.Int64N(int64(wait)))
	}
	call.loop.after(wait, func() {
		if call.final != nil {
			return
		}
		call.cancelSent = true
		text := "CANCEL " + call.target() + " SIP/2.0\r\n" + call.via("i") + call.head + "To: <" + call.target() + ">\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n"
		call.repeat(text, call.t1, call.t2, func() bool { return call.cancelDone })
	})
}

func (call *outgoing) takeCancel(m *sip.Message) {
	if m.Status >= 200 {
		call.cancelDone = true
		if m.Status != 200 {
			call.fault(call, "CANCEL is answered with %s", m.StartLine())
		}
	}
}

func (call *outgoing) takeBye(m *sip.Message) {
	if m.Status < 200 || call.byeDone {
		return
	}
	call.byeDone = true
	if m.Status != 200 {
		call.fault(call, "BYE is answered with %s", m.StartLine())
	}
	call.over()
}

// over counts a call that has ended; what is repeated to it is still acknowledged.
func (call *outgoing) over() {
	if !call.isOver {
		call.isOver = true
		call.hear() // or never will
		call.open--
		call.ended[call.kind]++
	}
}

// inDialog writes a request of the dialog that a 2xx made (section 12.2.1.1).
func (call *outgoing) inDialog(method string, number int, ok *sip.Message) string {
	var routes []string
	for v := range ok.Values(sip.FieldRecordRoute) {
		routes = append(routes, "Route: "+v.Text+"\r\n")
	}
	slices.Reverse(routes)
	contact, _ := sip.ParseNameAddr(ok.Get(sip.FieldContact))
	return fmt.Sprintf("%s %s SIP/2.0\r\n%s%s%sTo: %s\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n", method, contact.URI, call.via(method),
		call.head, strings.Join(routes, ""), ok.Get(sip.FieldTo), number, method)
}
