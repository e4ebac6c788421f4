package textops

import (
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// now is a time of its own for the tests.
func now() time.Time { return time.Date(2007, 11, 23, 0, 35, 46, 0, time.UTC) }

func words() *script.Module { return New(now) }

// rich is an INVITE with several fields of a name.
func rich() string {
	return scripttest.With(scripttest.Invite, "X-A: one", "X-B: two", "x-a: three", "P-Foo: foo@foo.bar",
		"Supported: path,100rel", "Privacy: id;critical")
}

// changed lists the lines that left a message and those that came, in order:
// "- old" and "+ new".
func changed(before, after string) string {
	old, young := strings.Split(before, "\r\n"), strings.Split(after, "\r\n")
	return strings.Join(append(missing("- ", old, young), missing("+ ", young, old)...), " | ")
}

// missing lists the lines of one text that the other lacks.
func missing(mark string, of, from []string) (lines []string) {
	count := map[string]int{}
	for _, line := range from {
		count[line]++
	}
	for _, line := range of {
		if count[line]--; count[line] < 0 {
			lines = append(lines, mark+line)
		}
	}
	return lines
}

// The results and the changed lines are Kamailio 5.6.3's.
func TestChanges(t *testing.T) {
	for _, test := range []struct {
		text, body string
		code       int
		want       string
	}{
		{scripttest.Invite, `append_hf("P-X: $rm\r\n");`, 1, "+ P-X: INVITE"},
		{scripttest.Invite, `append_hf("P-X: 1\r\n", "Nope");`, 1, "+ P-X: 1"},
		{scripttest.Invite, `append_urihf("CC-Diversion: ", "\r\n");`, 1, "+ CC-Diversion: sip:bob@example.test"},
		{scripttest.Invite, `$ru = "sip:new@x.test"; append_urihf("CC-Diversion: ", "\r\n");`, 1, "+ CC-Diversion: sip:bob@example.test"},
		{scripttest.Invite, `append_time_to_request();`, 1, "+ Date: Fri, 23 Nov 2007 00:35:46 GMT"},

		{rich(), `remove_hf("X-A");`, 1, "- X-A: one | - x-a: three"},
		{rich(), `remove_hf("Nope");`, -1, ""},
		{rich(), `remove_hf("m");`, 1, "- Contact: <sip:alice@127.0.0.9:5070;transport=udp>"},
		{rich(), `$var(n) = "X-B"; remove_hf_pv("$var(n)");`, 1, "- X-B: two"},
		{rich(), `remove_hf_re("^x-");`, 1, "- X-A: one | - X-B: two | - x-a: three"},
		{rich(), `$var(n) = "^p-"; remove_hf_re_pv("$var(n)");`, 1, "- P-Foo: foo@foo.bar"},
		{rich(), `$var(n) = "("; remove_hf_re_pv("$var(n)");`, -1, ""},
		{rich(), `remove_hf_exp("^[XP]-", "^X-[AC]");`, 1, "- X-B: two | - P-Foo: foo@foo.bar"},
		{rich(), `remove_hf_idx("X-A", "1");`, 1, "- x-a: three"},
		{rich(), `remove_hf_idx("X-A", "-1");`, 1, "- x-a: three"},
		{rich(), `remove_hf_idx("X-A", "5");`, 2, ""},
		{rich(), `remove_hf_match("X-A", "eq", "one");`, 1, "- X-A: one"},
		{rich(), `remove_hf_match("X-A", "ne", "one");`, 1, "- x-a: three"},
		{rich(), `remove_hf_match("X-A", "in", "hre");`, 1, "- x-a: three"},
		{rich(), `remove_hf_match("X-A", "re", "^O");`, 1, "- X-A: one"},

		{scripttest.Invite, `search_append("probe", " more");`, 1, "- User-Agent: probe | + User-Agent: probe more"},
		{scripttest.Invite, `search_append_body("audio", " more");`, 1,
			"- Content-Length: 115 | - m=audio 4000 RTP/AVP 0 8 | + Content-Length: 120 | + m=audio more 4000 RTP/AVP 0 8"},
		{scripttest.Invite, `replace("INVITE", "X");`, 1, "- CSeq: 1 INVITE | + CSeq: 1 X"},
		{scripttest.Invite, `replace("alice", "bob2");`, 1, `- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "bob2" <sip:alice@example.test>;tag=f1`},
		{scripttest.Invite, `replace("alice", "$rU");`, 1, `- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "$rU" <sip:alice@example.test>;tag=f1`},
		{scripttest.Invite, `replace("$rU", "Z");`, -1, ""},
		{scripttest.Invite, `replace_all("alice", "bob2");`, 1,
			`- From: "Alice" <sip:alice@example.test>;tag=f1 | - Contact: <sip:alice@127.0.0.9:5070;transport=udp> | - Content-Length: 115 | - o=alice 1 1 IN IP4 127.0.0.9` +
				` | + From: "bob2" <sip:bob2@example.test>;tag=f1 | + Contact: <sip:bob2@127.0.0.9:5070;transport=udp> | + Content-Length: 114 | + o=bob2 1 1 IN IP4 127.0.0.9`},
		{scripttest.Invite, `replace_body("IN", "OUT");`, 1, "- Content-Length: 115 | - o=alice 1 1 IN IP4 127.0.0.9 | + Content-Length: 116 | + o=alice 1 1 OUT IP4 127.0.0.9"},
		{scripttest.Invite, `replace_body_all("^[ov]=.*$", "x");`, 1, "- Content-Length: 115 | - v=0 | - o=alice 1 1 IN IP4 127.0.0.9 | - s=- | + Content-Length: 84 | + x\nx\ns=-"},
		{scripttest.Invite, `replace_body_atonce("^.+$", "");`, 1,
			"- Content-Length: 115 | - v=0 | - o=alice 1 1 IN IP4 127.0.0.9 | - s=- | - c=IN IP4 127.0.0.9 | - t=0 0 | - m=audio 4000 RTP/AVP 0 8 | - a=rtpmap:0 PCMU/8000 | + Content-Length: 0"},
		{scripttest.Invite, `replace_hdrs("m=audio", "X");`, -1, ""},
		{scripttest.Invite, `replace_str("alice", "X", "f");`, 1, `- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "Alice" <sip:X@example.test>;tag=f1`},
		{scripttest.Invite, `replace_hdrs_str("probe", "Y", "a");`, 1, "- User-Agent: probe | + User-Agent: Y"},
		{scripttest.Invite, `replace_body_str("PCMU", "Y", "a");`, 1, "- Content-Length: 115 | - a=rtpmap:0 PCMU/8000 | + Content-Length: 112 | + a=rtpmap:0 Y/8000"},
		{scripttest.Invite, `replace_str("ALICE", "X", "f");`, 1, ""},

		{scripttest.Invite, `subst("/alice/X/");`, 1, `- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "Alice" <sip:X@example.test>;tag=f1`},
		{scripttest.Invite, `subst("/ALICE/X/");`, -1, ""},
		{scripttest.Invite, `subst("/ALICE/X/i");`, 1, `- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "X" <sip:alice@example.test>;tag=f1`},
		{scripttest.Invite, `subst("/(a)lice/\1X/g");`, 1,
			`- From: "Alice" <sip:alice@example.test>;tag=f1 | - Contact: <sip:alice@127.0.0.9:5070;transport=udp> | - Content-Length: 115 | - o=alice 1 1 IN IP4 127.0.0.9` +
				` | + From: "Alice" <sip:aX@example.test>;tag=f1 | + Contact: <sip:aX@127.0.0.9:5070;transport=udp> | + Content-Length: 112 | + o=aX 1 1 IN IP4 127.0.0.9`},
		{scripttest.Invite, `subst("/^From:(.*)sip:([^@]*)@(.*)$/From:\1sip:$rU-\2@\3/g");`, 1,
			`- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "Alice" <sip:bob-alice@example.test>;tag=f1`},
		{scripttest.Invite, `subst("/INVITE/X/");`, 1, "- CSeq: 1 INVITE | + CSeq: 1 X"},
		{scripttest.Invite, `subst('/^(m=audio )([0-9]*)/\19\2/');`, 1,
			"- Content-Length: 115 | - m=audio 4000 RTP/AVP 0 8 | + Content-Length: 116 | + m=audio 94000 RTP/AVP 0 8"},
		{scripttest.Invite, `subst('#probe#a/b\0#');`, 1, "- User-Agent: probe | + User-Agent: a/bprobe"},
		{scripttest.Invite, `subst('/probe/\u-\u/');`, 1, "- User-Agent: probe | + User-Agent: sip:bob@example.test-sip:bob@example.test"},
		{scripttest.Invite, `subst('/probe/[$hdr(Nope)]/');`, 1, "- User-Agent: probe | + User-Agent: []"},
		{scripttest.Invite, `subst('/a=(.*)$/b=[\1]/');`, 1,
			"- Content-Length: 115 | - a=rtpmap:0 PCMU/8000 | -  | + Content-Length: 117 | + b=[rtpmap:0 PCMU/8000\r]\n"},
		{scripttest.Invite, `subst("/^v=.*0/w/s");`, -1, ""},
		{scripttest.Invite, `subst("/nope/x/");`, -1, ""},
		{scripttest.Invite, `subst("/x*/y/g");`, -1, ""},
		{rich(), `subst_hf("X-A", "/[a-z]/Z/g", "a");`, 1, "- X-A: one | - x-a: three | + X-A: ZZZ | + x-a: ZZZZZ"},
		{rich(), `subst_hf("X-A", "/[a-z]/Z/g", "f");`, 1, "- X-A: one | + X-A: ZZZ"},
		{rich(), `subst_hf("X-A", "/[a-z]/Z/g", "l");`, 1, "- x-a: three | + x-a: ZZZZZ"},
		{rich(), `subst_hf("X-A", "/nope/Z/", "a");`, -1, ""},
		{rich(), `subst_hf("Nope", "/nope/Z/", "a");`, -1, ""},
		{scripttest.Invite, `subst_hf("From", "/:alice@/:best@/", "a");`, 1, `- From: "Alice" <sip:alice@example.test>;tag=f1 | + From: "Alice" <sip:best@example.test>;tag=f1`},
		{scripttest.Invite, `subst_body("/^o=(.*) /o=$fU /");`, 1, "- Content-Length: 115 | - o=alice 1 1 IN IP4 127.0.0.9 | + Content-Length: 104 | + o=alice 127.0.0.9"},

		{scripttest.Body("text/x", "old"), `set_body("test $rm", "text/plain");`, 1,
			"- Content-Type: text/x | - Content-Length: 3 | - old | + Content-Length: 11 | + Content-Type: text/plain | + test INVITE"},
		{scripttest.Body("", ""), `set_body("a", "text/x"); set_body("test", "text/plain");`, 1, "- Content-Length: 0 | -  | + Content-Length: 4 | + Content-Type: text/plain | + test"},
		{scripttest.Invite, `set_body("", "text/plain");`, -1, ""},
		{scripttest.Invite, `set_body("x", "");`, -1, ""},
	} {
		m := scripttest.Message(t, test.text)
		code := scripttest.Run(t, m, test.body, words())
		if got := changed(test.text, scripttest.Forwarded(m)); code != test.code || got != test.want {
			t.Errorf("%s: %d %s\nwant %d %s", test.body, code, got, test.code, test.want)
		}
	}
}

// The words for bodies of several parts, with the body that leaves.
func TestParts(t *testing.T) {
	const first, second = "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n", "--b1\r\nContent-Type: text/plain\r\nX-Q: 1\r\n\r\nhello\r\n"
	const closing = "--b1--\r\n"
	multi := scripttest.Body(`multipart/mixed;boundary="b1"`, first+second+closing)
	open := scripttest.Body(`multipart/mixed;boundary=b1`, first+"--b1\r\n\r\nhello")
	for _, test := range []struct {
		text, body string
		code       int
		want       string // "": as it was
	}{
		{multi, `filter_body("application/sdp");`, 1, "v=0\r\n"},
		{multi, `filter_body("image/png");`, -1, ""},
		{open, `filter_body("text/plain");`, 1, "hello"}, // the type of a part that says none
		{scripttest.Invite, `filter_body("application/sdp");`, -1, ""},
		{multi, `remove_body_part("text/plain");`, 1, first + closing},
		{multi, `remove_body_part("APPLICATION/sdp");`, 1, second + closing},
		{multi, `remove_body_part("image/png");`, -1, ""},
		{multi, `append_body_part("yes", "text/x", "signal;handling=required");`, 1,
			first + second + "--b1\r\nContent-Type: text/x\r\nContent-Disposition: signal;handling=required\r\n\r\nyes\r\n" + closing},
		{multi, `append_body_part_hex("6b 61 6d", "application/x"); append_body_part("2", "text/y");`, 1,
			first + second + "--b1\r\nContent-Type: application/x\r\n\r\nkam\r\n--b1\r\nContent-Type: text/y\r\n\r\n2\r\n" + closing},
		{open, `append_body_part("2", "text/y");`, 1, first + "--b1\r\n\r\nhello\r\n--b1\r\nContent-Type: text/y\r\n\r\n2\r\n" + closing},
		{multi, `append_body_part_hex("6b 6", "application/x");`, -1, ""},
		{scripttest.Invite, `append_body_part("yes", "text/plain");`, -1, ""},
		{scripttest.Body("text/x", "old"), `set_body_multipart();`, 1,
			"--unique-boundary-1\r\nContent-Type: text/x\r\n\r\nold\r\n--unique-boundary-1--\r\n"},
		{scripttest.Body("text/x", "old"), `set_body_multipart("new", "text/y", "b");`, 1, "--b\r\nContent-Type: text/y\r\n\r\nnew\r\n--b--\r\n"},
		{scripttest.Body("", ""), `set_body_multipart();`, -1, ""},
	} {
		m := scripttest.Message(t, test.text)
		code := scripttest.Run(t, m, test.body, words())
		after, err := sip.Parse(scripttest.Forwarded(m))
		if err != nil {
			t.Errorf("%s: %v", test.body, err)
			continue
		}
		want := test.want
		if want == "" {
			want = m.Message.Body
		}
		if code != test.code || after.Body != want {
			t.Errorf("%s: %d %q\nwant %d %q", test.body, code, after.Body, test.code, want)
		}
		if len(m.Edits) > 0 && strings.HasPrefix(test.body, "set_body_multipart") &&
			!strings.Contains(after.Text, "Content-Type: multipart/mixed;boundary=\"") {
			t.Errorf("%s: no type in\n%s", test.body, after.Text)
		}
	}
}

// Where new fields stand.
func TestPlaces(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`append_hf("A1: 1\r\n"); append_hf("A2: 1"); insert_hf("I1: 1\r\n"); insert_hf("I2: 1\n");`,
			"I1 I2 Via Max-Forwards X-A X-B x-a P-Foo A1 A2"},
		{`append_hf("A1: 1\r\n", "X-A"); append_hf("A2: 1\r\n", "X-A"); insert_hf("I1: 1\r\n", "X-A"); insert_hf("I2: 1\r\n", "X-A");`,
			"Via Max-Forwards I1 I2 X-A X-B x-a A1 A2 P-Foo"},
		{`remove_hf("X-A"); append_hf("A1: 1\r\n", "X-A"); insert_hf("I1: 1\r\n", "X-A"); append_hf("X-A: 9\r\n");`,
			"Via Max-Forwards I1 X-B A1 P-Foo X-A"},
		{`insert_hf("I1: 1\r\n", "Nope");`, "I1 Via Max-Forwards X-A X-B x-a P-Foo"},
		{`insert_hf("I1: 1\r\n", "v");`, "I1 Via Max-Forwards X-A X-B x-a P-Foo"},
	} {
		text := "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
			"X-A: one\r\nX-B: two\r\nx-a: three\r\nP-Foo: x\r\nF: <sip:a@b.test>;tag=1\r\nT: <sip:a@b.test>\r\nI: 1\r\nCSeq: 1 INVITE\r\n\r\n"
		m := scripttest.Message(t, text)
		scripttest.Run(t, m, test.body, words())
		var names []string
		for _, line := range strings.Split(scripttest.Forwarded(m), "\r\n")[1:] {
			if name, _, ok := strings.Cut(line, ":"); ok && len(name) > 1 && name != "CSeq" {
				names = append(names, name)
			}
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.body, got, test.want)
		}
	}
}

