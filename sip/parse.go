// Parse: from text to Message in one pass (RFC 3261 sections 7 and 25.1).
package sip

import (
	"fmt"
	"strings"
)

// A message larger than this is not taken; it does not fit a datagram either.
const MaxMessageSize = 65535

// MaxFields bounds the header fields of one message, so that a flood of tiny
// ones cannot make us work without end.
const MaxFields = 1024

// ParseError says what is wrong with a message and where.
type ParseError struct {
	Offset   int    // in the text
	Field    string // name of the header field, "start line", "header", "body" or "message"
	Expected string // what should have stood there
	Status   int    // the response that suits: 400, 501, 505 or 513
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("offset %d: %s: expected %s", e.Offset, e.Field, e.Expected)
}

// earlier gives the first of two errors that there is.
func earlier(a, b *ParseError) *ParseError {
	if a != nil {
		return a
	}
	return b
}

// Parse reads one message. The text should be exactly one message, as a
// datagram holds it; bytes behind Content-Length are left out of Body
// (section 18.3). When the error is not nil the message is nil, unless it is
// a request with a sender in its topmost Via: then it holds what could be
// found, enough for AppendReply to answer it with ParseError.Status. Of a start
// line without method, Request-URI or version only the fields tell that it is
// one: Via, From, To, Call-ID and CSeq must be sound, and Method may be CSeq's.
// Errors are of type *ParseError.
func Parse(text string) (*Message, error) {
	if len(text) > MaxMessageSize {
		return nil, &ParseError{MaxMessageSize, "message", "at most 65535 bytes", 513}
	}
	m := &Message{Text: text}
	m.Fields = m.inline[:0]
	rest, err := m.parseStartLine()
	if rest == 0 {
		return nil, err
	}
	err = earlier(err, m.parseFields(rest))
	err = earlier(err, m.parseTopVia())
	if m.Via.Host == "" {
		return nil, err
	}
	unsound := m.parseMandatory()
	err = earlier(err, unsound)
	if unsound != nil && m.RequestURI == "" { // it may be anything
		return nil, err
	}
	err = earlier(err, m.cutBody())
	switch {
	case err == nil:
		return m, nil
	case m.IsRequest() && !m.viaHoldsNUL():
		return m, err
	}
	return nil, err
}

// viaHoldsNUL tells of a request that an answer, which repeats the Via fields as
// they are, would be as broken as itself.
func (m *Message) viaHoldsNUL() bool {
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Kind == FieldVia && strings.IndexByte(m.Value(f), 0) >= 0 {
			return true
		}
	}
	return false
}

// parseStartLine gives the offset behind the line (section 7.1 and 7.2), 0 when
// it begins no request and no sound response: a broken response is never
// answered.
func (m *Message) parseStartLine() (next int, err *ParseError) {
	end := strings.IndexByte(m.Text, '\n')
	if end < 0 {
		return 0, &ParseError{len(m.Text), "start line", "a line end", 400}
	}
	next = end + 1
	if end > 0 && m.Text[end-1] == '\r' {
		end--
	}
	line := m.Text[:end]
	if len(line) >= 4 && equalFold(line[:4], "SIP/") {
		if err = m.parseStatusLine(line); err != nil {
			return 0, err
		}
		return next, nil
	}
	return next, m.parseRequestLine(line)
}

func (m *Message) parseRequestLine(line string) *ParseError {
	space := skipToken(line, 0)
	if space == 0 {
		return &ParseError{0, "start line", "a method or SIP/2.0", 400}
	}
	if space == len(line) || line[space] != ' ' {
		return &ParseError{space, "start line", "one space behind the method", 400}
	}
	m.Method = line[:space]
	last := strings.LastIndexByte(line, ' ')
	if last == space {
		return &ParseError{len(line), "start line", "Request-URI and SIP-Version", 400}
	}
	m.RequestURI = line[space+1 : last]
	version := line[last+1:]
	if !equalFold(version, "SIP/2.0") {
		if len(version) > 4 && equalFold(version[:4], "SIP/") {
			return &ParseError{last + 1, "start line", "SIP/2.0", 505}
		}
		return &ParseError{last + 1, "start line", "SIP/2.0", 400}
	}
	if m.RequestURI == "" {
		return &ParseError{space + 1, "start line", "a Request-URI", 400}
	}
	for i := 0; i < len(m.RequestURI); i++ {
		if class[m.RequestURI[i]]&classURI == 0 {
			return &ParseError{space + 1 + i, "start line", "a Request-URI without spaces, quotes or angle brackets", 400}
		}
	}
	return nil
}

func (m *Message) parseStatusLine(line string) *ParseError {
	const code = len("SIP/2.0 ")
	if len(line) < code || !equalFold(line[:code], "SIP/2.0 ") {
		return &ParseError{0, "start line", "a method or SIP/2.0", 400}
	}
	end := code
	for end < len(line) && isDigit(line[end]) {
		end++
	}
	status, _ := parseUint(line[code:end], 699)
	if end-code != 3 || status < 100 || status > 699 {
		return &ParseError{code, "start line", "a status of three digits from 100 to 699", 400}
	}
	m.Status = int(status)
	if end == len(line) { // the space before an empty reason is often forgotten
		return nil
	}
	if line[end] != ' ' {
		return &ParseError{end, "start line", "a space behind the status", 400}
	}
	m.Reason = line[end+1:]
	return nil
}

