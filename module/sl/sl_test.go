package sl

import (
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/proxy"
	"viaduct/resolve"
	"viaduct/sip"
)

// sent gives the first lines of what went out.
func sent(m *module.Message) (lines []string) {
	for _, s := range m.Proxy.Network.(*scripttest.Network).Sent {
		line, _, _ := strings.Cut(s.Text, "\r\n")
		lines = append(lines, line)
	}
	return lines
}

func TestReplies(t *testing.T) {
	for _, test := range []struct {
		body, want string
		code       int
	}{
		{`sl_send_reply("404", "Not Here");`, "SIP/2.0 404 Not Here", 1},
		{`sl_send_reply(404, "Not Here");`, "SIP/2.0 404 Not Here", 1},
		{`send_reply("480", "");`, "SIP/2.0 480 Temporarily Unavailable", 1},
		{`$var(c) = 486; sl_send_reply("$var(c)", "$rU is busy");`, "SIP/2.0 486 bob is busy", 1},
		{`$var(c) = 42; sl_send_reply("$var(c)", "x");`, "", -1},
		{`sl_reply_error();`, "SIP/2.0 500 Server Internal Error", 1},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		code := scripttest.Run(t, m, test.body, New())
		if got := strings.Join(sent(m), "|"); got != test.want || code != test.code {
			t.Errorf("%s: %q, %d; want %q, %d", test.body, got, code, test.want, test.code)
		}
	}
}

func TestReplyErrorSaysWhy(t *testing.T) {
	for _, test := range []struct {
		failure error
		want    string
	}{
		{resolve.ErrName, "SIP/2.0 478 Unresolvable destination"},
		{resolve.ErrScheme, "SIP/2.0 416 Unsupported URI Scheme"},
		{proxy.ErrNoTarget, "SIP/2.0 404 Not Found"},
	} {
		m := scripttest.Message(t, scripttest.Invite)
		m.Failure = test.failure
		scripttest.Run(t, m, `sl_reply_error();`, New())
		if got := strings.Join(sent(m), "|"); got != test.want {
			t.Errorf("%v: %q, want %q", test.failure, got, test.want)
		}
	}
}

func TestAnACKIsNeverAnswered(t *testing.T) { // 8.2.6, 17.1.1.3
	m := scripttest.Message(t, strings.ReplaceAll(scripttest.Invite, "INVITE", "ACK"))
	scripttest.Run(t, m, `sl_send_reply("404", "Not Here");`, New())
	if got := sent(m); len(got) != 0 {
		t.Errorf("sent %q", got)
	}
}

func TestRepliesCarryOurTagOnce(t *testing.T) { // 8.2.6.2, 8.2.7
	var tags [2]string
	for i := range tags {
		m := scripttest.Message(t, scripttest.Invite)
		scripttest.Run(t, m, `sl_send_reply("404", "Not Here");`, New())
		reply, err := sip.Parse(m.Proxy.Network.(*scripttest.Network).Sent[0].Text)
		if err != nil {
			t.Fatal(err)
		}
		tags[i] = reply.ToTag()
	}
	if tags[0] == "" || tags[0] != tags[1] {
		t.Errorf("To tags %q: a retransmission must get the same", tags)
	}
}

func TestFilterACK(t *testing.T) {
	invite := scripttest.Message(t, scripttest.Invite)
	ours := proxy.LocalTag(invite.Context.Message)
	ack := strings.ReplaceAll(scripttest.Invite, "INVITE", "ACK")
	for tag, want := range map[string]int{ours: 0, "other": 1} {
		m := scripttest.Message(t, strings.Replace(ack, "To: <sip:bob@example.test>", "To: <sip:bob@example.test>;tag="+tag, 1))
		if got := scripttest.Run(t, m, `sl_filter_ACK();`, New()); got != want {
			t.Errorf("To tag %q: %d, want %d", tag, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, body := range []string{`sl_send_reply("99", "x");`, `sl_send_reply("ok", "x");`, `sl_send_reply("404");`} {
		if _, err := scripttest.TryCompile(scripttest.Source(nil, `loadmodule "sl.so"`, body), 3, New()); err == nil {
			t.Errorf("%s compiles", body)
		}
	}
}
