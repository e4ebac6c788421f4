// Direction: a request of the callee within a dialog is accounted as if the
// caller had sent it (detect_direction), so that records of one call agree.
package acc

import (
	"viaduct/script"
	"viaduct/sip"
)

// fromCallee tells whether a request comes from the callee: our Record-Route
// bore the caller's tag (ftag), and the sender's is another.
func fromCallee(m *sip.Message) bool {
	if m.ToTag() == "" {
		return false
	}
	for v := range m.Values(sip.FieldRoute) {
		address, err := sip.ParseNameAddr(v.Text)
		if err != nil {
			continue
		}
		uri, err := sip.ParseURI(address.URI)
		if err != nil {
			continue
		}
		if caller, there := uri.Param("ftag"); there {
			return caller != m.FromTag()
		}
	}
	return false
}

// turned gives a context whose message has From and To exchanged.
func turned(c *script.Context) *script.Context {
	m := c.Message
	from, to := m.First(sip.FieldFrom), m.First(sip.FieldTo)
	var edits sip.Edits
	edits.Replace(int(from.Value), int(from.ValueEnd), m.Value(to))
	edits.Replace(int(to.Value), int(to.ValueEnd), m.Value(from))
	other, err := sip.Parse(string(edits.Append(nil, m)))
	if err != nil {
		return c
	}
	seen := *c
	seen.Message = other
	return &seen
}
