package sip

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	f.Add(inviteText)
	f.Add(options("Route: <sip:a;lr>, <sip:b>\nContact: *\nX\n"))
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			wrong := err.(*ParseError)
			if wrong.Offset < 0 || wrong.Offset > len(text) || wrong.Field == "" || wrong.Expected == "" || wrong.Status < 400 {
				t.Fatalf("%#v", wrong)
			}
		}
		if m == nil {
			if err == nil {
				t.Fatal("neither message nor error")
			}
			return
		}
		checkPlaces(t, m)
		checkViews(t, m)
		reply := AppendReply(nil, m, &Reply{Status: 404, ToTag: "x", Source: netip.MustParseAddrPort("[::1]:7")})
		answer, replyErr := Parse(string(reply))
		if err != nil {
			if !m.IsRequest() {
				t.Fatalf("a response beside the error %v", err)
			}
			if wrong, ok := replyErr.(*ParseError); ok && (wrong.Field == "Via" || wrong.Field == "start line") && len(reply) <= MaxMessageSize {
				t.Fatalf("our answer to what is broken (%v):\n%q", wrong, reply)
			}
			return
		}
		checkVerbatim(t, m)
		printed := string(Edits(nil).Append(nil, m))
		again, err := Parse(printed)
		if err != nil || !slices.Equal(again.Fields, m.Fields) || again.Method != m.Method || again.Body != m.Body || again.Via != m.Via || again.CSeq != m.CSeq {
			t.Fatalf("printed, it is read otherwise (%v):\n%q", err, printed)
		}
		if m.Method == "" || m.IsRequest() == (m.RequestURI == "") || m.CSeq.Method != m.Method {
			t.Fatalf("method %q, URI %q, status %d", m.Method, m.RequestURI, m.Status)
		}
		if !m.IsRequest() {
			return
		}
		if replyErr != nil || answer.CallID() != m.CallID() || answer.CSeq != m.CSeq || answer.FromTag() != m.FromTag() {
			t.Fatalf("our answer (%v):\n%q", replyErr, reply)
		}
		if answer.Via.Received != "::1" && (m.Via.HasRPort || !m.Via.hostIs(netip.IPv6Loopback())) {
			t.Fatalf("the source is not noted in %q", answer.Get(FieldVia))
		}
	})
}

// checkViews reads all that can be read of a message on demand.
func checkViews(t *testing.T, m *Message) {
	for kind := FieldOther; kind < fieldKinds; kind++ {
		count := 0
		for value := range m.Values(kind) {
			count++
			if value.Text != m.Text[value.Start:value.Start+len(value.Text)] || kind.isList() && value.Text == "" {
				t.Fatalf("value %+v", value)
			}
			if address, err := ParseNameAddr(value.Text); err == nil {
				ParseURI(address.URI)
			}
		}
		if m.Has(kind) != (m.First(kind) != nil) {
			t.Fatalf("Has(%v) is %v", kind, m.Has(kind))
		}
		var edits Edits
		if removed := edits.RemoveTop(m, kind, count); removed != count {
			t.Fatalf("%d of %d values of %v removed", removed, count, kind)
		}
		if kind != FieldOther {
			if value, ok := m.Lookup(kind.String()); ok != m.Has(kind) || value != m.Get(kind) {
				t.Fatalf("Lookup(%v) gives %q, %v", kind, value, ok)
			}
		}
	}
	m.MaxForwards()
	m.ContentLength()
	m.Summary()
}

func FuzzParseURI(f *testing.F) {
	for _, test := range uriTable {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseURI(text)
		if err != nil {
			return
		}
		if u.IsSIP() == (u.Host == "") || u.Port < 0 || u.Port > 65535 {
			t.Fatalf("%q: %+v", text, u)
		}
		printed := u.String()
		again, err := ParseURI(printed)
		if err != nil || again != u {
			t.Fatalf("%q prints as %q and is read as\n%+v, %v, not\n%+v", text, printed, again, err, u)
		}
		if !u.Equal(&again) {
			t.Fatalf("%q does not equal itself", text)
		}
		upper := u
		upper.Host = strings.ToUpper(u.Host)
		if u.IsSIP() && (!u.Equal(&upper) || !upper.Equal(&u)) {
			t.Fatalf("%q: hosts are compared with case", text)
		}
		for _, part := range []string{u.User, u.Params, u.Headers} {
			if unescaped := Unescape(part); len(unescaped) > len(part) {
				t.Fatalf("%q unescaped is %q", part, unescaped)
			}
		}
	})
}

