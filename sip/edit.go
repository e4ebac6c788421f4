// Edits: changes of a message as pieces of text, put in when it is printed.
package sip

import (
	"slices"
	"strconv"
)

// Edit replaces Text[Start:End] of a message by another text. Start == End
// inserts.
type Edit struct {
	Start, End int
	Text       string
}

// Edits are the changes of one message in the order of their places; those
// of the same place in the order in which they were made. The zero value is
// no change.
type Edits []Edit

// Insert puts text in at an offset of the message.
func (e *Edits) Insert(at int, text string) { e.add(Edit{at, at, text}) }

// Remove takes the text between two offsets out.
func (e *Edits) Remove(start, end int) { e.add(Edit{start, end, ""}) }

// Replace puts text in the place of what stands between two offsets.
func (e *Edits) Replace(start, end int, text string) { e.add(Edit{start, end, text}) }

func (e *Edits) add(edit Edit) {
	at := len(*e)
	for at > 0 && (*e)[at-1].Start > edit.Start {
		at--
	}
	*e = slices.Insert(*e, at, edit)
}

// AppendField adds "Name: value\r\n" behind the last header field.
func (e *Edits) AppendField(m *Message, line string) { e.Insert(m.HeadEnd, line) }

// InsertField adds a line before the first header field.
func (e *Edits) InsertField(m *Message, line string) { e.Insert(int(m.Fields[0].Start), line) }

// RemoveField takes a whole field with its line end out.
func (e *Edits) RemoveField(f *Field) { e.Remove(int(f.Start), int(f.End)) }

// RemoveTop takes the first count values of a kind out: whole fields where
// all their values go, else the text up to the next value. It gives how many
// there were to take.
func (e *Edits) RemoveTop(m *Message, kind FieldKind, count int) (removed int) {
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Kind != kind || removed == count {
			continue
		}
		at := int(f.Value)
		for removed < count && at < int(f.ValueEnd) {
			at += listEnd(m.Text[at:f.ValueEnd]) + 1
			removed++
		}
		if at >= int(f.ValueEnd) {
			e.RemoveField(f)
			continue
		}
		e.Remove(int(f.Value), skipSpace(m.Text, at))
	}
	return removed
}

// RemoveValue takes one value of a list out; the field goes when it was alone.
func (e *Edits) RemoveValue(m *Message, v Value) {
	f := &m.Fields[v.Field]
	first := skipSpace(m.Text, int(f.Value)) == v.Start
	next := v.Start + listEnd(m.Text[v.Start:f.ValueEnd])
	switch {
	case first && next >= int(f.ValueEnd):
		e.RemoveField(f)
	case next < int(f.ValueEnd):
		e.Remove(v.Start, skipSpace(m.Text, next+1))
	default:
		comma := v.Start
		for comma > int(f.Value) && m.Text[comma-1] != ',' {
			comma--
		}
		e.Remove(comma-1, int(f.ValueEnd))
	}
}

// Append prints a message with its edits behind dst: runs of the original
// text and, between them, the new pieces. What lies in a part already
// replaced is left out.
func (e Edits) Append(dst []byte, m *Message) []byte {
	at := 0
	for i := range e {
		edit := &e[i]
		if edit.Start > at {
			dst = append(dst, m.Text[at:edit.Start]...)
			at = edit.Start
		}
		if edit.Start < at && edit.Start != edit.End && edit.Text == "" {
			at = max(at, edit.End)
			continue
		}
		dst = append(dst, edit.Text...)
		at = max(at, edit.End)
	}
	return append(dst, m.Text[at:m.end()]...)
}

// end is where the message ends; behind it a datagram may hold stray bytes
// (section 18.3).
func (m *Message) end() int { return m.bodyStart() + len(m.Body) }

// FixContentLength adds to e the Content-Length that holds once e is applied,
// when e changes the body or the field is missing and must be there, as it
// must over streams (RFC 3261 section 20.14).
func (e *Edits) FixContentLength(m *Message, must bool) {
	body, length := m.bodyStart(), len(m.Body)
	changed := false
	for _, edit := range *e {
		if edit.Start >= body {
			changed = true
			length += len(edit.Text) - (min(edit.End, m.end()) - edit.Start)
		}
	}
	f := m.First(FieldContentLength)
	switch {
	case f == nil && (must || changed):
		e.AppendField(m, "Content-Length: "+strconv.Itoa(length)+"\r\n")
	case f != nil && changed:
		e.Replace(int(f.Value), int(f.ValueEnd), strconv.Itoa(length))
	}
}
