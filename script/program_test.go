package script

import (
	"fmt"
	"strings"
	"testing"

	"viaduct/script/syntax"
)

func TestGlobals(t *testing.T) {
	b := new(bench)
	p := b.compile(t, syntax.Kamailio, `debug=3 log_stderror=yes children=4 listen=udp:127.0.0.1:5060 listen=tcp:127.0.0.1:5062
		alias="home.test" disable_tcp=yes auto_aliases=no server_header="Server: x" server_signature=no sip_warning=1
		max_while_loops=7 port=5070 check_via=no advertised_address="gw.test" kemi.onsend_route_callback="none"
		mine.text = "a" desc "x" mine.number = 5
		route { exit; }`)
	g := p.Globals()
	if g.Debug != LevelDebug || !g.LogToStderr || len(g.Listens) != 2 || len(g.Aliases) != 1 || !g.DisableTCP || g.AutoAliases ||
		g.ServerHeader != "Server: x" || g.ServerSignature || !g.SIPWarning || g.Port != 5070 || g.CheckVia || g.AdvertisedHost != "gw.test" {
		t.Errorf("got %+v", g)
	}
	if v, ok := g.Lookup("children"); !ok || v.Int != 4 {
		t.Errorf("children: %v", v)
	}
	if _, ok := g.Lookup("mhomed"); ok {
		t.Error("mhomed is not set")
	}
	if v, ok := g.Custom("mine", "number"); !ok || v.Int != 5 {
		t.Errorf("mine.number: %v", v)
	}
	if p.limits.loops != 7 {
		t.Errorf("max_while_loops: %d", p.limits.loops)
	}
	if g := b.compile(t, syntax.Kamailio, "route { exit; }").Globals(); g.Debug != LevelInfo || !g.CheckVia || !g.AutoAliases || !g.ServerSignature || g.SIPWarning {
		t.Errorf("defaults: %+v", g)
	}
}

