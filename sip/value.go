// Values: the elements of comma-separated header fields, and their parameters.
package sip

import (
	"iter"
	"strings"
)

// Value is one element of a list, without white space around it.
type Value struct {
	Text  string
	Start int // offset in Message.Text
	Field int // index in Message.Fields
}

// Values gives every value of a kind in order, across fields of the same name
// and across commas (RFC 3261 section 7.3.1). Empty elements are left out.
func (m *Message) Values(kind FieldKind) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !m.Has(kind) {
			return
		}
		for i := range m.Fields {
			f := &m.Fields[i]
			if f.Kind != kind {
				continue
			}
			if !kind.isList() {
				if !yield(Value{m.Value(f), int(f.Value), i}) {
					return
				}
				continue
			}
			for at := int(f.Value); ; {
				start, end, next := nextElement(m.Text[:f.ValueEnd], at)
				if start == end {
					break
				}
				if !yield(Value{m.Text[start:end], start, i}) {
					return
				}
				at = next
			}
		}
	}
}

// SplitList gives the elements of one comma-separated list.
func SplitList(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for at := 0; ; {
			start, end, next := nextElement(list, at)
			if start == end || !yield(list[start:end]) {
				return
			}
			at = next
		}
	}
}

// nextElement finds the next element of a list at or behind offset at, and
// the place behind its comma. Empty elements are passed over; at the end of
// the list start and end are the same.
func nextElement(list string, at int) (start, end, next int) {
	for at < len(list) {
		next = at + listEnd(list[at:])
		start = skipSpace(list[:next], at)
		for end = next; end > start && isSpace(list[end-1]); {
			end--
		}
		next = min(next+1, len(list))
		if start < end {
			return start, end, next
		}
		at = next
	}
	return len(list), len(list), len(list)
}

// listEnd finds the first comma that is in no quotes and no angle brackets,
// or the end.
func listEnd(s string) int {
	inside := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ',':
			if !inside {
				return i
			}
		case '<':
			inside = true
		case '>':
			inside = false
		case '"':
			if inside {
				continue
			}
			end := skipQuoted(s, i)
			if end < 0 {
				return len(s)
			}
			i = end - 1
		}
	}
	return len(s)
}

// Param finds a parameter by name, in any case, in text of the form
// ";name=value;name" and gives its value as written, quotes included; ok tells
// whether the name is there at all.
func Param(params, name string) (value string, ok bool) {
	for n, v := range Params(params) {
		if equalFold(n, name) {
			return v, true
		}
	}
	return "", false
}

// Params gives the name and the value of each parameter in order. White space
// around ";" and "=" is no part of them; values in quotes keep their quotes.
func Params(params string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for params != "" {
			end := paramEnd(params)
			one := params[:end]
			params = params[min(end+1, len(params)):]
			name, value, _ := strings.Cut(one, "=")
			if name, value = trim(name), trim(value); name != "" && !yield(name, value) {
				return
			}
		}
	}
}

// scanParam reads the parameter ";name" or ";name=value" whose semicolon
// stands at offset at, by the letter (section 25.1) but for two liberties: a
// value may be empty, and it may hold any visible character but those that
// end it. next is where the parameter and the space behind it end. An unsound
// parameter has no name.
func scanParam(s string, at int) (name, value string, next int) {
	start := skipSpace(s, at+1)
	end := skipToken(s, start)
	name = s[start:end]
	next = skipSpace(s, end)
	if next == len(s) || s[next] != '=' {
		return name, "", next
	}
	start = skipSpace(s, next+1)
	end = start
	if start < len(s) && s[start] == '"' {
		if end = skipQuoted(s, start); end < 0 {
			return "", "", len(s)
		}
	}
	for end < len(s) && class[s[end]]&classValue != 0 {
		end++
	}
	return name, s[start:end], skipSpace(s, end)
}

// paramEnd finds the first semicolon outside quotes, or the end.
func paramEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ';':
			return i
		case '"':
			end := skipQuoted(s, i)
			if end < 0 {
				return len(s)
			}
			i = end - 1
		}
	}
	return len(s)
}

// Unquote takes the quotes off a quoted string and the backslashes out of it;
// other text is given back as it is.
func Unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

// Unfold joins the folded lines of a value: each line end with the white
// space around it becomes one space (section 7.3.1).
func Unfold(value string) string {
	if strings.IndexByte(value, '\n') < 0 {
		return value
	}
	var out []byte
	for line := range strings.SplitSeq(value, "\n") {
		if line = trim(line); line == "" {
			continue
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, line...)
	}
	return string(out)
}
