// Style: which header fields a phone writes, and in which order.
package phone

import (
	"strconv"
	"strings"

	"viaduct/sip"
)

// Style is the handwriting of a phone. RFC 3261 leaves the order of header
// fields open (section 7.3.1) and many of them to the phone's taste.
type Style struct {
	UserAgent string
	Allow     string // value of Allow
	Supported string // value of Supported

	// Requests and Responses list the header fields in their order. "*" is the
	// place of those that are not listed. Contact, Supported, Allow, User-Agent,
	// Server and Accept are written only where the list says so.
	Requests, Responses []Place

	RPort   bool           // Via asks for rport (RFC 3581)
	Trying  bool           // an INVITE is answered with 100 at once
	Reroute bool           // each 2xx with Record-Route makes the route set anew, against section 12.2
	Reasons map[int]string // phrases other than the usual ones
	// Of session descriptions: s=, "" is "SIP Call"; the number of the session
	// in o=, 0 a new one for each call.
	SessionName string
	Session     uint64
}

// Place is the place of a header field.
type Place struct {
	Name string
	// In says which messages have it: methods and statuses with spaces between
	// them, "INVITE 2xx", or a method's statuses, "INVITE/18x"; "" is all of
	// them, and "!ACK BYE" all but those.
	In string
}

// DefaultStyle is how a phone writes that was given no other style.
var DefaultStyle = Style{
	UserAgent: "viaduct",
	Allow:     "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY, UPDATE, PRACK",
	Supported: "replaces, 100rel",
	Requests: []Place{
		{Name: "Via"}, {Name: "Max-Forwards"}, {Name: "Route"}, {Name: "From"}, {Name: "To"},
		{Name: "Contact", In: "INVITE REGISTER OPTIONS REFER UPDATE NOTIFY"}, {Name: "Call-ID"}, {Name: "CSeq"},
		{Name: "User-Agent"}, {Name: "Supported", In: "INVITE REGISTER OPTIONS UPDATE REFER"}, {Name: "Allow", In: "INVITE OPTIONS UPDATE REFER"},
		{Name: "*"}, {Name: "Content-Type"}, {Name: "Content-Length"},
	},
	Responses: []Place{
		{Name: "Via"}, {Name: "Record-Route"}, {Name: "From"}, {Name: "To"},
		{Name: "Contact", In: "INVITE/18x INVITE/2xx UPDATE/2xx OPTIONS/2xx REFER/2xx"}, {Name: "Call-ID"}, {Name: "CSeq"},
		{Name: "Server"}, {Name: "Supported", In: "INVITE/2xx OPTIONS/2xx UPDATE/2xx"},
		{Name: "Allow", In: "INVITE/2xx OPTIONS/2xx 405"}, {Name: "Accept", In: "OPTIONS/2xx 415"},
		{Name: "*"}, {Name: "Content-Type"}, {Name: "Content-Length"},
	},
	RPort: true,
}

// GrandstreamStyle is how the two phones of the 2007 paper wrote: Grandstream
// BudgeTone 100, firmware 1.0.8.33.
var GrandstreamStyle = Style{
	UserAgent: "Grandstream BT110 1.0.8.33",
	Allow:     "INVITE,ACK,CANCEL,BYE,NOTIFY,REFER,OPTIONS,INFO,SUBSCRIBE",
	Supported: "replaces",
	Requests: []Place{
		{Name: "Via"}, {Name: "Route"}, {Name: "From"}, {Name: "To"}, {Name: "Contact", In: "!BYE CANCEL OPTIONS"},
		{Name: "Supported", In: "!ACK"}, {Name: "*"}, {Name: "Call-ID"}, {Name: "CSeq"}, {Name: "User-Agent"}, {Name: "Max-Forwards"},
		{Name: "Allow"}, {Name: "Content-Type"}, {Name: "Content-Length"},
	},
	Responses: []Place{
		{Name: "Via"}, {Name: "Record-Route"}, {Name: "From"}, {Name: "To"}, {Name: "Call-ID"}, {Name: "CSeq"}, {Name: "User-Agent"},
		{Name: "Contact", In: "2xx"}, {Name: "Allow", In: "2xx 405"}, {Name: "*"}, {Name: "Content-Type"}, {Name: "Supported", In: "2xx"},
		{Name: "Content-Length"},
	},
	Trying:  true,
	Reroute: true,
	Reasons: map[int]string{487: "Request Cancelled"},
	Session: 8000,
}

