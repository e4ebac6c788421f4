// Check: what is wrong with one message, all of it and not only the first.
package draft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"viaduct/sip"
)

// Way is how a message will go.
type Way string

// The transports as Via writes them. AnyWay leaves those checks out.
const (
	AnyWay   Way = ""
	Datagram Way = "UDP"
	Stream   Way = "TCP"
)

// maxDatagram is the size above which a request goes over a stream (18.1.1).
const maxDatagram = 1300

// Check gives what is wrong with a message, in the order of its lines.
func Check(text string, way Way) []Fault {
	c := checking{header: scan(text), way: way}
	c.lineEnds()
	c.startLine()
	c.mandatory()
	c.addresses()
	c.via()
	c.cseq()
	c.maxForwards()
	c.oneOnly()
	c.length()
	if c.method() == "CANCEL" && c.isRequest() {
		c.cancel()
	}
	c.grammar()
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return a.Line - b.Line })
	return c.faults
}

type checking struct {
	header
	way    Way
	faults []Fault
}

func (c *checking) fault(rule Rule, line int, format string, values ...any) {
	c.faults = append(c.faults, Fault{Rule: rule, Line: line, Text: fmt.Sprintf(format, values...)})
}

func (c *checking) note(rule Rule, line int, format string, values ...any) {
	c.fault(rule, line, format, values...)
	c.faults[len(c.faults)-1].Note = true
}

func (c *checking) lineEnds() {
	if c.bareLF > 0 {
		c.fault(LineEnds, c.bareLF, "the line ends with LF, not CRLF")
	}
	if !c.ended {
		c.fault(HeaderEnd, c.lineOf(len(c.text)), "the header has no empty line at its end")
	}
}

func (c *checking) startLine() {
	if !c.isRequest() {
		return
	}
	words := strings.Fields(c.start)
	if len(words) != 3 {
		return // the grammar says it better
	}
	uri, err := sip.ParseURI(words[1])
	switch {
	case err != nil:
		c.fault(RequestURI, 1, "Request-URI %s: %v", words[1], err)
	case uri.Headers != "":
		c.fault(RequestURI, 1, "Request-URI %s: headers (behind ?) stand in no Request-URI", words[1])
	case uri.Is("sips") && c.way == Datagram:
		c.fault(RequestURI, 1, "Request-URI %s: a sips URI asks for TLS, not UDP", words[1])
	}
}

func (c *checking) mandatory() {
	needed := []sip.FieldKind{sip.FieldVia, sip.FieldFrom, sip.FieldTo, sip.FieldCallID, sip.FieldCSeq}
	if c.isRequest() {
		needed = append(needed, sip.FieldMaxForwards)
	}
	for _, kind := range needed {
		switch f := c.first(kind); {
		case f == nil:
			c.fault(Mandatory, c.lineOf(c.end), "%s is missing, it is mandatory", kind)
		case f.value == "":
			c.fault(Mandatory, f.line, "%s has no value", kind)
		}
	}
	isAnswer := c.status() >= 200 && c.status() < 300
	if c.method() == "INVITE" && (c.isRequest() || isAnswer) && c.first(sip.FieldContact) == nil {
		c.fault(ContactOfInvite, c.lineOf(c.end), "Contact is missing, it is mandatory in INVITE and its 2xx")
	}
}

// addresses checks From, To, Contact, Route and Record-Route and the tags.
func (c *checking) addresses() {
	for i := range c.fields {
		f := &c.fields[i]
		switch f.kind {
		case sip.FieldContact, sip.FieldRoute, sip.FieldRecordRoute:
			for value := range sip.SplitList(f.value) {
				if f.kind != sip.FieldContact || value != "*" {
					c.address(f, value)
				}
			}
		case sip.FieldFrom, sip.FieldTo:
			if f.value != "" {
				c.address(f, f.value)
			}
		}
	}
	from, to, method := c.first(sip.FieldFrom), c.first(sip.FieldTo), c.method()
	if c.isRequest() && from != nil && from.value != "" && sip.AddressParam(from.value, "tag") == "" {
		c.fault(FromTag, from.line, "From has no tag")
	}
	if to == nil || sip.AddressParam(to.value, "tag") != "" {
		return
	}
	switch {
	case c.isRequest() && (method == "BYE" || method == "PRACK" || method == "UPDATE" || method == "INFO"):
		c.fault(ToTag, to.line, "To has no tag, and %s belongs into a dialog", method)
	case c.status() > 100 && method != "CANCEL":
		c.fault(ToTagOfResponse, to.line, "To has no tag, and each response but 100 has one")
	}
}

func (c *checking) address(f *field, value string) {
	address, err := sip.ParseNameAddr(sip.Unfold(value))
	if err != nil {
		c.fault(AddressURI, f.line, "%s: %v", f.name, err)
		return
	}
	if _, err := sip.ParseURI(address.URI); err != nil {
		c.fault(AddressURI, f.line, "%s: %s: %v", f.name, address.URI, err)
	}
}

