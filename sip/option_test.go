package sip

import (
	"strings"
	"testing"
)

func TestUnsupported(t *testing.T) {
	many, all := "", ""
	for i := range 5000 {
		many += "x" + strings.Repeat("y", i%7) + "." + string(rune('a'+i%26)) + ","
	}
	for _, tag := range []string{"100rel", "foo", "Bar", "baz"} {
		all += tag + ", "
	}
	for _, test := range []struct {
		method, fields string
		want           string
		ok             bool
	}{
		{"INVITE", "", "", true},
		{"INVITE", "Require: path\n", "", true},
		{"INVITE", "Require: PATH, foo\n", "foo", true},
		{"INVITE", "Require: 100rel, foo\nRequire: path,Bar\nRequire: baz\n", strings.TrimSuffix(all, ", "), true},
		{"INVITE", "Require: foo, FOO, foo\n", "foo", true},
		{"INVITE", "Require: foo bar\n", "", false},
		{"INVITE", "Proxy-Require: foo\n", "", true},
		{"CANCEL", "Require: foo\n", "", true},
		{"ACK", "Require: foo\n", "", true},
	} {
		m := mustParse(t, crlf(test.method+" sip:d SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\n"+test.fields+
			"From: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: 1\nCSeq: 1 "+test.method+"\n\n"))
		tags, ok := m.Unsupported(FieldRequire, func(tag string) bool { return equalFold(tag, "path") })
		if tags != test.want || ok != test.ok {
			t.Errorf("%s %q: %q, %v; want %q, %v", test.method, test.fields, tags, ok, test.want, test.ok)
		}
	}
	m := mustParse(t, crlf("INVITE sip:d SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nRequire: "+many+
		"\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: 1\nCSeq: 1 INVITE\n\n"))
	if tags, _ := m.Unsupported(FieldRequire, func(string) bool { return false }); strings.Count(tags, ",")+1 != 7*26 {
		t.Errorf("%d tags are listed, want %d", strings.Count(tags, ",")+1, 7*26)
	}
}
