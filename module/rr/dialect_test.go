package rr

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script"
	"viaduct/script/syntax"
)

// The callee's INFO of the paper's section 3: its Route bears the caller's
// tag, and OpenSER's record_route(), called before loose_route(), writes the
// callee's.
func TestFromTagInDialects(t *testing.T) {
	const before, after = "record_route(); loose_route();", "loose_route(); record_route();"
	for _, test := range []struct {
		dialect syntax.Dialect
		body    string
		want    string
	}{
		{syntax.OpenSER, before, ";lr;ftag=352ec99f5ffd23cf"},
		{syntax.OpenSER, after, ";lr;ftag=fce371520693b722"},
		{syntax.SER, before, ";lr;ftag=352ec99f5ffd23cf"},
		{syntax.Kamailio, before, ";lr;ftag=fce371520693b722"},
		{syntax.Kamailio, after, ";lr;ftag=fce371520693b722"},
	} {
		mod := load(t)
		p, err := scripttest.TryCompile("loadmodule \"rr.so\"\nroute {\n"+test.body+"\n}\n", test.dialect, mod)
		if err != nil {
			t.Fatal(err)
		}
		m := request(t, "INFO", "sip:308@127.168.1.10", "352ec99f5ffd23cf", "fce371520693b722",
			"Route: <sip:127.168.1.15;lr=on;ftag=fce371520693b722>")
		p.Find(syntax.RequestRoute, "").Run(&m.Context)
		if m.RecordRoute == nil || m.RecordRoute.Params != test.want {
			t.Errorf("%v %s: %+v, want %s", test.dialect, test.body, m.RecordRoute, test.want)
		}
	}
}

func TestScript(t *testing.T) {
	m := request(t, "BYE", bob, "1", "2", "Route: <sip:127.0.0.1:7660;lr;ftag=2>, "+next)
	mod := load(t)
	code := scripttest.RunWith(t, m, "", `
	if (!loose_route()) return -1;
	if ($route_uri != "sip:127.0.0.1:7660;lr;ftag=2") return -2;
	if ($rdir(id) != 2 || $rdir(name) != "upstream") return -3;
	if (!is_direction("upstream")) return -4;
	if (!rr_next_hop_route()) return -5;
	if ($du != "sip:next.test;lr") return -6;
	return 7;`, mod)
	if code != 7 {
		t.Errorf("code %d", code)
	}
}

func TestScriptFaults(t *testing.T) {
	for body, want := range map[string]string{
		`is_direction("sideways");`:    "not a direction",
		`is_direction();`:              "is_direction",
		`check_route_param("(");`:      "regular expression",
		`check_route_param($var(re));`: "constant",
		`if ($rdir(what) == 1) exit;`:  "$rdir(id)",
	} {
		mod := load(t)
		_, err := scripttest.TryCompile(scripttest.Source([]*script.Module{mod}, "", body), 0, mod)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", body, err, want)
		}
	}
	for _, params := range []string{`modparam("rr", "custom_user_avp", "$var(x)")`, `modparam("rr", "custom_user_avp", "$avp(i:5)")`} {
		mod := load(t)
		if _, err := scripttest.TryCompile(scripttest.Source([]*script.Module{mod}, params, "exit;"), 0, mod); err == nil {
			t.Errorf("%s is taken", params)
		}
	}
}
