package syntax

import (
	"strings"
	"testing"
)

func TestPreprocessor(t *testing.T) {
	env := map[string]string{"PORT": "5080", "HOST": "a b"}
	included := files{
		"sub.cfg": "s=1\n", "dir/deep.cfg": "include_file \"other.cfg\"\n", "dir/other.cfg": "o=2\n",
		"open.cfg": "#!ifdef NOPE\nbad bad\n", "x-7.cfg": "seven=7",
	}
	for _, c := range []struct {
		name    string
		text    string
		defines []string
		want    string // parameters, one after the other
	}{
		{name: "define", text: "#!define A 5\na=A b=AA", want: `a = 5; b = AA`},
		{name: "define of nothing", text: "#!define A\nA a=1", want: `a = 1`},
		{name: "define of many tokens", text: "#!define A 1 b=2\na=A", want: `a = 1; b = 2`},
		{name: "define in define", text: "#!define B 7\n#!define A B\na=A", want: `a = 7`},
		{name: "define with a joined line", text: "#!define A \"x\" \\\n \"y\"\na=A", want: `a = "xy"`},
		{name: "string goes on after a macro", text: "#!define A \"x\"\na=A \"y\"", want: `a = "xy"`},
		{name: "comment in a define ends with it", text: "#!define A 5 # five\na=A b=6", want: `a = 5; b = 6`},
		{name: "not inside strings", text: "#!define A 5\na=\"A\"", want: `a = "A"`},
		{name: "keywords are no macros", text: "#!define yes 5\na=yes", want: `a = yes`},
		{name: "two exclamation marks", text: "!!define A 5\na=A", want: `a = 5`},
		{name: "in the middle of a line", text: "#!define X\na= #!ifdef X\n1\n#!else\n2\n#!endif\n", want: `a = 1`},
		{name: "trydef", text: "#!define A 1\n#!trydef A 2\n#!trydefine B 3\na=A b=B", want: `a = 1; b = 3`},
		{name: "redef", text: "#!define A 1\n#!redefine A 2\na=A", want: `a = 2`},
		{name: "undef", text: "#!define A 1\n#!undef A\n#!tryundef B\n#!ifdef A\na=1\n#!endif", want: ``},
		{name: "ifdef", text: "#!ifdef A\na=1\n#!else\na=2\n#!endif", want: `a = 2`},
		{name: "ifdef given", text: "#!ifdef A\na=1\n#!else\na=2\n#!endif", defines: []string{"A"}, want: `a = 1`},
		{name: "ifndef", text: "#!ifndef A\na=1\n#!else\na=2\n#!endif # A", want: `a = 1`},
		{name: "nested in false", text: "#!ifdef A\n#!ifndef B\na=1\n#!else\na=2\n#!endif\n#!else\na=3\n#!endif", want: `a = 3`},
		{name: "dropped text need not lex", text: "#!ifdef A\n \"unclosed ' /* $( ALTER TABLE x DEFAULT '';\n#!endif\na=1", want: `a = 1`},
		{name: "ifexp", text: "#!define V 5006003\n#!ifexp V >= 5006000 && !NOPE\na=1\n#!else\na=2\n#!endif", want: `a = 1`},
		{name: "ifexp of strings", text: "#!define M \"x\"\n#!define N\n#!ifexp M == 'x' && N\na=1\n#!endif", want: `a = 1`},
		{name: "defexp", text: "#!define A 5\n#!defexp B A * (2 + 1) - 1\n#!defexps C \"a\" + A\na=B b=C", want: `a = 14; b = "a5"`},
		{name: "defenv", text: "#!defenv PORT\n#!defenv P2=PORT\n#!defenvs HOST\n#!trydefenv NOPE\na=PORT b=P2 c=HOST", want: `a = 5080; b = 5080; c = "a b"`},
		{name: "option wins", text: "#!define A 1\n#!redef A 2\n#!trydef A 3\na=A", defines: []string{"A=9"}, want: `a = 9`},
		{name: "subst", text: `#!subst "/o+/0/"` + "\n" + `a="foo boo" b="x"`, want: `a = "f0 boo"; b = "x"`},
		{name: "subst everywhere, without case", text: `#!subst "!(a)(b)!\2\1!gi"` + "\n" + `a="ab AB cab"`, want: `a = "ba BA cba"`},
		{name: "substdef", text: `#!substdef "!IP!10.0.0.1!g"` + "\n" + `a="sip:IP;IP" b=IP`, want: `a = "sip:10.0.0.1;10.0.0.1"; b = 10.0.0.1`},
		{name: "substdefs", text: `#!substdefs "!IP!10.0.0.1!g"` + "\n" + `a="sip:IP" b=IP`, want: `a = "sip:10.0.0.1"; b = "10.0.0.1"`},
		{name: "substdef given", text: `#!substdef "!IP!10.0.0.1!g"` + "\n" + `a="sip:IP"`, defines: []string{"IP=::1"}, want: `a = "sip:::1"`},
		{name: "substdef of macros", text: "#!define P \"5060\"\n" + `#!substdef "!IP!h:$def(P):$env(PORT)!g"` + "\n" + `a="IP"`, want: `a = "h:5060:5080"`},
		{name: "subst of include", text: `#!substdef "!NUM!7!g"` + "\ninclude_file \"x-NUM.cfg\"", want: `seven = 7`},
		{name: "include", text: "include_file \"sub.cfg\"\na=1", want: `s = 1; a = 1`},
		{name: "include as directive", text: "#!include_file \"sub.cfg\"\n!!import_file \"sub.cfg\"", want: `s = 1; s = 1`},
		{name: "beside the including file", text: `include_file "dir/deep.cfg"`, want: `o = 2`},
		{name: "import of nothing", text: `import_file "nope.cfg" a=1`, want: `a = 1`},
		{name: "condition across files", text: "include_file \"open.cfg\"\nb=1\n#!endif\na=1", want: `a = 1`},
		{name: "header", text: "#!KAMAILIO\na=1", want: `a = 1`},
		{name: "byte order mark", text: "\ufeffa=1", want: `a = 1`},
		{name: "carriage returns", text: "#!define A 1\r\n#!ifdef A\r\na=A\r\n#!endif\r\n", want: `a = 1`},
	} {
		f, err := Parse("main.cfg", c.text, Options{Dialect: Kamailio, Defines: c.defines, Load: included.load,
			Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
		if err != nil {
			t.Errorf("%s: %s", c.name, detail(err))
			continue
		}
		var params []string
		for _, p := range f.Params {
			params = append(params, p.String())
		}
		if got := strings.Join(params, "; "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestEvaluate(t *testing.T) {
	macros := map[string]macro{"V": {value: "7"}, "S": {value: `"abc"`}, "E": {}}
	for text, want := range map[string]string{
		"1 + 2 * 3": "7", "(1 + 2) * 3": "9", "7 % 4": "3", "8 / 2 / 2": "2", "-3 + 1": "-2", "!0": "1", "!!5": "1",
		"1 << 4 | 3": "19", "6 & 3 ^ 1": "3", "V + 1": "8", "V < 10": "1", "S + V": "abc7", "S == \"abc\"": "1",
		"S < \"abd\"": "1", "E": "1", "NOPE": "0", "NOPE || V == 7 && E": "1", "1.5 * 2": "3", "'a' != 'b'": "1",
		"2 >= 3": "0", "3 <= 3": "1", "16 >> 2": "4", "3 > 2 > 1": "0",
	} {
		v, err := evaluate(text, macros)
		if err != nil || v.text() != want {
			t.Errorf("%s = %q, %v; want %s", text, v.text(), err, want)
		}
	}
	for _, text := range []string{"", "1 +", "(1", "1 2", "1 / 0", "1 % 0", "'a", "1x", "#", ")", strings.Repeat("(", 100000), strings.Repeat("!", 100000)} {
		if v, err := evaluate(text, nil); err == nil {
			t.Errorf("%q = %v", shorten(text), v)
		}
	}
}
