package syntax

import "testing"

func TestDetectDialect(t *testing.T) {
	for _, c := range []struct {
		text   string
		want   Dialect
		reason string
	}{
		{"#!KAMAILIO\nroute[1] { break; }", Kamailio, "header #!KAMAILIO on line 1"},
		{"# comment\n#!SER \nroute { xlog(\"$rm\"); }", SER, "header #!SER on line 2"},
		{"//!SER\n", SER, "header #!SER on line 1"},
		{"#!OPENSER\nroute { }", OpenSER, "header #!OPENSER on line 1"},
		{"#!OPENSER\n\nrequest_route { }", Kamailio, "header #!OPENSER on line 1, but request_route on line 3"},
		{"#!MAXCOMPAT\n", Kamailio, "header #!MAXCOMPAT on line 1"},
		{"#!ALL\n", Kamailio, "header #!ALL on line 1"},
		{"# #!SER is a comment\n#!SERX\n#!SER x\nroute { }", Kamailio, "no sign of an older dialect"},
		{"#!define A 1\nroute[1] { break; }", Kamailio, "#!define on line 1"},
		{"a=1\nrequest_route { }", Kamailio, "request_route on line 2"},
		{"route { route(1); }\nroute[RELAY] { }", Kamailio, "the named route[RELAY] on line 2"},
		{"loadmodule \"pv.so\"\nroute[1] { xlog(\"$rm\"); }", Kamailio, "the module pv on line 1"},
		{"route { $xavp(a=>b) = 1; }", Kamailio, "the variable $xavp(...) on line 1"},
		{"route { xlog(\"L_INFO\", \"%rm from\\n\"); exit; }", SER, "%rm in xlog on line 1, and no $ variables"},
		{"route { xlog(\"%Cbgx%Cxx\"); }", SER, "%Cbg in xlog on line 1, and no $ variables"},
		{"route { log(1, \"100%rm\"); }", Kamailio, "no sign of an older dialect"},
		{"route { xlog(\"100%rm $ru\"); }", Kamailio, "$ variables on line 1"},
		{"route { if ($f.did == \"x\") exit; }", SER, "the attribute $f.did on line 1"},
		{"route { if (@to.tag == \"\") exit; }", SER, "the select @to.tag on line 1"},
		{"route { xlog(\"$fu.x\"); }", Kamailio, "$ variables on line 1"},
		{"route { xlog(\"$Cbgx$Cxx\"); }", OpenSER, "the colour $Cbg on line 1"},
		{"mpath=\"/usr/lib/openser/modules/\"\nroute { }", OpenSER, "the module path \"/usr/lib/openser/modules/\" on line 1"},
		{"loadmodule \"/usr/lib/ser/modules/tm.so\"\nroute { }", SER, "the module path \"/usr/lib/ser/modules/tm.so\" on line 1"},
		{"route { xlog(\"$rm\"); route(1); }\nroute[1] { }", OpenSER, "numbered routes (line 2) and $ variables (line 1)"},
		{"route {\n if (method==\"X\") { break; }\n}", SER, "break outside of switch and while on line 2 ends a route"},
		{"route { switch (1) { case 1: break; } break; }", Kamailio, "no sign of an older dialect"},
		{"", Kamailio, "no sign of an older dialect"},
		{"\"unclosed $ru x", Kamailio, "$ variables on line 1"},
	} {
		got, reason := DetectDialect(c.text)
		if got != c.want || reason != c.reason {
			t.Errorf("%q: %s, %s; want %s, %s", c.text, got, reason, c.want, c.reason)
		}
	}
}

func TestParseDialect(t *testing.T) {
	for _, d := range []Dialect{Auto, SER, OpenSER, Kamailio} {
		if got, err := ParseDialect(d.String()); err != nil || got != d {
			t.Errorf("ParseDialect(%q) = %v, %v", d, got, err)
		}
	}
	if got, err := ParseDialect("OpenSER"); err != nil || got != OpenSER {
		t.Errorf("capitals: %v, %v", got, err)
	}
	if _, err := ParseDialect("opensips"); err == nil {
		t.Error("opensips was taken")
	}
}
