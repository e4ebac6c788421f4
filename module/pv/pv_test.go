package pv

import (
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script/syntax"
)

func TestWords(t *testing.T) {
	const params = `modparam("pv", "shvset", "debug=i:1")
modparam("pv", "shvset", "gw=s:sip:10.10.10.10")
`
	for _, test := range []struct {
		body string
		code int
	}{
		{`pv_isset("$avp(s:x)");`, -1},
		{`$avp(s:x) = 1; pv_isset("$avp(s:x)");`, 1},
		{`pv_isset("$hdr(User-Agent)");`, 1},
		{`$avp(x) = 1; pv_unset("$avp(x)"); pv_isset("$avp(x)");`, -1},
		{`$var(x) = 1; is_int("$var(x)");`, 1},
		{`$var(x) = "1"; is_int("$var(x)");`, -1},
		{`typeof("$var(none)", "int");`, 1},
		{`typeof("$avp(none)", "null");`, 1},
		{`typeof("$ru", "str");`, 1},
		{`typeof("$ru", "int");`, -1},
		{`not_empty("$ru");`, 1},
		{`not_empty("$avp(none)");`, -1},
		{`$var(x) = ""; not_empty("$var(x)");`, -1},
		{`$avp(name) = "rU"; pv_evalx("$avp(r)", "$$$avp(name)"); if ($avp(r) == "bob") return 1; else return -2;`, 1},
		{`$avp(name) = "(("; pv_evalx("$avp(r)", "$$$avp(name)");`, -1},
		{`if ($shv(debug) == 1 && $shv(gw) == "sip:10.10.10.10" && $shv(none) == 0) return 1; else return -2;`, 1},
		{`$shv(debug) = "x"; if ($shv(debug) == "x") return 1; else return -2;`, 1},
		{`$shv(gw) = $null; if ($shv(gw) == "") return 1; else return -2;`, 1},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		if code := scripttest.RunWith(t, m, params, test.body, New()); code != test.code {
			t.Errorf("%s: %d, want %d", test.body, code, test.code)
		}
	}
}

func TestSharedByAllMessages(t *testing.T) {
	p := scripttest.Compile(t, "loadmodule \"pv\"\nrequest_route { $shv(n) = $shv(n) + 1; return($shv(n)); }", New())
	for want := 1; want <= 3; want++ {
		m := scripttest.Message(t, scripttest.Invite)
		if code := p.Find(syntax.RequestRoute, "").Run(&m.Context).Code; code != want {
			t.Errorf("%d, want %d", code, want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{"", `pv_isset("text");`}, {"", `pv_unset("$rm");`}, {"", `typeof("$ru", "bool");`}, {"", `typeof("text", "str");`},
		{`modparam("pv", "shvset", "x")`, `exit;`}, {`modparam("pv", "shvset", "x=i:y")`, `exit;`}, {`modparam("pv", "shvset", "x=b:1")`, `exit;`},
		{`modparam("pv", "varset", "x=i:1")`, `exit;`}, {"", `xlog("$shv");`},
	} {
		if _, err := scripttest.TryCompile("loadmodule \"pv\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, New()); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}
