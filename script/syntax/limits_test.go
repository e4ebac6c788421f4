package syntax

import (
	"strings"
	"testing"
)

// Scripts that no one writes must be refused, quickly and without a crash.
func TestLimits(t *testing.T) {
	const many = 20000
	bomb := "#!define A0 x\n"
	for i := 1; i < 40; i++ {
		a, b := string(rune('A'+i/10))+string(rune('0'+i%10)), string(rune('A'+(i-1)/10))+string(rune('0'+(i-1)%10))
		bomb += "#!define " + a + " " + b + " " + b + "\n"
	}
	growing := ""
	for i := 0; i < 40; i++ {
		growing += "#!subst \"/a/aa/g\"\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"parentheses", "route { if (" + strings.Repeat("(", many) + "1", "nested too deeply"},
		{"negations", "route { if (" + strings.Repeat("!", many) + "1) exit; }", "nested too deeply"},
		{"signs", "route { if (" + strings.Repeat("- ", many) + "1) exit; }", "nested too deeply"},
		{"casts", "route { if (" + strings.Repeat("(int)", many) + "1) exit; }", "nested too deeply"},
		{"blocks", "route " + strings.Repeat("{", many), "nested too deeply"},
		{"blocks as values", "route { " + strings.Repeat("if {", many), "nested too deeply"},
		{"calls", "route { " + strings.Repeat("f(", many), "nested too deeply"},
		{"ifs", "route { " + strings.Repeat("if (1) ", many), "nested too deeply"},
		{"else ifs", "route { " + strings.Repeat("if (1) exit; else ", many), "nested too deeply"},
		{"whiles", "route { " + strings.Repeat("while (1) {", many), "nested too deeply"},
		{"switches", "route { " + strings.Repeat("switch (1) { case 1: ", many), "nested too deeply"},
		{"sums", "route { $var(x) = 1" + strings.Repeat("+ 1", many) + "; }", "more than 2000 operators"},
		{"words", strings.Repeat("a ", maxTokens+1), "words"},
		{"bytes", strings.Repeat(" ", maxScriptBytes+1), "larger than"},
		{"comments", strings.Repeat("/*", many), "has no */"},
		{"conditions", strings.Repeat("#!ifdef A\n", many), "conditions inside each other"},
		{"macro of itself", "#!define A A A\nA", "stands for itself"},
		{"macros that double", bomb + "D9", "too long"},
		{"substitutions that double", growing + "a=\"a\"", "longer than"},
		{"file of itself", "include_file \"self.cfg\"", "deep"},
		{"files that double", "include_file \"wide1.cfg\"", "include each other"},
		{"variables", "route { $avp(" + strings.Repeat("$(avp(", many) + " = 1; }", "no closing )"},
		{"closed variables", "route { xlog(" + strings.Repeat("$(avp(", 5000) + strings.Repeat("))", 5000) + "); }", ""},
		{"faults", "route { " + strings.Repeat("5;\n", many) + "}", "expected a statement"},
		{"faults of letters", strings.Repeat("`\n", many), "unexpected character"},
	} {
		load := files{"self.cfg": `include_file "self.cfg"`}
		for i := 1; i < 9; i++ {
			next := "wide" + string(rune('1'+i)) + ".cfg"
			load["wide"+string(rune('0'+i))+".cfg"] = strings.Repeat("include_file \""+next+"\"\n", 10)
		}
		load["wide9.cfg"] = ""
		dialects := []Dialect{Kamailio}
		if c.name == "negations" {
			dialects = append(dialects, SER) // where ! reads a comparison
		}
		for _, d := range dialects {
			_, err := Parse("test.cfg", c.text, Options{Dialect: d, Load: load.load})
			if c.want == "" {
				continue // only that it ends
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: %s", c.name, d, shorten(detail(err)))
			}
			if list, ok := err.(ErrorList); ok && len(list) > maxFaults {
				t.Errorf("%s: %d faults", c.name, len(list))
			}
		}
	}
}

func TestElseIfChain(t *testing.T) {
	text := "route { " + strings.Repeat("if (1) exit; else ", 200) + "exit; }"
	if _, err := Parse("test.cfg", text, Options{}); err != nil {
		t.Error(err)
	}
}
