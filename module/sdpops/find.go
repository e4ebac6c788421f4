// Finding the description: the body itself, or a part of a multipart body.
package sdpops

import (
	"strings"

	"viaduct/script"
	"viaduct/sip"
)

// found is where a message has a description.
type found struct {
	*description
	at int // offset in the message
}

// find gives the description of a message. none tells that it has no body at
// all, which some words answer otherwise than an unsound one.
func find(c *script.Context) (f found, none, ok bool) {
	m := c.Message
	if m.Body == "" {
		return f, true, false
	}
	text, at, ok := part(m.Body, m.Get(sip.FieldContentType), deepest)
	if !ok {
		return f, false, false
	}
	f.at = m.BodyStart() + at
	f.description, ok = scan(text)
	return f, false, ok
}

// deepest bounds the multiparts within multiparts.
const deepest = 4

// part gives the first application/sdp of a body of a type, and its offset.
func part(body, contentType string, depth int) (text string, at int, ok bool) {
	kind, params, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	switch {
	case strings.EqualFold(kind, "application/sdp"):
		return body, 0, true
	case depth == 0 || len(kind) < 10 || !strings.EqualFold(kind[:10], "multipart/"):
		return "", 0, false
	}
	boundary, _ := sip.Param(";"+params, "boundary")
	if boundary = sip.Unquote(boundary); boundary == "" {
		return "", 0, false
	}
	for start, next, last := delimiter(body, 0, boundary); start >= 0 && !last; start, next, last = delimiter(body, next, boundary) {
		end, _, _ := delimiter(body, next, boundary)
		if end < 0 {
			end = len(body) // a part that nothing closes ends with the body
		}
		end = max(end, next)
		header, content := partHeader(body[:end], next)
		if text, at, ok := part(content, header, depth-1); ok {
			return text, end - len(content) + at, true
		}
	}
	return "", 0, false
}

// delimiter finds the next "--boundary" at the start of a line. start is where
// the part before it ends: the line end before the delimiter belongs to it
// (RFC 2046 section 5.1.1). next is behind its line.
func delimiter(body string, from int, boundary string) (start, next int, last bool) {
	for at := from; at < len(body); {
		one := nextLine(body, at)
		rest, ok := strings.CutPrefix(one.of(body), "--"+boundary)
		if !ok {
			at = one.next
			continue
		}
		rest = strings.TrimRight(rest, " \t")
		if rest != "" && rest != "--" {
			at = one.next
			continue
		}
		start = at
		if start > from && body[start-1] == '\n' {
			start--
			if start > from && body[start-1] == '\r' {
				start--
			}
		}
		return start, one.next, rest == "--"
	}
	return -1, len(body), true
}

// partHeader reads the Content-Type of a part, and gives what stands behind its
// header.
func partHeader(body string, at int) (contentType, content string) {
	for at < len(body) {
		one := nextLine(body, at)
		text := one.of(body)
		if at = one.next; text == "" {
			return contentType, body[at:]
		}
		name, value, _ := strings.Cut(text, ":")
		if name = strings.TrimSpace(name); strings.EqualFold(name, "Content-Type") || strings.EqualFold(name, "c") {
			contentType = strings.TrimSpace(value)
		}
	}
	return contentType, ""
}
