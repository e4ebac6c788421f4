package textopsx

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
)

var listed = scripttest.With(scripttest.Invite, "Foo: a;x=1;y=2, b;x=2", `Foo: "C, d" <sip:c@d.test>;x=3`, "Bar: q",
	"Supported: path,100rel", `Authorization: Digest username="u", realm="r,s", nonce="n"`)

// The lines that leave are Kamailio 5.6.3's, but where a comment says so.
func TestValues(t *testing.T) {
	for _, test := range []struct {
		body string
		code int
		want string // lines that are new, joined by |
		gone int    // how many lines left
	}{
		{`append_hf_value("Foo", "new");`, 1, "Foo: new", 0},
		{`append_hf_value("Foo[1]", "new");`, 1, "Foo: a;x=1;y=2,new, b;x=2", 1},
		{`append_hf_value("Foo[2]", "new$rm");`, 1, "Foo: a;x=1;y=2, b;x=2,newINVITE", 1},
		{`append_hf_value("Foo[-1]", "new");`, 1, `Foo: "C, d" <sip:c@d.test>;x=3,new`, 1},
		{`append_hf_value("Nope[1]", "new");`, 1, "Nope: new", 0},
		{`append_hf_value("Foo[9]", "new");`, 1, "Foo: new", 0},
		{`insert_hf_value("Foo", "new");`, 1, "Foo: new", 0},
		{`insert_hf_value("Foo[2]", "new");`, 1, "Foo: a;x=1;y=2, new,b;x=2", 1}, // ",new, b" there
		{`insert_hf_value("Foo[3]", "new");`, 1, `Foo: new,"C, d" <sip:c@d.test>;x=3`, 1},
		{`insert_hf_value("Nope[1]", "new");`, 1, "Nope: new", 0},
		{`remove_hf_value("Foo");`, 1, "Foo: b;x=2", 1}, // two spaces there
		{`remove_hf_value("Foo[*]");`, 1, "", 2},
		{`remove_hf_value("Foo[-1]");`, 1, "", 1},
		{`remove_hf_value("Foo[2]");`, 1, "Foo: a;x=1;y=2", 1},
		{`remove_hf_value("Foo.x");`, 1, "Foo: a;y=2, b;x=2", 1},
		{`remove_hf_value("Foo[*].x");`, 1, `Foo: a;y=2, b|Foo: "C, d" <sip:c@d.test>`, 2},
		{`remove_hf_value("Nope");`, -1, "", 0},
		{`remove_hf_value("Foo[9]");`, -1, "", 0},
		{`remove_hf_value("Foo.zz");`, -1, "", 0},
		{`assign_hf_value("Foo", "gogo");`, 1, "Foo: gogo, b;x=2", 1},
		{`assign_hf_value("Foo[-1]", "gogo");`, 1, "Foo: gogo", 1},
		{`assign_hf_value("Foo.x", "9");`, 1, "Foo: a;x=9;y=2, b;x=2", 1},
		{`assign_hf_value("Foo.z", "9");`, 1, "Foo: a;x=1;y=2;z=9, b;x=2", 1},
		{`assign_hf_value("Foo[3].x", "");`, 1, `Foo: "C, d" <sip:c@d.test>;x`, 1},
		{`assign_hf_value("Foo[*].x", "7");`, 1, `Foo: a;x=7;y=2, b;x=7|Foo: "C, d" <sip:c@d.test>;x=7`, 2},
		{`assign_hf_value("Nope", "x");`, -1, "", 0},
		{`assign_hf_value2("Authorization.realm", "\"z\"");`, 1, `Authorization: Digest username="u", realm="z", nonce="n"`, 1},
		{`assign_hf_value2("Authorization.new", "1");`, 1, `Authorization: Digest username="u", realm="r,s", nonce="n",new=1`, 1},
		{`remove_hf_value2("Authorization.realm");`, 1, `Authorization: Digest username="u", nonce="n"`, 1},
		{`remove_hf_value2("Authorization.username");`, 1, `Authorization: Digest realm="r,s", nonce="n"`, 1},
		{`remove_hf_value2("Authorization.nonce");`, 1, `Authorization: Digest username="u", realm="r,s"`, 1},
		{`remove_hf_value2("Foo");`, 1, "", 1},
		{`assign_hf_value2("Foo[2]", "all");`, 1, "Foo: all", 1},
		{`include_hf_value("Supported", "new");`, 1, "Supported: path,100rel,new", 1},
		{`include_hf_value("Supported", "path");`, 1, "", 0},
		{`include_hf_value("Nope", "path");`, 1, "Nope: path", 0},
		{`exclude_hf_value("k", "100rel");`, 1, "Supported: path", 1},
		{`exclude_hf_value("Supported", "path");`, 1, "Supported: 100rel", 1},
		{`exclude_hf_value("Supported", "none");`, 1, "", 0},
		{`hf_value_exists("Supported", "PATH");`, 1, "", 0},
		{`hf_value_exists("Supported", "none");`, -1, "", 0},
		{`hf_value_exists("Nope", "none");`, -1, "", 0},

		{`keep_hf("User-Agent");`, 1, "", 5}, // -1 there, and yet they go
		{`keep_hf();`, 1, "", 6},
		{`keep_hf("^[fb]");`, 1, "", 3},
	} {
		m := scripttest.Message(t, listed)
		code := scripttest.Run(t, m, test.body, New())
		news, gone := compare(listed, scripttest.Forwarded(m))
		if code != test.code || news != test.want || gone != test.gone {
			t.Errorf("%s: %d %s, %d gone; want %d %s, %d", test.body, code, news, gone, test.code, test.want, test.gone)
		}
	}
}

