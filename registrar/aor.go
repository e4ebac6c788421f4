// The address-of-record in its canonical form (RFC 3261 section 10.3 step 5).
package registrar

import (
	"strings"

	"viaduct/sip"
)

// canonical gives the index into the bindings for a URI whose text is given
// too: the user with escapes undone, or user@host; no parameters, no port. It
// fails for a URI that names no user of a SIP domain.
func (r *Registrar) canonical(text string, uri *sip.URI) (aor string, ok bool) {
	if !uri.IsSIP() || uri.User == "" {
		return "", false
	}
	user := sip.Unescape(uri.User)
	if !r.config.CaseSensitive {
		user = lower(user)
	}
	if !r.config.UseDomain {
		return user, true
	}
	host := lower(uri.Host)
	// As a rule the two stand in the URI just so, and nothing is built.
	if start := len(uri.Scheme) + 1; len(text) >= start {
		rest, hasUser := strings.CutPrefix(text[start:], user)
		if hasUser && strings.HasPrefix(rest, "@") && strings.HasPrefix(rest[1:], host) {
			return text[start : start+len(user)+1+len(host)], true
		}
	}
	return user + "@" + host, true
}

// parseAOR is canonical for a URI as text.
func (r *Registrar) parseAOR(text string) (aor string, ok bool) {
	uri, err := sip.ParseURI(text)
	if err != nil {
		return "", false
	}
	return r.canonical(text, &uri)
}

// lower makes ASCII letters small and leaves all else: strings.ToLower would
// also make one user of two that differ in letters of other scripts.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			small := []byte(s)
			for ; i < len(small); i++ {
				if 'A' <= small[i] && small[i] <= 'Z' {
					small[i] |= 0x20
				}
			}
			return string(small)
		}
	}
	return s
}
