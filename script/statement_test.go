package script

import (
	"strings"
	"testing"

	"viaduct/script/syntax"
)

// flowTests are the rules of return codes, break, drop, exit and return. Each
// script runs on an INVITE; is_method("ACK") gives -1, fail() -1, zero() 0.
var flowTests = []struct {
	name     string
	dialects string // k Kamailio, o OpenSER, s SER
	script   string
	trace    string
	want     Result
}{
	// Kamailio and OpenSER
	{"above 0 is true, below 0 false", "ko", `route { if (ok()) say("a"); if (fail()) say("b"); else say("c"); }`, "ok|say a|fail|say c", Result{Code: 1}},
	{"0 ends the script", "ko", `route { zero(); say("b"); }`, "zero", Result{Code: 0, Exit: true}},
	{"0 ends the script from within a condition", "ko", `route { if (zero()) say("a"); else say("b"); say("c"); }`, "zero", Result{Code: 0, Exit: true}},
	{"0 ends the script from within a negation", "ko", `route { if (!zero()) say("a"); say("c"); }`, "zero", Result{Code: 0, Exit: true}},
	{"0 ends the script within ||", "ko", `route { if (zero() || ok()) say("a"); say("c"); }`, "zero", Result{Code: 0, Exit: true}},
	{"0 ends the script from a route", "ko", `route { route(1); say("b"); } route[1] { zero(); say("a"); }`, "zero", Result{Code: 0, Exit: true}},
	{"return 0 is exit", "ko", `route { route(1); say("b"); } route[1] { return 0; }`, "", Result{Code: 0, Exit: true}},
	{"return(0) is exit", "ko", `route { if (route(1)) say("a"); say("b"); } route[1] { return(0); }`, "", Result{Code: 0, Exit: true}},
	{"return alone is 1", "ko", `route { if (route(1)) say("a"); } route[1] { return; }`, "say a", Result{Code: 1}},
	{"return below 0 is false", "ko", `route { if (route(1)) say("a"); else say("b"); } route[1] { return(-1); say("no"); }`, "say b", Result{Code: 1}},
	{"return leaves one route", "ko", `route { route(1); say("c"); } route[1] { route(2); say("b"); return; } route[2] { say("a"); return; say("no"); }`, "say a|say b|say c", Result{Code: 1}},
	{"exit ends all", "ko", `route { route(1); say("b"); } route[1] { say("a"); exit; say("no"); }`, "say a", Result{Code: 0, Exit: true}},
	{"exit within blocks", "ko", `route { if (ok()) { if (ok()) { exit; } say("no"); } say("no"); }`, "ok|ok", Result{Code: 0, Exit: true}},
	{"drop is exit with a mark", "ko", `route { route(1); say("b"); } route[1] { drop; }`, "", Result{Code: 0, Exit: true, Drop: true}},
	{"drop with brackets", "ko", `route { drop(); say("b"); }`, "", Result{Code: 0, Exit: true, Drop: true}},
	{"the last action is the result of a route", "ko", `route { if (route(1)) say("a"); else say("b"); } route[1] { say("x"); fail(); }`, "say x|fail|say b", Result{Code: 1}},
	{"an if not met gives 1", "ko", `route { if (route(1)) say("a"); else say("b"); } route[1] { if (fail()) say("no"); }`, "fail|say a", Result{Code: 1}},
	{"an if met gives its last action", "ko", `route { if (route(1)) say("a"); else say("b"); } route[1] { if (ok()) fail(); }`, "ok|fail|say b", Result{Code: 1}},
	{"an empty if gives 1", "ko", `route { if (route(1)) say("a"); } route[1] { if (ok()) { } }`, "ok|say a", Result{Code: 1}},
	{"if wants a number above 0", "ko", `route { $var(n) = -1; if ($var(n)) say("a"); else say("b"); }`, "say b", Result{Code: 1}},
	{"while takes any number but 0", "ko", `route { $var(n) = -2; while ($var(n)) { say("$var(n)"); $var(n) = $var(n) + 1; } }`, "say -2|say -1", Result{Code: 1}},
	{"$rc is the last result", "ko", `route { fail(); say("$rc $retcode $?"); }`, "fail|say -1 -1 -1", Result{Code: 1}},
	{"$rc of a route", "ko", `route { route(1); say("$rc"); } route[1] { return 5; }`, "say 5", Result{Code: 1}},
	{"$rc in an if", "ko", `route { if (!fail()) { say("$rc"); } }`, "fail|say -1", Result{Code: 1}},
	{"core words leave $rc in Kamailio", "k", `route { fail(); setflag(1); $var(x) = 1; say("$rc"); }`, "fail|say -1", Result{Code: 1}},
	{"every action sets $rc in OpenSER", "o", `route { fail(); setflag(1); say("$rc"); }`, "fail|say 1", Result{Code: 1}},
	{"a function as value", "k", `route { $var(a) = route(1); $var(b) = fail(); $var(c) = fail() + 10; say("$var(a) $var(b) $var(c)"); } route[1] { return 7; }`, "fail|fail|say 7 -1 10", Result{Code: 1}},
	{"a compared function is 0 or 1", "k", `route { if (route(1) == 1) say("a"); if (fail() == 0) say("b"); if (fail() == -1) say("no"); } route[1] { return 7; }`, "say a|fail|say b|fail", Result{Code: 1}},

	{"break leaves a while", "ko", `route { while (1) { say("a"); if (ok()) break; say("no"); } say("b"); }`, "say a|ok|say b", Result{Code: 1}},
	{"break leaves the inner while", "k", `route { $var(i)=0; while ($var(i) < 2) { $var(i)=$var(i)+1; while (1) { say("in"); break; } say("out"); } }`, "say in|say out|say in|say out", Result{Code: 1}},
	{"return within a while leaves the route", "ko", `route { route(1); say("b"); } route[1] { while (1) { say("a"); return; } }`, "say a|say b", Result{Code: 1}},
	{"exit within a while", "ko", `route { while (1) { say("a"); exit; } say("b"); }`, "say a", Result{Code: 0, Exit: true}},
	{"break outside leaves the route, value 0, script goes on", "k", `route { if (route(1)) say("a"); else say("b"); say("$rc"); } route[1] { say("x"); break; say("no"); }`, "say x|say b|say 1", Result{Code: 1}},
	{"break in an if outside of a loop leaves the route", "k", `route { route(1); say("b"); } route[1] { if (ok()) { break; } say("no"); }`, "ok|say b", Result{Code: 1}},
	{"cases fall through", "k", `route { switch (2) { case 1: say("1"); case 2: say("2"); case 3: say("3"); break; default: say("d"); } say("e"); }`, "say 2|say 3|say e", Result{Code: 1}},
	{"default anywhere", "k", `route { switch (9) { default: say("d"); case 1: say("1"); break; case 2: say("2"); } }`, "say d|say 1", Result{Code: 0}},
	{"no case fits", "k", `route { switch (9) { case 1: say("1"); } say("e"); }`, "say e", Result{Code: 1}},
	{"negative cases", "ko", `route { fail(); switch ($rc) { case -1: case -3: say("n"); break; case -2: say("no"); } }`, "fail|say n", Result{Code: 0}},
	{"text cases and patterns", "k", `route { switch ($rU) { case "bo": say("no"); case /"^b.b$": say("re"); case "x": say("x"); break; default: say("no"); } }`, "say re|say x", Result{Code: 0}},
	{"case patterns mind the case", "k", `route { switch ($rU) { case /"^BOB": say("no"); break; default: say("d"); } }`, "say d", Result{Code: 1}},
	{"exit within a switch", "k", `route { switch (1) { case 1: exit; } say("no"); }`, "", Result{Code: 0, Exit: true}},
	{"return within a switch", "k", `route { route(1); say("b"); } route[1] { switch (1) { case 1: return -3; } }`, "say b", Result{Code: 1}},
	{"and or stop early", "ko", `route { if (fail() && ok()) say("no"); if (ok() || fail()) say("a"); }`, "fail|ok|say a", Result{Code: 1}},
	{"! binds to the whole comparison", "ko", `route { if (!method=="ACK") say("a"); if (!uri==myself) say("no"); }`, "say a", Result{Code: 1}},
	{"route by number", "ko", `route { route(2); } route[2] { say("two"); }`, "say two", Result{Code: 1}},
	{"route by name", "k", `route { route(A_B); route("A_B"); route("A" + "_B"); $var(r) = "A_B"; route($var(r)); } route[A_B] { say("x"); }`, "say x|say x|say x|say x", Result{Code: 1}},
	{"a route that a variable does not find", "k", `route { $var(r) = "NO"; route($var(r)); say("on"); }`, "say on", Result{Code: 1}},
	{"else if", "ko", `route { if (fail()) say("a"); else if (ok()) say("b"); else say("c"); }`, "fail|ok|say b", Result{Code: 1}},
	{"division by 0 leaves the variable", "k", `route { $var(n) = 7; $var(z) = 0; $var(n) = $var(n) / $var(z); say("$var(n)"); }`, "say 7", Result{Code: 1}},

	// SER
	{"break leaves the route, the caller goes on", "s", `route { route(1); say("b"); } route[1] { say("a"); break; say("no"); }`, "say a|say b", Result{Code: 1}},
	{"break within if", "s", `route { route(1); say("b"); } route[1] { if (ok()) { break; }; say("no"); }`, "ok|say b", Result{Code: 1}},
	{"break in the main route ends it", "s", `route { if (method=="INVITE") { say("a"); break; }; say("no"); }`, "say a", Result{Code: 0, Drop: true}},
	{"drop is break", "s", `route { route(1); say("b"); } route[1] { drop; }`, "say b", Result{Code: 1}},
	{"0 leaves the route alone", "s", `route { route(1); say("b"); } route[1] { zero(); say("no"); }`, "zero|say b", Result{Code: 1}},
	{"0 in a condition leaves the list", "s", `route { route(1); say("b"); } route[1] { if (zero()) { say("no"); }; say("no"); }`, "zero|say b", Result{Code: 1}},
	{"a route is true unless it fails", "s", `route { if (route(1)) { say("a"); }; if (route(2)) { say("no"); }; } route[1] { break; } route[2] { fail(); }`, "say a|fail", Result{Code: 1}},
	{"exit ends all in SER too", "s", `route { route(1); say("no"); } route[1] { exit; }`, "", Result{Code: 0, Exit: true}},
	{"& and | are && and ||", "s", `route { if (method=="INVITE" & ok()) { say("a"); }; if (fail() | ok()) { say("b"); }; }`, "ok|say a|fail|ok|say b", Result{Code: 1}},
	{"len_gt", "s", `route { if (len_gt(10)) { say("a"); }; if (len_gt(max_len)) { say("no"); }; }`, "say a", Result{Code: 1}},
}

