package sip

import (
	"fmt"
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	m := mustParse(t, options("Route: <sip:a;lr>,<sip:b,c@h;lr>\n , \"x, \\\" y\" <sip:d>;q=\",\"\n"+
		"Subject: one, two\nroute: , ,<sip:e> ,\nRoute:\nDate: Sat, 13 Nov 2010 23:29:00 GMT\n"))
	for _, test := range []struct {
		kind FieldKind
		want []string
	}{
		{FieldRoute, []string{"<sip:a;lr>", "<sip:b,c@h;lr>", `"x, \" y" <sip:d>;q=","`, "<sip:e>"}},
		{FieldSubject, []string{"one, two"}},
		{FieldDate, []string{"Sat, 13 Nov 2010 23:29:00 GMT"}},
		{FieldContact, nil},
	} {
		var got []string
		for v := range m.Values(test.kind) {
			got = append(got, v.Text)
			if m.Text[v.Start:v.Start+len(v.Text)] != v.Text || m.Fields[v.Field].Kind != test.kind {
				t.Errorf("%q is not where it is said to be", v.Text)
			}
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
			t.Errorf("%v:\n got %q\nwant %q", test.kind, got, test.want)
		}
	}
	for v := range m.Values(FieldRoute) {
		if v.Text != "<sip:a;lr>" {
			t.Errorf("%q after break", v.Text)
		}
		break
	}
}

func TestSplitList(t *testing.T) {
	for list, want := range map[string]string{
		"":                        `[]`,
		" , ,":                    `[]`,
		"a":                       `["a"]`,
		"a,b , c":                 `["a" "b" "c"]`,
		`"a,b",<c,d>,e`:           `["\"a,b\"" "<c,d>" "e"]`,
		`"a,b`:                    `["\"a,b"]`,
		"<a,b":                    `["<a,b"]`,
		`<a"b>,c`:                 `["<a\"b>" "c"]`,
		`"\\",b`:                  `["\"\\\\\"" "b"]`,
		"timer\r\n ,\t100rel\r\n": `["timer" "100rel"]`,
	} {
		var got []string
		for one := range SplitList(list) {
			got = append(got, one)
		}
		if fmt.Sprintf("%q", got) != want {
			t.Errorf("%q: got %q, want %s", list, got, want)
		}
	}
}

func TestParams(t *testing.T) {
	for params, want := range map[string]string{
		"":                             "",
		";":                            "",
		";lr":                          "lr=|",
		";a=1;b":                       "a=1|b=|",
		" ; a = 1 ;\r\n b\t= 2":        "a=1|b=2|",
		`;a="x;y=\"z\"";b=c=d`:         `a="x;y=\"z\""|b=c=d|`,
		`;a="x;b=1`:                    `a="x;b=1|`,
		";;a;;=1;b":                    "a=|b=|",
		"a=1":                          "a=1|",
		";" + strings.Repeat(";", 999): "",
	} {
		got := ""
		for name, value := range Params(params) {
			got += name + "=" + value + "|"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", params, got, want)
		}
	}
	if value, ok := Param(";Tag=1;tag=2", "TAG"); value != "1" || !ok {
		t.Errorf("of two the first counts, not %q, %v", value, ok)
	}
	if value, ok := Param(";xtag=1;tagx=2", "tag"); value != "" || ok {
		t.Errorf("tag is not there, but %q, %v", value, ok)
	}
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		"": "", `"`: `"`, `""`: "", `"a"`: "a", "a": "a", `"a`: `"a`, `"a\"b\\"`: `a"b\`, `"\`: `"\`, `"a\"`: `a\`,
	} {
		if got := Unquote(in); got != want {
			t.Errorf("Unquote(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUnfold(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a  b": "a  b", "a\r\n b": "a b", "a \t\r\n\t \tb\n c": "a b c", "\r\n a": "a", "a\r\n \r\n b": "a b",
	} {
		if got := Unfold(in); got != want {
			t.Errorf("Unfold(%q) = %q, want %q", in, got, want)
		}
	}
}
