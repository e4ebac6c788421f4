// pv_credentials.go: pseudo-variables of Authorization and
// Proxy-Authorization: $au $ad $ar and the like (RFC 3261 section 22).

package script

import (
	"strings"

	"viaduct/sip"
)

func credentialVariables() map[string]binder {
	parameter := func(name string) binder {
		return readOnly(func(c *Context) Value { return textOrNull(credential(c.Message, name)) })
	}
	return map[string]binder{
		"au": readOnly(func(c *Context) Value { // without a domain
			user, _, _ := strings.Cut(credential(c.Message, "username"), "@")
			return textOrNull(user)
		}),
		"aU":  parameter("username"),
		"ar":  parameter("realm"),
		"adr": parameter("realm"),
		"adu": parameter("uri"),
		"adn": parameter("nonce"),
		"adc": parameter("cnonce"),
		"ado": parameter("opaque"),
		"aa":  parameter("algorithm"),
		"ad": readOnly(func(c *Context) Value {
			if _, domain, ok := strings.Cut(credential(c.Message, "username"), "@"); ok {
				return textOrNull(domain)
			}
			return textOrNull(credential(c.Message, "realm"))
		}),
		"Au": readOnly(accountUser),
	}
}

// accountUser gives $Au: user@realm of the credentials, else $fu.
func accountUser(c *Context) Value {
	user := credential(c.Message, "username")
	if user == "" {
		return textOrNull(addressURI(c.Message.Get(sip.FieldFrom)))
	}
	user, _, _ = strings.Cut(user, "@")
	return StringValue(user + "@" + credential(c.Message, "realm"))
}

// credential gives a parameter of the first credentials, without quotes.
func credential(m *sip.Message, name string) string {
	for _, kind := range [...]sip.FieldKind{sip.FieldProxyAuthorization, sip.FieldAuthorization} {
		scheme, rest, ok := strings.Cut(m.Get(kind), " ")
		if !ok || !strings.EqualFold(scheme, "Digest") {
			continue
		}
		for part := range sip.SplitList(rest) {
			key, value, _ := strings.Cut(part, "=")
			if strings.EqualFold(strings.TrimSpace(key), name) {
				return sip.Unquote(strings.TrimSpace(value))
			}
		}
	}
	return ""
}