// parseFields finds the header fields from offset at on, until the empty line.
// Of several errors the first is told; the fields behind it are still found.
func (m *Message) parseFields(at int) (err *ParseError) {
	text := m.Text
	pairs := 0 // line ends with CR, but for folds
	if at > 1 && text[at-2] == '\r' {
		pairs++
	}
	for {
		if at >= len(text) {
			m.HeadEnd = len(text)
			err = earlier(err, &ParseError{len(text), "header", "an empty line at its end", 400})
			break
		}
		if text[at] == '\n' || text[at] == '\r' && at+1 < len(text) && text[at+1] == '\n' {
			m.HeadEnd = at
			if text[at] == '\r' {
				pairs++
			}
			break
		}
		if len(m.Fields) == MaxFields {
			m.HeadEnd = len(text)
			err = earlier(err, &ParseError{at, "header", "at most 1024 fields", 400})
			break
		}
		nameEnd := skipToken(text, at)
		colon := nameEnd
		for colon < len(text) && (text[colon] == ' ' || text[colon] == '\t') {
			colon++
		}
		kind := FieldOther
		if nameEnd > at && colon < len(text) && text[colon] == ':' {
			kind = KindOf(text[at:nameEnd])
		} else {
			err = earlier(err, &ParseError{at, "header", "a field name and a colon", 400})
			nameEnd, colon = at, at-1 // the line is kept as a nameless field
		}
		value, valueEnd, next := scanValue(text, colon+1)
		if next-2 >= valueEnd && text[next-2] == '\r' {
			pairs++
		}
		m.kinds |= 1 << kind
		m.Fields = append(m.Fields, Field{uint16(at), uint16(nameEnd), uint16(value), uint16(valueEnd), uint16(next), kind})
		at = next
	}
	head := text[:m.BodyStart()]
	returns, feeds := strings.Count(head, "\r"), strings.Count(head, "\n")
	nul := strings.IndexByte(head, 0) >= 0
	m.bareFeeds, m.looseBytes = returns < feeds, returns != pairs || nul
	if returns != pairs || returns != 0 && returns != feeds { // seldom: look closer
		err = earlier(err, checkLineEnds(head))
	}
	if nul {
		err = earlier(err, m.looseNUL())
	}
	return err
}

// scanValue finds the value from offset at to the end of its last folded
// line: a line end with a space or tab behind it goes on (section 7.3.1).
func scanValue(text string, at int) (value, valueEnd, next int) {
	for next = at; ; {
		length := strings.IndexByte(text[next:], '\n')
		if length < 0 {
			valueEnd, next = len(text), len(text)
			break
		}
		valueEnd = next + length
		next = valueEnd + 1
		if next == len(text) || text[next] != ' ' && text[next] != '\t' {
			break
		}
	}
	if valueEnd > at && text[valueEnd-1] == '\r' {
		valueEnd-- // an empty value stands before its line end, not in it
	}
	for valueEnd > at && isSpace(text[valueEnd-1]) {
		valueEnd--
	}
	return skipSpace(text[:valueEnd], at), valueEnd, next
}

// checkLineEnds finds a CR without LF, which other elements could take for a
// line end, and a line that ends otherwise than the start line: whoever takes
// only CRLF for an end would see other fields than we do. A message that ends
// all its lines with LF alone, as people write them, is clear.
func checkLineEnds(head string) *ParseError {
	first := strings.IndexByte(head, '\n')
	withReturn := first > 0 && head[first-1] == '\r'
	for at := range len(head) {
		switch {
		case head[at] == '\r' && (at+1 == len(head) || head[at+1] != '\n'):
			return &ParseError{at, "header", "LF behind CR", 400}
		case head[at] == '\n' && (at > 0 && head[at-1] == '\r') != withReturn:
			return &ParseError{at, "header", "the line end that the start line has", 400}
		}
	}
	return nil
}

// looseNUL finds a NUL in a value that no backslash within quotes hides: an
// element that takes it for the end of a string reads another value than we do.
func (m *Message) looseNUL() *ParseError {
	for i := range m.Fields {
		f := &m.Fields[i]
		value := m.Value(f)
		for quoted, at := false, 0; at < len(value); at++ {
			switch c := value[at]; {
			case c == '"':
				quoted = !quoted
			case c == '\\' && quoted:
				at++
			case c == 0:
				return &ParseError{int(f.Value) + at, m.Name(f), "no NUL", 400}
			}
		}
	}
	return nil
}

// parseTopVia reads the topmost Via, without which nobody can be answered. Of
// an unsound one the sound beginning is enough for that, if it tells a host.
func (m *Message) parseTopVia() *ParseError {
	f := m.First(FieldVia)
	if f == nil {
		return missing(m, FieldVia)
	}
	value := m.Value(f)
	v, end, ok := scanVia(value)
	m.Via, m.viaEnd = v, f.Value+uint16(len(trim(value[:end])))
	if !ok {
		return &ParseError{int(m.viaEnd), "Via", "SIP/2.0/transport host[:port] and parameters", 400}
	}
	return nil
}

