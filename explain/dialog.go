// Dialogs: tags, route sets and Contacts, as the messages make them (RFC 3261
// section 12).
package explain

import (
	"slices"

	"viaduct/sip"
)

type dialogKey struct{ callID, tag, other string }

// dialog is one between two tags.
type dialog struct {
	routes   map[string]*message // by tag: the message from whose Record-Route that side has its route set
	routed   map[string]string   // by tag: the first URI of that route set
	contacts map[string]string   // by tag: the URI at which that side is reached
}

func (c *call) followRequest(m *message) {
	switch {
	case m.previous != nil || m.origin != nil:
		return
	case m.sip.Method == "CANCEL":
		if len(m.vias) == 1 && c.relays[m.from()] {
			c.stateful[m.from()] = true
		}
		return
	case m.sip.Method == "REGISTER":
		if contact := addressURI(m.sip.Get(sip.FieldContact)); contact != "" {
			c.bindings[contact] = userOf(addressURI(m.sip.Get(sip.FieldTo)))
		}
		return
	case m.sip.Method == "ACK" || m.sip.FromTag() == "" || m.sip.ToTag() == "":
		return
	}
	c.dialog(m.sip)
}

func (c *call) followResponse(m *message) {
	if m.sip.Status >= 300 && m.sip.Status < 400 {
		for v := range m.sip.Values(sip.FieldContact) {
			if uri, err := sip.ParseURI(addressURI(v.Text)); err == nil && len(c.redirects) < maxRedirects {
				c.redirects = append(c.redirects, redirect{uri, m})
			}
		}
	}
	if m.sip.CSeq.Method != "INVITE" || m.sip.Status <= 100 || m.sip.Status >= 300 || m.sip.ToTag() == "" {
		return
	}
	d := c.dialog(m.sip)
	if contact := addressURI(m.sip.Get(sip.FieldContact)); contact != "" {
		d.contacts[m.sip.ToTag()] = contact
	}
	if m.tx != nil {
		if contact := addressURI(m.tx.request.sip.Get(sip.FieldContact)); contact != "" {
			d.contacts[m.sip.FromTag()] = contact
		}
	}
	// The caller has the values in reverse order, the callee as they stand (12.1.1, 12.1.2).
	var values []string
	for v := range m.sip.Values(sip.FieldRecordRoute) {
		values = append(values, addressURI(v.Text))
	}
	if len(values) == 0 {
		return
	}
	if d.routes[m.sip.ToTag()] == nil { // as the callee sent it
		d.routes[m.sip.ToTag()] = m
		d.routed[m.sip.ToTag()] = values[0]
	}
	if len(m.vias) <= 1 || d.routes[m.sip.FromTag()] == nil {
		d.routes[m.sip.FromTag()] = m
		d.routed[m.sip.FromTag()] = values[len(values)-1]
	}
}

// dialog finds or makes the dialog of a message with two tags.
func (c *call) dialog(m *sip.Message) *dialog {
	key := keyOfDialog(m)
	d := c.dialogs[key]
	if d == nil {
		d = &dialog{routes: map[string]*message{}, routed: map[string]string{}, contacts: map[string]string{}}
		c.dialogs[key] = d
	}
	return d
}

func keyOfDialog(m *sip.Message) dialogKey {
	tags := []string{m.FromTag(), m.ToTag()}
	slices.Sort(tags)
	return dialogKey{m.CallID(), tags[0], tags[1]}
}
