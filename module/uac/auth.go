// uac_auth: the challenge of a server behind us is answered by the script
// (RFC 3261 section 22.2, RFC 8760).
package uac

import (
	"crypto/rand"

	"viaduct/digest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// byHash is the mode in which passwords are the hash A1.
const byHash = 1

// bindAuth binds uac_auth([mode]) and uac_auth_mode(mode).
func (u *UAC) bindAuth(args []script.Arg) (script.Action, error) {
	mode := module.NumberOf(func(*script.Context) (int, bool) { return 0, true })
	if len(args) > 0 {
		var err error
		if mode, err = module.Number(args, 0); err != nil {
			return nil, err
		}
	}
	return func(c *script.Context) int {
		m := module.Of(c)
		n, ok := mode(c)
		if !ok || m.Branch == nil {
			return -1
		}
		_, response, _ := m.Branch.Final()
		if response == nil {
			return -1
		}
		what := digest.Request{Method: c.Message.Method, URI: sip.WithoutHeaders(c.URI), Body: c.Message.Body}
		line, ok := answer(response, what, func(realm string) (digest.User, bool) { return u.userFor(c, realm, n == byHash) })
		if !ok {
			return -1
		}
		c.Edits.AppendField(c.Message, line)
		return 1
	}, nil
}

// userFor finds who answers for a realm: what the variables say, of any realm
// when they name none, else one of the parameter credential.
func (u *UAC) userFor(c *script.Context, realm string, hashed bool) (who digest.User, ok bool) {
	if u.user != nil {
		wanted := ""
		if u.realm != nil {
			wanted = u.realm.Eval(c).AsString()
		}
		name := u.user.Eval(c).AsString()
		if name != "" && (wanted == "" || wanted == realm) {
			return user(name, u.secret.Eval(c).AsString(), hashed), true
		}
	}
	for _, one := range u.credentials {
		if one.realm == realm {
			return user(one.user, one.password, hashed), true
		}
	}
	return who, false
}

func user(name, password string, hashed bool) digest.User {
	if hashed {
		return digest.User{Name: name, HA1: password}
	}
	return digest.User{Name: name, Password: password}
}

// answer writes the header line that answers the first challenge of a 401 or
// 407 that can be answered: in their order the server says which it likes best
// (RFC 8760 section 2.4).
func answer(response *sip.Message, what digest.Request, find func(realm string) (digest.User, bool)) (line string, ok bool) {
	kind, name := sip.FieldWWWAuthenticate, "Authorization: "
	switch response.Status {
	case 401:
	case 407:
		kind, name = sip.FieldProxyAuthenticate, "Proxy-Authorization: "
	default:
		return "", false
	}
	for i := range response.Fields {
		f := &response.Fields[i]
		if f.Kind != kind {
			continue
		}
		challenge, err := digest.ParseChallenge(response.Value(f))
		if err != nil {
			continue
		}
		who, ok := find(challenge.Realm)
		if !ok {
			continue
		}
		if credentials, err := challenge.Answer(who, what, rand.Text()[:16], 1); err == nil {
			return name + credentials + "\r\n", true
		}
	}
	return "", false
}
