package sip

import (
	"strings"
	"testing"
)

// What came with LF leaves with CRLF, and so do the answers to it.
func TestWithReturns(t *testing.T) {
	text := "OPTIONS sip:d SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>\n ;tag=1\nTo: <sip:c@d>\nCall-ID: 1\n" +
		"CSeq: 1 OPTIONS\nContent-Length: 9\n\nv=0\n\nx\r\n\n"
	m := mustParse(t, text)
	edits := Edits{}
	edits.Insert(int(m.Fields[0].Start), "Via: SIP/2.0/UDP p\r\n")
	head, body, _ := strings.Cut(strings.Replace(text, "\nVia", "\nVia: SIP/2.0/UDP p\nVia", 1), "\n\n")
	want := crlf(head+"\n\n") + body
	if got := string(m.WithReturns(edits.Append(nil, m))); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	reply := string(AppendReply([]byte("before\n"), m, &Reply{Status: 404, ToTag: "x"}))
	if strings.Count(reply, "\r\n") != strings.Count(reply, "\n")-1 || !strings.HasPrefix(reply, "before\nSIP") {
		t.Errorf("the answer is %q", reply)
	}
	mustParse(t, strings.TrimPrefix(reply, "before\n"))
	sound := mustParse(t, crlf(head+"\n\n")+body)
	if printed := []byte("a\n"); string(sound.WithReturns(printed)) != "a\n" {
		t.Error("a message with CRLF is printed anew")
	}
}
