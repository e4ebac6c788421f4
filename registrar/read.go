// What a REGISTER asks for: extensions, address-of-record, contacts.
package registrar

import (
	"strconv"
	"strings"
	"time"

	"viaduct/location"
	"viaduct/sip"
)

// Bounds of what is kept and answered, in bytes, so that no client makes us
// keep or write without end.
const (
	longestAOR       = 256
	longestCallID    = 255
	longestUserAgent = 255
	longestParams    = 1024 // of one contact
	longestPath      = 1024
)

// checkRequire is step 2 (section 8.2.2.3): all that is not known is listed.
func (r *Registrar) checkRequire(m *sip.Message) *Result {
	unsupported, ok := m.Unsupported(sip.FieldRequire, func(tag string) bool {
		return strings.EqualFold(tag, "path") && r.config.UsePath
	})
	switch {
	case !ok:
		return refuse(400, "Bad Require")
	case unsupported != "":
		return &Result{Status: 420, Fields: "Unsupported: " + unsupported + "\r\n"}
	}
	return nil
}

// addressOfRecord is step 5. An address-of-record is a SIP or SIPS URI with a
// user (section 10.2); another one is valid for no domain.
func (r *Registrar) addressOfRecord(m *sip.Message, instead string) (string, *Result) {
	text := instead
	if text == "" {
		to, err := sip.ParseNameAddr(m.Get(sip.FieldTo))
		if err != nil {
			return "", refuse(400, "Bad To")
		}
		text = to.URI
	}
	uri, err := sip.ParseURI(text)
	if err != nil {
		return "", refuse(400, "Bad To URI")
	}
	if !uri.IsSIP() {
		return "", refuse(400, "To Names No SIP URI") // RFC 4475 section 3.3.4
	}
	aor, ok := r.canonical(text, &uri)
	if !ok {
		return "", refuse(404, "")
	}
	if len(aor) > longestAOR {
		return "", refuse(400, "Address-of-Record Too Long")
	}
	return aor, nil
}

// request is what a REGISTER says for all its contacts. These stand apart, so
// that they need no heap.
type request struct {
	callID    string
	cseq      uint32
	userAgent string
	path      string // to be kept
	tellsPath bool   // and to be told in the 200

	flow    location.Flow
	now     time.Time
	options SaveOptions
}

// readRequest reads what a request says for all its contacts.
func (r *Registrar) readRequest(m *sip.Message) (request request, refused *Result) {
	request.callID = m.CallID()
	request.cseq = m.CSeq.Number
	if len(request.callID) > longestCallID {
		return request, refuse(400, "Call-ID Too Long")
	}
	request.userAgent = sip.Unfold(m.Get(sip.FieldUserAgent))
	if len(request.userAgent) > longestUserAgent {
		request.userAgent = request.userAgent[:longestUserAgent]
	}
	if r.config.UsePath && m.Has(sip.FieldPath) && m.Has(sip.FieldContact) {
		refused = r.readPath(m, &request)
	}
	return request, refused
}

// readContacts is the first half of step 6, and the part of step 7 that needs
// no bindings. The contacts are appended to space; "*" leaves none.
func (r *Registrar) readContacts(m *sip.Message, space []contact) (contacts []contact, removeAll bool, refused *Result) {
	defaults := r.contactDefaults(m)
	values := 0
	for value := range m.Values(sip.FieldContact) {
		if values++; values > MostContacts {
			return nil, false, r.tooManyContacts()
		}
		if value.Text == "*" {
			removeAll = true
			continue
		}
		c, refused := r.readContact(value.Text, &defaults)
		if refused != nil {
			return nil, false, refused
		}
		space = append(space, c)
	}
	switch {
	case values == 0:
		return nil, false, refuse(400, "Empty Contact")
	case removeAll && values > 1:
		return nil, false, refuse(400, "Contact * With Other Contacts")
	case removeAll && !(defaults.hasExpires && defaults.expires == 0):
		return nil, false, refuse(400, "Contact * Without Expires 0")
	}
	return space, removeAll, nil
}

func (r *Registrar) mostContacts() int {
	if most := r.config.MaxContacts; 0 < most && most < MostContacts {
		return most
	}
	return MostContacts
}

func (r *Registrar) tooManyContacts() *Result {
	refused := refuse(503, "Too Many Contacts")
	if r.config.RetryAfter > 0 {
		refused.Fields = "Retry-After: " + strconv.Itoa(r.config.RetryAfter) + "\r\n"
	}
	return refused
}

// contactDefaults is what the request says for all its contacts.
type contactDefaults struct {
	expires    uint32
	hasExpires bool
	methods    location.Methods
}

func (r *Registrar) contactDefaults(m *sip.Message) (d contactDefaults) {
	d.expires = r.config.DefaultExpires
	if m.Has(sip.FieldExpires) {
		d.expires, d.hasExpires = parseExpires(m.Get(sip.FieldExpires)), true
	}
	d.methods = location.AllMethods
	if m.Has(sip.FieldAllow) {
		d.methods = 0
		for method := range m.Values(sip.FieldAllow) {
			d.methods |= location.MethodBit(method.Text)
		}
	}
	return d
}

// parseExpires reads seconds: too many count as 2^32-1, what is no number as
// an hour (sections 10.2 and 20.19).
func parseExpires(text string) uint32 {
	const malformed, most = 3600, 1<<32 - 1
	if text == "" {
		return malformed
	}
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return malformed
		}
	}
	seconds, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return most
	}
	return uint32(seconds)
}
