package script

import (
	"strings"
	"testing"

	"viaduct/script/syntax"
)

func TestPattern(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"friendly|scanner|sipcli", "Friendly-Scanner", true},
		{"friendly|scanner|sipcli", "Grandstream", false},
		{"^sip:1900@", "SIP:1900@x", true},
		{"^sip:1900@", "x sip:1900@x", false},
		{"test$", "home.TEST", true},
		{"test$", "test.home", false},
		{"^abc$", "abc", true},
		{"^abc$", "abcd", false},
		{"", "anything", true},
		{"^$", "", true},
		{"^$", "x", false},
		{`a\.b`, "a.b", true},
		{`a\.b`, "axb", false},
		{`^(\+|00)[1-9][0-9]{3,20}$`, "+4930123", true},
		{`^(\+|00)[1-9][0-9]{3,20}$`, "030123", false},
		{`\d`, "5", false},  // a plain d to POSIX
		{`\d`, "d", true},   //
		{`[\d]`, `\`, true}, // a backslash within brackets is one
		{`[\.]x`, `.x`, true},
		{`\w+`, "abc", true},
		{`x{,2}y`, "xxy", true},
		{`[]a]`, "]", true},
		{`[^]a]`, "]", false},
		{`[[:digit:]]+`, "a5", true},
		{`a)`, "a)", true}, // a bracket that closes nothing
		{`^bob@(home|work)\.test$`, "bob@work.test", true},
		{".", "\n", true},
		{"ü", "über", true},
	}
	for _, test := range tests {
		fits, err := CompilePattern(test.pattern)
		if err != nil {
			t.Errorf("%q: %v", test.pattern, err)
			continue
		}
		if got := fits(test.text); got != test.want {
			t.Errorf("%q =~ %q: %v", test.text, test.pattern, got)
		}
	}
	for _, bad := range []string{"(", "[a", `a\`, `(a)\1`, "a{3,1}", "(?i)a"} {
		if _, err := CompilePattern(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestPatternLines(t *testing.T) {
	all, err := CompileRegexp("^o=.*$", Lines)
	if err != nil {
		t.Fatal(err)
	}
	if got := all.FindString("v=0\no=alice\ns=-"); got != "o=alice" {
		t.Errorf("got %q", got)
	}
}

func TestSubst(t *testing.T) {
	tests := []struct {
		subst, text, want string
		count             int
	}{
		{`/b(.)d/<\1>/`, "abcd bxd", "a<c> bxd", 1},
		{`/b(.)d/<\1>/g`, "abcd bxd", "a<c> <x>", 2},
		{`#a/b#\0\0#`, "xa/by", "xa/ba/by", 1},
		{`/A/x/i`, "aa", "xa", 1},
		{`/a\/b/c/`, "a/b", "c", 1},
		{`/zz/y/`, "abc", "abc", 0},
		{`/^/To: $rm /`, "abc", "To: INVITE abc", 1},
		{`/o=.*$/x/`, "o=1\ns=2", "x\ns=2", 1},
	}
	c := contextOf(t, simpleRequest("INVITE"))
	for _, test := range tests {
		s, err := ParseSubst(test.subst)
		if err != nil {
			t.Errorf("%s: %v", test.subst, err)
			continue
		}
		replace, err := s.Bind(syntax.Kamailio)
		if err != nil {
			t.Errorf("%s: %v", test.subst, err)
			continue
		}
		if got, count := replace(c, test.text); got != test.want || count != test.count {
			t.Errorf("%s on %q: %q, %d", test.subst, test.text, got, count)
		}
	}
	for _, bad := range []string{"", "/a/", "/a/b", "/a/b/x", "/(/b/", `/a/\1/`, "/a/$nope/"} {
		s, err := ParseSubst(bad)
		if err == nil {
			_, err = s.Bind(syntax.Kamailio)
		}
		if err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// A pattern that is matched by hand says what the regular expression says.
func FuzzPattern(f *testing.F) {
	f.Add("friendly|scanner", "a Scanner")
	f.Add("^a|b$", "xb")
	f.Add(`\.`, ".")
	f.Add("a|", "")
	f.Add(`[\]]`, `\]`)
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 1000 || len(text) > 1000 || strings.ContainsRune(pattern+text, 0x212a) || strings.ContainsRune(pattern+text, 0x17f) {
			return // Go folds these two runes to k and s
		}
		fits, err := CompilePattern(pattern)
		expression, err2 := CompileRegexp(pattern, FoldCase)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%q: by hand %v, as expression %v", pattern, err, err2)
		}
		if err == nil && fits(text) != expression.MatchString(text) {
			t.Errorf("%q =~ %q: by hand %v", text, pattern, fits(text))
		}
	})
}

func FuzzSubst(f *testing.F) {
	f.Add(`/a(b)/\1$rU/g`, "ab")
	f.Add(`#^#$hdr(X)#`, "")
	c := contextOf(f, simpleRequest("INVITE"))
	c.Program = new(Program)
	f.Fuzz(func(t *testing.T, subst, text string) {
		s, err := ParseSubst(subst)
		if err != nil {
			return
		}
		if replace, err := s.Bind(syntax.Kamailio); err == nil {
			replace(c, text)
		}
	})
}

// No script that parses brings the compiler or a run down.
func FuzzCompile(f *testing.F) {
	for _, test := range flowTests {
		f.Add(test.script)
	}
	for _, test := range assignmentTests {
		f.Add("route { " + test.script + " }")
	}
	f.Add(`route { while (1) { $var(x) = "ab" + $var(x) + $var(x); } }`)
	message := simpleRequest("INVITE")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		for _, d := range []syntax.Dialect{syntax.SER, syntax.OpenSER, syntax.Kamailio} {
			file, err := syntax.Parse("fuzz.cfg", loadAll+text, syntax.Options{Dialect: d})
			if err != nil {
				continue
			}
			b := new(bench)
			o := b.options()
			o.Lenient = true
			p, err := Compile(file, o)
			if err != nil {
				continue
			}
			p.limits = limits{loops: 10, depth: 10, steps: 1000}
			for _, r := range p.Routes() {
				r.Run(contextOf(t, message))
			}
			p.Report()
		}
	})
}
