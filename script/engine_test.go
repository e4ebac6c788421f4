// Tests of the engine: what they share.

package script

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// testLog keeps what is logged.
type testLog struct{ lines []string }

func (l *testLog) Log(level Level, text string) { l.lines = append(l.lines, text) }

// bench is a set of fake modules that write down what is called.
type bench struct {
	log   testLog
	trace []string
	codes map[string]int // results of calls by name; 1 unless set
}

// call gives the result of a function and notes the call.
func (b *bench) call(name string, args ...string) int {
	b.trace = append(b.trace, strings.TrimSpace(name+" "+strings.Join(args, ",")))
	if code, ok := b.codes[name]; ok {
		return code
	}
	return 1
}

func (b *bench) function(name string, low, high int) Function {
	return Function{Name: name, MinArgs: low, MaxArgs: high, Bind: func(args []Arg) (Action, error) {
		return func(c *Context) int {
			texts := make([]string, len(args))
			for i, a := range args {
				texts[i] = string(AppendArg(nil, c, a))
			}
			return b.call(name, texts...)
		}, nil
	}}
}

// isMethod is the function of textops, real enough for the tests.
func isMethod() Function {
	return Function{Name: "is_method", MinArgs: 1, MaxArgs: 1, Bind: func(args []Arg) (Action, error) {
		v, ok := args[0].Constant()
		if !ok {
			return nil, &ArgError{0, "must be fixed", ""}
		}
		methods := strings.Split(v.AsString(), "|")
		return func(c *Context) int {
			for _, m := range methods {
				if m == c.Message.Method {
					return 1
				}
			}
			return -1
		}, nil
	}}
}

// bindNothing binds a variable of a module that is always $null.
func bindNothing(*syntax.Inner, *syntax.Index, FormatBinder) (Assignable, error) {
	return &variable{eval: func(*Context) Value { return Value{} }}, nil
}

// modules gives fakes of what the scripts of the tests call. Their functions
// take any number of arguments.
func (b *bench) modules() []*Module {
	words := map[string]string{
		"core":      "forward send error exec",
		"tm":        "t_relay t_on_reply t_on_failure t_on_branch t_check_trans t_newtran t_is_set t_is_canceled t_check_status t_reply t_release t_branch_timeout t_branch_replied",
		"tmx":       "t_precheck_trans t_is_branch_route",
		"sl":        "sl_send_reply sl_reply_error send_reply",
		"rr":        "loose_route record_route add_rr_param check_route_param",
		"maxfwd":    "mf_process_maxfwd_header",
		"siputils":  "has_totag is_request is_reply is_first_hop",
		"registrar": "save lookup",
		"textops":   "append_hf remove_hf subst search",
		"sanity":    "sanity_check",
		"xlog":      "xlog xdbg",
		"auth":      "pv_www_authenticate www_challenge",
	}
	var all []*Module
	for name, functions := range words {
		m := &Module{Name: name}
		for word := range strings.FieldsSeq(functions) {
			m.Functions = append(m.Functions, b.function(word, 0, -1))
		}
		if name == "tm" {
			m.Variables = []Variable{{"T_branch_idx", bindNothing}, {"T_reply_code", bindNothing}}
		}
		if name == "xlog" {
			restricted := b.function("restricted", 1, 1)
			restricted.Routes = RoutesOf(syntax.RequestRoute, syntax.FailureRoute)
			m.Functions = append(m.Functions, restricted)
		}
		if name == "textops" {
			m.Functions = append(m.Functions, isMethod())
		}
		if name == "xlog" {
			m.Functions[0] = Function{Name: "xlog", MinArgs: 1, MaxArgs: 2, Bind: func(args []Arg) (Action, error) {
				return func(c *Context) int {
					b.trace = append(b.trace, string(AppendArg(nil, c, args[len(args)-1])))
					return 1
				}, nil
			}}
		}
		all = append(all, m)
	}
	return all
}

func (b *bench) options() Options {
	return Options{
		Modules: b.modules(), Log: &b.log, Color: true,
		Myself: func(host string, port int, _ wire.Transport) bool {
			return (host == "127.0.0.1" || host == "home.test") && (port == 0 || port == 5060 || port == 5098)
		},
		Defines: func(name string) (string, bool) {
			value, ok := map[string]string{"SOME": "some text", "NUM": "42"}[name]
			return value, ok
		},
	}
}

const loadAll = `
loadmodule "tm" loadmodule "tmx" loadmodule "sl" loadmodule "rr" loadmodule "maxfwd" loadmodule "siputils"
loadmodule "registrar" loadmodule "textops" loadmodule "sanity" loadmodule "xlog"
`

// compile compiles the text of a script and fails the test on faults.
func (b *bench) compile(t testing.TB, d syntax.Dialect, text string) *Program {
	t.Helper()
	f, err := syntax.Parse("test.cfg", text, syntax.Options{Dialect: d})
	if err != nil {
		t.Fatalf("%s\n%s", detail(err), text)
	}
	p, err := Compile(f, b.options())
	if err != nil {
		t.Fatalf("%s\n%s", detail(err), text)
	}
	return p
}

func detail(err error) string {
	if list, ok := err.(syntax.ErrorList); ok {
		return list.Detail()
	}
	return fmt.Sprint(err)
}

// run compiles a script, runs its main route on the message and gives what
// was called and logged.
func (b *bench) run(t testing.TB, d syntax.Dialect, text string, c *Context) Result {
	t.Helper()
	p := b.compile(t, d, text)
	return p.Run(syntax.RequestRoute, "", c)
}

// testContext makes a context of the message in a file of testdata.
func testContext(t testing.TB, file string) *Context {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return contextOf(t, string(text))
}

func contextOf(t testing.TB, text string) *Context {
	t.Helper()
	m, err := sip.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return &Context{
		Message: m, URI: m.RequestURI,
		Flow: wire.Flow{
			Transport: wire.UDP,
			Local:     netip.MustParseAddrPort("127.0.0.1:5098"),
			Remote:    netip.MustParseAddrPort("127.0.0.1:5099"),
		},
	}
}

// simpleRequest is a small message of a method.
func simpleRequest(method string) string {
	return method + " sip:bob@home.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
		"From: <sip:alice@home.test>;tag=1\r\nTo: <sip:bob@home.test>\r\nCall-ID: c1@test\r\nCSeq: 1 " + method + "\r\nContent-Length: 0\r\n\r\n"
}

// simpleReply is a small response to an INVITE.
func simpleReply(status int) string {
	return fmt.Sprintf("SIP/2.0 %d Some Reason\r\nVia: SIP/2.0/UDP 127.0.0.1:5098;branch=z9hG4bK2\r\n"+
		"From: <sip:alice@home.test>;tag=1\r\nTo: <sip:bob@home.test>;tag=2\r\nCall-ID: c1@test\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n", status)
}
