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
//
// Edits may overlap. A piece of text taken out twice is out once; of two
// edits of the same piece the later counts; the new text of an edit that lies
// wholly in a piece taken out by a larger one goes with it. What is inserted
// at either end of such a piece stays.
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
	if edit.Start < edit.End {
		for i := at - 1; i >= 0 && (*e)[i].Start == edit.Start; i-- {
			switch other := &(*e)[i]; {
			case other.Start == other.End: // an insertion before it
			case other.End > edit.End:
				return
			default: // there is one such at most
				*other = edit
				return
			}
		}
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
		if f.Kind != kind {
			continue
		}
		if removed == count {
			break
		}
		if !kind.isList() {
			removed++
			e.RemoveField(f)
			continue
		}
		kept := int(f.Value) // where the first value that stays begins
		for {
			start, end, next := nextElement(m.Text[:f.ValueEnd], kept)
			if kept = start; start == end || removed == count {
				break
			}
			removed++
			kept = next
		}
		if kept < int(f.ValueEnd) {
			e.Remove(int(f.Value), kept)
		} else {
			e.RemoveField(f)
		}
	}
	return removed
}

// RemoveValue takes one value out, and the field with its last value.
func (e *Edits) RemoveValue(m *Message, v Value) {
	f := &m.Fields[v.Field]
	start, end := v.Start, v.Start+len(v.Text)
	if next, nextEnd, _ := nextElement(m.Text[:f.ValueEnd], end); next < nextEnd {
		e.Remove(start, next)
	} else {
		for start > int(f.Value) && (isSpace(m.Text[start-1]) || m.Text[start-1] == ',') {
			start--
		}
		e.Remove(start, int(f.ValueEnd))
	}
	if e.takesOut(int(f.Value), int(f.ValueEnd)) {
		e.RemoveField(f)
	}
}

// takesOut tells whether nothing stays of the text between two offsets and
// nothing comes in its place.
func (e Edits) takesOut(start, end int) bool {
	for i := range e {
		switch edit := &e[i]; {
		case edit.End < start:
		case edit.Start > start || edit.Text != "":
			return start >= end
		default:
			start = max(start, edit.End)
		}
	}
	return start >= end
}

// Append prints a message with its edits behind dst: runs of the original
// text and, between them, the new pieces.
func (e Edits) Append(dst []byte, m *Message) []byte { return e.AppendFrom(dst, m, 0) }

// AppendFrom prints what begins at offset at or behind it.
func (e Edits) AppendFrom(dst []byte, m *Message, at int) []byte {
	from := at // where the piece that ends at at and was taken out begins
	for i := range e {
		edit := &e[i]
		switch {
		case edit.Start < at && edit.End <= at && (edit.Start > from || edit.Start < edit.End):
			continue // in a piece that is gone
		case edit.Start >= at:
			dst = append(dst, m.Text[at:edit.Start]...)
			from = edit.Start
		}
		dst = append(dst, edit.Text...)
		at = max(at, edit.End)
	}
	return append(dst, m.Text[at:max(at, m.end())]...)
}

// end is where the message ends; behind it a datagram may hold stray bytes
// (section 18.3).
func (m *Message) end() int { return m.BodyStart() + len(m.Body) }

// FixContentLength adds to e the Content-Length that holds once e is applied,
// when e changes the body or the field is missing and must be there, as it
// must over streams (RFC 3261 section 20.14).
func (e *Edits) FixContentLength(m *Message, must bool) {
	body, length := m.BodyStart(), len(m.Body)
	first := slices.IndexFunc(*e, func(edit Edit) bool { return edit.Start >= body })
	changed := first >= 0
	if changed {
		length = len((*e)[first:].AppendFrom(nil, m, body))
	}
	f := m.First(FieldContentLength)
	if f != nil && e.takesOut(int(f.Value), int(f.ValueEnd)) {
		f = nil
	}
	switch {
	case f == nil && (must || changed):
		e.AppendField(m, "Content-Length: "+strconv.Itoa(length)+"\r\n")
	case f != nil && changed:
		e.Replace(int(f.Value), int(f.ValueEnd), strconv.Itoa(length))
	}
}
