package sip

import (
	"strconv"
	"testing"
)

func TestEdits(t *testing.T) {
	// "0123456789abcdef" stands in place of a message
	for _, test := range []struct {
		name string
		make func(e *Edits)
		want string
	}{
		{"none", func(e *Edits) {}, "0123456789abcdef"},
		{"insert", func(e *Edits) { e.Insert(3, "X") }, "012X3456789abcdef"},
		{"insert at both ends", func(e *Edits) { e.Insert(16, "Y"); e.Insert(0, "X") }, "X0123456789abcdefY"},
		{"at one place in their order", func(e *Edits) { e.Insert(3, "X"); e.Insert(3, "Y"); e.Insert(2, "W"); e.Insert(3, "Z") }, "01W2XYZ3456789abcdef"},
		{"remove", func(e *Edits) { e.Remove(3, 6) }, "0126789abcdef"},
		{"replace", func(e *Edits) { e.Replace(3, 6, "XYZ+") }, "012XYZ+6789abcdef"},
		{"twice the same", func(e *Edits) { e.Remove(3, 6); e.Remove(3, 6) }, "0126789abcdef"},
		{"of two of the same piece the later", func(e *Edits) { e.Replace(3, 6, "X"); e.Replace(3, 6, "Y") }, "012Y6789abcdef"},
		{"replaced, then removed", func(e *Edits) { e.Replace(3, 6, "X"); e.Remove(3, 6) }, "0126789abcdef"},
		{"removed, then replaced", func(e *Edits) { e.Remove(3, 6); e.Replace(3, 6, "X") }, "012X6789abcdef"},
		{"inserted before what is removed", func(e *Edits) { e.Insert(3, "X"); e.Remove(3, 6) }, "012X6789abcdef"},
		{"removed, then inserted before", func(e *Edits) { e.Remove(3, 6); e.Insert(3, "X") }, "012X6789abcdef"},
		{"inserted behind what is removed", func(e *Edits) { e.Insert(6, "X"); e.Remove(3, 6) }, "012X6789abcdef"},
		{"inserted in what is removed", func(e *Edits) { e.Insert(4, "X"); e.Remove(3, 6) }, "0126789abcdef"},
		{"removed, then inserted in it", func(e *Edits) { e.Remove(3, 6); e.Insert(5, "X") }, "0126789abcdef"},
		{"replaced in what is removed", func(e *Edits) { e.Replace(4, 6, "X"); e.Remove(3, 6) }, "0126789abcdef"},
		{"at its beginning, the larger first", func(e *Edits) { e.Remove(3, 6); e.Replace(3, 4, "X") }, "0126789abcdef"},
		{"at its beginning, the larger last", func(e *Edits) { e.Replace(3, 4, "X"); e.Remove(3, 6) }, "0126789abcdef"},
		{"overlapping removals", func(e *Edits) { e.Remove(5, 9); e.Remove(3, 6) }, "0129abcdef"},
		{"overlapping replacements", func(e *Edits) { e.Replace(5, 9, "Y"); e.Replace(3, 6, "X") }, "012XY9abcdef"},
		{"adjacent", func(e *Edits) { e.Remove(3, 6); e.Replace(6, 9, "Y"); e.Insert(6, "X") }, "012YX9abcdef"},
		{"all", func(e *Edits) { e.Remove(0, 16); e.Insert(16, "X"); e.Insert(8, "-") }, "X"},
	} {
		var edits Edits
		test.make(&edits)
		m := &Message{Text: "0123456789abcdef", HeadEnd: 16}
		if got := string(edits.Append([]byte(">"), m)); got != ">"+test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestEditsOfFields(t *testing.T) {
	m := mustParse(t, options("Max-Forwards: 70\n"))
	var edits Edits
	edits.AppendField(m, "X-Last: 1\r\n")
	edits.InsertField(m, "Via: SIP/2.0/UDP h\r\n")
	edits.RemoveField(m.First(FieldMaxForwards))
	edits.Replace(len("OPTIONS "), len("OPTIONS sip:bob@biloxi.test"), "sip:bob@[::1]")
	want := crlf(`OPTIONS sip:bob@[::1] SIP/2.0
Via: SIP/2.0/UDP h
Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1
From: <sip:alice@atlanta.test>;tag=a1
To: <sip:bob@biloxi.test>
Call-ID: 1@atlanta.test
CSeq: 7 OPTIONS
Content-Length: 0
X-Last: 1

`)
	if got := string(edits.Append(nil, m)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Removals over several fields and several values in a field.
func TestRemoveTop(t *testing.T) {
	const lines = "Route: <sip:a>\nX: 1\nRoute: <sip:b>, <sip:c> ,\n <sip:d>\nroute : , <sip:e>,\nSubject: s, t\n"
	for count, want := range []string{
		lines,
		"X: 1\nRoute: <sip:b>, <sip:c> ,\n <sip:d>\nroute : , <sip:e>,\nSubject: s, t\n",
		"X: 1\nRoute: <sip:c> ,\n <sip:d>\nroute : , <sip:e>,\nSubject: s, t\n",
		"X: 1\nRoute: <sip:d>\nroute : , <sip:e>,\nSubject: s, t\n",
		"X: 1\nroute : , <sip:e>,\nSubject: s, t\n",
		"X: 1\nSubject: s, t\n",
		"X: 1\nSubject: s, t\n",
	} {
		m := mustParse(t, options(lines))
		var edits Edits
		if removed := edits.RemoveTop(m, FieldRoute, count); removed != min(count, 5) {
			t.Errorf("%d: %d removed", count, removed)
		}
		if got, want := string(edits.Append(nil, m)), options(want); got != want {
			t.Errorf("%d: got\n%q\nwant\n%q", count, got, want)
		}
	}
	m := mustParse(t, options("Subject: s, t\n"))
	var edits Edits
	if removed := edits.RemoveTop(m, FieldSubject, 1); removed != 1 || string(edits.Append(nil, m)) != options("") {
		t.Errorf("a field that is no list: %d removed\n%s", removed, edits.Append(nil, m))
	}
	if removed := edits.RemoveTop(m, FieldRoute, 1); removed != 0 {
		t.Errorf("%d removed where none is", removed)
	}
}

// Every subset of the values, in both orders of removing.
func TestRemoveValue(t *testing.T) {
	const lines = "Contact: <sip:a,1>\nContact: <sip:b> ,\"c,\" <sip:c>\t, <sip:d>\nm: ,<sip:e>,\nDate: Sat, 13\n"
	m := mustParse(t, options(lines))
	var values []Value
	for v := range m.Values(FieldContact) {
		values = append(values, v)
	}
	if len(values) != 5 {
		t.Fatalf("%d values", len(values))
	}
	for subset := range 1 << len(values) {
		for _, backward := range []bool{false, true} {
			var edits Edits
			want := ""
			for i := range values {
				if backward {
					i = len(values) - 1 - i
				}
				if subset>>i&1 == 1 {
					edits.RemoveValue(m, values[i])
				}
			}
			for i, v := range values {
				if subset>>i&1 == 0 {
					want += v.Text + "|"
				}
			}
			left := mustParse(t, string(edits.Append(nil, m)))
			got := ""
			for v := range left.Values(FieldContact) {
				got += v.Text + "|"
			}
			if got != want {
				t.Errorf("subset %05b, backward %v: got %q, want %q", subset, backward, got, want)
			}
			for i := range left.Fields {
				if f := &left.Fields[i]; f.Kind == FieldContact && left.Value(f) == "" {
					t.Errorf("subset %05b, backward %v: an empty Contact is left", subset, backward)
				}
			}
		}
	}
	for date := range m.Values(FieldDate) {
		var edits Edits
		edits.RemoveValue(m, date)
		if left := mustParse(t, string(edits.Append(nil, m))); left.Has(FieldDate) {
			t.Errorf("of Date there is left %q", left.Get(FieldDate))
		}
	}
}

func TestFixContentLength(t *testing.T) {
	const head = "MESSAGE sip:d SIP/2.0\nVia: SIP/2.0/UDP h\nFrom: a:b\nTo: c:d\nCall-ID: 1\nCSeq: 1 MESSAGE\n"
	for _, test := range []struct {
		name, length, body string
		must               bool
		make               func(e *Edits, body int)
		want               string // of Content-Length; "" for none
	}{
		{"there and right", "l: 4\n", "body", true, nil, "4"},
		{"missing, over UDP", "", "body", false, nil, ""},
		{"missing, over TCP", "", "body", true, nil, "4"},
		{"body grows", "l: 4\n", "body", false, func(e *Edits, body int) { e.Insert(body+4, "!!") }, "6"},
		{"body grows, field missing", "", "body", false, func(e *Edits, body int) { e.Insert(body, "!!") }, "6"},
		{"body goes", "Content-Length: 0004\n", "body", false, func(e *Edits, body int) { e.Remove(body, body+4) }, "0"},
		{"overlaps", "l: 4\n", "body", false, func(e *Edits, body int) { e.Replace(body, body+3, "x"); e.Replace(body+1, body+2, "yy") }, "2"},
		{"field removed, over TCP", "l: 4\n", "body", true, func(e *Edits, body int) { e.Remove(len(crlf(head)), len(crlf(head))+6) }, "4"},
		{"only the header changes", "l: 4\n", "body", true, func(e *Edits, _ int) { e.Insert(len(crlf(head)), "X: 1\r\n") }, "4"},
		{"called twice", "l: 4\n", "body", true, func(e *Edits, body int) {
			e.Insert(body, "x")
			e.FixContentLength(mustParse(t, crlf(head+"l: 4\n\n")+"body"), true)
		}, "5"},
		{"stray bytes behind it", "l: 2\n", "body", true, func(e *Edits, body int) { e.Insert(body+2, "x") }, "3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := mustParse(t, crlf(head+test.length+"\n")+test.body)
			var edits Edits
			if test.make != nil {
				test.make(&edits, m.BodyStart())
			}
			edits.FixContentLength(m, test.must)
			printed := mustParse(t, string(edits.Append(nil, m)))
			if got := printed.Get(FieldContentLength); got != test.want {
				t.Errorf("Content-Length %q, want %q in\n%s", got, test.want, printed.Text)
			}
			if length, err := strconv.Atoi(test.want); err == nil && length != len(printed.Text)-printed.BodyStart() {
				t.Errorf("the body is %q", printed.Text[printed.BodyStart():])
			}
		})
	}
}
