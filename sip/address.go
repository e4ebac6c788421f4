// NameAddr: a URI with a display name and parameters, as in From, To,
// Contact, Route and Record-Route (RFC 3261 sections 20.10 and 25.1).
package sip

import (
	"errors"
	"strings"
)

// NameAddr is one such value, as substrings of it.
type NameAddr struct {
	Display string // as written, quotes included; "" when there is none
	URI     string // without angle brackets
	Params  string // ";tag=…;q=0.7" behind the URI
	InAngle bool   // the URI stood in angle brackets
}

var (
	errDisplay = errors.New("expected a display name of tokens or in quotes, then <URI>")
	errAngle   = errors.New("expected > behind the URI")
	errBare    = errors.New("expected a URI with , or ? in angle brackets")
	errParams  = errors.New("expected ; behind the URI")
)

// ParseNameAddr reads `"Bob" <sip:bob@biloxi.test;lr>;tag=1` or the bare form
// `sip:bob@biloxi.test;tag=1`, in which all parameters belong to the field and
// not to the URI (section 20). The URI itself is not parsed.
func ParseNameAddr(s string) (a NameAddr, err error) {
	s = trim(s)
	open, ok := findAngle(s)
	if !ok {
		return a, errDisplay
	}
	if open < 0 {
		return parseBare(s)
	}
	a.Display = trim(s[:open])
	closing := strings.IndexByte(s[open:], '>')
	if closing < 0 {
		return a, errAngle
	}
	closing += open
	a.InAngle = true
	a.URI = trim(s[open+1 : closing])
	a.Params = trim(s[closing+1:])
	if a.Params != "" && a.Params[0] != ';' {
		return a, errParams
	}
	if a.URI == "" {
		return a, errScheme
	}
	return a, nil
}

// parseBare reads an address without angle brackets. A comma or question mark
// in such a URI could be taken for one behind it (section 20).
func parseBare(s string) (a NameAddr, err error) {
	end := paramEnd(s)
	a.URI, a.Params = trim(s[:end]), s[end:]
	for i := 0; i < len(a.URI); i++ {
		switch c := a.URI[i]; {
		case isSpace(c), c == '"', c == '>':
			return a, errDisplay
		case c == ',', c == '?':
			return a, errBare
		}
	}
	if a.URI == "" {
		return a, errScheme
	}
	return a, nil
}

// findAngle finds the bracket that opens the URI, behind a display name of
// tokens or in quotes; -1 when the address is bare. An angle bracket in a
// parameter of a bare address is none, so the search ends at a semicolon.
func findAngle(s string) (open int, ok bool) {
	at := 0
	if s != "" && s[0] == '"' {
		if at = skipQuoted(s, 0); at < 0 {
			return -1, false
		}
		at = skipSpace(s, at)
		return at, at < len(s) && s[at] == '<'
	}
	sound := true
	for ; at < len(s); at++ {
		switch c := s[at]; {
		case c == '<':
			return at, sound
		case c == ';':
			return -1, true
		case class[c]&(classToken|classSpace) == 0 && c < 0x80: // UTF-8 without quotes is in use
			sound = false
		}
	}
	return -1, true
}

// Param gives a parameter behind the URI and whether it is there.
func (a *NameAddr) Param(name string) (value string, ok bool) { return Param(a.Params, name) }

// AddressParam gives the parameter of a name-addr value without parsing the
// rest of it; "" when it is not there. It is the quick way to a tag.
func AddressParam(value, name string) string {
	value = value[skipSpace(value, 0):]
	open, ok := findAngle(value)
	if !ok {
		return ""
	}
	at := 0
	if open >= 0 {
		closing := strings.IndexByte(value[open:], '>')
		if closing < 0 {
			return ""
		}
		at = open + closing + 1
	} else {
		at = paramEnd(value)
	}
	found, _ := Param(value[at:], name)
	return found
}