// compare gives the lines of after that before has not, and how many of before
// left.
func compare(before, after string) (news string, gone int) {
	count := map[string]int{}
	for line := range strings.SplitSeq(before, "\r\n") {
		count[line]++
	}
	var lines []string
	for line := range strings.SplitSeq(after, "\r\n") {
		if count[line]--; count[line] < 0 {
			lines = append(lines, line)
		}
	}
	for _, n := range count {
		gone += max(n, 0)
	}
	return strings.Join(lines, "|"), gone
}

func TestRemoveBody(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	scripttest.Run(t, m, `remove_body();`, New())
	if got := scripttest.Forwarded(m); !strings.HasSuffix(got, "Content-Length: 0\r\n\r\n") {
		t.Errorf("%s", got)
	}
}

func TestApplyChanges(t *testing.T) {
	m := scripttest.Message(t, listed)
	code := scripttest.Run(t, m, `remove_hf_value("Foo[*]"); remove_body(); $ru = "sip:new@x.test"; msg_apply_changes();`, New())
	c := &m.Context
	if code != 1 || len(c.Edits) != 0 || c.Message.RequestURI != "sip:new@x.test" || c.URI != "sip:new@x.test" || c.Message.Body != "" {
		t.Fatalf("%d %+v", code, c.Message)
	}
	if _, there := c.Message.Lookup("Foo"); there {
		t.Error("Foo is still seen")
	}
	if code := scripttest.Run(t, m, `$ru = "sip:spaces in it"; msg_apply_changes();`, New()); code != -1 || c.Message.RequestURI != "sip:new@x.test" {
		t.Errorf("%d %s", code, c.Message.RequestURI)
	}
	other := scripttest.Message(t, scripttest.Invite)
	other.AVPs = new(script.AVPs)
	other.AVPs.Add("text", script.StringValue(listed))
	if code := scripttest.Run(t, other, `msg_set_buffer("$avp(text)");`, New()); code != 1 || other.Context.Message.Text != listed {
		t.Errorf("%d", code)
	}
	if code := scripttest.Run(t, other, `msg_set_buffer("SIP/2.0 200 OK");`, New()); code != -1 {
		t.Errorf("%d", code)
	}
}