// Kamailio 5.6.3 gave these results too.
func TestQuestions(t *testing.T) {
	foo := strings.ReplaceAll(scripttest.Invite, "INVITE", "FOO")
	for _, test := range []struct {
		text, body string
		code       int
	}{
		{scripttest.Invite, `is_method("INVITE");`, 1},
		{scripttest.Invite, `is_method("invite");`, 1},
		{scripttest.Invite, `is_method("BYE|INVITE");`, 1},
		{scripttest.Invite, `is_method("FOO");`, -1},
		{scripttest.Invite, `is_method("INVITES");`, -1},
		{scripttest.Invite, `$var(m) = "ACK|INVITE"; is_method("$var(m)");`, 1},
		{foo, `is_method("FOO");`, 1},
		{foo, `is_method("foo");`, 1},

		{rich(), `is_present_hf("X-A");`, 1},
		{rich(), `is_present_hf("m");`, 1},
		{rich(), `is_present_hf("i");`, 1},
		{rich(), `is_present_hf("nope");`, -1},
		{rich(), `append_hf("P-X: 1\r\n"); is_present_hf("P-X");`, -1}, // not before msg_apply_changes
		{rich(), `$var(n) = "p-foo"; is_present_hf_pv("$var(n)");`, 1},
		{rich(), `is_present_hf_re("^p-");`, 1},
		{rich(), `is_present_hf_re("^q-");`, -1},
		{rich(), `search_hf("X-A", "three", "a");`, 1},
		{rich(), `search_hf("X-A", "three", "f");`, -1},
		{rich(), `search_hf("X-A", "three", "l");`, 1},
		{rich(), `search_hf("X-A", "THREE", "l");`, 1},
		{rich(), `search_hf("Nope", "x", "a");`, -1},
		{rich(), `is_privacy("id");`, 1},
		{rich(), `is_privacy("critical");`, 1},
		{rich(), `is_privacy("none");`, -1},
		{scripttest.Invite, `is_privacy("id");`, -1},

		{scripttest.Invite, `search("^from:");`, 1},
		{scripttest.Invite, `search("INVITE");`, 1},
		{scripttest.Invite, `search("^INVITE .*2.0.?$");`, 1},
		{scripttest.Invite, `search("alice.*bob");`, -1},
		{scripttest.Invite, `search("m=audio");`, 1},
		{scripttest.Invite, `search("nope");`, -1},
		{scripttest.Invite, `search("^User-Agent: probe$");`, -1}, // the CR is still there
		{scripttest.Invite, `search("^User-Agent: probe.$");`, 1},
		{scripttest.Invite, `search_body("m=AUDIO");`, 1},
		{scripttest.Invite, `search_body("INVITE");`, -1},
		{scripttest.Invite, `search_body("^v=0.$");`, 1},
		{scripttest.Invite, `search_body("s=-[[:space:]]*c=");`, 1},
		{scripttest.Invite, `search_str("abc", "B");`, 1},
		{scripttest.Invite, `$var(x) = "^sip:bob@"; search_str("$ru", "$var(x)");`, 1},

		{scripttest.Invite, `has_body();`, 1},
		{scripttest.Invite, `has_body("APPLICATION/SDP");`, 1},
		{scripttest.Invite, `has_body("text/plain");`, -1},
		{scripttest.Body("", ""), `has_body();`, -1},
		{scripttest.Body("application/sdp", ""), `has_body("application/sdp");`, -1},
		{scripttest.Body("application/sdp ;charset=utf-8", "x"), `has_body("application/sdp");`, 1},
		{scripttest.Body("", "x"), `has_body("application/sdp");`, 1},

		{scripttest.Invite, `in_list("fi", "dk,fi,no", ",");`, 1},
		{scripttest.Invite, `in_list("fi", "dk, fi ,no", ",");`, 1},
		{scripttest.Invite, `in_list("f", "dk,fi,no", ",");`, -1},
		{scripttest.Invite, `in_list("", "dk,,no", ",");`, -1},
		{scripttest.Invite, `in_list("no", "dk;no", ";");`, 1},
		{scripttest.Invite, `in_list_prefix("final", "dk,fi", ",");`, 1},
		{scripttest.Invite, `in_list_prefix("f", "dk,fi", ",");`, -1},
		{scripttest.Invite, `cmp_str("a", "A");`, -1},
		{scripttest.Invite, `cmp_istr("a", "A");`, 1},
		{scripttest.Invite, `cmp_str("", "");`, 1},
		{scripttest.Invite, `starts_with("abc", "ab");`, 1},
		{scripttest.Invite, `starts_with("abc", "");`, 1},
		{scripttest.Invite, `starts_with("ab", "abc");`, -1},
		{scripttest.Invite, `starts_with("abc", "AB");`, -2},
		{scripttest.Invite, `starts_with("$rU", "bo");`, 1},
		{scripttest.Invite, `ends_with("abc", "bc");`, 1},
		{scripttest.Invite, `str_find("abc", "b");`, 2},
		{scripttest.Invite, `str_find("abc", "B");`, -1},
		{scripttest.Invite, `str_ifind("abc", "C");`, 3},

		{scripttest.Invite, `is_audio_on_hold();`, -1},
		{scripttest.Body("application/sdp", scripttest.Offer+"a=sendonly\r\n"), `is_audio_on_hold();`, 2},
		{scripttest.Body("application/sdp", scripttest.Offer+"a=inactive\r\n"), `is_audio_on_hold();`, 2},
		{scripttest.Body("application/sdp", scripttest.Offer+"a=recvonly\r\n"), `is_audio_on_hold();`, -1},
		{scripttest.Body("application/sdp", scripttest.Offer+"m=video 1 RTP/AVP 31\r\na=sendonly\r\n"), `is_audio_on_hold();`, -1},
		{scripttest.Swap(t, scripttest.Invite, "c=IN IP4 127.0.0.9", "c=IN IP4 0.0.0.0"), `is_audio_on_hold();`, 1},
		{scripttest.Swap(t, scripttest.Invite, "t=0 0", "t=0 0\r\na=sendonly"), `is_audio_on_hold();`, 2},
		{scripttest.Body("text/plain", "a=sendonly"), `is_audio_on_hold();`, -1},
	} {
		m := scripttest.Message(t, test.text)
		if code := scripttest.Run(t, m, test.body, words()); code != test.code {
			t.Errorf("%s: %d, want %d", test.body, code, test.code)
		}
	}
}

