package statistics

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
)

// seven is the one number of the server in these tests.
func seven(name string) func() int64 {
	if name == "rcv_requests" {
		return func() int64 { return 7 }
	}
	return nil
}

func modules(set *Set, log script.Logger, said *scripttest.Said) []*script.Module {
	m, variable := New(set, seven, log)
	pv := &script.Module{Name: "pv", Variables: []script.Variable{variable}}
	return []*script.Module{m, pv, said.Module()}
}

const params = `modparam("statistics", "variable", "foo")
modparam("statistics", "variable", "bar/no_reset")
`

// Kamailio 5.6.3 gives the same, but that it takes a variable that holds no
// number for 0, and reads no name from a variable in $stat.
func TestStatistics(t *testing.T) {
	set, log, said := new(Set), new(scripttest.Log), new(scripttest.Said)
	all := modules(set, log, said)
	scripttest.RunWith(t, scripttest.Message(t, scripttest.Invite), params, `
		update_stat("foo", "+1"); say("$rc $stat(foo)");
		update_stat("foo", 5); say("$rc $stat(foo)");
		update_stat("foo", "-2"); say("$rc $stat(foo)");
		$var(n) = "foo"; update_stat("$var(n)", "1"); say("$rc $stat(foo) $stat($var(n))");
		$var(v) = 7; update_stat("foo", "$var(v)"); say("$rc $stat(foo)");
		update_stat("foo", "$rU"); say("$rc $stat(foo)");
		update_stat("bar", "3"); reset_stat("bar"); say("$rc $stat(bar)");
		reset_stat("foo"); say("$rc $stat(foo)");
		$var(n) = "nope"; update_stat("$var(n)", "1"); say("$rc [$stat(nope)] $stat($var(n))");
		reset_stat("$var(n)"); say("$rc");
		say("$stat(rcv_requests) $(stat(rcv_requests){s.len})");`, all...)
	want := "1 1|1 6|1 4|1 5 5|1 12|-1 12|1 3|1 0|-1 [<null>] <null>|-1|7 1"
	if got := strings.Join(said.Lines, "|"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if len(log.Lines) != 1 || !strings.Contains(log.Lines[0], "$stat(nope)") {
		t.Errorf("log: %q", log.Lines)
	}

	said.Lines = nil // the next script goes on counting
	scripttest.RunWith(t, scripttest.Message(t, scripttest.Invite), params, `update_stat("bar", 1); say("$stat(bar)");`, modules(set, log, said)...)
	if said.Lines[0] != "4" {
		t.Errorf("after a reload: %q", said.Lines)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{params, `update_stat("nope", "1");`},
		{params, `reset_stat("nope");`},
		{params, `reset_stat("rcv_requests");`},
		{params, `update_stat("foo", "x");`},
		{params, `update_stat("foo");`},
		{params, `say("$stat()");`},
		{params, `say("$stat");`},
		{`modparam("statistics", "variable", "")`, `exit;`},
		{`modparam("statistics", "variable", "foo/never")`, `exit;`},
		{`modparam("statistics", "variable", "rcv_requests")`, `exit;`},
	} {
		all := modules(new(Set), nil, new(scripttest.Said))
		if _, err := scripttest.TryCompile(scripttest.Source(all, test.params, test.body), syntax.Kamailio, all...); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	all := modules(new(Set), nil, new(scripttest.Said))
	p := scripttest.Compile(t, scripttest.Source(all, params, `update_stat("foo", "+1"); if ($stat(foo) > 1000000) exit;`), all...)
	m := scripttest.Message(t, scripttest.Invite)
	route := p.Find(syntax.RequestRoute, "")
	if n := testing.AllocsPerRun(100, func() { route.Run(&m.Context) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
