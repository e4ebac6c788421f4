package sip

import (
	"strings"
	"testing"
)

// uriTable feeds TestParseURI and FuzzParseURI.
var uriTable = []struct {
	text string
	want URI
	err  error
}{
	{"sip:biloxi.test", URI{Scheme: "sip", Host: "biloxi.test"}, nil},
	{"SIPS:alice:secret@[::1]:5070;lr;transport=tcp?subject=hi&priority=urgent",
		URI{Scheme: "SIPS", User: "alice", Password: "secret", Host: "[::1]", Port: 5070, Params: ";lr;transport=tcp", Headers: "subject=hi&priority=urgent", HasUser: true}, nil},
	{"sip:+1;ext=2@h", URI{Scheme: "sip", User: "+1;ext=2", Host: "h", HasUser: true}, nil},
	{"sip:user;par=u%40example.net@example.test", URI{Scheme: "sip", User: "user;par=u%40example.net", Host: "example.test", HasUser: true}, nil},
	{"sip:a?b,c/d@h?x=y", URI{Scheme: "sip", User: "a?b,c/d", Host: "h", Headers: "x=y", HasUser: true}, nil},
	{"sip:a:b:c@h", URI{Scheme: "sip", User: "a", Password: "b:c", Host: "h", HasUser: true}, nil},
	{"sip:@h", URI{Scheme: "sip", Host: "h", HasUser: true}, nil},
	{"sip:*31#123@h", URI{Scheme: "sip", User: "*31#123", Host: "h", HasUser: true}, nil},
	{"sip:josé@h", URI{Scheme: "sip", User: "josé", Host: "h", HasUser: true}, nil},
	{"sip:%00@h", URI{Scheme: "sip", User: "%00", Host: "h", HasUser: true}, nil},
	{"sip:h?a=b;c", URI{Scheme: "sip", Host: "h", Headers: "a=b;c"}, nil},
	{"sip:[2001:db8::10:5070]", URI{Scheme: "sip", Host: "[2001:db8::10:5070]"}, nil},
	{"sip:u@[2001:db8:::192.0.2.1]", URI{Scheme: "sip", User: "u", Host: "[2001:db8:::192.0.2.1]", HasUser: true}, nil},
	{"sip:u@[::ffff:192.0.2.1]", URI{Scheme: "sip", User: "u", Host: "[::ffff:192.0.2.1]", HasUser: true}, nil},
	{"sip:my_host:1", URI{Scheme: "sip", Host: "my_host", Port: 1}, nil},
	{"tel:+49(30)123-45.6;phone-context=x", URI{Scheme: "tel", User: "+49(30)123-45.6", Params: ";phone-context=x"}, nil},
	{"tel:*#af", URI{Scheme: "tel", User: "*#af"}, nil},
	{"urn:service:sos", URI{Scheme: "urn", Opaque: "service:sos"}, nil},
	{"isbn:", URI{Scheme: "isbn"}, nil},

	{"", URI{}, errScheme},
	{":", URI{}, errScheme},
	{"biloxi.test", URI{}, errScheme},
	{"1sip:h", URI{}, errScheme},
	{"s ip:h", URI{}, errScheme},
	{"<sip:h>", URI{}, errScheme},
	{"sip:", URI{}, errHost},
	{"sip:a@", URI{}, errHost},
	{"sip:a@:5060", URI{}, errHost},
	{"sip:h:", URI{}, errHost},
	{"sip:h:0", URI{}, errHost},
	{"sip:h:65536", URI{}, errHost},
	{"sip:h:99999999999999999999999999", URI{}, errHost},
	{"sip:h:5060x", URI{}, errHost},
	{"sip:h:-1", URI{}, errHost},
	{"sip:h/x", URI{}, errHost},
	{"sip:2001:db8::10", URI{}, errHost},
	{"sip:[]", URI{}, errHost},
	{"sip:[::1", URI{}, errHost},
	{"sip:[::1]x", URI{}, errHost},
	{"sip:[127.0.0.1]", URI{}, errHost},
	{"sip:[fe80::1%25eth0]", URI{}, errHost},
	{"sip:[1::2::3]", URI{}, errHost},
	{"sip:h : 5060", URI{}, errChar},
	{"sip:a b@h", URI{}, errChar},
	{"sip:a:p q@h", URI{}, errChar},
	{"sip:a\x00b@h", URI{}, errChar},
	{"sip:a\x7f@h", URI{}, errChar},
	{"sip:h;x=\"y\"", URI{}, errChar},
	{"sip:h>", URI{}, errChar},
	{"sip:h\r\n", URI{}, errChar},
	{"http://a b", URI{}, errChar},
	{"sip:a@b@c", URI{}, errAt},
	{"sip:a@b;x=c@d", URI{}, errAt},
	{"sip:a@b?x=c@d", URI{}, errAt},
	{"tel:", URI{}, errNumber},
	{"tel:;x=1", URI{}, errNumber},
	{"tel:+", URI{}, errNumber},
	{"tel:+1a", URI{}, errNumber},
	{"tel:1+1", URI{}, errNumber},
	{"tel:anna", URI{}, errNumber},
}

func TestParseURI(t *testing.T) {
	for _, test := range uriTable {
		u, err := ParseURI(test.text)
		if err != test.err {
			t.Errorf("%q: error %v, want %v", test.text, err, test.err)
			continue
		}
		if err != nil {
			continue
		}
		if u != test.want {
			t.Errorf("%q:\n got %+v\nwant %+v", test.text, u, test.want)
		}
		if u.String() != test.text {
			t.Errorf("%q prints as %q", test.text, u.String())
		}
	}
}

