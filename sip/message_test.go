package sip

import (
	"strings"
	"testing"
)

// crlf writes a message of the tables with the line ends of the wire.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// mustParse reads a message that is known to be sound.
func mustParse(t testing.TB, text string) *Message {
	t.Helper()
	m, err := Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

// options is a sound request with further header lines in the middle.
func options(lines string) string {
	return crlf("OPTIONS sip:bob@biloxi.test SIP/2.0\n" +
		"Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1\n" +
		lines +
		"From: <sip:alice@atlanta.test>;tag=a1\n" +
		"To: <sip:bob@biloxi.test>\n" +
		"Call-ID: 1@atlanta.test\n" +
		"CSeq: 7 OPTIONS\n" +
		"Content-Length: 0\n\n")
}

func TestMessageViews(t *testing.T) {
	m := mustParse(t, options("Max-Forwards: 70\ns: hello\nX-Thing: 1\nx-THING: 2\n"))
	if !m.IsRequest() || m.Summary() != "OPTIONS sip:bob@biloxi.test" || m.StartLine() != "OPTIONS sip:bob@biloxi.test SIP/2.0" {
		t.Errorf("start line %q, summary %q", m.StartLine(), m.Summary())
	}
	if m.CallID() != "1@atlanta.test" || m.FromTag() != "a1" || m.ToTag() != "" {
		t.Errorf("Call-ID %q, tags %q and %q", m.CallID(), m.FromTag(), m.ToTag())
	}
	if hops, ok := m.MaxForwards(); hops != 70 || !ok {
		t.Errorf("MaxForwards %d, %v", hops, ok)
	}
	if length, ok := m.ContentLength(); length != 0 || !ok {
		t.Errorf("ContentLength %d, %v", length, ok)
	}
	if m.CSeq != (CSeq{7, "OPTIONS"}) {
		t.Errorf("CSeq %v", m.CSeq)
	}
	for _, test := range []struct {
		name, value string
		ok          bool
	}{
		{"Subject", "hello", true},
		{"s", "hello", true},
		{"SUBJECT", "hello", true},
		{"x-thing", "1", true},
		{"v", "SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1", true},
		{"Route", "", false},
		{"X-Other", "", false},
	} {
		if value, ok := m.Lookup(test.name); value != test.value || ok != test.ok {
			t.Errorf("Lookup(%q) = %q, %v", test.name, value, ok)
		}
	}
	subject := m.First(FieldSubject)
	if subject == nil || m.Name(subject) != "s" || !m.IsNamed(subject, "subject") || m.IsNamed(subject, "x-thing") {
		t.Errorf("the compact Subject is not found by its names")
	}
	if m.First(FieldRoute) != nil || m.Has(FieldRoute) || m.Get(FieldRoute) != "" {
		t.Error("a Route where there is none")
	}
	reply := mustParse(t, crlf("SIP/2.0 486 Busy Here\nv: SIP/2.0/TCP [::1];branch=z9hG4bK1\nf: a:b\nt: c:d;tag=9\ni: 1\nCSeq: 1 INVITE\n\n"))
	if reply.IsRequest() || reply.Summary() != "486 Busy Here" || reply.Method != "INVITE" || reply.ToTag() != "9" {
		t.Errorf("%q, method %q, tag %q", reply.Summary(), reply.Method, reply.ToTag())
	}
}

func TestKindOf(t *testing.T) {
	for kind := FieldVia; kind < fieldKinds; kind++ {
		name := kind.String()
		for _, written := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if KindOf(written) != kind {
				t.Errorf("KindOf(%q) = %q", written, KindOf(written))
			}
		}
		if len(name) > longestName {
			t.Errorf("%s is longer than longestName", name)
		}
	}
	// the compact forms that RFC 3261 and the IANA table give
	for compact, name := range map[string]string{
		"b": "Referred-By", "c": "Content-Type", "e": "Content-Encoding", "f": "From", "i": "Call-ID", "k": "Supported",
		"l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To", "s": "Subject", "t": "To", "u": "Allow-Events",
		"v": "Via", "x": "Session-Expires",
	} {
		if KindOf(compact).String() != name || KindOf(strings.ToUpper(compact)).String() != name {
			t.Errorf("KindOf(%q) = %q, want %q", compact, KindOf(compact), name)
		}
	}
	for _, name := range []string{"", "q", "Viaa", "X-Via", "Vi", "C%6Fntact", strings.Repeat("v", 1000)} {
		if KindOf(name) != FieldOther {
			t.Errorf("KindOf(%q) = %q", name, KindOf(name))
		}
	}
}
