// Header: the lines of a message, found even where sip.Parse finds a fault.
package draft

import (
	"strconv"
	"strings"

	"viaduct/sip"
)

// header is what can be found of a message, sound or not.
type header struct {
	text   string
	start  string // start line without its end
	fields []field
	end    int  // offset of the empty line, or of the end of the text
	body   int  // offset behind it
	ended  bool // there is an empty line
	bareLF int  // the first line that ends with LF alone, 0 when none does
}

// field is one header field. A folded one is known by its first line.
type field struct {
	line       int // counted from 1
	kind       sip.FieldKind
	name       string
	value      string // without white space around it, folds included
	start, end int    // offsets of the value
}

func scan(text string) header {
	h := header{text: text}
	number := 0
	for at := 0; ; {
		if at >= len(text) {
			h.end, h.body = len(text), len(text)
			return h
		}
		number++
		next := len(text)
		if length := strings.IndexByte(text[at:], '\n'); length >= 0 {
			next = at + length + 1
			if h.bareLF == 0 && (length == 0 || text[next-2] != '\r') {
				h.bareLF = number
			}
		}
		line := strings.TrimRight(text[at:next], "\r\n")
		switch {
		case number == 1:
			h.start = line
		case line == "":
			h.end, h.body, h.ended = at, next, true
			return h
		case (line[0] == ' ' || line[0] == '\t') && len(h.fields) > 0:
			f := &h.fields[len(h.fields)-1]
			f.end = at + len(strings.TrimRight(line, " \t"))
			f.value = strings.TrimSpace(text[f.start:max(f.start, f.end)])
		default:
			h.fields = append(h.fields, readField(line, at, number))
		}
		at = next
	}
}

// readField gives a line without a colon as a field without a name.
func readField(line string, at, number int) field {
	colon := strings.IndexByte(line, ':')
	f := field{line: number}
	if colon >= 0 {
		f.name = strings.TrimRight(line[:colon], " \t")
		f.kind = sip.KindOf(f.name)
	}
	value := line[colon+1:]
	f.value = strings.TrimSpace(value)
	f.start = at + colon + 1 + len(value) - len(strings.TrimLeft(value, " \t"))
	f.end = f.start + len(f.value)
	return f
}

// first gives the first field of a kind, or nil.
func (h *header) first(kind sip.FieldKind) *field {
	for i := range h.fields {
		if h.fields[i].kind == kind {
			return &h.fields[i]
		}
	}
	return nil
}

// isRequest is a guess where the start line is unsound.
func (h *header) isRequest() bool { return !strings.HasPrefix(h.start, "SIP/") }

// method is that of the start line of a request, of CSeq in a response.
func (h *header) method() string {
	if h.isRequest() {
		method, _, _ := strings.Cut(h.start, " ")
		return method
	}
	if f := h.first(sip.FieldCSeq); f != nil {
		if words := strings.Fields(f.value); len(words) > 0 {
			return words[len(words)-1]
		}
	}
	return ""
}

// status is 0 for a request.
func (h *header) status() int {
	if words := strings.Fields(h.start); !h.isRequest() && len(words) > 1 {
		status, _ := strconv.Atoi(words[1])
		return status
	}
	return 0
}

// contentLength gives the value of the field, when it is there and a number.
func (h *header) contentLength() (length int, ok bool) {
	f := h.first(sip.FieldContentLength)
	if f == nil {
		return 0, false
	}
	number, err := strconv.ParseUint(f.value, 10, 31)
	return int(number), err == nil
}

// lineOf gives the line of an offset, counted from 1.
func (h *header) lineOf(offset int) int {
	return 1 + strings.Count(h.text[:min(offset, len(h.text))], "\n")
}