func missing(m *Message, kind FieldKind) *ParseError {
	return &ParseError{m.HeadEnd, kind.String(), "this field, it is mandatory", 400}
}

// parseMandatory checks the other fields without which no message can be
// routed or answered (section 8.1.1) and reads CSeq and the tags.
func (m *Message) parseMandatory() (err *ParseError) {
	if f := m.First(FieldCallID); f == nil {
		err = missing(m, FieldCallID)
	} else if f.Value == f.ValueEnd {
		err = &ParseError{int(f.Value), "Call-ID", "a value", 400}
	}
	err = earlier(err, m.parseCSeq())
	var unsound *ParseError
	m.fromTag, unsound = m.parseTag(FieldFrom)
	err = earlier(err, unsound)
	m.toTag, unsound = m.parseTag(FieldTo)
	return earlier(err, unsound)
}

func (m *Message) parseCSeq() *ParseError {
	f := m.First(FieldCSeq)
	if f == nil {
		return missing(m, FieldCSeq)
	}
	value := m.Value(f)
	end := 0
	for end < len(value) && isDigit(value[end]) {
		end++
	}
	number, ok := parseUint(value[:end], 1<<31-1) // section 8.1.1.5
	method := trim(value[end:])
	if !ok || end == len(value) || !isSpace(value[end]) || !IsToken(method) {
		return &ParseError{int(f.Value), "CSeq", "a number below 2^31 and a method", 400}
	}
	m.CSeq = CSeq{uint32(number), method}
	if m.Status != 0 || m.Method == "" {
		m.Method = method
	}
	return nil
}

// parseTag checks From or To and reads its tag.
func (m *Message) parseTag(kind FieldKind) (tag string, err *ParseError) {
	f := m.First(kind)
	if f == nil {
		return "", missing(m, kind)
	}
	address, addressError := ParseNameAddr(m.Value(f))
	if addressError != nil {
		return "", &ParseError{int(f.Value), kind.String(), strings.TrimPrefix(addressError.Error(), "expected "), 400}
	}
	tag, _ = address.Param("tag")
	return tag, nil
}

// cutBody sets Body by Content-Length, or to the rest of the datagram when
// the field is missing (section 18.3), and checks what makes a message
// ambiguous: fields twice, a method that CSeq contradicts, a short body.
func (m *Message) cutBody() *ParseError {
	m.Body = m.Text[m.BodyStart():]
	var seen uint64
	for i := range m.Fields {
		f := &m.Fields[i]
		bit := uint64(1) << f.Kind
		if seen&bit != 0 && f.Kind.isSingle() {
			return &ParseError{int(f.Start), f.Kind.String(), "this field once only", 400}
		}
		seen |= bit
	}
	if m.IsRequest() && m.Method != m.CSeq.Method && m.CSeq.Method != "" {
		status := 400
		if knownMethod(m.Method) == "" {
			status = 501 // what the method asks of CSeq is not known either (RFC 4475 section 3.1.2.18)
		}
		return &ParseError{int(m.First(FieldCSeq).Value), "CSeq", "the method of the start line", status}
	}
	if f := m.First(FieldMaxForwards); f != nil && m.IsRequest() {
		if _, ok := m.MaxForwards(); !ok {
			return &ParseError{int(f.Value), "Max-Forwards", "a number up to 255", 400}
		}
	}
	f := m.First(FieldContentLength)
	if f == nil {
		return nil
	}
	length, ok := m.ContentLength()
	if !ok {
		return &ParseError{int(f.Value), "Content-Length", "a number of bytes", 400}
	}
	if length > len(m.Body) {
		return &ParseError{len(m.Text), "body", fmt.Sprintf("%d bytes as Content-Length says", length), 400}
	}
	m.Body = m.Body[:length]
	return nil
}

// BodyStart gives the offset behind the empty line.
func (m *Message) BodyStart() int {
	at := m.HeadEnd
	if at < len(m.Text) && m.Text[at] == '\r' {
		at++
	}
	if at < len(m.Text) && m.Text[at] == '\n' {
		at++
	}
	return at
}

// MethodName gives a method as a string that holds no message in memory: a
// constant for the methods of RFC 3261 and of the RFCs that added some, else a
// copy.
func MethodName(method string) string {
	if known := knownMethod(method); known != "" {
		return known
	}
	return strings.Clone(method)
}

func knownMethod(method string) string {
	for _, known := range [...]string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY",
		"PUBLISH", "INFO", "REFER", "MESSAGE", "UPDATE"} {
		if known == method {
			return known
		}
	}
	return ""
}

// isSingle tells the fields that must not occur twice.
func (k FieldKind) isSingle() bool {
	switch k {
	case FieldFrom, FieldTo, FieldCallID, FieldCSeq, FieldMaxForwards, FieldContentLength:
		return true
	}
	return false
}