func TestFlow(t *testing.T) {
	dialects := map[rune]syntax.Dialect{'k': syntax.Kamailio, 'o': syntax.OpenSER, 's': syntax.SER}
	for _, test := range flowTests {
		for _, letter := range test.dialects {
			d := dialects[letter]
			t.Run(d.String()+"/"+test.name, func(t *testing.T) {
				b := &bench{codes: map[string]int{"fail": -1, "zero": 0}}
				c := contextOf(t, simpleRequest("INVITE"))
				got := b.compileWords(t, d, test.script).Run(syntax.RequestRoute, "", c)
				if trace := strings.Join(b.trace, "|"); trace != test.trace {
					t.Errorf("%s\n got %s\nwant %s", test.script, trace, test.trace)
				}
				if got != test.want {
					t.Errorf("%s\n got %+v\nwant %+v", test.script, got, test.want)
				}
			})
		}
	}
}

// compileWords compiles a script that may also call say ok fail zero.
func (b *bench) compileWords(t testing.TB, d syntax.Dialect, text string) *Program {
	t.Helper()
	f, err := syntax.Parse("test.cfg", loadAll+`loadmodule "words"`+"\n"+text, syntax.Options{Dialect: d})
	if err != nil {
		t.Fatalf("%s\n%s", detail(err), text)
	}
	o := b.options()
	m := &Module{Name: "words"}
	for _, word := range []string{"say", "ok", "fail", "zero"} {
		m.Functions = append(m.Functions, b.function(word, 0, 2))
	}
	o.Modules = append(o.Modules, m)
	p, err := Compile(f, o)
	if err != nil {
		t.Fatalf("%s\n%s", detail(err), text)
	}
	return p
}

