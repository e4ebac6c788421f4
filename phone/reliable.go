// Reliable: provisional responses that are acknowledged with PRACK (RFC 3262).
package phone

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"viaduct/sip"
)

// reliable is our provisional response that waits for its PRACK, of which
// there is one at a time.
type reliable struct {
	by       *incoming
	seq      uint32 // RSeq of the last
	text     []byte
	timer    *time.Timer
	interval time.Duration
	since    time.Time
	then     func() // what waits
}

func (r *reliable) waits() bool { return r.by != nil }

// requires100rel tells an INVITE that accepts no other provisional responses.
func requires100rel(m *sip.Message) bool { return hasOption(m, "Require", "100rel") }

func hasOption(m *sip.Message, name, option string) bool {
	for i := range m.Fields {
		if f := &m.Fields[i]; m.IsNamed(f, name) && slices.Contains(slices.Collect(sip.SplitList(m.Value(f))), option) {
			return true
		}
	}
	return false
}

// ring sends a provisional response, reliably when the caller insists.
func (c *Call) ring(status int, b body) {
	i := c.invitation
	if !requires100rel(i.message) {
		i.respond(status, b)
		return
	}
	r := &c.reliable
	if r.waits() {
		r.then = func() { c.ring(status, b) }
		return
	}
	if r.seq == 0 {
		r.seq = uint32(c.phone.stack.random()>>34) + 1
	}
	r.seq++
	r.by, r.interval, r.since = i, c.phone.stack.timing.T1, time.Now()
	i.respond(status, b, field{"Require", "100rel"}, field{"RSeq", strconv.FormatUint(uint64(r.seq), 10)})
	r.timer = c.phone.after(r.interval, c.ringAgain)
}

// ringAgain retransmits it, and gives the call up after 64*T1 (section 3).
func (c *Call) ringAgain() {
	r := &c.reliable
	if r.by == nil || c.invitation != r.by {
		return
	}
	if time.Since(r.since) >= 64*c.phone.stack.timing.T1 {
		c.refuse(504, "our ringing was never acknowledged", nil)
		return
	}
	r.by.again()
	r.interval *= 2
	r.timer = c.phone.after(r.interval, c.ringAgain)
}

// pracked takes the PRACK.
func (c *Call) pracked(i *incoming) {
	r := &c.reliable
	value, _ := i.message.Lookup("RAck")
	if r.by == nil || strings.Join(strings.Fields(value), " ") != fmt.Sprintf("%d %d INVITE", r.seq, r.by.message.CSeq.Number) {
		i.respond(481, body{})
		return
	}
	r.timer.Stop()
	r.by = nil
	c.dialog.takes(i.message)
	i.respond(200, body{})
	if then := r.then; then != nil {
		r.then = nil
		then()
	}
}

// acknowledgeProvisional sends a PRACK for a response that wants one; false
// when it is a retransmission or out of order (section 4).
func (c *Call) acknowledgeProvisional(f *fork, m *sip.Message) bool {
	if !hasOption(m, "Require", "100rel") {
		return true
	}
	text, _ := m.Lookup("RSeq")
	seq, err := strconv.ParseUint(text, 10, 32)
	if err != nil || f.rseq != 0 && uint32(seq) != f.rseq+1 {
		return false
	}
	f.rseq = uint32(seq)
	c.ask(f.dialog, "PRACK", body{}, func(*sip.Message, error) {},
		field{"RAck", fmt.Sprintf("%d %d INVITE", seq, m.CSeq.Number)})
	return true
}