func TestRequestURI(t *testing.T) {
	for _, test := range []struct {
		uri, body string
		code      int
		want      string
	}{
		{"sip:bob@b.test", `subst_uri('/^sip:([a-z]+)@(.*)$/sip:3463\1@\2;orig=\0/i');`, 1, "sip:3463bob@b.test;orig=sip:bob@b.test"},
		{"sip:bob@b.test", `subst_uri("/nope/x/");`, -1, "sip:bob@b.test"},
		{"sip:bob@b.test", `subst_user("/b/X/g");`, 1, "sip:XoX@b.test"},
		{"sip:bob:pw@b.test;b", `subst_user('/(.*)/$rm\1/');`, 1, "sip:INVITEbob:pw@b.test;b"},
		{"sip:5553642@b.test", `subst_user('/3642$/36423463/');`, 1, "sip:55536423463@b.test"},
		{"sip:b.test", `subst_user('/(.*)/9\1/');`, -1, "sip:b.test"},
	} {
		m := scripttest.Message(t, strings.Replace(scripttest.Invite, "sip:bob@example.test", test.uri, 1))
		if code := scripttest.Run(t, m, test.body, words()); code != test.code || m.URI != test.want {
			t.Errorf("%s: %d %s; want %d %s", test.body, code, m.URI, test.code, test.want)
		}
	}
}