func TestReplyStatus(t *testing.T) {
	const declined = "SIP/2.0 603 Declined\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2\r\nFrom: <sip:a@b.test>;tag=f1\r\n" +
		"To: <sip:b@b.test>;tag=t1\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	for _, test := range []struct {
		body, want string
		code       int
	}{
		{`change_reply_status(404, "Not Found");`, "404 Not Found", 1},
		{`change_reply_status("486", "Busy");`, "486 Busy", 1},
		{`change_reply_status_code("404");`, "404 Declined", 1},
		{`change_reply_status(180, "Ringing");`, "603 Declined", -1},
		{`change_reply_status(200, "OK");`, "603 Declined", -1},
		{`$var(n) = 99; change_reply_status("$var(n)", "OK");`, "603 Declined", -1},
	} {
		m := scripttest.Message(t, declined)
		code := scripttest.RunReply(t, m, test.body, New())
		if got := scripttest.Forwarded(m); code != test.code || !strings.HasPrefix(got, "SIP/2.0 "+test.want+"\r\nVia:") {
			t.Errorf("%s: %d %s; want %d %s", test.body, code, got, test.code, test.want)
		}
	}
}

func TestIterators(t *testing.T) {
	m := scripttest.Message(t, listed)
	scripttest.Run(t, m, `
		$avp(seen) = "";
		hf_iterator_start("i1");
		while (hf_iterator_next("i1")) {
			$avp(seen) = $avp(seen) + " " + $hfitname(i1);
			if ($hfitname(i1) == "Bar") {
				hf_iterator_rm("i1");
				hf_iterator_append("i1", "Baz: 1\r\n");
				hf_iterator_insert("i1", "Bay: $hfitbody(i1)\r\n");
			}
		}
		hf_iterator_prev("i1");
		$avp(prev) = $hfitname(i1);
		hf_iterator_end("i1");
		$avp(end) = $hfitname(i1);
		if (hf_iterator_next("i1")) $avp(end) = "not over";
		bl_iterator_start("b1");
		while (bl_iterator_next("b1")) {
			if ($blitval(b1) =~ "^s=") {
				bl_iterator_rm("b1");
				bl_iterator_append("b1", "a=1\r\n");
				bl_iterator_insert("b1", "a=0\r\n");
			}
		}
		bl_iterator_end("b1");`, New())
	news, gone := compare(listed, scripttest.Forwarded(m))
	if news != "Content-Length: 120|Bay: q|Baz: 1|a=0|a=1" || gone != 3 {
		t.Errorf("%s, %d gone", news, gone)
	}
	if got := m.AVPs.Get("seen").Text; got != " Via Max-Forwards From To Call-ID CSeq Contact User-Agent Content-Type Content-Length Foo Foo Bar Supported Authorization" {
		t.Errorf("%s", got)
	}
	if got := m.AVPs.Get("prev").Text; got != "Supported" {
		t.Errorf("%s", got)
	}
	if got := m.AVPs.Get("end"); got.Kind != script.Null {
		t.Errorf("%v", got)
	}
}

func TestMatch(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	if code := scripttest.Run(t, m, `fnmatch("$rU", "B*", "i");`, New()); code != 1 {
		t.Errorf("%d", code)
	}
}

func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"Foo", "Foo[1]", "Foo[-1].x", "Foo[*]", "Foo.bar", "[", "Foo[]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePlace(text)
		if err != nil {
			return
		}
		for n := range 4 {
			if from, to := p.pick(n); from < 0 || to > n || from > to {
				t.Errorf("%q of %d: %d to %d", text, n, from, to)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	for _, body := range []string{
		`append_hf_value("", "x");`, `append_hf_value("Foo[", "x");`, `append_hf_value("Foo[0]", "x");`, `append_hf_value("Foo[a]", "x");`,
		`append_hf_value("Foo[1]x", "x");`, `append_hf_value("Foo.", "x");`, `keep_hf("(");`, `fnmatch("a", "b", "x");`,
		`xlog("$hfitname");`, `change_reply_status(404, "x");`,
	} {
		if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "textopsx"`, body), syntax.Kamailio, New()); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}
