// Digest credentials: are all parameters there (RFC 3261 section 22, RFC 7616
// section 3.4)?
package sanity

import (
	"strings"

	"viaduct/script"
	"viaduct/sip"
)

// needed are the parameters without which no credentials can be checked.
var needed = [...]string{"username", "realm", "nonce", "uri", "response"}

// credentials looks at all Authorization and Proxy-Authorization fields.
// Schemes other than Digest pass: who checks them may know what they mean (RFC
// 4475 section 3.3.7).
func credentials(_ *words, c *script.Context) *fault {
	m := c.Message
	if !m.Has(sip.FieldAuthorization) && !m.Has(sip.FieldProxyAuthorization) {
		return nil
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Kind != sip.FieldAuthorization && f.Kind != sip.FieldProxyAuthorization {
			continue
		}
		scheme, params, _ := strings.Cut(m.Value(f), " ")
		if strings.EqualFold(scheme, "Digest") && !complete(params) {
			return bad("Bad Auth Credentials")
		}
	}
	return nil
}

// complete tells whether each needed parameter has a value.
func complete(params string) bool {
	found := 0
	for one := range sip.SplitList(params) {
		name, value, _ := strings.Cut(one, "=")
		name, value = strings.TrimSpace(name), sip.Unquote(strings.TrimSpace(value))
		for i, wanted := range needed {
			if value != "" && strings.EqualFold(name, wanted) {
				found |= 1 << i
			}
		}
	}
	return found == 1<<len(needed)-1
}
