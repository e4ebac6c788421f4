// Package sip is the ground floor: SIP messages as text, and the places of
// their parts in it (RFC 3261 sections 7, 19, 20 and 25).
//
// A message is one immutable string. Parse finds the start line, the header
// fields and the body once, in a single pass, and remembers offsets; nothing
// is copied:
//
//	m, err := sip.Parse(text)
//	m.Method, m.RequestURI        // "INVITE", "sip:bob@biloxi.test"
//	m.Via.Branch                  // of the topmost Via, parsed with the message
//	m.Get(sip.FieldCallID)        // "a84b4c76e66710@pc33.atlanta.test"
//
// Typed views are made on demand from the values of a field. A value is one
// element of a comma-separated list, whether the list stands in one field or
// in several of the same name:
//
//	for v := range m.Values(sip.FieldRoute) {
//		route, err := sip.ParseNameAddr(v.Text)
//	}
//
// Changes are edits of the text, so all that is not changed is printed byte
// for byte as it came:
//
//	var edits sip.Edits
//	edits.Insert(m.Fields[0].Start, "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n")
//	out = edits.Append(out, m)
//
// The package has no clock, no socket and no log.
package sip
