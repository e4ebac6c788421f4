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
	errParams  = errors.New("expected ; behind the URI")
)

// ParseNameAddr reads `"Bob" <sip:bob@biloxi.test;lr>;tag=1` or the bare form
// `sip:bob@biloxi.test;tag=1`, in which all parameters belong to the field and
// not to the URI (section 20). The URI itself is not parsed.
func ParseNameAddr(s string) (a NameAddr, err error) {
	s = trim(s)
	at := 0
	if s != "" && s[0] == '"' {
		if at = skipQuoted(s, 0); at < 0 {
			return a, errDisplay
		}
		a.Display = s[:at]
		if at = skipSpace(s, at); at == len(s) || s[at] != '<' {
			return a, errDisplay
		}
	} else if open := strings.IndexByte(s, '<'); open >= 0 {
		a.Display = trim(s[:open])
		for i := 0; i < len(a.Display); i++ {
			if c := a.Display[i]; class[c]&(classToken|classSpace) == 0 && c < 0x80 {
				return a, errDisplay
			}
		}
		at = open
	}
	if at < len(s) && s[at] == '<' {
		closing := strings.IndexByte(s[at:], '>')
		if closing < 0 {
			return a, errAngle
		}
		a.InAngle = true
		a.URI = trim(s[at+1 : at+closing])
		a.Params = trim(s[at+closing+1:])
		if a.Params != "" && a.Params[0] != ';' {
			return a, errParams
		}
	} else {
		end := paramEnd(s)
		a.URI, a.Params = trim(s[:end]), s[end:]
		if strings.ContainsAny(a.URI, " \t\r\n\"") {
			return a, errDisplay
		}
	}
	if a.URI == "" {
		return a, errScheme
	}
	return a, nil
}

// Param gives a parameter behind the URI and whether it is there.
func (a *NameAddr) Param(name string) (value string, ok bool) { return Param(a.Params, name) }

// AddressParam gives the parameter of a name-addr value without parsing the
// rest of it; "" when it is not there. It is the quick way to a tag.
func AddressParam(value, name string) string {
	at := 0
	if value != "" && value[0] == '"' {
		if at = skipQuoted(value, 0); at < 0 {
			return ""
		}
	}
	if closing := strings.IndexByte(value[at:], '>'); closing >= 0 {
		at += closing + 1
	} else {
		at += paramEnd(value[at:])
	}
	found, _ := Param(value[at:], name)
	return found
}
