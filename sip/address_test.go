package sip

import "testing"

// nameAddrTable feeds TestParseNameAddr and FuzzParseNameAddr.
var nameAddrTable = []struct {
	text string
	want NameAddr
	err  error
}{
	{`"Bob" <sip:bob@biloxi.test;lr>;tag=1`, NameAddr{`"Bob"`, "sip:bob@biloxi.test;lr", ";tag=1", true}, nil},
	{`<sip:bob@biloxi.test>`, NameAddr{"", "sip:bob@biloxi.test", "", true}, nil},
	{`sip:bob@biloxi.test;tag=1`, NameAddr{"", "sip:bob@biloxi.test", ";tag=1", false}, nil},
	{"  Mr. Watson\t<sip:w@h> ; tag = 2 ", NameAddr{"Mr. Watson", "sip:w@h", "; tag = 2", true}, nil},
	{`caller<sip:c@h>;tag=323`, NameAddr{"caller", "sip:c@h", ";tag=323", true}, nil},
	{`"a \"<b>\" \\" <sip:c@h>`, NameAddr{`"a \"<b>\" \\"`, "sip:c@h", "", true}, nil},
	{`"" <sip:c@h>`, NameAddr{`""`, "sip:c@h", "", true}, nil},
	{"Jürgen <sip:c@h>", NameAddr{"Jürgen", "sip:c@h", "", true}, nil},
	{"< sip:c@h >", NameAddr{"", "sip:c@h", "", true}, nil},
	{`sip:c@h;x="<y>";tag=1`, NameAddr{"", "sip:c@h", `;x="<y>";tag=1`, false}, nil},
	{`tel:+4930;tag=1`, NameAddr{"", "tel:+4930", ";tag=1", false}, nil},
	{"<sip:a,b?c@h?x=y>", NameAddr{"", "sip:a,b?c@h?x=y", "", true}, nil},
	{"a\r\n <sip:c@h>\r\n ;tag=1", NameAddr{"a", "sip:c@h", ";tag=1", true}, nil},
	{`<sip:c@h>;x="a;tag=2";tag=1`, NameAddr{"", "sip:c@h", `;x="a;tag=2";tag=1`, true}, nil},

	{"", NameAddr{}, errScheme},
	{"<>", NameAddr{}, errScheme},
	{";tag=1", NameAddr{}, errScheme},
	{`"Bob"`, NameAddr{}, errDisplay},
	{`"Bob" sip:b@h`, NameAddr{}, errDisplay},
	{`"Bob <sip:b@h>`, NameAddr{}, errDisplay},
	{`Bell, A <sip:b@h>`, NameAddr{}, errDisplay},
	{`Bob "B" <sip:b@h>`, NameAddr{}, errDisplay},
	{`a@b <sip:b@h>`, NameAddr{}, errDisplay},
	{"sip:b @h", NameAddr{}, errDisplay},
	{"sip:b@h>", NameAddr{}, errDisplay},
	{"<sip:b@h", NameAddr{}, errAngle},
	{"<sip:b@h>x", NameAddr{}, errParams},
	{"<sip:b@h>,<sip:c@h>", NameAddr{}, errParams},
	{"<<sip:b@h>>", NameAddr{}, errParams},
	{"sip:b@h?Route=x", NameAddr{}, errBare},
	{"sip:b,c@h", NameAddr{}, errBare},
}

func TestParseNameAddr(t *testing.T) {
	for _, test := range nameAddrTable {
		a, err := ParseNameAddr(test.text)
		if err != test.err {
			t.Errorf("%q: error %v, want %v", test.text, err, test.err)
			continue
		}
		if err == nil && a != test.want {
			t.Errorf("%q:\n got %+v\nwant %+v", test.text, a, test.want)
		}
		tag, _ := a.Param("tag")
		if quick := AddressParam(test.text, "TAG"); err == nil && quick != tag {
			t.Errorf("%q: AddressParam gives %q, want %q", test.text, quick, tag)
		}
	}
	if tag := AddressParam(`<sip:c@h;tag=0>;x="a;tag=2";tag=1`, "tag"); tag != "1" {
		t.Errorf("tag %q", tag)
	}
}
