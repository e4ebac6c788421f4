package kex

import (
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

func TestWords(t *testing.T) {
	for _, test := range []struct {
		body string
		code int
	}{
		{`setbflag("1"); isbflagset("1");`, 1},
		{`setbflag(31); isbflagset(31);`, 1},
		{`setbflag("1"); isbflagset("2");`, -1},
		{`setbflag("1"); resetbflag("1"); isbflagset("1");`, -1},
		{`$var(f) = 11; setbflag("$var(f)"); isbflagset(11);`, 1},
		{`$var(f) = 32; setbflag("$var(f)");`, -1},
		{`append_branch("sip:a@b.test"); setbflag("1", "1"); isbflagset("1", "1");`, 1},
		{`append_branch("sip:a@b.test"); setbflag("1", "1"); isbflagset("1");`, -1},
		{`setbflag("1", "0"); isbflagset("1");`, 1},
		{`setbflag("1", "1");`, -1}, // no such branch
		{`isdsturiset();`, -1},
		{`setdsturi("sip:10.0.0.10"); isdsturiset();`, 1},
		{`setdsturi("sip:10.0.0.10"); resetdsturi(); isdsturiset();`, -1},
		{`$var(u) = "nonsense"; setdsturi("$var(u)");`, -1},
		{`pv_printf("$avp(x)", "From: $fU - $hdr(Nope)"); cmp();`, 1},
		{`is_myself("sip:us.test");`, 1},
		{`is_myself("sip:us.test:5060");`, 1},
		{`is_myself("sip:us.test:5080");`, -1},
		{`is_myself("us.test");`, 1},
		{`is_myself("127.0.0.1");`, 1},
		{`is_myself("127.0.0.7");`, -1},
		{`is_myself("mailto:us.test");`, -1},
		{`is_myself("tel:+1");`, -1},
		{`is_myself("");`, -1},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		cmp := module.Plain("cmp", func(c *script.Context) int {
			return module.Bool(c.AVPs.Get("x") == script.StringValue("From: alice - <null>"))
		})
		k := New(scripttest.Myself, new(module.Verbosity))
		k.Functions = append(k.Functions, cmp)
		if code := scripttest.Run(t, m, test.body, k); code != test.code {
			t.Errorf("%s: %d, want %d", test.body, code, test.code)
		}
	}
}

func TestSetDebug(t *testing.T) {
	verbosity := new(module.Verbosity)
	k := New(scripttest.Myself, verbosity)
	m := scripttest.Message(t, scripttest.Invite)
	p := scripttest.Compile(t, "debug=2\nloadmodule \"kex\"\nrequest_route { setdebug(\"-1\"); }\nroute[R] { resetdebug(); }", k)
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	if got := verbosity.Level(p); got != script.LevelError {
		t.Errorf("%d", got)
	}
	p.Find(syntax.RequestRoute, "R").Run(&m.Context)
	if got := verbosity.Level(p); got != script.LevelInfo {
		t.Errorf("%d", got)
	}
}

func TestRefused(t *testing.T) {
	for _, body := range []string{`setbflag("32");`, `setbflag("x");`, `setdsturi("nonsense");`, `pv_printf("text", "x");`, `setdebug("high");`} {
		if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "kex"`, body), syntax.Kamailio, New(scripttest.Myself, new(module.Verbosity))); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}