// field is one header field to be written.
type field struct{ name, value string }

// body is what a message carries; the zero value is nothing.
type body struct{ kind, text string }

// taste are the fields that stand only where the style lists them.
func (s *Style) taste(contact string) []field {
	return []field{
		{"Contact", contact}, {"Supported", s.Supported}, {"Allow", s.Allow},
		{"User-Agent", s.UserAgent}, {"Server", s.UserAgent}, {"Accept", "application/sdp"},
	}
}

// appendRequest prints a request from its fields.
func (s *Style) appendRequest(dst []byte, method, uri, contact string, b body, fields []field) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, uri...)
	dst = append(dst, " SIP/2.0\r\n"...)
	return s.appendFields(dst, s.Requests, method, 0, contact, b, fields)
}

// appendResponse prints a response to a request: what each response copies,
// and further fields.
func (s *Style) appendResponse(dst []byte, to *incoming, status int, b body, further []field) []byte {
	reply := sip.Reply{Status: status, Reason: to.reason, Source: to.source}
	if reply.Reason == "" {
		reply.Reason = s.Reasons[status]
	}
	if status > 100 {
		reply.ToTag = to.tag
	}
	bare := string(sip.AppendReply(nil, to.message, &reply))
	m, err := sip.Parse(bare)
	if err != nil {
		return append(dst, bare...) // of a request that is half sound
	}
	var fields []field
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Kind != sip.FieldContentLength {
			fields = append(fields, field{m.Name(f), m.Value(f)})
		}
	}
	dst = append(dst, m.StartLine()...)
	dst = append(dst, "\r\n"...)
	return s.appendFields(dst, s.Responses, m.CSeq.Method, status, to.contact, b, append(fields, further...))
}

// appendFields prints the fields in the order of a list, and the body.
func (s *Style) appendFields(dst []byte, order []Place, method string, status int, contact string, b body, fields []field) []byte {
	if b.kind != "" {
		fields = append(fields, field{"Content-Type", b.kind})
	}
	fields = append(fields, field{"Content-Length", strconv.Itoa(len(b.text))})
	taste := s.taste(contact)
	for _, place := range order {
		if place.Name == "*" {
			for _, f := range fields {
				if !isListed(order, f.name) {
					dst = appendField(dst, f)
				}
			}
			continue
		}
		written := false
		for _, f := range fields {
			if strings.EqualFold(f.name, place.Name) {
				dst = appendField(dst, f)
				written = true
			}
		}
		for _, f := range taste {
			if !written && f.name == place.Name && f.value != "" && place.isIn(method, status) {
				dst = appendField(dst, f)
			}
		}
	}
	dst = append(dst, "\r\n"...)
	return append(dst, b.text...)
}

func appendField(dst []byte, f field) []byte {
	dst = append(dst, f.name...)
	dst = append(dst, ": "...)
	dst = append(dst, f.value...)
	return append(dst, "\r\n"...)
}

func isListed(order []Place, name string) bool {
	for _, place := range order {
		if strings.EqualFold(place.Name, name) {
			return true
		}
	}
	return false
}

// isIn tells whether the field stands in a message; status 0 is a request.
func (p *Place) isIn(method string, status int) bool {
	list, without := strings.CutPrefix(p.In, "!")
	if list == "" {
		return status != 100 || p.Name == "User-Agent" || p.Name == "Server"
	}
	for word := range strings.FieldsSeq(list) {
		of, class, both := strings.Cut(word, "/")
		if !both && '0' <= of[0] && of[0] <= '9' {
			of, class = "", of
		}
		if (of == "" || of == method) && (class == "" || isOfClass(class, status)) {
			return !without
		}
	}
	return without
}

// isOfClass compares a status with "180", "18x" or "2xx".
func isOfClass(class string, status int) bool {
	text := strconv.Itoa(status)
	if len(class) != len(text) {
		return false
	}
	for i := range len(text) {
		if class[i] != 'x' && class[i] != text[i] {
			return false
		}
	}
	return true
}
