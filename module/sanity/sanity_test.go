package sanity

import (
	"strconv"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/sip"
)

const digest = `Digest username="a", realm="r", nonce="n", uri="sip:x", response="0123456789abcdef0123456789abcdef"`

func invite(old, new string) string {
	return strings.Replace(scripttest.Invite, old, new, 1)
}

// One fault each, with the bit that finds it. Kamailio 5.6.3 gives the same
// statuses but where a comment says otherwise.
var faults = []struct {
	name, text  string
	checks, uri int
	status      int // 0: sound
	reason      string
	fields      string
}{
	{"sound", scripttest.Invite, 32767, 15, 0, "", ""},
	{"mail", invite("sip:bob@example.test", "mailto:bob@example.test"), 2, 0, 416, "Unsupported URI Scheme", ""}, // 400 there
	{"tel", invite("sip:bob@example.test", "tel:+123"), 2, 0, 0, "", ""},
	{"sips", invite("sip:bob@example.test", "sips:bob@example.test"), 2, 0, 0, "", ""},
	{"urn", invite("sip:bob@example.test", "urn:service:sos"), 2, 0, 0, "", ""},
	{"no host", invite("sip:bob@example.test", "sip:bob@"), 2, 0, 400, "Bad Request URI", ""},
	{"no length", invite("Content-Length: 115\r\n", ""), 128, 0, 0, "", ""},
	{"expires abc", scripttest.With(scripttest.Invite, "Expires: abc"), 256, 0, 400, "Expires value is illegal", ""},
	{"expires -1", scripttest.With(scripttest.Invite, "Expires: -1"), 256, 0, 400, "Expires value is illegal", ""},
	{"expires 2^32", scripttest.With(scripttest.Invite, "Expires: 4294967296"), 256, 0, 400, "Expires value is illegal", ""}, // sound there
	{"expires", scripttest.With(scripttest.Invite, "Expires: 3600 "), 256, 0, 0, "", ""},
	{"extension", scripttest.With(scripttest.Invite, "Proxy-Require: foo"), 512, 0, 420, "Bad Proxy Require Extension", "Unsupported: foo\r\n"},
	{"extensions", scripttest.With(scripttest.Invite, "Proxy-Require: foo, bar", "Proxy-Require: baz"), 512, 0, 420,
		"Bad Proxy Require Extension", "Unsupported: foo, bar, baz\r\n"}, // only the first there
	{"extension of a CANCEL", strings.ReplaceAll(scripttest.With(scripttest.Invite, "Proxy-Require: foo"), "INVITE", "CANCEL"), 512, 0, 0, "", ""}, // RFC 3261 section 8.2.2.3
	{"extension of two words", scripttest.With(scripttest.Invite, "Proxy-Require: foo bar"), 512, 0, 400, "Bad Proxy-Require", ""},
	{"request uri", invite("sip:bob@example.test", "sip:bob@"), 1024, 1, 400, "Bad Request URI", ""},
	{"request uri port", invite("sip:bob@example.test", "sip:bob@example.test:99999999"), 1024, 1, 400, "Bad Request URI", ""},
	{"request uri, not asked", invite("sip:bob@example.test", "sip:bob@"), 1024, 14, 0, "", ""},
	{"from", invite("<sip:alice@example.test>", "<sip:@>"), 1024, 2, 400, "Bad From URI", ""},
	{"to", invite("To: <sip:bob@example.test>", "To: <foo>"), 1024, 4, 400, "Bad To URI", ""},
	{"contact", invite("<sip:alice@127.0.0.9:5070;transport=udp>", "<sip:a@b.test>, <foo>"), 1024, 8, 400, "Bad Contact URI", ""},
	{"contact *", invite("<sip:alice@127.0.0.9:5070;transport=udp>", "*"), 1024, 8, 0, "", ""},
	{"basic", scripttest.With(scripttest.Invite, "Authorization: Basic abc"), 2048, 0, 0, "", ""}, // 400 there
	{"incomplete", scripttest.With(scripttest.Invite, `Authorization: Digest username="a"`), 2048, 0, 400, "Bad Auth Credentials", ""},
	{"no realm", scripttest.With(scripttest.Invite, "Proxy-Authorization: "+strings.Replace(digest, `realm="r", `, "", 1)), 2048, 0, 400, "Bad Auth Credentials", ""},
	{"credentials", scripttest.With(scripttest.Invite, "Authorization: "+digest), 2048, 0, 0, "", ""},
	{"basic passes", scripttest.With(scripttest.Invite, "Authorization: Basic abc"), 8192, 0, 0, "", ""},
	{"incomplete digest", scripttest.With(scripttest.Invite, `Proxy-Authorization: Digest username="a"`), 8192, 0, 400, "Bad Auth Credentials", ""},
	{"from tags", invite(";tag=f1", ";tag=a;tag=b"), 4096, 0, 400, "Many From Tag Params", ""},
	{"to tags", invite("To: <sip:bob@example.test>", "To: <sip:bob@example.test>;tag=a;tag=a"), 4096, 0, 400, "Many To Tag Params", ""},
	{"no tag", invite(";tag=f1", ""), 4096, 0, 0, "", ""},
}

