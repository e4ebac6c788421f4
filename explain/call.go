// Call: which message belongs to which transaction and dialog, and which was
// relayed from which.
package explain

import (
	"errors"
	"net/netip"
	"time"

	"viaduct/ladder"
	"viaduct/sip"
)

// maxVias bounds the Vias of a message that are looked at.
const maxVias = 70

// call is what is known of a call.
type call struct {
	ladder       *ladder.Ladder
	messages     []*message
	transactions map[transactionKey]*transaction
	invites      map[inviteKey][]*transaction // of one INVITE, at each hop
	dialogs      map[dialogKey]*dialog
	addresses    map[netip.AddrPort]int // lanes by address
	hosts        map[string]int         // lanes by the names that their messages use
	bindings     map[string]string      // Contact → user, of REGISTERs that were seen
	redirects    []redirect             // of the 3xx that were seen
	stateful     []bool                 // by lane: it has answered or confirmed by itself what it relays
	stateless    []bool                 // by lane: it has relayed a CANCEL as it does all else
	relays       []bool                 // by lane: it has relayed a request
}

// message is one arrow of the ladder.
type message struct {
	index    int
	arrow    *ladder.Arrow
	sip      *sip.Message // nil: unreadable
	vias     []sip.Via
	tx       *transaction
	origin   *message // what the sender received and relays with this
	relayed  bool     // the receiver relays it
	previous *message // the same text on the same way before
	first    *message // the first of these
}

func (m *message) from() int           { return m.arrow.From }
func (m *message) to() int             { return m.arrow.To }
func (m *message) time() time.Duration { return m.arrow.Time }

// transactionKey names a transaction of one hop. An ACK of a refusal has the
// method INVITE. Call-ID and CSeq are part of it for branches that do not name
// it by themselves.
type transactionKey struct {
	branch, method, callID string
	cseq                   uint32
}

type transaction struct {
	key         transactionKey
	request     *message
	repeats     []*message // of the request
	provisional *message   // the first but for repetitions
	final       *message
	finals      []*message // repetitions of it
	acks        []*message
}

// inviteKey ties the hops of one INVITE together.
type inviteKey struct {
	callID, fromTag string
	cseq            uint32
}

// redirect is where a 3xx sends the caller.
type redirect struct {
	uri sip.URI
	by  *message
}

// maxRedirects bounds those that each request is compared with.
const maxRedirects = 32

func newCall(l *ladder.Ladder) *call {
	c := &call{
		ladder: l, transactions: map[transactionKey]*transaction{}, invites: map[inviteKey][]*transaction{},
		dialogs: map[dialogKey]*dialog{}, addresses: map[netip.AddrPort]int{}, hosts: map[string]int{}, bindings: map[string]string{},
		stateful: make([]bool, len(l.Lanes)), stateless: make([]bool, len(l.Lanes)), relays: make([]bool, len(l.Lanes)),
	}
	for i := range l.Arrows {
		m := &message{index: i, arrow: &l.Arrows[i]}
		if parsed, err := sip.Parse(m.arrow.Packet.Text); err == nil { // what has a fault may have a Message too, a part of one
			m.sip = parsed
		}
		c.messages = append(c.messages, m)
		c.learnAddresses(m)
		if m.sip != nil {
			for v := range m.sip.Values(sip.FieldVia) {
				via, _ := sip.ParseVia(sip.Unfold(v.Text))
				if m.vias = append(m.vias, via); len(m.vias) == maxVias {
					break
				}
			}
		}
	}
	c.findRepetitions()
	c.findRelays()
	for _, m := range c.messages {
		if m.sip != nil {
			c.learnHost(m)
		}
	}
	for _, m := range c.messages {
		if m.sip != nil {
			c.follow(m)
		}
	}
	return c
}

// topBranch is that of the topmost Via, "" where there is none.
func topBranch(m *message) string {
	if len(m.vias) == 0 {
		return ""
	}
	return m.vias[0].Branch
}

// findRepetitions finds what went the same way before.
func (c *call) findRepetitions() {
	type way struct {
		text     string
		from, to int
	}
	seen := map[way]*message{}
	for _, m := range c.messages {
		if m.sip == nil {
			continue
		}
		key := way{m.arrow.Packet.Text, m.from(), m.to()}
		if m.previous = seen[key]; m.previous != nil {
			m.first = m.previous.first
		} else {
			m.first = m
		}
		seen[key] = m
	}
}

