package xlog

import (
	"fmt"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// printer keeps what is printed as "level:text".
type printer struct{ lines []string }

func (p *printer) Print(level script.Level, text []byte) {
	p.lines = append(p.lines, fmt.Sprintf("%d:%s", level, text))
}

func run(t *testing.T, d syntax.Dialect, head, body string) (lines []string, code int) {
	t.Helper()
	p := new(printer)
	m := New(p, new(module.Verbosity))
	keyword := "route"
	if d == syntax.Kamailio {
		keyword = "request_route"
	}
	program, err := scripttest.TryCompile(head+"\nloadmodule \"xlog.so\"\n"+keyword+" {\n"+body+"\n}\n", d, m)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	message := scripttest.Message(t, scripttest.Invite)
	code = program.Find(syntax.RequestRoute, "").Run(&message.Context).Code
	return p.lines, code
}

func TestLevels(t *testing.T) {
	for _, test := range []struct {
		dialect    syntax.Dialect
		head, body string
		want       string // lines joined by |
		code       int
	}{
		{syntax.Kamailio, "", `xlog("plain\n");`, "-1:plain\n", 1},
		{syntax.Kamailio, "debug=2", `xlog("L_INFO", "a"); xlog("L_DBG", "b"); xlog("L_NOTICE", "c");`, "2:a|1:c", 1},
		{syntax.Kamailio, "debug=3", `xdbg("d"); xinfo("i"); xnotice("n"); xwarn("w"); xerr("e"); xbug("b"); xcrit("c"); xalert("a");`,
			"3:d|2:i|1:n|0:w|-1:e|-4:b|-2:c|-5:a", 1},
		{syntax.Kamailio, "debug=-6", `xalert("a");`, "", 1},
		{syntax.Kamailio, "", `xlog("L_ALERT", "a"); xlog("L_BUG", "b"); xlog("L_CRIT", "c"); xlog("L_ERR", "e"); xlog("L_WARN", "w");`,
			"-5:a|-4:b|-2:c|-1:e|0:w", 1},
		{syntax.Kamailio, "", `xlog("L_INFO ", "a"); xlog("_INFO", "b");`, "2:a|1:b", 1}, // the third letter counts
		{syntax.Kamailio, "", `xlog("LOG_LOCAL3", "L_INFO", "facility");`, "2:facility", 1},
		{syntax.Kamailio, "", `xlog("$var(l)", "never set");`, "0:never set", 1},
		{syntax.Kamailio, "", `$var(l) = 2; xlog("$var(l)", "two");`, "2:two", 1},
		{syntax.Kamailio, "debug=9", `$var(l) = 4; xlog("$var(l)", "four");`, "", -1},
		{syntax.Kamailio, "", `$var(l) = "L_INFO"; xlog("$var(l)", "no number");`, "", -1},
		{syntax.Kamailio, "", `xlog("2", "number");`, "2:number", 1},

		{syntax.OpenSER, "debug=3", `xlog("L_INFO", "a"); xlog("L_DBG", "b");`, "2:a", 1},
		{syntax.OpenSER, "debug=4", `xlog("L_INFO", "a"); xlog("L_DBG", "b");`, "2:a|3:b", 1},
		{syntax.OpenSER, "debug=1", `xlog("L_WARN", "a"); xlog("L_NOTICE", "b"); xlog("L_ERR", "c");`, "0:a|-1:c", 1},
		{syntax.OpenSER, "debug=0", `xlog("L_WARN", "a"); xlog("L_ERR", "c");`, "-1:c", 1},
		{syntax.OpenSER, "debug=3", `xlog("3", "info by number");`, "2:info by number", 1},
		{syntax.SER, "debug=3", `xlog("L_INFO", "[%rm]"); xdbg("b");`, "2:[INVITE]", 1},
	} {
		lines, code := run(t, test.dialect, test.head, test.body)
		if got := strings.Join(lines, "|"); got != test.want || code != test.code {
			t.Errorf("%s %s %s: %q, %d; want %q, %d", test.dialect, test.head, test.body, got, code, test.want, test.code)
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ head, body, want string }{
		{"", `xlog("$$ $ru $(ru{s.len}) $hdr(Nope) $null\n");`, "-1:$ sip:bob@example.test 20 <null> <null>\n"},
		{"", `xlog("no line end"); xlog("next\n");`, "-1:no line end|-1:next\n"},
		{"", `xlog("$mb");`, "-1:" + scripttest.Invite},
		{"", "\n" + `xlogl("L_INFO", "line\n");`, "2:5:line\n"},
		{"debug=3", "\n" + `xdbgl("line\n");`, "3:5:line\n"},
	} {
		lines, _ := run(t, syntax.Kamailio, test.head, test.body)
		if got := strings.Join(lines, "|"); got != test.want {
			t.Errorf("%s: %q, want %q", test.body, got, test.want)
		}
	}
}

func TestParams(t *testing.T) {
	for _, test := range []struct{ params, body, want string }{
		{`modparam("xlog", "prefix", "P: ")`, `xlog("a");`, "-1:P: a"},
		{"modparam(\"xlog\", \"prefix\", \"<$rm>\")\nmodparam(\"xlog\", \"prefix_mode\", 1)", `xlog("a");`, "-1:<INVITE>a"},
		{`modparam("xlog", "prefix", "<$rm>")`, `xlog("a");`, "-1:<$rm>a"},
		{`modparam("xlog", "long_format", 1)`, `xlogl("a");`, "-1:test.cfg:4:a"},
		{`modparam("xlog", "buf_size", 8)`, `xlog("longer than eight");`, "-1:longer than eight"},
		{`modparam("xlog", "log_colors", "L_ERR=cr;L_WARN=px")`, `xlog("a");`, "-1:a"},
		{"", `xlogm("L_ERR", "filtered");`, ""},
		{`modparam("xlog", "methods_filter", 2)`, `xlogm("L_ERR", "no CANCEL");`, "-1:no CANCEL"},
		{`modparam("xlog", "methods_filter", 1)`, `xlogm("L_ERR", "INVITE");`, ""},
	} {
		p := new(printer)
		m := New(p, new(module.Verbosity))
		message := scripttest.Message(t, scripttest.Invite)
		scripttest.RunWith(t, message, test.params, test.body, m)
		if got := strings.Join(p.lines, "|"); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.params, test.body, got, test.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, body := range []string{`xlog("L_XX", "a");`, `xlog("LOG_INFO", "a");`, `xlog("I", "a");`, `xlog("$nope", "a");`, `xlog("$(", "a");`} {
		if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "xlog"`, body), syntax.Kamailio, New(new(printer), new(module.Verbosity))); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}

func TestVerbosityChanges(t *testing.T) {
	p, verbosity := new(printer), new(module.Verbosity)
	m := New(p, verbosity)
	program := scripttest.Compile(t, scripttest.Source([]*script.Module{m}, "debug=2", `xinfo("a");`), m)
	message := scripttest.Message(t, scripttest.Invite)
	route := program.Find(syntax.RequestRoute, "")
	route.Run(&message.Context)
	verbosity.Set(1)
	route.Run(&message.Context)
	verbosity.Reset()
	route.Run(&message.Context)
	if len(p.lines) != 2 {
		t.Errorf("%q", p.lines)
	}
}

// counter counts lines without keeping them.
type counter struct{ lines int }

func (c *counter) Print(script.Level, []byte) { c.lines++ }

func TestAllocations(t *testing.T) {
	c := new(counter)
	m := scripttest.Message(t, scripttest.Invite)
	if n := scripttest.Allocations(t, m, `xdbg("$mb $hdr(User-Agent)");`, New(c, new(module.Verbosity))); n != 0 || c.lines != 0 {
		t.Errorf("a line that is off: %v allocations, %d lines", n, c.lines)
	}
	if n := scripttest.Allocations(t, m, `xlog("$rm $mb");`, New(c, new(module.Verbosity))); n > 0 {
		t.Errorf("a line that is on: %v allocations", n)
	}
}
