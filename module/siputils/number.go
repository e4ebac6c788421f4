// Is this text a number, and of which kind?
package siputils

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func numberFunctions() []script.Function {
	ask := func(name string, question func(string) bool) script.Function {
		return module.OfText(name, func(_ *script.Context, text string) int { return module.Bool(question(text)) })
	}
	return []script.Function{
		ask("is_numeric", isNumeric),
		ask("is_alphanum", func(s string) bool { return isAlphanumeric(s, "") }),
		module.OfTexts("is_alphanumex", func(_ *script.Context, text, others string) int {
			return module.Bool(isAlphanumeric(text, others))
		}),
		ask("is_tel_number", isTelNumber),
		ask("is_e164", isE164),
		ask("is_uri_user_e164", isURIUserE164),
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

// isAlphanumeric tells whether s has only ASCII letters and digits, and bytes
// of others.
func isAlphanumeric(s, others string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return s != ""
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
