package syntax

import (
	"strings"
	"testing"
)

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		d          Dialect
		text, want string
	}{
		{Kamailio, `;;;`, ``},
		{Kamailio, `f(); g();`, "f();\ng();"},
		{Kamailio, `force_rport; revert_uri;`, "force_rport();\nrevert_uri();"},
		{Kamailio, `if (a()) b();`, "if (a()) {\n\tb();\n}"},
		{Kamailio, `if a() && b() { c(); };`, "if (a() && b()) {\n\tc();\n}"},
		{Kamailio, `if (a()) && (b()) c();`, "if (a() && b()) {\n\tc();\n}"},
		{Kamailio, `if (a()) b(); else c();`, "if (a()) {\n\tb();\n} else {\n\tc();\n}"},
		{Kamailio, `if (a()) if (b()) c(); else d();`, "if (a()) {\n\tif (b()) {\n\t\tc();\n\t} else {\n\t\td();\n\t}\n}"},
		{Kamailio, `if (a()) {} else if (b()) {;} else {c();}`, "if (a()) {\n} else if (b()) {\n} else {\n\tc();\n}"},
		{SER, `if (a()) {b();}; else {c();}`, "if (a()) {\n\tb();\n} else {\n\tc();\n}"},
		{OpenSER, `if (a()) b();; else c();`, "if (a()) {\n\tb();\n} else {\n\tc();\n}"},
		{Kamailio, `if (a()) ; else c();`, "if (a()) {\n} else {\n\tc();\n}"},
		{Kamailio, `while ($var(i) < 3) { $var(i) = $var(i) + 1; break; }`, "while ($var(i) < 3) {\n\t$var(i) = $var(i) + 1;\n\tbreak;\n}"},
		{Kamailio, `{ { a(); } }`, "{\n\t{\n\t\ta();\n\t}\n}"},
		{Kamailio, `$du = $null; $sht(a=>$si) = 1; $(hdr(X)[0]) = "x";`, "$du = $null;\n$sht(a=>$si) = 1;\n$(hdr(X)[0]) = \"x\";"},
		{OpenSER, `$avp(s:x) += 1; $avp(i:5) := "a";`, "$avp(s:x) += 1;\n$avp(i:5) := \"a\";"},
		{SER, `$f.x = "y"; $z = @to.tag;`, "$f.x = \"y\";\n%z = @to.tag;"},
		{SER, `break; break(); drop(); drop;`, "break;\nbreak;\ndrop;\ndrop;"},
		{Kamailio, `return; return(); return 1; return -1; return(1 + 2); exit; exit(); exit(1); drop; drop(0);`,
			"return;\nreturn;\nreturn 1;\nreturn -1;\nreturn 1 + 2;\nexit;\nexit;\nexit 1;\ndrop;\ndrop 0;"},
		{Kamailio, `switch ($rc) { case -1: case 2+3: a(); break; default: b(); }`,
			"switch ($rc) {\n\tcase -1:\n\tcase 5:\n\t\ta();\n\t\tbreak;\n\tdefault:\n\t\tb();\n}"},
		{Kamailio, `switch $rU { default: b(); case "a" "b": case /"^c": exit; case ("d" + "e"): }`,
			"switch ($rU) {\n\tdefault:\n\t\tb();\n\tcase \"ab\":\n\tcase /\"^c\":\n\t\texit;\n\tcase \"de\":\n}"},
		{Kamailio, `switch (1) {}`, "switch (1) {\n}"},
		{SER, `forward(uri:host, uri:port); log(1, "a"); log("b"); route(1);`, "forward(uri:host, uri:port);\nlog(1, \"a\");\nlog(\"b\");\nroute(1);"},
	} {
		f := mustParse(t, "route {\n"+c.text+"\n}", Options{Dialect: c.d})
		want := "{\n}"
		if c.want != "" {
			want = "{\n\t" + strings.ReplaceAll(c.want, "\n", "\n\t") + "\n}"
		}
		if got := f.Routes[0].String(); got != "route "+want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, want)
		}
		again := mustParse(t, Format(f), Options{Dialect: c.d})
		if Format(again) != Format(f) {
			t.Errorf("%s: printed and read it is\n%s", c.text, Format(again))
		}
	}
}

