package cfgutils

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
)

const routes = `
route[JUMP] { say("in"); return 7; }
route[EXIT] { exit; }
route[AGAIN] { route_if_exists("AGAIN"); }
`

// run runs statements and gives what they say.
func run(t *testing.T, params, body string) string {
	t.Helper()
	said := new(scripttest.Said)
	p := scripttest.Compile(t, "loadmodule \"cfgutils\"\nloadmodule \"say\"\n"+params+"\nrequest_route {\n"+body+"\n}\n"+routes, New(nil), said.Module())
	p.Find(syntax.RequestRoute, "").Run(&scripttest.Message(t, scripttest.Invite).Context)
	return strings.Join(said.Lines, " ")
}

// Kamailio 5.6.3 gives the same, but for what is marked.
func TestWords(t *testing.T) {
	for _, test := range []struct{ params, body, want string }{
		{"", `rand_get_prob(); say("$rc"); rand_set_prob("4"); say("$rc"); rand_get_prob(); say("$rc"); rand_reset_prob(); rand_get_prob(); say("$rc");`, "10 1 4 10"},
		{`modparam("cfgutils", "initial_probability", 15)`, `rand_get_prob(); say("$rc"); rand_set_prob("4"); rand_reset_prob(); rand_get_prob(); say("$rc");`, "15 15"},
		{"", `rand_set_prob("100"); rand_event(); say("$rc"); rand_set_prob("0"); rand_event(); say("$rc"); rand_get_prob(); say("$rc");`, "1 -1 -1"}, // the script ends there
		{"", `$var(p) = 101; rand_set_prob("$var(p)"); say("$rc"); rand_get_prob(); say("$rc");`, "-1 10"},
		{"", `set_gflag("4"); say("$rc"); is_gflag("4"); say("$rc"); reset_gflag("4"); say("$rc"); is_gflag("4"); say("$rc");`, "1 1 1 -1"},
		{"", `set_gflag("31"); is_gflag("31"); say("$rc"); set_gflag("0"); is_gflag("0"); say("$rc"); is_gflag("1"); say("$rc");`, "1 1 -1"},
		{"", `$var(f) = 32; set_gflag("$var(f)"); say("$rc"); $var(f) = 3; set_gflag("$var(f)"); is_gflag(3); say("$rc");`, "-1 1"},
		{`modparam("cfgutils", "initial_gflags", 6)`, `is_gflag("1"); say("$rc"); is_gflag("2"); say("$rc"); is_gflag("3"); say("$rc");`, "1 1 -1"},
		{"", `lock("a"); say("$rc"); trylock("a"); say("$rc"); unlock("a"); unlock("a"); say("$rc"); unlock("b"); say("$rc"); trylock("$rU"); say("$rc");`, "1 1 1 1 1"}, // -1 there for trylock
		{"", `check_route_exists("JUMP"); say("$rc"); check_route_exists("NOPE"); say("$rc"); $var(r) = "JUMP"; check_route_exists("$var(r)"); say("$rc");`, "1 -1 1"},
		{"", `route_if_exists("JUMP"); say("$rc"); route_if_exists("NOPE"); say("$rc"); $var(r) = "JUMP"; route_if_exists("$var(r)"); say("$rc");`, "in 7 -1 in 7"},
		{"", `if (route_if_exists("EXIT")) say("on"); say("further");`, ""},
		{"", `if (route_if_exists("JUMP")) say("yes");`, "in yes"},
		{"", `core_hash("abc", "", 4); say("$rc"); core_hash("abcdefgh", "", 4); say("$rc"); core_hash("abcdefgh", "", "16"); say("$rc"); core_hash("abcdefghij", "xyz", 20); say("$rc");`, "3 13 30749 157044"},
		{"", `core_hash("", "", 4); say("$rc"); core_hash("$ci", "", 30); say("$rc"); core_hash("$ci", "", 31); say("$rc");`, "1 153321072 1227062896"},
		{"", `sleep("0"); say("$rc"); usleep("500"); say("$rc"); $var(s) = -1; sleep("$var(s)"); say("$rc"); usleep("$rU"); say("$rc");`, "1 1 -1 -1"},
		{"", `pkg_status(); say("$rc"); shm_summary(); say("$rc");`, "1 1"},
	} {
		if got := run(t, test.params, test.body); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.params, test.body, got, test.want)
		}
	}
}

func TestRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 5 {
		number := script.StringValue(run(t, "", `say("$RANDOM");`))
		if number.AsInt() < 0 || number.AsInt() > 1<<31-1 {
			t.Error(number)
		}
		seen[number.Text] = true
	}
	if len(seen) == 1 {
		t.Errorf("always %v", seen)
	}
}

// Half of the events happen.
func TestProbability(t *testing.T) {
	m := New(nil)
	p := scripttest.Compile(t, "loadmodule \"cfgutils\"\nmodparam(\"cfgutils\", \"initial_probability\", 50)\nrequest_route { rand_event(); }", m)
	c, happened := &scripttest.Message(t, scripttest.Invite).Context, 0
	for range 10_000 {
		if p.Find(syntax.RequestRoute, "").Run(c).Code == 1 {
			happened++
		}
	}
	if happened < 4500 || happened > 5500 {
		t.Errorf("%d of 10000", happened)
	}
}

// A route that calls itself without end ends the script.
func TestEndlessRoute(t *testing.T) {
	if got := run(t, "", `route_if_exists("AGAIN"); say("not reached");`); got != "" {
		t.Error(got)
	}
}

type waiter struct{ handed int }

func (w *waiter) HandOver() { w.handed++ }

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for body, want := range map[string]time.Duration{
			`sleep("2");`:                                   time.Duration(2) * time.Second,
			`usleep(1500);`:                                 1500 * time.Microsecond,
			`$var(n) = 1000000; sleep("$var(n)");`:          longestSleep,
			`$var(n) = 2000000000; usleep("$var(n)");`:      longestSleep,
			`sleep("1"); lock("a"); unlock("a"); sleep(1);`: 2 * time.Second,
		} {
			m, w := scripttest.Message(t, scripttest.Invite), new(waiter)
			m.Wait = w
			start := time.Now()
			code := scripttest.Run(t, m, body, New(nil))
			if took := time.Since(start); took != want || code != 1 || w.handed == 0 {
				t.Errorf("%s: %v, code %d, handed over %d times", body, took, code, w.handed)
			}
		}
	})
}

// Not more sleep at once than there may.
func TestSleepers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := scripttest.Compile(t, "loadmodule \"cfgutils\"\nrequest_route { sleep(1); }", New(nil))
		route, codes := p.Find(syntax.RequestRoute, ""), make(chan int, mostSleepers+5)
		for range mostSleepers + 5 {
			c := &scripttest.Message(t, scripttest.Invite).Context
			go func() { codes <- route.Run(c).Code }()
		}
		refused := 0
		for range mostSleepers + 5 {
			if <-codes == -1 {
				refused++
			}
		}
		if refused != 5 {
			t.Errorf("%d refused", refused)
		}
	})
}

// A message waits for the lock of another, and takes it when it was forgotten.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log scripttest.Log
		p := scripttest.Compile(t, `loadmodule "cfgutils"
request_route { if (!trylock("k")) { lock("k"); } }`, New(&log))
		route := p.Find(syntax.RequestRoute, "")
		route.Run(&scripttest.Message(t, scripttest.Invite).Context)
		start := time.Now()
		route.Run(&scripttest.Message(t, scripttest.Invite).Context)
		if time.Since(start) != patience || len(log.Lines) != 1 {
			t.Errorf("%v %q", time.Since(start), log.Lines)
		}
	})
}

func TestMemory(t *testing.T) {
	var log scripttest.Log
	scripttest.Run(t, scripttest.Message(t, scripttest.Invite), `pkg_summary();`, New(&log))
	if len(log.Lines) != 1 || !strings.HasPrefix(log.Lines[0], "memory: ") || strings.Contains(log.Lines[0], " 0 kB") {
		t.Errorf("%q", log.Lines)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{"", `rand_set_prob("101");`}, {"", `rand_set_prob("x");`}, {"", `set_gflag("32");`}, {"", `is_gflag(-1);`},
		{"", `sleep("301");`}, {"", `sleep("-1");`}, {"", `usleep("x");`}, {"", `core_hash("a", "b", "c");`}, {"", `abort();`},
		{`modparam("cfgutils", "initial_probability", 101)`, `exit;`},
	} {
		if _, err := scripttest.TryCompile("loadmodule \"cfgutils\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, New(nil)); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}
