// Is this text a number, and of which kind?
package siputils

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// Ways to be false, as Kamailio tells them apart.
const (
	notNumeric = -2
	empty      = -2
	otherChar  = -3
)

func numberFunctions() []script.Function {
	ask := func(name string, question func(string) bool, not int) script.Function {
		return module.OfText(name, func(_ *script.Context, text string) int {
			if question(text) {
				return 1
			}
			return not
		})
	}
	return []script.Function{
		ask("is_numeric", isNumeric, notNumeric),
		ask("is_tel_number", isTelNumber, notNumeric),
		ask("is_e164", isE164, -1),
		ask("is_uri_user_e164", isURIUserE164, -1),
		module.OfText("is_alphanum", func(_ *script.Context, text string) int { return alphanumeric(text, "") }),
		module.OfTexts("is_alphanumex", func(_ *script.Context, text, others string) int { return alphanumeric(text, others) }),
	}
}

func isNumeric(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// alphanumeric is 1 when s has only ASCII letters and digits, and bytes of
// others.
func alphanumeric(s, others string) int {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return otherChar
		}
	}
	if s == "" {
		return empty
	}
	return 1
}

// isTelNumber allows one + before the digits.
func isTelNumber(s string) bool { return isNumeric(strings.TrimPrefix(s, "+")) }

// isE164 tells a + with 2 to 15 digits (ITU-T E.164).
func isE164(s string) bool {
	digits, global := strings.CutPrefix(s, "+")
	return global && isNumeric(digits) && len(digits) >= 2 && len(digits) <= 15
}

func isURIUserE164(uri string) bool {
	u, err := sip.ParseURI(uri)
	return err == nil && isE164(u.User)
}
