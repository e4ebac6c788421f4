package script

import (
	"os"
	"testing"

	"viaduct/script/syntax"
)

// The script of the yardstick's stateful relay, on the requests of a call.
const statefulScript = loadAll + `
modparam("rr","enable_full_lr",0)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483","Too Many Hops"); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (method=="ACK") { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404","Not here"); exit;
  }
  if (method=="CANCEL") { if (t_check_trans()) t_relay(); exit; }
  record_route();
  t_relay();
}`

// quietModules are modules whose functions do nothing at all.
func quietModules() []*Module {
	b := new(bench)
	modules := b.modules()
	for _, m := range modules {
		for i := range m.Functions {
			code := 1
			if m.Functions[i].Name == "has_totag" {
				code = -1
			}
			if m.Functions[i].Name != "is_method" {
				m.Functions[i].Bind = func([]Arg) (Action, error) { return func(*Context) int { return code }, nil }
			}
		}
	}
	return modules
}

func compileQuiet(t testing.TB, text string) *Route {
	t.Helper()
	f, err := syntax.Parse("bench.cfg", text, syntax.Options{Dialect: syntax.Kamailio})
	if err != nil {
		t.Fatal(detail(err))
	}
	p, err := Compile(f, Options{Modules: quietModules(), Myself: new(bench).options().Myself})
	if err != nil {
		t.Fatal(detail(err))
	}
	return p.Find(syntax.RequestRoute, "")
}

func BenchmarkStateful(b *testing.B) {
	route := compileQuiet(b, statefulScript)
	c := contextOf(b, simpleRequest("INVITE"))
	b.ReportAllocs()
	for b.Loop() {
		route.Run(c)
	}
}

func BenchmarkDebianDefault(b *testing.B) {
	load := func(name string) (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	}
	f, err := syntax.ParseFile("/etc/kamailio/kamailio.cfg", syntax.Options{Load: load})
	if err != nil {
		b.Skip("Debian's kamailio is not installed: ", err)
	}
	modules := quietModules()
	for _, m := range modules {
		if m.Name == "tm" {
			m.Variables = []Variable{{"T_branch_idx", bindNothing}, {"T_reply_code", bindNothing}}
		}
	}
	p, err := Compile(f, Options{Modules: modules, Myself: new(bench).options().Myself})
	if err != nil {
		b.Fatal(detail(err))
	}
	route := p.Find(syntax.RequestRoute, "")
	c := contextOf(b, simpleRequest("INVITE"))
	b.ReportAllocs()
	for b.Loop() {
		c.AVPs = nil
		route.Run(c)
	}
}

func BenchmarkConditions(b *testing.B) {
	for _, condition := range []string{
		`method=="INVITE"`, `isflagset(5)`, `uri==myself`, `src_ip==10.0.0.0/8`, `$rU==$null`, `$rc==-1`,
		`$ua =~ "friendly|scanner|sipcli|sipvicious|VaxSIPUserAgent|pplsip"`, `$rU =~ "^[0-9][0-9]$"`, `is_method("INVITE|BYE")`,
	} {
		b.Run(condition, func(b *testing.B) {
			route := compileQuiet(b, loadAll+"route { if ("+condition+") setflag(1); }")
			c := testContext(b, "testdata/oracle/request.sip")
			b.ReportAllocs()
			for b.Loop() {
				route.Run(c)
			}
		})
	}
}

// A run allocates nothing unless the script makes text.
func TestNoAllocations(t *testing.T) {
	tests := []struct{ name, script string }{
		{"the yardstick's script", statefulScript},
		{"conditions", loadAll + `route { if (method=="ACK" || isflagset(3) || uri==myself && src_ip==10.0.0.0/8 || $rU==$null || $rc > 5 ||
			$ua =~ "friendly|scanner" || $hdr(Event)=="x" || $fU == "x" || $si == $null || msg:len > 65000 || proto==TLS || status=~"2..") t_relay(); }`},
		{"routes and loops", loadAll + `route { route(A); while ($rc == 5) { t_relay(); } switch ($rU) { case "x": t_relay(); } } route[A] { return 1; }`},
		{"flags", `route { setflag(3); resetflag(3); setbflag(2); force_rport(); }`},
	}
	for _, test := range tests {
		route := compileQuiet(t, test.script)
		c := contextOf(t, simpleRequest("INVITE"))
		if n := testing.AllocsPerRun(100, func() { route.Run(c) }); n > 0 && test.name != "conditions" || n > 1 {
			t.Errorf("%s: %v allocations", test.name, n)
		}
	}
}
