package dlgs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Unix(1_000_000, 0)} }

func request(method string) string { return strings.ReplaceAll(scripttest.Invite, "INVITE", method) }

func reply(status int, method string) string {
	return fmt.Sprintf("SIP/2.0 %d x\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2\r\nFrom: <sip:a@b.test>;tag=f1\r\n"+
		"To: <sip:b@b.test>;tag=t1\r\nCall-ID: c1@example.test\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n", status, method)
}

// A call told by its messages.
func TestStates(t *testing.T) {
	for _, test := range []struct {
		messages []string
		want     State
	}{
		{nil, Begun},
		{[]string{reply(100, "INVITE")}, Begun},
		{[]string{reply(180, "INVITE")}, Progressing},
		{[]string{reply(180, "INVITE"), reply(200, "INVITE")}, Answered},
		{[]string{reply(200, "INVITE"), reply(180, "INVITE")}, Answered},
		{[]string{reply(200, "INVITE"), request("ACK")}, Confirmed},
		{[]string{request("ACK")}, Begun},
		{[]string{reply(200, "INVITE"), request("ACK"), request("INVITE"), reply(488, "INVITE")}, Confirmed},
		{[]string{reply(200, "INVITE"), request("ACK"), request("BYE"), reply(200, "BYE")}, Terminated},
		{[]string{reply(486, "INVITE"), request("ACK")}, NotAnswered},
		{[]string{reply(180, "INVITE"), request("CANCEL"), reply(200, "CANCEL"), reply(487, "INVITE")}, NotAnswered},
		{[]string{reply(200, "INVITE"), request("CANCEL")}, Answered},
		{[]string{reply(200, "OPTIONS")}, Begun},
	} {
		c, table := newClock(), new(Table)
		d := New(table, c.now)
		m := scripttest.Message(t, scripttest.Invite)
		if code := scripttest.Run(t, m, `dlgs_init("$fU", "$rU", "data");`, d); code != 1 {
			t.Fatalf("init: %d", code)
		}
		for _, text := range test.messages {
			if code := update(t, text, table, c); code != 1 {
				t.Errorf("%.20s: %d", text, code)
			}
		}
		if counts := table.Counts(c.now()); counts[test.want] != 1 {
			t.Errorf("%d messages: %v, want 1 %s", len(test.messages), counts, test.want)
		}
	}
}

func update(t *testing.T, text string, table *Table, c *clock) int {
	t.Helper()
	m := scripttest.Message(t, text)
	if m.Context.Message.IsRequest() {
		return scripttest.Run(t, m, `dlgs_update();`, New(table, c.now))
	}
	return scripttest.RunReply(t, m, `dlgs_update();`, New(table, c.now))
}

func TestWords(t *testing.T) {
	const init = `dlgs_init("alice", "bob", "x=1"); `
	for _, test := range []struct {
		body string
		code int
	}{
		{`dlgs_update();`, -1}, // not tracked
		{init + `dlgs_update();`, 1},
		{init + `dlgs_count("any", "", "");`, 1},
		{init + `dlgs_count("src", "eq", "$fU");`, 1},
		{init + `dlgs_count("src", "ne", "alice");`, -1},
		{init + `dlgs_count("dst", "sw", "bo");`, 1},
		{init + `dlgs_count("data", "re", "X=[0-9]");`, 1},
		{init + `dlgs_count("data", "re", "(");`, -1},
		{`dlgs_count("any", "", "");`, -1},
		{init + `dlgs_tags_add("t"); dlgs_tags_add("t"); dlgs_tags_count("t");`, 1},
		{init + `dlgs_tags_add("t"); dlgs_tags_rm("t"); dlgs_tags_count("t");`, -1},
		{init + `dlgs_tags_rm("t");`, -1},
		{`dlgs_tags_add("t");`, -1},
		{init + init, 1},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		if code := scripttest.Run(t, m, test.body, New(new(Table), newClock().now)); code != test.code {
			t.Errorf("%s: %d, want %d", test.body, code, test.code)
		}
	}
	again := scripttest.Message(t, strings.Replace(scripttest.Invite, "To: <sip:bob@example.test>", "To: <sip:b@b.test>;tag=x", 1))
	for _, m := range []*module.Message{again, scripttest.Message(t, request("OPTIONS"))} {
		if code := scripttest.Run(t, m, init, New(new(Table), newClock().now)); code != -1 {
			t.Errorf("%s begins a call: %d", m.Context.Message.Summary(), code)
		}
	}
}

func TestLifetimes(t *testing.T) {
	const params = `modparam("dlgs", "init_lifetime", 30)
modparam("dlgs", "active_lifetime", 100)
modparam("dlgs", "finish_lifetime", 5)
modparam("dlgs", "timer_interval", 1)
`
	c, table := newClock(), new(Table)
	total := func() (n int) {
		for _, one := range table.Counts(c.now()) {
			n += one
		}
		return n
	}
	begin := func() {
		m := scripttest.Message(t, scripttest.Invite)
		scripttest.RunWith(t, m, params, `dlgs_init("a", "b", "c");`, New(table, c.now))
	}
	move := func(text string) {
		parsed, err := sip.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		table.update(parsed, c.now())
	}
	after := func(seconds, want int, what string) {
		t.Helper()
		c.at = c.at.Add(time.Duration(seconds) * time.Second)
		if got := total(); got != want {
			t.Errorf("%s: %d calls, want %d", what, got, want)
		}
	}
	begin()
	after(29, 1, "begun, in time")
	after(2, 0, "begun, over")
	begin()
	move(reply(200, "INVITE"))
	after(99, 1, "answered, in time")
	move(request("INVITE")) // it is refreshed
	after(99, 1, "refreshed, in time")
	move(request("BYE"))
	after(4, 1, "terminated, in time")
	after(2, 0, "terminated, over")
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{"", `dlgs_count("nope", "eq", "x");`}, {"", `dlgs_count("src", "lt", "x");`},
		{`modparam("dlgs", "init_lifetime", 0)`, `exit;`}, {`modparam("dlgs", "active_lifetime", "x")`, `exit;`},
	} {
		if _, err := scripttest.TryCompile("loadmodule \"dlgs\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, New(new(Table), newClock().now)); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}