func TestFaults(t *testing.T) {
	for _, test := range faults {
		m := scripttest.Message(t, test.text)
		body := `sanity_check("` + strconv.Itoa(test.checks) + `", "` + strconv.Itoa(test.uri) + `");`
		code := scripttest.RunWith(t, m, `modparam("sanity", "autodrop", 0)`, body, New())
		sent := scripttest.Sends(m)
		if test.status == 0 {
			if code != 1 || len(sent) != 0 {
				t.Errorf("%s: %d, %v; want 1 and no reply", test.name, code, sent)
			}
			continue
		}
		want := "SIP/2.0 " + strconv.Itoa(test.status) + " " + test.reason + "\r\n"
		if code != -1 || len(sent) != 1 || !strings.HasPrefix(sent[0].Text, want) || !strings.Contains(sent[0].Text, test.fields) {
			t.Errorf("%s: %d, %v; want -1 and %q with %q", test.name, code, sent, want, test.fields)
		}
	}
}

// What the parser refuses, a message that could be read in part still fails.
func TestFaultsOfTheParser(t *testing.T) {
	for _, test := range []struct {
		text, reason string
		checks       int
	}{
		{invite("Call-ID: c1@example.test\r\n", ""), "400 Missing Required Header in Request", 4},
		{invite("CSeq: 1 INVITE", "CSeq: 1 BYE"), "400 CSeq method does not match request method", 32},
		{invite("CSeq: 1 INVITE", "CSeq: abc INVITE"), "400 CSeq number is illegal", 64},
		{invite("Content-Length: 115", "Content-Length: 5000"), "400 Content-Length mis-match", 128},
		{invite("Content-Length: 115", "Content-Length: abc"), "400 Content-Length mis-match", 128},
		{invite("sip:bob@example.test SIP/2.0", "sip:bob@example.test SIP/3.0"), "505 Version Not Supported", 1},
	} {
		parsed, err := sip.Parse(test.text)
		if err == nil || parsed == nil {
			t.Fatalf("%s: %v", test.reason, err)
		}
		m := scripttest.Parsed(parsed)
		code := scripttest.Run(t, m, `sanity_check("`+strconv.Itoa(test.checks)+`");`, New())
		sent := scripttest.Sends(m)
		if code != 0 || len(sent) != 1 || !strings.HasPrefix(sent[0].Text, "SIP/2.0 "+test.reason+"\r\n") {
			t.Errorf("%s: %d, %v", test.reason, code, sent)
		}
	}
}

func TestParams(t *testing.T) {
	bad := scripttest.With(scripttest.Invite, "Expires: abc", "Proxy-Require: Foo")
	for _, test := range []struct {
		params, body string
		code, sent   int
	}{
		{"", `sanity_check(); sanity_reply();`, 0, 1}, // autodrop ends the script
		{`modparam("sanity", "autodrop", 0)`, `sanity_check();`, -1, 1},
		{`modparam("sanity", "autodrop", 0)` + "\n" + `modparam("sanity", "noreply", 1)`, `sanity_check();`, -1, 0},
		{`modparam("sanity", "autodrop", 0)` + "\n" + `modparam("sanity", "noreply", 1)`, `sanity_check(); sanity_reply();`, 1, 1},
		{`modparam("sanity", "autodrop", 0)` + "\n" + `modparam("sanity", "noreply", 1)`, `sanity_check(); sanity_reply(); sanity_reply();`, -1, 1},
		{`modparam("sanity", "default_checks", 1)`, `sanity_check();`, 1, 0},
		{`modparam("sanity", "proxy_require", "bar, foo")`, `sanity_check("512");`, 1, 0},
		{"", `$var(n) = 512; sanity_check("$var(n)");`, 0, 1},
		{"", `sanity_check("$var(n)x");`, -1, 0},
	} {
		m := scripttest.Message(t, bad)
		code := scripttest.RunWith(t, m, test.params, test.body, New())
		if sent := scripttest.Sends(m); code != test.code || len(sent) != test.sent {
			t.Errorf("%s %s: %d, %v; want %d and %d replies", test.params, test.body, code, sent, test.code, test.sent)
		}
	}
}

func TestAckIsNeverAnswered(t *testing.T) {
	ack := strings.ReplaceAll(scripttest.With(scripttest.Invite, "Expires: abc"), "INVITE", "ACK")
	m := scripttest.Message(t, ack)
	if code := scripttest.Run(t, m, `sanity_check("256");`, New()); code != 0 || len(scripttest.Sends(m)) != 0 {
		t.Errorf("%d, %v", code, scripttest.Sends(m))
	}
}

func TestSoundMessageAllocatesNothing(t *testing.T) {
	m := scripttest.Message(t, scripttest.Invite)
	for _, body := range []string{`sanity_check();`, `sanity_check("17895", "7");`, `sanity_check("32767", "15");`} {
		if n := scripttest.Allocations(t, m, body, New()); n != 0 {
			t.Errorf("%s: %v allocations", body, n)
		}
	}
}
