// One value of Contact in a REGISTER (RFC 3261 sections 10.2.1 and 20.10).
package registrar

import (
	"strconv"
	"strings"

	"viaduct/location"
	"viaduct/sip"
)

// contact is such a value; its texts are parts of the message.
type contact struct {
	uri     string
	params  string // those that are kept
	expires uint32 // seconds that are granted; 0 removes the binding
	methods location.Methods
	q       int16
}

// readContact checks a value and grants it a time.
func (r *Registrar) readContact(value string, defaults *contactDefaults) (c contact, refused *Result) {
	value = sip.Unfold(value)
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return c, refuse(400, "Bad Contact")
	}
	if _, err := sip.ParseURI(address.URI); err != nil || !isURIText(address.URI) {
		return c, refuse(400, "Bad Contact URI")
	}
	if most := r.config.ContactMaxSize; most > 0 && len(address.URI) > most || len(address.Params) > longestParams {
		return c, refuse(400, "Contact Too Long")
	}
	c.uri = address.URI
	c.q = r.config.DefaultQ
	c.methods = defaults.methods
	expires, asked := defaults.expires, defaults.hasExpires
	asWritten := true
	for name, value := range sip.Params(address.Params) {
		switch {
		case !isParam(name, value):
			return c, refuse(400, "Bad Contact Parameter")
		case strings.EqualFold(name, "expires"):
			expires, asked = parseExpires(value), true
		case strings.EqualFold(name, "q"):
			q, ok := parseQ(value)
			if !ok {
				return c, refuse(400, "Bad q in Contact")
			}
			c.q = q
		case strings.EqualFold(name, "methods"):
			c.methods = location.ParseMethods(sip.Unquote(value))
			continue
		case !isGRUU(name):
			continue
		}
		asWritten = false
	}
	c.params = address.Params
	if !asWritten {
		c.params = keptParams(address.Params)
	}
	c.expires, refused = r.grant(expires, asked)
	return c, refused
}

// grant gives the time that a contact gets for the time that it asks for, or
// the default when it does not ask (section 10.3 step 7).
func (r *Registrar) grant(expires uint32, asked bool) (uint32, *Result) {
	if expires == 0 {
		return 0, nil
	}
	if least := r.config.MinExpires; expires < least {
		switch {
		case r.config.MinExpiresMode == RaiseBrief:
			expires = least
		case asked && expires < 3600: // an hour must not be refused
			return 0, &Result{Status: 423, Fields: "Min-Expires: " + strconv.FormatUint(uint64(least), 10) + "\r\n"}
		}
	}
	if most := r.config.MaxExpires; most > 0 && expires > most {
		expires = most
	}
	return expires, nil
}

// keptParams leaves out the parameters that the registrar itself writes.
func keptParams(params string) string {
	var kept strings.Builder
	for name, value := range sip.Params(params) {
		if strings.EqualFold(name, "expires") || strings.EqualFold(name, "q") || isGRUU(name) {
			continue
		}
		kept.WriteByte(';')
		kept.WriteString(name)
		if value != "" {
			kept.WriteByte('=')
			kept.WriteString(value)
		}
	}
	return kept.String()
}

// isGRUU tells the parameters that only a registrar may give (RFC 5627
// section 5.1); this one gives none.
func isGRUU(name string) bool {
	return strings.EqualFold(name, "pub-gruu") || strings.EqualFold(name, "temp-gruu")
}

// parseQ reads a qvalue in thousandths: "1", "0.5", "0.123" (section 25.1).
func parseQ(text string) (int16, bool) {
	if text == "" || len(text) > len("0.123") || text[0] != '0' && text[0] != '1' ||
		len(text) > 1 && text[1] != '.' {
		return 0, false
	}
	q, unit := int16(text[0]-'0')*1000, int16(100)
	for i := 2; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		q += int16(text[i]-'0') * unit
		unit /= 10
	}
	return q, q <= 1000
}

// isURIText refuses what must not stand in a request line or between angle
// brackets.
func isURIText(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' {
			return false
		}
	}
	return true
}

// isParam follows the grammar of contact-extension but takes more characters in
// a value without quotes, as "received=sip:127.0.0.1:5060" has them.
func isParam(name, value string) bool {
	if !sip.IsToken(name) || !isPrintable(value) {
		return false
	}
	if value == "" || value[0] != '"' {
		return !strings.ContainsAny(value, "\"<> \t")
	}
	for i := 1; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case '"':
			return i == len(value)-1
		}
	}
	return false
}

// isPrintable refuses control characters: the text goes into responses.
func isPrintable(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
