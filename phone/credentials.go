// Credentials: answers to challenges (RFC 3261 section 22, RFC 7616, RFC 8760).
package phone

import (
	"errors"
	"fmt"

	"viaduct/digest"
	"viaduct/sip"
)

// ErrPassword says that a server does not take our password.
var ErrPassword = errors.New("the password was refused")

// ErrNoPassword says that a server wants one and we have none.
var ErrNoPassword = errors.New("a password is asked for")

// challenged is a challenge that we answer, and how often we did.
type challenged struct {
	digest.Challenge
	byProxy bool
	count   uint32
}

// mostStale is how many new nonces in a row an exchange follows.
const mostStale = 3

// answerChallenges sends the request again with credentials. A realm that asks
// again without saying that its nonce was stale does not like our password.
func (x *exchange) answerChallenges(m *sip.Message) error {
	p := x.phone
	found, unknown := challengesOf(m)
	if len(found) == 0 {
		if unknown != nil {
			return fmt.Errorf("the server asks for credentials that cannot be given: %w", unknown)
		}
		return errors.New("the server asks for credentials without a challenge")
	}
	if p.config.Password == "" && p.config.HA1 == "" {
		return fmt.Errorf("%w for %s at %s", ErrNoPassword, p.config.authUser(), found[0].Realm)
	}
	for _, c := range found {
		times := 0
		for _, before := range x.answered {
			if before.Realm == c.Realm && before.byProxy == c.byProxy {
				times++
			}
		}
		if times > 0 && !c.Stale || times > mostStale {
			return fmt.Errorf("%w for %s at %s", ErrPassword, p.config.authUser(), c.Realm)
		}
		x.answered = append(x.answered, c)
		p.remember(c, x.request.method)
	}
	return x.attempt(x.present.flow, 0)
}

// challengesOf gives, for each realm of a response, the first challenge that
// we can answer: the server lists them as it likes them (RFC 8760 section 2.4).
func challengesOf(m *sip.Message) (found []challenged, unknown error) {
	for _, kind := range []sip.FieldKind{sip.FieldWWWAuthenticate, sip.FieldProxyAuthenticate} {
		for i := range m.Fields {
			f := &m.Fields[i]
			if f.Kind != kind {
				continue
			}
			c, err := digest.ParseChallenge(m.Value(f))
			if err != nil {
				unknown = err
				continue
			}
			byProxy := kind == sip.FieldProxyAuthenticate
			if !isChallenged(found, c.Realm, byProxy) {
				found = append(found, challenged{Challenge: c, byProxy: byProxy})
			}
		}
	}
	return found, unknown
}

func isChallenged(list []challenged, realm string, byProxy bool) bool {
	for _, c := range list {
		if c.Realm == realm && c.byProxy == byProxy {
			return true
		}
	}
	return false
}

// remember keeps a challenge for later requests: those of proxies for all, the
// registrar's for REGISTER, others only for the request at hand.
func (p *Phone) remember(c challenged, method string) {
	if !c.byProxy && method != "REGISTER" {
		return
	}
	for i := range p.challenges {
		if known := &p.challenges[i]; known.Realm == c.Realm && known.byProxy == c.byProxy {
			*known = c
			return
		}
	}
	p.challenges = append(p.challenges, c)
}

// prove gives the credentials for a request: for its own challenges, and for
// those that were met before.
func (p *Phone) prove(x *exchange) (fields []field) {
	written := map[string]bool{}
	add := func(c *challenged) {
		name := "Authorization"
		if c.byProxy {
			name = "Proxy-Authorization"
		}
		if written[name+c.Realm] {
			return
		}
		c.count++
		value, err := c.Answer(
			digest.User{Name: p.config.authUser(), Password: p.config.Password, HA1: p.config.HA1},
			digest.Request{Method: x.request.method, URI: x.request.uri, Body: x.request.body.text},
			p.stack.id(), c.count)
		if err == nil {
			written[name+c.Realm] = true
			fields = append(fields, field{name, value})
		}
	}
	for i := range p.challenges {
		if c := &p.challenges[i]; c.byProxy || x.request.method == "REGISTER" {
			add(c)
		}
	}
	for i := len(x.answered) - 1; i >= 0; i-- { // the newest nonce of a realm
		add(&x.answered[i])
	}
	return fields
}
