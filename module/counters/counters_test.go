package counters

import (
	"fmt"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script/syntax"
)

const params = `modparam("counters", "script_counter", "foo")
modparam("counters", "script_counter", "test.bar")
modparam("counters", "script_counter", "baz example counter")
modparam("counters", "script_counter", "test.x:another example")
`

func TestCount(t *testing.T) {
	set := new(Set)
	for range 2 { // the second script goes on counting
		m := scripttest.Message(t, scripttest.Invite)
		scripttest.RunWith(t, m, params, `cnt_inc("foo"); cnt_inc("script.foo"); cnt_add("test.bar", 10); $var(n) = -3; cnt_add("test.bar", "$var(n)");
			cnt_inc("test.x"); cnt_reset("test.x");`, New(set))
	}
	var got []string
	for _, c := range set.All() {
		got = append(got, fmt.Sprintf("%s.%s=%d (%s)", c.Group, c.Name, c.Value(), c.Description))
	}
	want := "script.foo=4 (custom script counter), test.bar=14 (custom script counter), script.baz=0 (example counter), test.x=0 (another example)"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, ", "), want)
	}
}

func TestGroup(t *testing.T) {
	set := new(Set)
	m := scripttest.Message(t, scripttest.Invite)
	scripttest.RunWith(t, m, params+`modparam("counters", "script_cnt_grp_name", "mine")`, `cnt_inc("foo");`, New(set))
	if c := set.All()[0]; c.Group != "mine" || c.Value() != 1 {
		t.Errorf("%s %d", c.Group, c.Value())
	}
	if code := scripttest.RunWith(t, m, params, `$var(n) = "many"; cnt_add("foo", "$var(n)");`, New(set)); code != -1 {
		t.Errorf("%d", code)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{params, `cnt_inc("nope");`}, {params, `cnt_add("foo", "x");`}, {params, `cnt_inc("$rm");`},
		{`modparam("counters", "script_counter", "")`, `exit;`}, {`modparam("counters", "script_counter", ".x")`, `exit;`},
	} {
		if _, err := scripttest.TryCompile("loadmodule \"counters\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, New(new(Set))); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	set := new(Set)
	m := scripttest.Message(t, scripttest.Invite)
	c := New(set)
	p := scripttest.Compile(t, "loadmodule \"counters\"\n"+params+"request_route { cnt_inc(\"foo\"); }", c)
	route := p.Find(syntax.RequestRoute, "")
	if n := testing.AllocsPerRun(100, func() { route.Run(&m.Context) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
