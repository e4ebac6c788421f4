// Transfer: the peer shall call somebody else (RFC 3515, RFC 5589), and the
// other way round.
package phone

import (
	"strconv"
	"strings"

	"viaduct/sip"
)

// transfer is a REFER of either side and the calls that it is about.
type transfer struct {
	asked    *request // our REFER, while its outcome is awaited; only its being there counts
	referrer *Call    // of a call that we made because it was asked for
	event    string   // value of Event in NOTIFYs: "refer;id=93809823"
	done     bool     // the last NOTIFY is out
}

// Transfer asks the peer to call somebody else, who is given as for Dial.
// Transferred tells how it goes; when it succeeded, this call is hung up.
func (c *Call) Transfer(target string) error {
	uri, err := c.phone.target(target)
	if err != nil {
		return err
	}
	return c.refer(uri)
}

// TransferTo asks the peer to take over our other call: its peer and this
// call's will talk to each other (RFC 5589 section 7).
func (c *Call) TransferTo(other *Call) error {
	c.phone.lock()
	d := other.dialog
	if other.phone != c.phone || other.state != Established || d == nil {
		defer c.phone.unlock()
		return &StateError{"transfer to call " + strconv.Itoa(other.number), other.state}
	}
	// Escaped for a header in a URI (section 25.1).
	replaces := escapeHeader(d.callID + ";to-tag=" + d.remoteTag + ";from-tag=" + d.localTag)
	target := sip.WithoutHeaders(d.target)
	if c.phone.config.Server != "" { // which may not lead to a Contact that it did not look up itself
		target = plain(uriOf(d.remote))
	}
	c.phone.unlock()
	return c.refer(target + "?Replaces=" + replaces)
}

func escapeHeader(s string) string {
	var out strings.Builder
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', strings.IndexByte("-_.!~*'()", b) >= 0:
			out.WriteByte(b)
		default:
			out.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(b)|0x100, 16)[1:]))
		}
	}
	return out.String()
}

func (c *Call) refer(uri string) error {
	c.phone.lock()
	defer c.phone.unlock()
	if c.state != Established {
		return &StateError{"transfer", c.state}
	}
	if c.transfer.asked != nil {
		return &BusyError{"transfer"}
	}
	x := c.ask(c.dialog, "REFER", body{}, func(m *sip.Message, err error) {
		if err == nil && m.Status < 300 {
			return // 202; NOTIFYs follow
		}
		c.transfer.asked = nil
		e := Event{Kind: Transferred, Status: 408, Text: "no answer to the REFER", Err: err}
		if m != nil {
			e.Status, e.Text = m.Status, respondedText(m)
		}
		c.tell(e)
	}, field{"Refer-To", "<" + uri + ">"}, field{"Referred-By", "<" + uriOf(c.dialog.local) + ">"})
	c.transfer.asked = x.request
	return nil
}

// notified takes a NOTIFY about our REFER (RFC 3515 section 2.4.4).
func (c *Call) notified(i *incoming) {
	m := i.message
	event, _, _ := strings.Cut(m.Get(sip.FieldEvent), ";")
	if !strings.EqualFold(strings.TrimSpace(event), "refer") {
		i.respond(489, body{}, field{"Allow-Events", "refer"})
		return
	}
	status := fragmentStatus(m.Body)
	if status == 0 {
		i.respond(400, body{})
		return
	}
	i.respond(200, body{})
	if c.transfer.asked == nil {
		return
	}
	text, _, _ := strings.Cut(m.Body, "\r\n")
	c.tell(Event{Kind: Transferred, Status: status, Text: strings.TrimPrefix(strings.TrimSpace(text), "SIP/2.0 ")})
	if status < 200 {
		return
	}
	c.transfer.asked = nil
	if status < 300 && c.state == Established {
		c.sayBye()
	}
}

// fragmentStatus reads "SIP/2.0 200 OK" (RFC 3420), 0 when it is none.
func fragmentStatus(fragment string) int {
	words := strings.Fields(fragment)
	if len(words) < 2 || words[0] != "SIP/2.0" {
		return 0
	}
	status, err := strconv.Atoi(words[1])
	if err != nil || status < 100 || status > 699 {
		return 0
	}
	return status
}

// referred takes a REFER of the peer: we call whom it names, and tell it how
// that goes.
func (c *Call) referred(i *incoming) {
	m := i.message
	var targets []string
	for v := range m.Values(sip.FieldReferTo) {
		targets = append(targets, v.Text)
	}
	if len(targets) != 1 { // RFC 3515 section 2.4.1
		i.respond(400, body{})
		return
	}
	to, err := sip.ParseNameAddr(targets[0])
	if err != nil {
		i.respond(400, body{})
		return
	}
	u, err := sip.ParseURI(to.URI)
	if err != nil || !u.IsSIP() {
		i.respond(416, body{})
		return
	}
	if method, ok := u.Param("method"); ok && !strings.EqualFold(method, "INVITE") || c.state != Established {
		i.respond(603, body{})
		return
	}
	i.respond(202, body{})
	event := "refer"
	if c.transfer.event != "" { // a second one is told apart by the number of its REFER
		event += ";id=" + strconv.FormatUint(uint64(m.CSeq.Number), 10)
	}
	c.transfer.event = event
	c.tell(Event{Kind: Transferring, Text: sip.WithoutHeaders(to.URI)})
	c.notify(event, "SIP/2.0 100 Trying", false)
	var fields []field
	if by := m.Get(sip.FieldReferredBy); by != "" {
		fields = append(fields, field{"Referred-By", by})
	}
	go c.callFor(to.URI, event, fields) // opening its sound may wait
}

// callFor makes the call that the peer asked for.
func (c *Call) callFor(uri, event string, fields []field) {
	p := c.phone
	way := p.wayTo(uri)
	sound, err := p.openSound(way.Local, func() {})
	p.lock()
	defer p.unlock()
	switch {
	case err != nil:
		c.notify(event, "SIP/2.0 503 Service Unavailable", true)
	case c.state == Over || p.closed:
		sound.Close()
	default:
		made := p.dial(uri, way, sound, fields...)
		made.transfer.referrer, made.transfer.event = c, event
	}
}

// transferAnswered and transferEnded tell the referrer of a call how it went.
func (c *Call) transferAnswered() { c.transferOutcome("SIP/2.0 200 OK") }

func (c *Call) transferEnded(status int, text string) {
	if status < 300 {
		status, text = 487, "487 Request Terminated"
	}
	if !strings.HasPrefix(text, strconv.Itoa(status)) {
		text = strconv.Itoa(status) + " " + sip.ReasonPhrase(status)
	}
	c.transferOutcome("SIP/2.0 " + text)
}

func (c *Call) transferOutcome(fragment string) {
	referrer := c.transfer.referrer
	if referrer == nil || c.transfer.done {
		return
	}
	c.transfer.done = true
	if referrer.state == Established {
		referrer.notify(c.transfer.event, fragment, true)
	}
}

// notify tells the peer how the call goes that it asked for.
func (c *Call) notify(event, fragment string, last bool) {
	state := "active;expires=180"
	if last {
		state = "terminated;reason=noresource"
	}
	c.ask(c.dialog, "NOTIFY", body{"message/sipfrag;version=2.0", fragment + "\r\n"}, func(*sip.Message, error) {},
		field{"Event", event}, field{"Subscription-State", state})
}