func TestReport(t *testing.T) {
	b := new(bench)
	p := b.compile(t, syntax.OpenSER, `loadmodule "/usr/lib/openser/modules/tm.so" loadmodule "mysql.so" loadmodule "usrloc.so"
		modparam("usrloc", "timer_interval", 5)
		route { t_relay(); t_relay(); setflag(1); route(7); }
		onreply_route[1] { exit; }`)
	r := p.Report()
	var lines []string
	for _, m := range r.Modules {
		lines = append(lines, fmt.Sprintf("%s stub=%v ignored=%v", m.Name, m.Stub, m.Ignored))
	}
	for _, f := range r.Functions {
		lines = append(lines, fmt.Sprintf("%s of %s %d", f.Name, f.Module, f.Calls))
	}
	for _, m := range r.Missing {
		lines = append(lines, "missing "+m.Name)
	}
	for _, route := range r.Routes {
		lines = append(lines, route.Title())
	}
	want := `tm stub=false ignored=[]
mysql stub=true ignored=[]
usrloc stub=true ignored=[timer_interval]
setflag of core 1
t_relay of tm 2
missing 7
route
onreply_route[1]`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What a modparam sets reaches every module that its expression fits, before
// functions are bound.
func TestModParams(t *testing.T) {
	var order []string
	module := func(name string) *Module {
		value := ""
		return &Module{
			Name:   name,
			Params: []Param{{Name: "received_avp", Set: SetString(&value)}},
			Start:  func() error { order = append(order, "start "+name+" "+value); return nil },
			Functions: []Function{{Name: name + "_f", Bind: func([]Arg) (Action, error) {
				order = append(order, "bind "+name)
				return func(*Context) int { return 1 }, nil
			}}},
		}
	}
	f, err := syntax.Parse("x.cfg", `loadmodule "aa" loadmodule "bb" loadmodule "cc"
		modparam("aa|b+", "received_avp", "$avp(x)")
		route { aa_f(); }`, syntax.Options{Dialect: syntax.Kamailio})
	if err != nil {
		t.Fatal(detail(err))
	}
	if _, err := Compile(f, Options{Modules: []*Module{module("aa"), module("bb"), module("cc")}}); err != nil {
		t.Fatal(detail(err))
	}
	if got := strings.Join(order, ", "); got != "start aa $avp(x), start bb $avp(x), start cc , bind aa" {
		t.Errorf("got %s", got)
	}
}

func TestCompileFormat(t *testing.T) {
	shout := Variable{Name: "shout", Bind: func(inner *syntax.Inner, _ *syntax.Index, bind FormatBinder) (Assignable, error) {
		text, err := bind(inner.Steps[0].Parts)
		return &variable{eval: func(c *Context) Value { return StringValue(strings.ToUpper(text(c))) }}, err
	}}
	format, err := CompileFormat("$rm $shout(to $rU) $var(x) $tt $$", syntax.Kamailio, shout)
	if err != nil {
		t.Fatal(err)
	}
	b := new(bench)
	c := contextOf(t, simpleRequest("INVITE"))
	b.run(t, syntax.Kamailio, `route { $var(w) = 1; $var(x) = 7; }`, c)
	if got := string(format(c, []byte("> "))); got != "> INVITE TO BOB 7 <null> $" {
		t.Errorf("got %q", got)
	}
	if _, err := CompileFormat("$nope", syntax.Kamailio); err == nil {
		t.Error("$nope was taken")
	}
}

// Arguments: what is fixed, what is a variable that can be set, what is text
// with variables.
func TestArguments(t *testing.T) {
	var got []string
	probe := Function{Name: "probe", MinArgs: 1, MaxArgs: 1, Bind: func(args []Arg) (Action, error) {
		v, fixed := args[0].Constant()
		return func(c *Context) int {
			got = append(got, fmt.Sprintf("%s fixed=%v %q settable=%v", args[0].Source(), fixed, args[0].Eval(c), args[0].Variable() != nil))
			_ = v
			return 1
		}, nil
	}}
	raw := Function{Name: "raw", MinArgs: 1, MaxArgs: 1, Bind: func(args []Arg) (Action, error) {
		text := args[0].Source().(*syntax.StringLit).Value
		return func(*Context) int { got = append(got, text); return 1 }, nil
	}}
	f, err := syntax.Parse("x.cfg", `loadmodule "m" route { probe("text"); probe(5); probe("5"); probe($var(x)); probe("$var(x)"); probe("$rm"); probe("a $rm b");
		probe("a" + "b"); probe($rm + "x"); probe("^a$"); probe("(a$|b)"); raw("/x/$nope $/"); }`, syntax.Options{Dialect: syntax.Kamailio})
	if err != nil {
		t.Fatal(detail(err))
	}
	p, err := Compile(f, Options{Modules: []*Module{{Name: "m", Functions: []Function{probe, raw}}}})
	if err != nil {
		t.Fatal(detail(err))
	}
	p.Run(syntax.RequestRoute, "", contextOf(t, simpleRequest("BYE")))
	want := `"text" fixed=true "text" settable=false
5 fixed=true "5" settable=false
"5" fixed=true "5" settable=false
$var(x) fixed=false "0" settable=true
"$var(x)" fixed=false "0" settable=true
"$rm" fixed=false "BYE" settable=false
"a $rm b" fixed=false "a BYE b" settable=false
"a" + "b" fixed=true "ab" settable=false
$rm + "x" fixed=false "BYEx" settable=false
"^a$" fixed=true "^a$" settable=false
"(a$|b)" fixed=true "(a$|b)" settable=false
/x/$nope $/`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// Core functions that set what the server reads later.
func TestCoreFunctions(t *testing.T) {
	b := new(bench)
	c := contextOf(t, simpleRequest("INVITE"))
	b.run(t, syntax.Kamailio, `debug=2 route { force_rport; add_local_rport(); set_reply_no_connect(); set_reply_close(); set_forward_no_connect(); set_forward_close();
		force_tcp_alias(); set_advertised_address("gw.test"); set_advertised_port(5099); setflag(3); setbflag(4); append_branch("sip:x@y.test", "0.3");
		log(1, "one\n"); log(3, "three\n"); log("none\n"); log("L_ERR", "err $rm\n"); }`, c)
	if !c.ForceRport || !c.AddLocalRport || !c.NoConnectReply || !c.CloseReply || !c.NoConnect || !c.Close || c.AdvertisedHost != "gw.test" ||
		c.AdvertisedPort != 5099 || c.Flags != 8 || c.BranchFlags != 16 || len(c.Branches) != 1 || c.Branches[0].Q != 300 {
		t.Errorf("got %+v", c)
	}
	if got := strings.Join(b.log.lines, ""); got != "one\nerr $rm\n" {
		t.Errorf("logged %q", got)
	}
}