func TestURIViews(t *testing.T) {
	u, err := ParseURI("sip:a@h:5070;Transport=TCP;lr;maddr=127.0.0.9")
	if err != nil {
		t.Fatal(err)
	}
	if value, ok := u.Param("transport"); value != "TCP" || !ok {
		t.Errorf("transport %q, %v", value, ok)
	}
	if value, ok := u.Param("LR"); value != "" || !ok {
		t.Errorf("lr %q, %v", value, ok)
	}
	if _, ok := u.Param("r"); ok {
		t.Error("a parameter r")
	}
	if u.HostPort() != "h:5070" || !u.IsSIP() || !u.Is("SIP") || u.Is("sips") {
		t.Errorf("host and port %q", u.HostPort())
	}
}

// The sets of RFC 3261 section 19.1.4, and more.
func TestURIEqual(t *testing.T) {
	many := strings.Repeat(";x", 2*maxCompared)
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},

		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},

		{"sip:a@h", "sips:a@h", false},
		{"sip:a@h", "SIP:a@H", true},
		{"sip:a@h", "sip:h", false},
		{"sip:@h", "sip:h", false},
		{"sip:a@h", "sip:a:p@h", false},
		{"sip:a:p@h", "sip:a:P@h", false},
		{"sip:a@h;user=ip", "sip:a@h", false},
		{"sip:a@h;ttl=1", "sip:a@h", false},
		{"sip:a@h;method=INVITE", "sip:a@h", false},
		{"sip:a@h;maddr=127.0.0.1", "sip:a@h", false},
		{"sip:a@h", "sip:a@h;MADDR=127.0.0.1", false},
		{"sip:a@h;lr", "sip:a@h", true},
		{"sip:a@h;lr", "sip:a@h;lr=on", false},
		{"sip:a%3Bb@h", "sip:a;b@h", false}, // reserved: not the same without its escape
		{"sip:a%3Bb@h", "sip:a%3bb@h", true},
		{"sip:a%41@h", "sip:aA@h", true},
		{"sip:a%41@h", "sip:aa@h", false},
		{"sip:a%4@h", "sip:a%4@H", true},
		{"sip:a@h?a=1&a=1&b=2", "sip:a@h?a=1&b=2&b=2", false},
		{"sip:a@h?a=1&a=1&b=2", "sip:a@h?b=2&A=1&a=1", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::0:1]", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]", false},
		{"sip:a@h" + many, "sip:a@h" + many, true},
		{"sip:a@h" + many, "sip:a@h" + many + ";x", false},
		{"tel:+49-30-1", "TEL:+49(30)1", true},
		{"tel:+49301", "tel:49301", false},
		{"tel:1;phone-context=A", "tel:1;phone-context=a", true},
		{"tel:1;phone-context=a", "tel:1", false},
		{"tel:aB", "tel:Ab", true},
		{"urn:a", "URN:a", true},
		{"urn:a", "urn:A", false},
	} {
		a, errA := ParseURI(test.a)
		b, errB := ParseURI(test.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if a.Equal(&b) != test.want || b.Equal(&a) != test.want {
			t.Errorf("%q and %q: %v and %v, want %v", test.a, test.b, a.Equal(&b), b.Equal(&a), test.want)
		}
		if !a.Equal(&a) || !b.Equal(&b) {
			t.Errorf("%q or %q does not equal itself", test.a, test.b)
		}
	}
}

// Two hostile URIs must not cost a second to compare.
func TestURIEqualIsBounded(t *testing.T) {
	a, _ := ParseURI("sip:a@h" + strings.Repeat(";a", 15000) + "?" + strings.Repeat("a&", 15000))
	b, _ := ParseURI("sip:a@h" + strings.Repeat(";b", 15000) + "?" + strings.Repeat("b&", 15000))
	for range 1000 { // with all compared to all, this would take minutes
		if a.Equal(&b) {
			t.Fatal("they are the same")
		}
	}
}

func TestWithoutHeaders(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:a@d":                    "sip:a@d",
		"sip:a@d;lr?Route=%3Csip:e>": "sip:a@d;lr",
		"SIPS:d?a=b?c":               "SIPS:d",
		"sip:a?b@d":                  "sip:a?b@d", // part of the user
		"sip:a;method=x@d":           "sip:a;method=x@d",
		"sip:a@d;method=INVITE":      "sip:a@d",
		"sip:a@d;lr;Method=BYE;x=y":  "sip:a@d;lr;x=y",
		"sip:a@d;methods=INVITE":     "sip:a@d;methods=INVITE",
		"sip:d;method=A;method=B?c":  "sip:d",
		"tel:1;method=INVITE":        "tel:1;method=INVITE",
		"sip:a?b@d?c=d":              "sip:a?b@d",
		"http://d/?a=b":              "http://d/?a=b",
		"?":                          "?",
		"":                           "",
	} {
		if got := WithoutHeaders(uri); got != want {
			t.Errorf("%q: %q, want %q", uri, got, want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abc": "abc", "%61%62": "ab", "a%4Jb": "a%4Jb", "%": "%", "%4": "%4", "100%25": "100%", "%00": "\x00", "%C3%a9": "é", "%%41": "%A",
	} {
		if got := Unescape(in); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseHost(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "[::1]": "::1", "::1": "::1", "[::ffff:127.0.0.1]": "127.0.0.1", "[2001:db8:::1]": "2001:db8::1",
		"biloxi.test": "", "": "", "[": "", "[]": "", "[::1": "", "1.2.3": "", "1.2.3.256": "", "[fe80::1%1]": "",
	} {
		got, err := ParseHost(in)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("ParseHost(%q) = %v, %v, want %q", in, got, err, want)
		}
	}
}