func FuzzParseNameAddr(f *testing.F) {
	for _, test := range nameAddrTable {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseNameAddr(text)
		if err != nil {
			return
		}
		printed := a.Display + "<" + a.URI + ">" + a.Params
		if !a.InAngle {
			printed = a.URI + a.Params
		}
		again, err := ParseNameAddr(printed)
		if err != nil || again != a {
			t.Fatalf("%q prints as %q and is read as\n%+v, %v, not\n%+v", text, printed, again, err, a)
		}
		for name, value := range Params(a.Params) {
			if first, ok := a.Param(name); !ok || AddressParam(text, name) != first {
				t.Fatalf("%q: parameter %q is %q, %q or %q", text, name, value, first, AddressParam(text, name))
			}
		}
	})
}

func FuzzParseVia(f *testing.F) {
	for _, test := range viaTable {
		f.Add(test.text, uint16(5060), true)
	}
	f.Fuzz(func(t *testing.T, text string, port uint16, force bool) {
		v, ok := ParseVia(text)
		if !ok {
			return
		}
		if v.Transport == "" || v.Host == "" || v.Port < 0 || v.Port > 65535 || !strings.HasSuffix(trim(text), v.Params) {
			t.Fatalf("%q: %+v", text, v)
		}
		for name, want := range map[string]string{"branch": v.Branch, "received": v.Received, "rport": v.RPort} {
			if value, _ := Param(v.Params, name); value != want {
				t.Fatalf("%q: %s is %q, by Param %q", text, name, want, value)
			}
		}
		// Whatever a client wrote, the response goes back to where it came from.
		m, err := Parse("ACK sip:d SIP/2.0\r\nVia: " + text + "\r\nFrom: a:b\r\nTo: c:d\r\nCall-ID: 1\r\nCSeq: 1 ACK\r\n\r\n")
		if err != nil {
			return // line ends, which are no matter of a value
		}
		source := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.77"), port)
		var edits Edits
		m.NoteSource(&edits, source, force)
		noted, err := Parse(string(edits.Append(nil, m)))
		if err != nil {
			t.Fatalf("%q with its source noted: %v", text, err)
		}
		if noted.Via.Received != "127.0.0.77" && (noted.Via.HasRPort || noted.Via.Host != "127.0.0.77") && !noted.Via.hostIs(source.Addr()) {
			t.Fatalf("%q becomes %q", text, noted.Get(FieldVia))
		}
		if (force || v.HasRPort) != noted.Via.HasRPort || noted.Via.Branch != v.Branch {
			t.Fatalf("%q becomes %q", text, noted.Get(FieldVia))
		}
	})
}

// FuzzEdits makes edits from triples of bytes and compares with a slow reading
// of what the comment of Edits promises.
func FuzzEdits(f *testing.F) {
	f.Add([]byte{3, 0, 1, 3, 0, 2, 2, 5, 0})
	f.Add([]byte{3, 3, 0, 4, 1, 1, 3, 3, 7, 5, 9, 0, 0, 16, 0, 16, 0, 2})
	f.Fuzz(func(t *testing.T, script []byte) {
		const text = "0123456789abcdef"
		var edits Edits
		var made []Edit
		for ; len(script) >= 3 && len(made) < 40; script = script[3:] {
			start := int(script[0]) % (len(text) + 1)
			end := min(start+int(script[1])%(len(text)+1), len(text))
			edit := Edit{start, end, strings.Repeat(string('A'+rune(len(made)%26)), int(script[2])%3)}
			edits.Replace(edit.Start, edit.End, edit.Text)
			made = append(made, edit)
		}
		got := string(edits.Append(nil, &Message{Text: text, HeadEnd: len(text)}))
		if want := applySlowly(text, made); got != want {
			t.Fatalf("%+v\n got %q\nwant %q", made, got, want)
		}
		if !slices.IsSortedFunc(edits, func(a, b Edit) int { return a.Start - b.Start }) {
			t.Fatalf("not in order: %+v", edits)
		}
	})
}

// applySlowly applies edits place by place.
func applySlowly(text string, made []Edit) string {
	isGone := make([]bool, len(text)+1)
	for _, edit := range made {
		for i := edit.Start; i < edit.End; i++ {
			isGone[i] = true
		}
	}
	out := ""
	for place := 0; place <= len(text); place++ {
		var here []string
		firstRange, winner := -1, Edit{}
		for _, edit := range made {
			switch {
			case edit.Start != place:
			case edit.End == place: // an insertion
				if !slices.ContainsFunc(made, func(other Edit) bool { return other.Start < place && place < other.End }) {
					here = append(here, edit.Text)
				}
			default:
				if firstRange < 0 {
					firstRange = len(here)
					here = append(here, "")
				}
				if edit.End >= winner.End {
					winner = edit
				}
			}
		}
		if firstRange >= 0 && !slices.ContainsFunc(made, func(other Edit) bool { return other.Start < place && winner.End <= other.End }) {
			here[firstRange] = winner.Text
		}
		out += strings.Join(here, "")
		if place < len(text) && !isGone[place] {
			out += text[place : place+1]
		}
	}
	return out
}
