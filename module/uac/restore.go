// What our Route tells of a changed From or To: requests within the dialog are
// changed alike, in either direction.
package uac

import (
	"encoding/base64"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// encode writes the way from one URI to another as a parameter of Record-Route,
// as Kamailio does, so that a call survives the change of server: the bytes of
// both combined by exclusive or, with the password if there is one, in base64
// with - in the place of =. The same combined with either URI gives the other.
func encode(old, uri, password string) string {
	combined := make([]byte, max(len(old), len(uri)))
	copy(combined, old)
	mix(combined, uri)
	cover(combined, password)
	return strings.ReplaceAll(base64.StdEncoding.EncodeToString(combined), "=", "-")
}

// decode gives the other URI; false when the parameter belongs to another one.
func decode(param, uri, password string) (string, bool) {
	combined, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(param, "-", "="))
	if err != nil || len(combined) < len(uri) {
		return "", false
	}
	cover(combined, password)
	mix(combined, uri)
	other := strings.TrimRight(string(combined), "\x00")
	if _, err := sip.ParseURI(other); err != nil {
		return "", false
	}
	return other, true
}

func mix(dst []byte, text string) {
	for i := range len(text) {
		dst[i] ^= text[i]
	}
}

func cover(dst []byte, password string) {
	for i := range dst {
		if password != "" {
			dst[i] ^= password[i%len(password)]
		}
	}
}

// Followed changes From and To of a request within a dialog as our Route says.
// The callee's From is the caller's To.
func (u *UAC) Followed(m *module.Message, params string, upstream bool) {
	if !u.loaded {
		return
	}
	m.Keep(routeKey{}, params)
	if u.restore != restoreAuto {
		return
	}
	for _, s := range [...]side{from, to} {
		if param, ok := sip.Param(params, u.param(s)); ok {
			at := s
			if upstream {
				at = 1 - s
			}
			u.change(m, at, param)
		}
	}
}

type routeKey struct{}

// change replaces a URI by the one that a parameter leads to.
func (u *UAC) change(m *module.Message, s side, param string) bool {
	field := m.Message.First(s.kind())
	if field == nil {
		return false
	}
	value := m.Message.Value(field)
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return false
	}
	other, ok := decode(param, address.URI, u.password)
	if !ok {
		return false
	}
	address.URI = other
	m.Edits.Replace(int(field.Value), int(field.ValueEnd), write(&address))
	restoreReplies(m, s, value)
	return true
}

// restoreByRoute is uac_restore_from and uac_restore_to: the same for one field
// of a request that loose_route has led here.
func (u *UAC) restoreByRoute(c *script.Context, s side) int {
	m := module.Of(c)
	params, _ := m.Kept(routeKey{}).(string)
	param, ok := sip.Param(params, u.param(s))
	return module.Bool(ok && u.change(m, s, param))
}
