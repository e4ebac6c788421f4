package avpops

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script/syntax"
)

const fill = `$avp(a) = 1; $avp(a) = 2; $avp(a) = "three"; $avp(b) = "x"; $avp(n) = 5; $avp(n) = 7; $avp(s) = "sip:alice@bar.test"; `

// run runs statements behind fill and gives what they say.
func run(t *testing.T, log *scripttest.Log, statements string) string {
	t.Helper()
	said := new(scripttest.Said)
	p := scripttest.Compile(t, "loadmodule \"avpops\"\nloadmodule \"say\"\nrequest_route {\n"+fill+"\n"+statements+"\n}", New(log), said.Module())
	p.Find(syntax.RequestRoute, "").Run(&scripttest.Message(t, scripttest.Invite).Context)
	return strings.Join(said.Lines, "|")
}

// Kamailio 5.6.3 gives the same.
func TestWords(t *testing.T) {
	const (
		abc    = ` say("$rc a=$(avp(a)[*]) b=$(avp(b)[*]) c=$(avp(c)[*])");`
		nd     = ` say("$rc n=$(avp(n)[*]) d=$(avp(d)[*])");`
		sd     = ` say("$rc s=$(avp(s)[*]) d=$(avp(d)[*])");`
		rc     = ` say("$rc");`
		target = ` say("$rc $ru $du $br");`
	)
	for _, test := range []struct{ statements, then, want string }{
		{`avp_delete("$avp(a)");`, abc, "1 a=2, 1 b=x c=<null>"},
		{`avp_delete("$avp(s:a)");`, abc, "1 a=2, 1 b=x c=<null>"},
		{`avp_delete("$avp(a)/g");`, abc, "1 a=<null> b=x c=<null>"},
		{`$var(n) = "a"; avp_delete("$avp($var(n))/g");`, abc, "1 a=<null> b=x c=<null>"},
		{`avp_delete("$avp(nope)");`, abc, "-1 a=three, 2, 1 b=x c=<null>"},
		{`avp_delete("$avp(nope)/g");`, abc, "-1 a=three, 2, 1 b=x c=<null>"},
		{`avp_delete("s");`, abc, "1 a=<null> b=<null> c=<null>"},
		{`avp_delete("a/g");`, abc, "1 a=<null> b=<null> c=<null>"},
		{`avp_delete("i");`, abc, "-1 a=three, 2, 1 b=x c=<null>"},
		{`$avp(i:5) = 1; avp_delete("I"); say("$avp(i:5)");`, rc, "<null>|1"},

		{`avp_copy("$avp(a)", "$avp(c)");`, abc, "1 a=three, 2, 1 b=x c=three"},
		{`avp_copy("$avp(a)", "$avp(c)/g");`, abc, "1 a=three, 2, 1 b=x c=1, 2, three"},
		{`avp_copy("$avp(a)", "$avp(c)/d");`, abc, "1 a=2, 1 b=x c=three"},
		{`avp_copy("$avp(a)", "$avp(c)/gd");`, abc, "1 a=<null> b=x c=1, 2, three"},
		{`avp_copy("$avp(a)", "$avp(b)/G");`, abc, "1 a=three, 2, 1 b=1, 2, three, x c=<null>"},
		{`avp_copy("$avp(nope)", "$avp(c)");`, abc, "-1 a=three, 2, 1 b=x c=<null>"},
		{`avp_copy("$avp(b)", "$avp(c)/n");`, abc, "-1 a=three, 2, 1 b=x c=<null>"},
		{`$avp(m) = "42"; avp_copy("$avp(m)", "$avp(c)/n"); if ($avp(c) == 42) say("number");`, rc, "number|1"},
		{`avp_copy("$avp(n)", "$avp(c)/s"); is_avp_set("$avp(c)/s");`, rc, "1"},

		{`is_avp_set("$avp(a)");`, rc, "1"},
		{`is_avp_set("$avp(nope)");`, rc, "-1"},
		{`is_avp_set("$avp(a)/s");`, rc, "1"},
		{`is_avp_set("$avp(a)/n");`, rc, "-1"},
		{`is_avp_set("$avp(a)/e");`, rc, "-1"},
		{`$avp(e) = ""; is_avp_set("$avp(e)/e");`, rc, "1"},
		{`$avp(e) = ""; is_avp_set("$avp(e)");`, rc, "1"},
		{`$avp(e) = 5; is_avp_set("$avp(e)/n");`, rc, "1"},
		{`$avp(e) = 5; is_avp_set("$avp(e)/s");`, rc, "-1"},
		{`$avp(e) = 0; is_avp_set("$avp(e)/e");`, rc, "1"},

		{`avp_pushto("$ru", "$avp(s)");`, target, "1 sip:alice@bar.test <null> <null>"},
		{`avp_pushto("$ru/username", "$avp(b)");`, target, "1 sip:x@example.test <null> <null>"},
		{`avp_pushto("$ru/username", "$avp(a)/g");`, target, "1 sip:1@example.test <null> <null>"},
		{`avp_pushto("$ru/domain", "$avp(b)");`, target, "1 sip:bob@x <null> <null>"},
		{`avp_pushto("$ru/username", "$fU");`, target, "1 sip:alice@example.test <null> <null>"},
		{`avp_pushto("$du", "$avp(s)");`, target, "1 sip:bob@example.test sip:alice@bar.test <null>"},
		{`avp_pushto("$br", "$avp(s)");`, target, "1 sip:bob@example.test <null> sip:alice@bar.test"},
		{`$avp(s) = "sip:d@d.test"; avp_pushto("$br", "$avp(s)/g");`, ` say("$rc $bR");`, "1 sip:d@d.test, sip:alice@bar.test"},
		{`avp_pushto("$ru", "$avp(nope)");`, target, "-1 sip:bob@example.test <null> <null>"},

		{`avp_op("$avp(n)", "add/i:3");`, nd, "1 n=8, 10, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "sub/i:3");`, nd, "1 n=2, 4, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "mul/i:3");`, nd, "1 n=15, 21, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "div/i:2");`, nd, "1 n=2, 3, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "mod/i:4");`, nd, "1 n=1, 3, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "and/i:3");`, nd, "1 n=1, 3, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "or/i:8");`, nd, "1 n=13, 15, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "xor/i:1");`, nd, "1 n=4, 6, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "not/i:1");`, nd, "1 n=-2, -2, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "div/i:0");`, nd, "1 n=0, 0, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "mod/i:0");`, nd, "1 n=0, 0, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "add/i:3/g");`, nd, "1 n=8, 10, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "add/i:3/d");`, nd, "1 n=8, 10 d=<null>"},
		{`avp_op("$avp(n)/$avp(d)", "add/i:3");`, nd, "1 n=7, 5 d=8, 10"},
		{`avp_op("$avp(n)/$avp(d)", "add/i:3/gd");`, nd, "1 n=<null> d=8, 10"},
		{`$avp(k) = 4; avp_op("$avp(n)", "add/$avp(k)");`, nd, "1 n=9, 11, 7, 5 d=<null>"},
		{`avp_op("$avp(n)", "add/i:0x10");`, nd, "1 n=21, 23, 7, 5 d=<null>"},
		{`avp_op("$avp(nope)", "add/i:3");`, nd, "-1 n=7, 5 d=<null>"},
		{`avp_op("$avp(s)", "add/i:3");`, nd, "-1 n=7, 5 d=<null>"},
		{`avp_op("$avp(n)", "add/$avp(nope)");`, nd, "-1 n=7, 5 d=<null>"},
		{`avp_op("$avp(n)", "add/$avp(s)");`, nd, "-1 n=7, 5 d=<null>"},
		{`avp_op("$avp(a)/$avp(d)", "add/i:3/d"); say("$(avp(a)[*])");`, nd, "three|1 n=7, 5 d=4, 5"},

		{`avp_subst("$avp(s)", "/(.*)@(.*)/\1@$rd/");`, sd, "1 s=sip:alice@example.test d=<null>"},
		{`avp_subst("$avp(s)/$avp(d)", "/(.*)@(.*)/\2/");`, sd, "1 s=sip:alice@bar.test d=bar.test"},
		{`avp_subst("$avp(s)/$avp(d)/d", "/alice/bob/");`, sd, "1 s=<null> d=sip:bob@bar.test"},
		{`avp_subst("$avp(s)", "/nomatch/x/");`, sd, "-1 s=sip:alice@bar.test d=<null>"},
		{`avp_subst("$avp(nope)", "/a/x/");`, sd, "-1 s=sip:alice@bar.test d=<null>"},
		{`$avp(s) = "two a a"; avp_subst("$avp(s)/$avp(d)/g", "/a/X/");`, sd, "1 s=two a a, sip:alice@bar.test d=sip:Xlice@bar.test, two X a"},
		{`$avp(s) = "two a a"; avp_subst("$avp(s)/$avp(d)/gd", "/a/X/");`, sd, "1 s=<null> d=sip:Xlice@bar.test, two X a"},
		{`$avp(s) = "two a A"; avp_subst("$avp(s)", "/a/X/gi");`, sd, "1 s=two X X, sip:alice@bar.test d=<null>"},
		{`$avp(s) = "two a A"; avp_subst("$avp(s)", "/a/X/g");`, sd, "1 s=two X A, sip:alice@bar.test d=<null>"},
		{`$avp(s) = "two a a"; avp_subst("$avp(s)/$avp(s)/g", "/a/X/");`, sd, "1 s=sip:Xlice@bar.test, two X a, two a a, sip:alice@bar.test d=<null>"},
		{`$avp(s) = 5; avp_subst("$avp(s)", "/5/6/");`, sd, "-1 s=5, sip:alice@bar.test d=<null>"},
		{`$var(x) = "/alice/carol/"; avp_subst_pv("$avp(s)", "$var(x)");`, sd, "1 s=sip:carol@bar.test d=<null>"},
		{`$var(y) = "alice"; avp_subst_pv("$avp(s)", "/$var(y)/z/");`, sd, "1 s=sip:z@bar.test d=<null>"},
		{`$var(y) = "("; avp_subst_pv("$avp(s)", "/$var(y)/z/");`, sd, "-1 s=sip:alice@bar.test d=<null>"},

		{`avp_printf("$avp(c)", "x $rU $avp(nope)");`, abc, "1 a=three, 2, 1 b=x c=x bob <null>"},
	} {
		if got := run(t, nil, test.statements+test.then); got != test.want {
			t.Errorf("%s: %q, want %q", test.statements, got, test.want)
		}
	}
}

