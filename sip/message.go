// Message: one SIP message and the places of its parts.
package sip

import "strconv"

// Message is one request or response, never changed after Parse, so that any
// number of goroutines may read it (RFC 3261 section 7).
type Message struct {
	Text string // the whole message as it came, byte for byte

	Method     string // of a request; of a response, the method in CSeq
	RequestURI string // "" in a response
	Status     int    // 100 to 699; 0 in a request
	Reason     string // reason phrase of a response, may be ""

	Fields  []Field // all header fields in their order
	HeadEnd int     // offset of the empty line that ends the header
	Body    string  // what Content-Length counts; "" when there is none

	Via  Via  // topmost value; for the others parse Values(FieldVia)
	CSeq CSeq // number and method

	fromTag, toTag string
	bareFeeds      bool   // a line of the header ends with LF alone
	looseBytes     bool   // the header holds a CR without LF, or a NUL
	viaEnd         uint16 // offset behind the topmost Via value, or its sound part

	kinds  uint64    // bit k: a field of kind k is there
	inline [19]Field // storage of Fields for messages of usual size
}

// Field is one header field as offsets in Message.Text, which MaxMessageSize
// keeps small: most of a Message is fields. The value has no white space around
// it, but keeps its folds.
type Field struct {
	Start, NameEnd  uint16
	Value, ValueEnd uint16
	End             uint16 // behind its line end
	Kind            FieldKind
}

// CSeq is the value of the CSeq field (section 20.16).
type CSeq struct {
	Number uint32
	Method string
}

// IsRequest tells a request from a response.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// StartLine gives the first line without its end.
func (m *Message) StartLine() string {
	for i := 0; i < len(m.Text); i++ {
		if c := m.Text[i]; c == '\r' || c == '\n' {
			return m.Text[:i]
		}
	}
	return m.Text
}

// Summary is a line for people: "INVITE sip:bob@biloxi.test" or "180 Ringing".
func (m *Message) Summary() string {
	if m.IsRequest() {
		return m.Method + " " + m.RequestURI
	}
	return strconv.Itoa(m.Status) + " " + m.Reason
}

// Name gives the name of a field as it was written.
func (m *Message) Name(f *Field) string { return m.Text[f.Start:f.NameEnd] }

// Value gives the value of a field as it was written, folds included.
func (m *Message) Value(f *Field) string { return m.Text[f.Value:f.ValueEnd] }

// Has tells whether a field of this kind is there.
func (m *Message) Has(kind FieldKind) bool { return m.kinds&(1<<kind) != 0 }

// First gives the first field of a kind, or nil.
func (m *Message) First(kind FieldKind) *Field {
	if !m.Has(kind) {
		return nil
	}
	for i := range m.Fields {
		if m.Fields[i].Kind == kind {
			return &m.Fields[i]
		}
	}
	return nil
}

// Get gives the whole value of the first field of a kind, or "".
func (m *Message) Get(kind FieldKind) string {
	if f := m.First(kind); f != nil {
		return m.Value(f)
	}
	return ""
}

// IsNamed tells whether field f bears a name, in any case, long or compact.
func (m *Message) IsNamed(f *Field, name string) bool {
	if kind := KindOf(name); kind != FieldOther {
		return f.Kind == kind
	}
	return f.Kind == FieldOther && equalFold(m.Name(f), name)
}

// Lookup gives the value of the first field of that name, long or compact,
// and whether there is one.
func (m *Message) Lookup(name string) (string, bool) {
	kind := KindOf(name)
	if kind != FieldOther && !m.Has(kind) {
		return "", false
	}
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Kind == kind && (kind != FieldOther || equalFold(m.Name(f), name)) {
			return m.Value(f), true
		}
	}
	return "", false
}

// CallID gives the Call-ID, which ties the messages of a call together.
func (m *Message) CallID() string { return m.Get(FieldCallID) }

// FromTag and ToTag give the tags that, with the Call-ID, name a dialog
// (section 12); "" when there is none.
func (m *Message) FromTag() string { return m.fromTag }
func (m *Message) ToTag() string   { return m.toTag }

// MaxForwards gives the hops left, 0 to 255, and whether the field is there and
// sound (section 20.22).
func (m *Message) MaxForwards() (hops int, ok bool) {
	n, ok := parseUint(m.Get(FieldMaxForwards), 255)
	return int(n), ok
}

// ContentLength gives the value of the field and whether it is there and sound.
func (m *Message) ContentLength() (length int, ok bool) {
	n, ok := parseUint(m.Get(FieldContentLength), 1<<31-1)
	return int(n), ok
}
