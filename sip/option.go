// Option tags: extensions that a client requires (RFC 3261 sections 8.2.2.3 and
// 20.32).
package sip

import "strings"

// Unsupported gives the option tags in the fields of a kind (Require or
// Proxy-Require) that are not known here, each once, as the value of an
// Unsupported field; "" when all are known. ok is false when one of them is no
// token. What INVITE and BYE may require, CANCEL and ACK may not: it is ignored
// there (section 8.2.2.3).
func (m *Message) Unsupported(kind FieldKind, knows func(tag string) bool) (tags string, ok bool) {
	if !m.Has(kind) || m.Method == "CANCEL" || m.Method == "ACK" {
		return "", true
	}
	var list []string
	listed := map[string]bool{}
	for v := range m.Values(kind) {
		if !IsToken(v.Text) {
			return "", false
		}
		if name := strings.ToLower(v.Text); !knows(v.Text) && !listed[name] {
			listed[name] = true
			list = append(list, v.Text)
		}
	}
	return strings.Join(list, ", "), true
}