func TestBreakTarget(t *testing.T) {
	f := mustParse(t, `route {
		break;
		while (1) { break; if (a()) { break; } switch (1) { case 1: break; } break; }
		switch (1) { case 1: if (a()) break; while (1) break; }
		break;
	}`, Options{Dialect: Kamailio})
	var got []BreakTarget
	var walk func(body []Stmt)
	walk = func(body []Stmt) {
		for _, s := range body {
			switch s := s.(type) {
			case *Break:
				got = append(got, s.Target)
			case *If:
				walk(s.Then)
				walk(s.Else)
			case *While:
				walk(s.Body)
			case *Switch:
				for _, c := range s.Cases {
					walk(c.Body)
				}
			}
		}
	}
	walk(f.Routes[0].Body)
	want := []BreakTarget{BreakRoute, BreakWhile, BreakWhile, BreakSwitch, BreakWhile, BreakSwitch, BreakWhile, BreakRoute}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("break %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestTopLevel(t *testing.T) {
	text := `
	flags FLT_A:1, FLT_B, "c":3;
	avpflags X, Y;
	debug=-3; log_stderror = yes
	log_facility=LOG_LOCAL0
	mpath "/usr/lib/" mpath="/opt/"
	cfgengine "lua"
	coreparam[foo] = 5
	kemi.onsend_route_callback = "x"
	a.b = 5 desc "number" a.c = "text"
	a[3].b = 6 default.x = 1
	user = nobody
	tcp_source_ipv4 = 10.0.0.9
	alias = "a.test" b-c.test:5060 udp:d.test
	alias=e.test
	listen=udp:127.0.0.1:5060 tcp:[::1]:5061 eth0
	listen=sctp:(10.0.0.1, 10.0.0.2):5060
	listen=*:5062 advertise tls:pub.example.test:5063 name "s" agname "g" virtual
	listen=127.0.0.1
	socket = { bind = udp:10.0.0.3:5060-5070; advertise = 192.0.2.1:5060; name = "x"; workers = 4; virtual = yes; vrf="v"; agname="g"; };
	loadmodule "tm" loadmodule("/x/sl.so", "g")
	loadmodulex "rr$x"
	modparam("tm|sl", "p", 5) modparam("tm", "q", "a" "b") modparam("tm","r",-1) modparamx("tm", "s", $def(X))
	route { } route[1] { } route["A b"] { } route[B] { }
	onreply_route { } onreply_route[1] { } failure_route[F] { } branch_route[10wt] { } onsend_route { }
	event_route[tm:local-request] { } error_route { } startup_route { } local_route { } timer_route[T, 60] { }
	`
	want := `#!OPENSER
flags "FLT_A":1;
flags "FLT_B";
flags "c":3;
avpflags "X";
avpflags "Y";
debug = -3
log_stderror = yes
log_facility = LOG_LOCAL0
mpath = "/usr/lib/"
mpath = "/opt/"
cfgengine = "lua"
foo = 5
kemi.onsend_route_callback = "x"
user = nobody
tcp_source_ipv4 = 10.0.0.9
a.b = 5 desc "number"
a.c = "text"
a[3].b = 6
default.x = 1
alias = a.test
alias = b-c.test:5060
alias = udp:d.test
alias = e.test
listen = udp:127.0.0.1:5060
listen = tcp:[::1]:5061
listen = eth0
listen = sctp:(10.0.0.1, 10.0.0.2):5060
listen = *:5062 advertise tls:pub.example.test:5063 name "s" agname "g" virtual
listen = 127.0.0.1
socket = { bind = udp:10.0.0.3:5060-5070; advertise = 192.0.2.1:5060; name = "x"; agname = "g"; vrf = "v"; workers = 4; virtual = yes; }
loadmodule "tm"
loadmodule("/x/sl.so", "g")
loadmodulex "rr$x"
modparam("tm|sl", "p", 5)
modparam("tm", "q", "ab")
modparam("tm", "r", -1)
modparamx("tm", "s", $def(X))

route {
}

route[1] {
}

route["A b"] {
}

route[B] {
}

onreply_route {
}

onreply_route[1] {
}

failure_route[F] {
}

branch_route["10wt"] {
}

onsend_route {
}

event_route[tm:local-request] {
}

error_route {
}

startup_route {
}

local_route {
}

timer_route["T", 60] {
}
`
	f := mustParse(t, text, Options{Dialect: OpenSER})
	if got := Format(f); got != want {
		t.Errorf("got\n%s", got)
	}
	if again := mustParse(t, want, Options{Dialect: OpenSER}); Format(again) != want {
		t.Errorf("printed and read it is\n%s", Format(again))
	}
	if r := f.Route(RequestRoute, "A b"); r == nil || r.Pos != (Pos{"test.cfg", 24, 25}) || r.End != (Pos{"test.cfg", 24, 40}) {
		t.Errorf(`Route(RequestRoute, "A b") at %v to %v`, r.Pos, r.End)
	}
	if m := f.ModParams[0]; m.NamePos.Col != 20 || m.Value.Pos.Col != 25 {
		t.Errorf("places in modparam: %v, %v", m.NamePos, m.Value.Pos)
	}
	if f.Reason != "given as an option" {
		t.Errorf("Reason %q", f.Reason)
	}
}