func TestReplyFields(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	scripttest.Run(t, m, `append_to_reply("X-R: $rm\r\n"); append_to_reply("X-S: 1"); append_time();`, words())
	if want := "X-R: INVITE\r\nX-S: 1\r\nDate: Fri, 23 Nov 2007 00:35:46 GMT\r\n"; m.ReplyFields != want {
		t.Errorf("%q, want %q", m.ReplyFields, want)
	}
}

func TestResultsInVariables(t *testing.T) {
	const mp = "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b1\r\nContent-Type: text/plain\r\nX-Q: 1\r\n\r\nhello\r\n--b1--\r\n"
	multi := scripttest.Body(`multipart/mixed;boundary="b1"`, mp)
	for _, test := range []struct {
		text, body string
		code       int
		want       string
	}{
		{multi, `get_body_part("text/plain", "$avp(r)");`, 1, "hello"},
		{multi, `get_body_part_raw("text/plain", "$avp(r)");`, 1, "--b1\r\nContent-Type: text/plain\r\nX-Q: 1\r\n\r\nhello"},
		{multi, `get_body_part("application/sdp", "$avp(r)");`, 1, "v=0\r\n"},
		{multi, `get_body_part("image/png", "$avp(r)");`, -1, ""},
		{scripttest.Invite, `get_body_part("application/sdp", "$avp(r)");`, 1, scripttest.Offer},
		{scripttest.Invite, `get_body_part("text/plain", "$avp(r)");`, -1, ""},
		{scripttest.Invite, `regex_substring("___ abc123def ___ ghi456 ___", "([a-z]*)([0-9]+)([a-z]*)", "1", "3", "$avp(r)");`, 1, "abc"},
		{scripttest.Invite, `regex_substring("abc", "(x)", "0", "3", "$avp(r)");`, -2, ""},
		{scripttest.Invite, `regex_substring("abc123", "([a-z]*)([0-9]+)", "0", "3", "$avp(r)");`, 1, "abc123"},
		{scripttest.Invite, `regex_substring("abc123", "([a-z]*)([0-9]+)", "2", "3", "$avp(r)");`, 1, "123"},
		{scripttest.Invite, `regex_substring("abc123", "([a-z]*)([0-9]+)", "4", "3", "$avp(r)");`, -1, ""},
	} {
		m := scripttest.Message(t, test.text)
		code := scripttest.Run(t, m, test.body, words())
		got := ""
		if m.AVPs != nil {
			got = m.AVPs.Get("r").AsString()
		}
		if code != test.code || got != test.want {
			t.Errorf("%s: %d %q; want %d %q", test.body, code, got, test.code, test.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, body := range []string{
		`is_method("");`, `append_hf("no colon");`, `remove_hf("");`, `remove_hf_re("(");`, `remove_hf_idx("X", "one");`,
		`remove_hf_match("X", "lt", "1");`, `search("[");`, `search_hf("X", "y", "b");`, `replace_str("a", "b", "c");`,
		`subst("/a/b");`, `subst("");`, `subst("/a/b/x");`, `subst('/a/\1/');`, `subst('/a/\z/');`, `subst("/(/b/");`,
		`subst('/a/$nope/');`, `subst($var(x));`, `has_body("application");`, `in_list("a", "b", ",,");`,
		`get_body_part("a/b", "text");`, `get_body_part("a/b", "$rm");`,
	} {
		if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "textops"`, body), syntax.Kamailio, words()); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	for _, body := range []string{`is_method("INVITE");`, `is_method("bye|cancel|options");`, `has_body("application/sdp");`, `is_present_hf("User-Agent");`, `is_present_hf("X-Nope");`} {
		if n := scripttest.Allocations(t, m, body, words()); n != 0 {
			t.Errorf("%s: %v allocations", body, n)
		}
	}
}