// findRelays finds what a message was before the sender relayed it: the Vias
// are the same, but for the topmost of a request that goes out and of a
// response that comes in.
func (c *call) findRelays() {
	type received struct {
		lane         int
		branch, cseq string
		number       uint32
		status       int
		tag          string
	}
	seen := map[received]*message{}
	for _, m := range c.messages {
		if m.sip == nil {
			continue
		}
		key := received{branch: "", cseq: m.sip.CSeq.Method, number: m.sip.CSeq.Number, status: m.sip.Status}
		if !m.sip.IsRequest() {
			key.tag = m.sip.ToTag()
		}
		out, in := 0, 1 // which Via names it at its sender and at its receiver
		if m.sip.IsRequest() {
			out, in = 1, 0
		}
		if len(m.vias) > out {
			k := key
			k.lane, k.branch = m.from(), m.vias[out].Branch
			if o := seen[k]; o != nil {
				m.origin = o
				o.relayed = true
				if m.sip.IsRequest() {
					c.relays[m.from()] = true
					c.stateless[m.from()] = c.stateless[m.from()] || m.sip.Method == "CANCEL"
				}
			}
		}
		if len(m.vias) > in {
			key.lane, key.branch = m.to(), m.vias[in].Branch
			seen[key] = m
		}
	}
}

// follow takes a message to its transaction and dialog.
func (c *call) follow(m *message) {
	key := transactionKey{method: m.sip.CSeq.Method, callID: m.sip.CallID(), cseq: m.sip.CSeq.Number}
	key.branch = topBranch(m)
	if m.sip.IsRequest() && m.sip.Method == "ACK" {
		invite := key
		invite.method = "INVITE"
		if tx := c.transactions[invite]; tx != nil && tx.final != nil && tx.final.sip.Status >= 300 {
			m.tx = tx
			tx.acks = append(tx.acks, m)
			if m.origin == nil && c.relays[m.from()] {
				c.stateful[m.from()] = true
			}
			return
		}
	}
	tx := c.transactions[key]
	if m.sip.IsRequest() {
		if tx == nil {
			tx = &transaction{key: key, request: m}
			c.transactions[key] = tx
			if m.sip.Method == "INVITE" {
				k := inviteKey{key.callID, m.sip.FromTag(), key.cseq}
				c.invites[k] = append(c.invites[k], tx)
			}
		} else if tx.request != m && m.previous != nil {
			tx.repeats = append(tx.repeats, m)
		}
		m.tx = tx
		c.followRequest(m)
		return
	}
	m.tx = tx
	if tx != nil {
		switch {
		case m.sip.Status < 200 && tx.provisional == nil:
			tx.provisional = m
		case m.sip.Status >= 200 && tx.final == nil:
			tx.final = m
		case m.sip.Status >= 200 && m.previous != nil:
			tx.finals = append(tx.finals, m)
		}
		if m.origin == nil && !m.relayed && c.relays[m.from()] && m.from() == tx.request.to() && tx.request.relayed {
			c.stateful[m.from()] = true
		}
	}
	c.followResponse(m)
}

// inviteOf gives the INVITE of the hop that an ACK or CANCEL goes, or else that
// of any hop; nil when none was seen.
func (c *call) inviteOf(m *message) *transaction {
	hops := c.invites[inviteKey{m.sip.CallID(), m.sip.FromTag(), m.sip.CSeq.Number}]
	for _, tx := range hops {
		if tx.request.from() == m.from() && tx.request.to() == m.to() {
			return tx
		}
	}
	for _, tx := range hops {
		if tx.request.from() == m.from() {
			return tx
		}
	}
	if len(hops) > 0 {
		return hops[0]
	}
	return nil
}

// inviteWithBranch gives the INVITE that a CANCEL means: the same sender, the
// same branch.
func (c *call) inviteWithBranch(m *message) *transaction {
	for _, tx := range c.invites[inviteKey{m.sip.CallID(), m.sip.FromTag(), m.sip.CSeq.Number}] {
		if tx.request.from() == m.from() && tx.key.branch == topBranch(m) {
			return tx
		}
	}
	return nil
}

// parseFault says why a text is no message; nil when it is one.
func parseFault(text string) *sip.ParseError {
	_, err := sip.Parse(text)
	var fault *sip.ParseError
	errors.As(err, &fault)
	return fault
}
