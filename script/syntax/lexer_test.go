package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// dumpTokens returns each token with its kind and place.
func dumpTokens(tokens []token) string {
	kinds := map[tokenKind]string{tokenBad: "bad", tokenWord: "word", tokenNumWord: "numword", tokenNumber: "number",
		tokenString: "string", tokenPV: "pv", tokenSerAVP: "avp", tokenSelect: "select", tokenIP: "ip"}
	var parts []string
	for _, t := range tokens[:len(tokens)-1] {
		switch {
		case t.kind == tokenPunct:
			parts = append(parts, t.text)
		case t.kind == tokenNumber:
			parts = append(parts, fmt.Sprintf("%s=%d", t.text, t.value))
		case t.kind == tokenString:
			parts = append(parts, Quote(t.text))
		default:
			parts = append(parts, kinds[t.kind]+":"+t.text)
		}
	}
	return strings.Join(parts, " ")
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`debug=3`, `word:debug = 3=3`},
		{`a == b != c =~ d >= <= >> << += && || ! & | ^ ~`, `word:a == word:b != word:c =~ word:d >= <= >> << += && || ! & | ^ ~`},
		{`0x1f 017 101b 08 10wt 1_0 yes disable`, `0x1f=31 017=15 101b=5 numword:08 numword:10wt numword:1_0 yes=1 disable=0`},
		{`10.0.0.1:5060 1.2.3`, `ip:10.0.0.1 : 5060=5060 1=1 . 2=2 . 3=3`},
		{`[::1] fe80::1/64 ::ffff:1.2.3.4 1:2 dead:beef`, `[ ip:::1 ] ip:fe80::1 / 64=64 ip:::ffff:1.2.3.4 1=1 : 2=2 word:dead : word:beef`},
		{`msg:len uri:host uri:port uri:x msg:lens`, `word:msg:len word:uri:host word:uri:port word:uri : word:x word:msg : word:lens`},
		{`(int)$x ( int ) (str)`, `(int) pv:$x ( word:int ) (str)`},

		// Strings.
		{`"a\n\r\t\"\\\a" "\x41\x4a\101\60"`, `"a\n\r\t\"\\\x07AJA0"`},
		{`"\.\d\1\/"`, `"\\.\\d\\1\\/"`},
		{"\"one\\\ntwo\"", `"onetwo"`},
		{"\"one\ntwo\"", `"one\ntwo"`},
		{`"a" "b"` + "\n\t" + `"c"`, `"abc"`},
		{`"a" /* no */ "b"`, `"a" "b"`},
		{`'raw \n "x"' 'y'`, `"raw \\n \"x\"" "y"`},
		{`"# no comment // none /* none"`, `"# no comment // none /* none"`},

		// Comments and joined lines.
		{"a # b\nc // d\ne /* f\n /* g */ h */ i", `word:a word:c word:e word:i`},
		{"#!unknown is a comment\n#!\na", `word:a`},
		{"a \\\n b", `word:a word:b`},
		{"!!x", `! ! word:x`},

		// Variables.
		{`$ru $hdr(a(b)c) $(ru{s.len}) $? $rc.$fu`, `pv:$ru pv:$hdr(a(b)c) pv:$(ru{s.len}) pv:$? pv:$rc . pv:$fu`},
		{`$f.name $tu.x $fU.x $name[1] %did`, `avp:$f.name avp:$tu.x pv:$fU . word:x avp:$name[1] avp:%did`},
		{`@to.tag @via[1].branch @hf["X"]`, `select:@to.tag select:@via[1].branch select:@hf["X"]`},
		{`event_route[xhttp:request] event_route[ tm:branch-failure:x_1 ] route[a]`,
			`word:event_route [ "xhttp:request" ] word:event_route [ "tm:branch-failure:x_1" ] word:route [ word:a ]`},
	} {
		l := tokenize("test.cfg", c.text, Kamailio, Options{})
		if len(l.faults) > 0 {
			t.Errorf("%s: %v", c.text, l.faults[0].err)
		}
		if got := dumpTokens(l.tokens); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestTokensOfSER(t *testing.T) {
	l := tokenize("test.cfg", `$name $f.x $rc $avp(x)`, SER, Options{})
	if got, want := dumpTokens(l.tokens), `avp:$name avp:$f.x avp:$rc pv:$avp(x)`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestPositions(t *testing.T) {
	text := "a\n\tbb \"x\ny\" c\n#!define M one two\n M d\ninclude_file \"sub.cfg\"\nz"
	l := tokenize("dir/main.cfg", text, Kamailio, Options{Load: files{"dir/sub.cfg": "\n in"}.load})
	var got []string
	for _, tok := range l.tokens {
		got = append(got, fmt.Sprintf("%s@%s-%d:%d", tok.text, tok.pos, tok.end.Line, tok.end.Col))
	}
	want := []string{
		"a@dir/main.cfg:1:1-1:2", "bb@dir/main.cfg:2:2-2:4", "x\ny@dir/main.cfg:2:5-3:3", "c@dir/main.cfg:3:4-3:5",
		"one@dir/main.cfg:5:2-5:3", "two@dir/main.cfg:5:2-5:3", "d@dir/main.cfg:5:4-5:5",
		"in@dir/sub.cfg:2:2-2:4", "z@dir/main.cfg:7:1-7:2", "@dir/main.cfg:7:2-7:2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
