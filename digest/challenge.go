// Challenges: what a server or proxy asks for (RFC 7616 section 3.3).
package digest

import (
	"errors"
	"strings"

	"viaduct/sip"
)

var (
	// ErrScheme says that a challenge is not of the scheme Digest.
	ErrScheme = errors.New("not a Digest challenge")
	// ErrChallenge says that a challenge lacks its realm or nonce, or is not
	// written as one.
	ErrChallenge = errors.New("expected Digest realm=\"…\", nonce=\"…\"")
	// ErrAlgorithm says that the algorithm is not one we compute.
	ErrAlgorithm = errors.New("unknown digest algorithm")
	// ErrQOP says that no quality of protection is offered that we give.
	ErrQOP = errors.New("unknown quality of protection (qop)")
)

// Challenge is one value of WWW-Authenticate or Proxy-Authenticate. Texts are
// as they stand between the quotes, escapes included.
type Challenge struct {
	Realm, Nonce, Opaque string
	Algorithm            Algorithm
	QOP                  QOP
	Stale                bool // the answer was right, but its nonce too old

	named, hasOpaque bool // algorithm and opaque were there
}

// QOP is a set of qualities of protection.
type QOP uint8

const (
	Auth    QOP = 1 << iota // the request line is protected
	AuthInt                 // and the body
)

// ParseChallenge reads a value with its scheme: `Digest realm="…", nonce="…"`.
func ParseChallenge(value string) (Challenge, error) {
	var c Challenge
	scheme, rest, _ := strings.Cut(strings.TrimLeft(sip.Unfold(value), " \t"), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return c, ErrScheme
	}
	hasRealm, qop := false, ""
	for param := range sip.SplitList(rest) {
		name, text, ok := strings.Cut(param, "=")
		if name = strings.TrimSpace(name); !ok || !sip.IsToken(name) {
			return c, ErrChallenge
		}
		if text, ok = unquoted(strings.TrimSpace(text)); !ok {
			return c, ErrChallenge
		}
		switch strings.ToLower(name) {
		case "realm":
			c.Realm, hasRealm = text, true
		case "nonce":
			c.Nonce = text
		case "opaque":
			c.Opaque, c.hasOpaque = text, true
		case "stale":
			c.Stale = strings.EqualFold(text, "true")
		case "algorithm":
			if c.Algorithm, ok = ParseAlgorithm(text); !ok {
				return c, ErrAlgorithm
			}
			c.named = true
		case "qop":
			qop = text
		}
	}
	if !hasRealm || c.Nonce == "" {
		return c, ErrChallenge
	}
	return c, c.readQOP(qop)
}

// readQOP reads "auth,auth-int"; unknown ones are passed over as long as one
// is known.
func (c *Challenge) readQOP(list string) error {
	for one := range strings.SplitSeq(list, ",") {
		switch strings.ToLower(strings.TrimSpace(one)) {
		case "auth":
			c.QOP |= Auth
		case "auth-int":
			c.QOP |= AuthInt
		}
	}
	if c.QOP == 0 && strings.TrimSpace(list) != "" {
		return ErrQOP
	}
	return nil
}

// unquoted takes the quotes off, but leaves escapes as they are: digests are
// made of the text as it was sent (RFC 7616 section 3.3). What has no quotes
// need not be a token, but it must fit between quotes.
func unquoted(text string) (string, bool) {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
		case c == '\\', c == '"', c < ' ', c == 0x7f:
			return "", false
		}
	}
	return text, true
}
