// Hash: what a request is shared out by, as the number that Kamailio makes of
// it.
package dispatcher

import (
	"strconv"
	"strings"

	"viaduct/internal/corehash"
	"viaduct/script"
	"viaduct/sip"
)

// ofField hashes the URI of From or To.
func (w *words) ofField(c *script.Context, kind sip.FieldKind) (uint32, bool) {
	address, err := sip.ParseNameAddr(c.Message.Get(kind))
	if err != nil {
		return 0, false
	}
	return w.ofURI(address.URI)
}

// ofURI hashes user, host and a port that is not the usual one; the user alone
// when the parameter flags has bit 1.
func (w *words) ofURI(text string) (uint32, bool) {
	uri, err := sip.ParseURI(text)
	if err != nil {
		return 0, false
	}
	usual := 5060
	if uri.Is("sips") {
		usual = 5061
	}
	switch {
	case w.options&hashUserOnly != 0:
		return corehash.Sum(uri.User), true
	case uri.Port != 0 && uri.Port != usual:
		return corehash.Sum(uri.User, uri.Host+":"+strconv.Itoa(uri.Port)), true
	}
	return corehash.Sum(uri.User, uri.Host), true
}

// ofUser hashes the user of Proxy-Authorization, else of Authorization; false
// when neither names one.
func ofUser(m *sip.Message) (uint32, bool) {
	for _, kind := range [...]sip.FieldKind{sip.FieldProxyAuthorization, sip.FieldAuthorization} {
		_, rest, _ := strings.Cut(m.Get(kind), " ")
		for part := range sip.SplitList(rest) {
			name, value, _ := strings.Cut(part, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "username") {
				continue
			}
			if user := sip.Unquote(strings.TrimSpace(value)); user != "" {
				return corehash.Sum(user), true
			}
		}
	}
	return 0, false
}

// ofVariables hashes hash_pvar.
func (w *words) ofVariables(c *script.Context) (uint32, bool) {
	if w.hashed == nil {
		return 0, false
	}
	var space [128]byte
	text := w.hashed(c, space[:0])
	return corehash.Sum(string(text)), len(text) > 0
}
