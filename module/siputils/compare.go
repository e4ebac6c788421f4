// Are these two the same URI, address-of-record or field name?
package siputils

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// noURI is what cmp_uri gives when one of the two is no URI.
const noURI = -2

func compareFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("cmp_uri", compareURIs),
		module.OfTexts("cmp_aor", func(_ *script.Context, a, b string) int { return module.Bool(sameAOR(a, b)) }),
		module.OfTexts("cmp_hdr_name", func(_ *script.Context, a, b string) int { return module.Bool(sameField(a, b)) }),
		module.OfText("is_uri", func(_ *script.Context, text string) int {
			_, err := sip.ParseURI(text)
			return module.Bool(err == nil)
		}),
	}
}

// compareURIs compares by RFC 3261 section 19.1.4.
func compareURIs(_ *script.Context, a, b string) int {
	u, err := sip.ParseURI(a)
	if err != nil {
		return noURI
	}
	v, err := sip.ParseURI(b)
	if err != nil {
		return noURI
	}
	return module.Bool(u.Equal(&v))
}

// sameAOR compares scheme, user and host, and the ports when both have one.
func sameAOR(a, b string) bool {
	u, err := sip.ParseURI(a)
	if err != nil {
		return false
	}
	v, err := sip.ParseURI(b)
	if err != nil || !strings.EqualFold(u.Scheme, v.Scheme) {
		return false
	}
	return sip.Unescape(u.User) == sip.Unescape(v.User) && strings.EqualFold(u.Host, v.Host) &&
		portOf(&u) == portOf(&v)
}

func portOf(u *sip.URI) int {
	if u.Port != 0 {
		return u.Port
	}
	if u.Is("sips") {
		return 5061
	}
	return 5060
}

// sameField compares names of fields, long and compact.
func sameField(a, b string) bool {
	if kind := sip.KindOf(a); kind != sip.FieldOther {
		return kind == sip.KindOf(b)
	}
	return strings.EqualFold(a, b)
}