func (c *checking) via() {
	f := c.first(sip.FieldVia)
	if f == nil || f.value == "" {
		return
	}
	top := f.value
	for value := range sip.SplitList(f.value) {
		top = value
		break
	}
	v, ok := sip.ParseVia(sip.Unfold(top))
	switch {
	case !ok:
		c.fault(Grammar, f.line, "Via: expected SIP/2.0/transport host[:port] and parameters")
		return
	case v.Branch == "":
		c.fault(BranchCookie, f.line, "Via has no branch")
	case !strings.HasPrefix(v.Branch, sip.MagicCookie):
		c.fault(BranchCookie, f.line, "Via: the branch %s does not begin with %s", v.Branch, sip.MagicCookie)
	case !v.IsUnique():
		c.fault(BranchCookie, f.line, "Via: the branch is %s and nothing behind it", v.Branch)
	}
	if c.isRequest() && c.way != AnyWay && !strings.EqualFold(v.Transport, string(c.way)) {
		c.fault(ViaTransport, f.line, "Via says %s, but the message goes over %s", v.Transport, c.way)
	}
}

func (c *checking) cseq() {
	f := c.first(sip.FieldCSeq)
	if f == nil || !c.isRequest() {
		return
	}
	words := strings.Fields(f.value)
	if len(words) == 2 && words[1] != c.method() {
		c.fault(CSeqMethod, f.line, "CSeq says %s, the start line %s", words[1], c.method())
	}
}

func (c *checking) maxForwards() {
	f := c.first(sip.FieldMaxForwards)
	if f == nil || f.value == "" {
		return
	}
	hops := 0
	for _, digit := range f.value {
		if digit < '0' || digit > '9' || hops > 255 {
			hops = 256
			break
		}
		hops = hops*10 + int(digit-'0')
	}
	if hops > 255 {
		c.fault(HopsInRange, f.line, "Max-Forwards is %s", f.value)
	}
}

func (c *checking) oneOnly() {
	seen := map[sip.FieldKind]int{}
	for i := range c.fields {
		f := &c.fields[i]
		switch f.kind {
		case sip.FieldFrom, sip.FieldTo, sip.FieldCallID, sip.FieldCSeq, sip.FieldMaxForwards, sip.FieldContentLength, sip.FieldContentType:
			if line := seen[f.kind]; line > 0 {
				c.fault(OneOnly, f.line, "%s stands in line %d already", f.kind, line)
				continue
			}
			seen[f.kind] = f.line
		}
	}
}

// length checks Content-Length and what it counts.
func (c *checking) length() {
	body := c.text[c.body:]
	line := c.lineOf(c.end)
	f := c.first(sip.FieldContentLength)
	length, ok := c.contentLength()
	switch {
	case f == nil && c.way == Stream:
		c.fault(ContentLengthOnStream, line, "Content-Length is missing")
	case f != nil && !ok:
		c.fault(ContentLengthHolds, f.line, "Content-Length %q is no number of bytes", f.value)
	case f != nil && c.bareLF > 0 && length == len(withCRLF(body)): // holds once the line ends are right
	case f != nil && length != len(body):
		c.fault(ContentLengthHolds, f.line, "Content-Length is %d, the body has %d bytes", length, len(body))
	}
	if body != "" && (!ok || length > 0) && c.first(sip.FieldContentType) == nil {
		c.fault(ContentType, line, "Content-Type is missing, and there is a body")
	}
	if c.way == Datagram && c.isRequest() && len(c.text) > maxDatagram {
		c.note(FitsDatagram, 1, "the request has %d bytes, more than %d", len(c.text), maxDatagram)
	}
}

func (c *checking) cancel() {
	count := 0
	for i := range c.fields {
		f := &c.fields[i]
		switch f.kind {
		case sip.FieldVia:
			for range sip.SplitList(f.value) {
				if count++; count == 2 {
					c.fault(CancelHasOneVia, f.line, "CANCEL has more than one Via")
				}
			}
		case sip.FieldRequire, sip.FieldProxyRequire:
			c.fault(CancelWithoutRequire, f.line, "CANCEL has %s", f.kind)
		}
	}
}

// grammar adds what sip.Parse says, where nothing else was found at that place.
func (c *checking) grammar() {
	_, err := sip.Parse(c.text)
	var wrong *sip.ParseError
	if !errors.As(err, &wrong) {
		return
	}
	line := c.lineOf(wrong.Offset)
	for _, f := range c.faults {
		if !f.Note && (f.Line == line || strings.HasPrefix(f.Text, wrong.Field)) || f.Rule == HeaderEnd && wrong.Field == "header" ||
			f.Rule == ContentLengthHolds && wrong.Field == "body" {
			return
		}
	}
	if wrong.Field == "body" && c.bareLF > 0 {
		return // it holds once the line ends are right
	}
	c.fault(Grammar, line, "%s: expected %s", wrong.Field, wrong.Expected)
}
