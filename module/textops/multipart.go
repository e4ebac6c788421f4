// Multipart bodies: their parts as places in the text (RFC 2046 section 5.1,
// RFC 5621).
package textops

import (
	"strings"

	"viaduct/sip"
)

// multipart is a body cut into its parts. Offsets count from the start of the
// body.
type multipart struct {
	boundary string
	parts    []part
	closing  int // where the closing delimiter line begins; the end when it is missing
}

// part is one part: its delimiter line, its header and its content. The line
// end before the next delimiter belongs to neither.
type part struct {
	start   int // of the delimiter line
	header  int // behind the delimiter line
	content int
	end     int // of the content
	next    int // start of the next delimiter line
	kind    string
}

// boundaryOf gives the boundary that Content-Type names; "" when the body has
// no parts.
func boundaryOf(m *sip.Message) string {
	value := m.Get(sip.FieldContentType)
	if !strings.HasPrefix(strings.ToLower(value), "multipart/") {
		return ""
	}
	_, params, _ := strings.Cut(value, ";")
	boundary, _ := sip.Param(";"+params, "boundary")
	return sip.Unquote(boundary)
}

// parseMultipart cuts the body of a message; false when it has no parts.
func parseMultipart(m *sip.Message) (p multipart, ok bool) {
	if p.boundary = boundaryOf(m); p.boundary == "" {
		return p, false
	}
	text := m.Body
	at, closed, next := findDelimiter(text, p.boundary, 0)
	for at < len(text) && !closed {
		one := part{start: at, header: next}
		var following int
		at, closed, following = findDelimiter(text, p.boundary, next)
		one.next = at
		one.end = at
		if at < len(text) {
			one.end = trimLineEnd(text, next, at)
		}
		one.content, one.kind = partHeader(text, one.header, one.end)
		p.parts = append(p.parts, one)
		next = following
	}
	p.closing = at
	return p, len(p.parts) > 0
}

// findDelimiter finds the next line "--boundary" or "--boundary--" from at on,
// and what follows it; the end when there is none.
func findDelimiter(text, boundary string, at int) (start int, closing bool, next int) {
	for at < len(text) {
		lineEnd := strings.IndexByte(text[at:], '\n')
		if lineEnd < 0 {
			lineEnd = len(text)
		} else {
			lineEnd += at + 1
		}
		line := strings.TrimRight(text[at:lineEnd], " \t\r\n")
		if rest, ok := strings.CutPrefix(line, "--"+boundary); ok && (rest == "" || rest == "--") {
			return at, rest == "--", lineEnd
		}
		at = lineEnd
	}
	return len(text), false, len(text)
}

// trimLineEnd takes one line end off before end.
func trimLineEnd(text string, start, end int) int {
	if end > start && text[end-1] == '\n' {
		end--
		if end > start && text[end-1] == '\r' {
			end--
		}
	}
	return end
}

// partHeader reads the header of a part: where its content begins, and its
// type, which is text/plain when it says none.
func partHeader(text string, at, end int) (content int, kind string) {
	kind = "text/plain"
	for at < end {
		lineEnd := strings.IndexByte(text[at:end], '\n')
		if lineEnd < 0 {
			return end, kind
		}
		line := strings.TrimRight(text[at:at+lineEnd], "\r")
		at += lineEnd + 1
		if line == "" {
			return at, kind
		}
		if name, value, ok := strings.Cut(line, ":"); ok && sip.KindOf(strings.TrimSpace(name)) == sip.FieldContentType {
			kind = typeOnly(strings.TrimSpace(value))
		}
	}
	return end, kind
}

// find gives the first part of a type.
func (p *multipart) find(kind string) (*part, bool) {
	for i := range p.parts {
		if strings.EqualFold(p.parts[i].kind, kind) {
			return &p.parts[i], true
		}
	}
	return nil, false
}