// Kamailio 5.6.3 gives the same, but for the last.
func TestCheck(t *testing.T) {
	for _, test := range []struct{ call, want string }{
		{`avp_check("$avp(n)", "eq/i:7");`, "1"},
		{`avp_check("$avp(n)", "eq/i:5");`, "-1"},
		{`avp_check("$avp(n)", "eq/i:5/g");`, "1"},
		{`avp_check("$avp(n)", "lt/i:6/g");`, "1"},
		{`avp_check("$avp(n)", "lt/i:7");`, "-1"},
		{`avp_check("$avp(n)", "le/i:7");`, "1"},
		{`avp_check("$avp(n)", "gt/i:6");`, "1"},
		{`avp_check("$avp(n)", "ge/i:8");`, "-1"},
		{`avp_check("$avp(n)", "ge/i:7");`, "1"},
		{`avp_check("$avp(n)", "ne/i:7");`, "-1"},
		{`avp_check("$avp(n)", "eq/i:0x7");`, "1"},
		{`avp_check("$avp(n)", "and/i:4");`, "1"},
		{`avp_check("$avp(n)", "and/i:8");`, "-1"},
		{`avp_check("$avp(n)", "or/i:0");`, "1"},
		{`avp_check("$avp(n)", "xor/i:7");`, "-1"},
		{`avp_check("$avp(s)", "eq/s:sip:alice@bar.test");`, "1"},
		{`avp_check("$avp(s)", "eq/sip:alice@bar.test");`, "1"},
		{`avp_check("$avp(s)", "eq/sip:alice@bar.test/g");`, "1"},
		{`avp_check("$avp(s)", "eq/SIP:ALICE@bar.test");`, "-1"},
		{`avp_check("$avp(s)", "eq/SIP:ALICE@bar.test/i");`, "1"},
		{`avp_check("$avp(s)", "ne/x");`, "1"},
		{`avp_check("$avp(s)", "lt/sjp");`, "1"},
		{`avp_check("$avp(s)", "gt/sip");`, "1"},
		{`avp_check("$avp(s)", "re/sip:.*@bar.test");`, "1"},
		{`avp_check("$avp(s)", "re/SIP:.*@bar.test");`, "1"},
		{`avp_check("$avp(s)", "re/^alice");`, "-1"},
		{`avp_check("$avp(s)", "re/s:.*/g");`, "1"},
		{`$var(p) = "sip:.*"; avp_check("$avp(s)", "re/$var(p)");`, "1"},
		{`$var(p) = "("; avp_check("$avp(s)", "re/$var(p)");`, "-1"},
		{`avp_check("$avp(s)", "fm/sip:*@bar.*");`, "1"},
		{`avp_check("$avp(s)", "fm/SIP:*@bar.*");`, "-1"},
		{`avp_check("$avp(s)", "fm/SIP:*@bar.*/i");`, "-1"},
		{`avp_check("$fd", "eq/$rd/I");`, "1"},
		{`avp_check("$rm", "eq/INVITE");`, "1"},
		{`$var(x) = 0; avp_check("$var(x)", "eq/i:0");`, "1"},
		{`$xavp(x=>y) = 5; avp_check("$xavp(x=>y)", "eq/i:5");`, "1"},
		{`$avp(m) = 5; avp_check("$avp(n)", "eq/$avp(m)");`, "-1"},
		{`$avp(m) = 5; avp_check("$avp(n)", "eq/$avp(m)/g");`, "1"},
		{`avp_check("$avp(nope)", "eq/x");`, "-1"},
		{`avp_check("$avp(s)", "eq/$avp(nope)");`, "-1"},
		{`avp_check("$avp(s)", "eq/i:5");`, "-1"},
		{`avp_check("$avp(n)", "eq/s:7");`, "-1"},
		{`avp_check("$avp(n)", "re/5");`, "-1"},
		{`avp_check("$avp(a)", "eq/i:2/g");`, "1"}, // there the script ends at the first that is no number
	} {
		if got := run(t, nil, test.call+` say("$rc");`); got != test.want {
			t.Errorf("%s: %s, want %s", test.call, got, test.want)
		}
	}
}