// What a script can do to hang is bounded, and the log says which line did it.
func TestLimits(t *testing.T) {
	tests := []struct{ name, script, calls, log string }{
		{"endless while", `route { while (1) { ok(); } say("no"); }`, "ok", "test.cfg:5:9: while runs more than 100 times (max_while_loops); the script ends here"},
		{"bound of the script's own", `max_while_loops = 7 route { while (1) { ok(); } say("no"); }`, "ok", "while runs more than 7 times"},
		{"100 times are not too many", `route { $var(i) = 0; while ($var(i) < 100) { $var(i) = $var(i) + 1; } }`, "", ""},
		{"a route that calls itself", `route { route(A); } route[A] { route(A); }`, "", "routes call each other more than 256 deep (max_recursive_level)"},
		{"within a condition", `route { route(A); } route[A] { if (route(A)) say("no"); }`, "", "more than 256 deep"},
		{"two that call each other", `max_recursive_level = 10 route { route(A); } route[A] { route(B); } route[B] { route(A); }`, "", "more than 10 deep"},
		{"nested loops without bound", `max_while_loops = 0 route { while (1) { $var(i) = 1; } }`, "", "more than 1000000 steps"},
		{"routes that double", doublingRoutes(40), "", "more than 1000000 steps"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := new(bench)
			c := contextOf(t, simpleRequest("INVITE"))
			got := b.compileWords(t, syntax.Kamailio, test.script).Run(syntax.RequestRoute, "", c)
			log := strings.Join(b.log.lines, "")
			if !strings.Contains(log, test.log) || (test.log == "") != (log == "") {
				t.Errorf("logged %q, want %q", log, test.log)
			}
			if got.Exit != (test.log != "") {
				t.Errorf("result %+v", got)
			}
			for _, call := range b.trace {
				if call != test.calls {
					t.Fatalf("called %s", call)
				}
			}
		})
	}
}

