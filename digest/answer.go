// Answers: credentials for a challenge (RFC 7616 section 3.4).
package digest

import (
	"fmt"
	"strings"
)

// User is who answers, with a password or in its place the hash of user name,
// realm and password in hexadecimal digits (A1).
type User struct {
	Name, Password string
	HA1            string
}

// Request is what is protected.
type Request struct {
	Method, URI string // the Request-URI as it is sent
	Body        string // for auth-int
}

// Answer gives the value of Authorization or Proxy-Authorization. cnonce is a
// new random text, count how often the nonce was answered, from 1. A HA1 of
// the wrong length for the algorithm is ErrAlgorithm.
func (c *Challenge) Answer(who User, what Request, cnonce string, count uint32) (string, error) {
	name := escape(who.Name)
	ha1 := strings.ToLower(who.HA1)
	switch {
	case ha1 == "":
		ha1 = c.Algorithm.Hash(name, c.Realm, who.Password)
	case len(ha1) != c.Algorithm.Size():
		return "", ErrAlgorithm
	}
	if c.Algorithm.isSession() {
		ha1 = c.Algorithm.Hash(ha1, c.Nonce, cnonce)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s"`, name, c.Realm, c.Nonce, what.URI)
	if c.hasOpaque {
		fmt.Fprintf(&b, `, opaque="%s"`, c.Opaque)
	}
	ha2 := c.Algorithm.Hash(what.Method, what.URI)
	response := ""
	switch {
	case c.QOP == 0:
		response = c.Algorithm.Hash(ha1, c.Nonce, ha2)
		if c.Algorithm.isSession() {
			fmt.Fprintf(&b, `, cnonce="%s"`, cnonce)
		}
	default:
		qop := "auth"
		if c.QOP&Auth == 0 {
			qop = "auth-int"
			ha2 = c.Algorithm.Hash(what.Method, what.URI, c.Algorithm.Hash(what.Body))
		}
		nc := fmt.Sprintf("%08x", count)
		response = c.Algorithm.Hash(ha1, c.Nonce, nc, cnonce, qop, ha2)
		fmt.Fprintf(&b, `, qop=%s, nc=%s, cnonce="%s"`, qop, nc, cnonce)
	}
	fmt.Fprintf(&b, `, response="%s"`, response)
	if c.named {
		fmt.Fprintf(&b, `, algorithm=%v`, c.Algorithm)
	}
	return b.String(), nil
}

// escape writes a text so that it may stand between quotes.
func escape(text string) string {
	if !strings.ContainsAny(text, "\"\\") {
		return text
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
}
