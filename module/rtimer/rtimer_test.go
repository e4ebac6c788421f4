package rtimer

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// clockwork is a script with its timers.
type clockwork struct {
	log     scripttest.Log
	said    scripttest.Said
	module  *script.Module
	program *script.Program
	mutex   sync.Mutex // around the routes
}

func start(t *testing.T, params, routes string) *clockwork {
	c := new(clockwork)
	c.module = New(&c.log, func(route *script.Route, set func(*module.Message)) {
		m := scripttest.Message(t, scripttest.Invite)
		set(m)
		c.mutex.Lock()
		defer c.mutex.Unlock()
		route.Run(&m.Context)
	})
	c.program = scripttest.Compile(t, "loadmodule \"rtimer\"\nloadmodule \"say\"\n"+params+"\nrequest_route { exit; }\n"+routes, c.module, c.said.Module())
	return c
}

// seconds lets time pass, and gives what was said in each second.
func (c *clockwork) seconds(count int) string {
	var all []string
	for second := range count {
		c.said.Lines = nil
		c.module.Tick(c.program, time.Unix(1000+int64(second), 0))
		all = append(all, strings.Join(c.said.Lines, ","))
	}
	return strings.Join(all, "|")
}

func TestTimers(t *testing.T) {
	c := start(t, `
modparam("rtimer", "timer", "name=ta;interval=1;")
modparam("rtimer", "default_interval", 3)
modparam("rtimer", "timer", "name=tb;mode=0")
modparam("rtimer", "timer", "name=tc;interval=0")
modparam("rtimer", "exec", "timer=ta;route=A")
modparam("rtimer", "exec", "timer=ta;route=B")
modparam("rtimer", "exec", "timer=tb;route=C")`, `
route[A] { say("A"); exit; }
route[B] { say("B"); }
route[C] { say("C$rtimer_worker"); }`)
	if got := c.seconds(7); got != "|A,B|A,B|A,B,C0|A,B|A,B|A,B,C0" {
		t.Error(got)
	}
}

// A tick that comes late runs each timer once, and its beat goes on.
func TestLateTick(t *testing.T) {
	c := start(t, `modparam("rtimer", "timer", "name=t;interval=2")
modparam("rtimer", "exec", "timer=t;route=A")`, `route[A] { say("A"); }`)
	total := 0
	for _, step := range []struct {
		at    int64
		total int
	}{{1000, 0}, {1001, 0}, {1009, 1}, {1009, 1}, {1010, 2}, {1011, 2}, {1012, 3}} {
		c.module.Tick(c.program, time.Unix(step.at, 0))
		if total = len(c.said.Lines); total != step.total {
			t.Errorf("at %d: %d runs, want %d", step.at, total, step.total)
		}
	}
}

// A timer with a worker of its own delays nobody, and does not run twice at a
// time.
func TestSlowTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		m := New(nil, func(*script.Route, func(*module.Message)) {
			runs++
			time.Sleep(2500 * time.Millisecond)
		})
		p := scripttest.Compile(t, `loadmodule "rtimer"
modparam("rtimer", "timer", "name=t;interval=300000u;mode=0")
modparam("rtimer", "exec", "timer=t;route=A")
request_route { exit; }
route[A] { exit; }`, m)
		start := time.Now()
		for range 7 {
			m.Tick(p, time.Now())
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if took := time.Since(start); took != 7*time.Second || runs != 2 {
			t.Errorf("%v, %d runs", took, runs)
		}
		time.Sleep(3 * time.Second)
	})
}

func TestMissingRoute(t *testing.T) {
	c := start(t, `modparam("rtimer", "timer", "name=t;interval=1")
modparam("rtimer", "exec", "timer=t;route=NOPE")`, "")
	if got := c.seconds(3); got != "||" || len(c.log.Lines) != 1 {
		t.Errorf("%q %q", got, c.log.Lines)
	}
}

func TestIntervals(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10": 10 * time.Second, "0": 0, "1u": time.Second, "100000u": time.Second, "1000000u": time.Second, "1500000u": 2 * time.Second,
	} {
		if got, err := parseInterval(text); got != want || err != nil {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, params := range []string{
		`modparam("rtimer", "timer", "interval=1;mode=1;")`,
		`modparam("rtimer", "timer", "name=t;interval=x;")`,
		`modparam("rtimer", "timer", "name=t;interval=-1;")`,
		`modparam("rtimer", "timer", "name=t;mode=x;")`,
		`modparam("rtimer", "timer", "t")`,
		`modparam("rtimer", "exec", "timer=t;route=A")`,
		"modparam(\"rtimer\", \"timer\", \"name=t\")\nmodparam(\"rtimer\", \"timer\", \"name=t\")",
		"modparam(\"rtimer\", \"timer\", \"name=t\")\nmodparam(\"rtimer\", \"exec\", \"timer=t\")",
		`modparam("rtimer", "default_interval", 0)`,
	} {
		if _, err := scripttest.TryCompile("loadmodule \"rtimer\"\n"+params+"\nrequest_route { exit; }", syntax.Kamailio, New(nil, nil)); err == nil {
			t.Errorf("%s compiles", params)
		}
	}
}

func FuzzTimer(f *testing.F) {
	for _, seed := range []string{"name=ta;interval=10;mode=1;", "name=t;interval=500000u", ";;=", "name=;mode", "timer=ta;route=A"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if one, err := parseTimer(text, time.Minute); err == nil && (one.name == "" || one.interval < time.Second) {
			t.Errorf("%q: %q %v", text, one.name, one.interval)
		}
		if timer, route, err := parseExec(text); err == nil && (timer == "" || route == "") {
			t.Errorf("%q: %q %q", text, timer, route)
		}
	})
}