func TestPrint(t *testing.T) {
	log := new(scripttest.Log)
	run(t, log, `$avp(i:5) = 1; avp_delete("$avp(a)/g"); avp_print();`)
	if want := "$avp(i:5) = 1\n$avp(s:s) = sip:alice@bar.test\n$avp(s:n) = 7\n$avp(s:n) = 5\n$avp(s:b) = x\n"; len(log.Lines) != 1 || log.Lines[0] != want {
		t.Errorf("%q", log.Lines)
	}
}

// What modules keep with the AVPs is no business of the script.
func TestModulesKeepTheirs(t *testing.T) {
	m, log := scripttest.Message(t, scripttest.Invite), new(scripttest.Log)
	p := scripttest.Compile(t, `loadmodule "avpops"
request_route { $avp(a) = 1; avp_delete("a"); avp_print(); }`, New(log))
	scripttest.Compile(t, `request_route { $avp(b) = 1; }`).Find(syntax.RequestRoute, "").Run(&m.Context)
	m.AVPs.Add("hidden\x00", m.AVPs.Get("b"))
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	if got := m.AVPs.Get("hidden\x00"); got.Int != 1 || log.Lines[0] != "" {
		t.Errorf("%v %q", got, log.Lines)
	}
}

func TestRefused(t *testing.T) {
	for _, body := range []string{
		`avp_delete("a3");`, `avp_delete("$var(x)");`, `avp_delete("$avp(a)/x");`, `avp_delete("$avp(a)$avp(b)");`, `avp_delete("s/x");`,
		`avp_copy("$avp(a)", "b");`, `avp_copy("$avp(a)/g", "$avp(b)");`, `avp_copy("$avp(a)", "$avp(b)/x");`,
		`avp_pushto("$rm", "$avp(a)");`, `avp_pushto("$ru", "a");`,
		`avp_check("$avp(a)", "eq");`, `avp_check("$avp(a)", "zz/i:5");`, `avp_check("$avp(a)", "eq/i:x");`, `avp_check("$avp(a)", "re/(");`, `avp_check("$avp(a)/g", "eq/i:5");`,
		`avp_op("$avp(a)", "add/5");`, `avp_op("$avp(a)/g", "add/i:5");`, `avp_op("$avp(a)/$avp(b)/$avp(c)", "add/i:5");`, `avp_op("$avp(a)", "pow/i:5");`,
		`avp_subst("$avp(a)", "a");`, `avp_subst("$avp(a)", "/(/x/");`, `avp_subst("$avp(a)/$avp(b)/x", "/a/b/");`,
		`is_avp_set("a");`, `is_avp_set("$avp(a)/g");`, `avp_printf("a", "x");`, `avp_db_load("$fu", "$avp(a)");`,
	} {
		if _, err := scripttest.TryCompile("loadmodule \"avpops\"\nrequest_route { "+body+" }", syntax.Kamailio, New(nil)); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}

func FuzzOperation(f *testing.F) {
	for _, seed := range []string{"eq/i:5/g", "re/^sip:.*/i", "add/$avp(x)/gd", "fm/s:*", "eq//", "eq/$", "not/i:0x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseOperation(text, "eq re fm add not", "gdi")
		if err != nil {
			return
		}
		if o.variable == nil && o.fixed.Kind == 0 {
			t.Errorf("%q has no value", text)
		}
		o.comparison()
	})
}

func FuzzVariables(f *testing.F) {
	for _, seed := range []string{"$avp(a)/g", "$avp(a)/$avp(b)/gd", "$avp(s:a)", "$(avp(x)[0])/", "$avp($var(x))//", "/$avp(a)", "$$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		variables, letters, err := cutVariables(text)
		if err != nil {
			return
		}
		whole := strings.Join(variables, "/")
		if rest, ok := strings.CutPrefix(text, whole); !ok || strings.TrimPrefix(rest, "/") != letters {
			t.Errorf("%q: %q %q", text, variables, letters)
		}
	})
}
