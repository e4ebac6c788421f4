// Contact addresses hidden in the user part of an address of ours:
// sip:alice:pw@10.0.0.1:5070;transport=tcp becomes
// sip:prefix*alice*pw*10.0.0.1*5070*tcp@public, and back.
package siputils

import (
	"errors"
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// contacts holds the separator, contact_flds_separator.
type contacts struct{ separator byte }

func (k *contacts) setSeparator(v script.Value) error {
	text := v.AsString()
	if text == "" {
		return errors.New("expected a character that occurs in no contact")
	}
	k.separator = text[0]
	return nil
}

func (k *contacts) functions() []script.Function {
	return []script.Function{
		module.OfTexts("encode_contact", func(c *script.Context, prefix, host string) int {
			return module.Bool(hasContact(c) && editContacts(c, func(uri string) (string, bool) { return k.encode(uri, prefix, host) }) > 0)
		}),
		module.Plain("decode_contact", func(c *script.Context) int {
			uri, ok := k.decode(c.URI)
			if ok {
				c.URI = uri
			}
			return module.Bool(ok)
		}),
		module.Plain("decode_contact_header", func(c *script.Context) int {
			return module.Bool(hasContact(c) && editContacts(c, k.decode) > 0)
		}),
	}
}

func hasContact(c *script.Context) bool { return c.Message.Has(sip.FieldContact) }

// editContacts changes the URI of each Contact. It is false when a Contact
// cannot be read or changed; those before it are changed.
func editContacts(c *script.Context, change func(uri string) (string, bool)) int {
	for v := range c.Message.Values(sip.FieldContact) {
		if v.Text == "*" {
			continue
		}
		start, end, ok := addressURI(v.Text)
		if !ok {
			return -1
		}
		uri, ok := change(v.Text[start:end])
		if !ok {
			return -1
		}
		if uri != v.Text[start:end] {
			c.Edits.Replace(v.Start+start, v.Start+end, uri)
		}
	}
	return 1
}

// addressURI finds the URI within a name-addr.
func addressURI(value string) (start, end int, ok bool) {
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return 0, 0, false
	}
	if address.InAngle {
		start = len(address.Display)
		start += strings.IndexByte(value[start:], '<') + 1
	}
	start += strings.Index(value[start:], address.URI)
	return start, start + len(address.URI), true
}

func (k *contacts) encode(uri, prefix, host string) (string, bool) {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return "", false
	}
	port := ""
	if u.Port != 0 {
		port = strconv.Itoa(u.Port)
	}
	transport, _ := u.Param("transport")
	parts := []string{prefix, u.User, u.Password, u.Host, port, transport}
	return "sip:" + strings.Join(parts, string(k.separator)) + "@" + host, true
}

func (k *contacts) decode(uri string) (string, bool) {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return "", false
	}
	user := u.User
	if u.Password != "" {
		user += ":" + u.Password
	}
	parts := strings.Split(user, string(k.separator))
	if len(parts) != 6 || parts[3] == "" {
		return "", false
	}
	inner := sip.URI{Scheme: "sip", User: parts[1], Password: parts[2], Host: parts[3]}
	if parts[4] != "" {
		if inner.Port, err = strconv.Atoi(parts[4]); err != nil {
			return "", false
		}
	}
	if parts[5] != "" {
		inner.Params = ";transport=" + parts[5]
	}
	text := inner.String()
	if _, err := sip.ParseURI(text); err != nil {
		return "", false
	}
	return text, true
}