// doublingRoutes calls each route twice from the one before it.
func doublingRoutes(n int) string {
	var b strings.Builder
	b.WriteString("route { route(R0); }\n")
	for i := range n {
		name, next := IntValue(int64(i)).String(), IntValue(int64(i+1)).String()
		b.WriteString("route[R" + name + "] { route(R" + next + "); route(R" + next + "); }\n")
	}
	b.WriteString("route[R" + IntValue(int64(n)).String() + "] { return; }\n")
	return b.String()
}

// drop of a reply, a branch: the caller learns of it.
func TestDropInReplyRoute(t *testing.T) {
	for _, d := range []syntax.Dialect{syntax.Kamailio, syntax.OpenSER, syntax.SER} {
		b := new(bench)
		p := b.compileWords(t, d, `route { ok(); } onreply_route { if (status=~"18[0-9]") { drop; } say("on"); }`)
		got := p.Run(syntax.ReplyRoute, "", contextOf(t, simpleReply(183)))
		if !got.Drop || len(b.trace) > 0 {
			t.Errorf("%s: 183 was not dropped: %+v %v", d, got, b.trace)
		}
		got = p.Run(syntax.ReplyRoute, "", contextOf(t, simpleReply(200)))
		if got.Drop || len(b.trace) != 1 {
			t.Errorf("%s: 200 was dropped: %+v %v", d, got, b.trace)
		}
	}
}

// An action may run another route on the same message, and the one that runs
// is none the wiser.
func TestRouteWithinAction(t *testing.T) {
	b := new(bench)
	var branch *Route
	relay := Function{Name: "relay", Bind: func([]Arg) (Action, error) {
		return func(c *Context) int {
			if result := branch.Run(c); !result.Drop {
				t.Errorf("the branch route gave %+v", result)
			}
			return 7
		}, nil
	}}
	f, err := syntax.Parse("x.cfg", `loadmodule "xlog" loadmodule "m" route { route(A); xlog("$rc"); }
		route[A] { xlog("a"); relay(); xlog("b"); relay(); } branch_route[B] { xlog("branch"); drop; }`, syntax.Options{Dialect: syntax.Kamailio})
	if err != nil {
		t.Fatal(detail(err))
	}
	o := b.options()
	o.Modules = append(o.Modules, &Module{Name: "m", Functions: []Function{relay}})
	p, err := Compile(f, o)
	if err != nil {
		t.Fatal(detail(err))
	}
	branch = p.Find(syntax.BranchRoute, "B")
	c := contextOf(t, simpleRequest("INVITE"))
	got := p.Run(syntax.RequestRoute, "", c)
	if trace := strings.Join(b.trace, " "); trace != "a branch b branch 7" || got.Exit || c.Kind != syntax.RequestRoute {
		t.Errorf("%s, %+v, %s", trace, got, c.Kind)
	}
}
