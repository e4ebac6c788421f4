package textops

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/sip"
)

func FuzzSubstitution(f *testing.F) {
	for _, seed := range []string{"/a/b/", `#(a*)(b)#\2\1$rU#ig`, `/^x\/y$/\u\\\n/s`, "/a", `/(/x/`, "///", "/x/$/"} {
		f.Add(seed, "aabb sip:x\r\ny")
	}
	m := scripttest.Message(f, scripttest.Invite)
	f.Fuzz(func(t *testing.T, expression, text string) {
		s, err := parseSubstitution(expression)
		if err != nil {
			return
		}
		at := 0
		for _, one := range s.changes(&m.Context, text) {
			if one.start < at || one.end <= one.start || one.end > len(text) {
				t.Fatalf("%q on %q: change %d to %d behind %d", expression, text, one.start, one.end, at)
			}
			at = one.end
		}
	})
}

func FuzzMultipart(f *testing.F) {
	f.Add("--b\r\n\r\nx\r\n--b--\r\n", "b")
	f.Add("preamble\n--b\nContent-Type: a/b\n\nx\n--b \n--b--", "b")
	f.Add("--b--", "b")
	f.Add("--b", "b")
	f.Fuzz(func(t *testing.T, body, boundary string) {
		if !sip.IsToken(boundary) || strings.Contains(body, "\x00") {
			return
		}
		m, err := sip.Parse(scripttest.Body("multipart/mixed;boundary="+boundary, body))
		if err != nil {
			return
		}
		p, ok := parseMultipart(m)
		if !ok {
			return
		}
		at := 0
		for _, one := range p.parts {
			if one.start < at || one.header < one.start || one.content < one.header || one.end < one.content || one.next < one.end || one.next > len(body) {
				t.Fatalf("%q: %+v behind %d", body, one, at)
			}
			at = one.next
		}
		if p.closing < at || p.closing > len(body) {
			t.Fatalf("%q: closing at %d of %d", body, p.closing, len(body))
		}
	})
}
