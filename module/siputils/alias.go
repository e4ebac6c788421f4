// Contact addresses carried in a parameter of an address of ours:
// sip:9.9.9.9;vx=BASE64 stands for the URI that BASE64 spells.
package siputils

import (
	"encoding/base64"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func aliasFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("contact_param_encode", func(c *script.Context, name, address string) int {
			return editContacts(c, func(uri string) (string, bool) {
				return address + ";" + name + "=" + encodeParam(uri), true
			})
		}),
		module.OfText("contact_param_decode", func(c *script.Context, name string) int {
			return editContacts(c, func(uri string) (string, bool) {
				if _, there := paramOf(uri, name); !there {
					return uri, true
				}
				return decodeURI(uri, name)
			})
		}),
		module.In(module.OfText("contact_param_decode_ruri", func(c *script.Context, name string) int {
			if _, there := paramOf(c.URI, name); !there {
				return 1 // as Kamailio: nothing was hidden
			}
			uri, ok := decodeURI(c.URI, name)
			if ok {
				c.URI = uri
			}
			return module.Bool(ok)
		}), requests()),
		module.OfText("contact_param_rm", func(c *script.Context, name string) int {
			return editContacts(c, func(uri string) (string, bool) { return withoutParam(uri, name) })
		}),
		module.OfText("contact_param_check", func(c *script.Context, name string) int {
			for v := range c.Message.Values(sip.FieldContact) {
				if start, end, ok := addressURI(v.Text); ok {
					if _, there := paramOf(v.Text[start:end], name); there {
						return 1
					}
				}
			}
			return -1
		}),
	}
}

// encodeParam writes text in base64; of its characters only the padding may
// not stand in a parameter, and is left out.
func encodeParam(text string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// decodeURI gives the URI that the parameter carries.
func decodeURI(uri, name string) (string, bool) {
	value, there := paramOf(uri, name)
	if !there {
		return "", false
	}
	value = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(value, "=-."))
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return "", false
	}
	if _, err := sip.ParseURI(string(text)); err != nil {
		return "", false
	}
	return string(text), true
}
