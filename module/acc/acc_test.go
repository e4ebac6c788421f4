package acc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// printer keeps the lines as "level:text".
type printer struct{ lines []string }

func (p *printer) Print(level script.Level, text []byte) {
	p.lines = append(p.lines, fmt.Sprintf("%d:%s", level, strings.TrimSuffix(string(text), "\n")))
}

func (p *printer) String() string { return strings.Join(p.lines, "\n") }

func now() time.Time { return time.Unix(1795396346, 0) }

const params = `modparam("acc", "log_flag", 1)
modparam("acc", "log_missed_flag", 2)
modparam("acc", "failed_transaction_flag", 3)
`

const answered = "ACC: transaction answered: timestamp=1795396346;method=INVITE;from_tag=f1;to_tag=uas1;call_id=c1@example.test;code=200;reason=OK"

// account runs a script on a message and gives the observer, as module tm has
// it.
func account(t *testing.T, text, more, body string) (*printer, module.Observer, *module.Message) {
	t.Helper()
	p := new(printer)
	a, observer := New(p, new(module.Verbosity), now)
	m := scripttest.Message(t, text)
	scripttest.RunWith(t, m, params+more, body, a)
	return p, observer, m
}

func TestAnswered(t *testing.T) {
	const extra = `modparam("acc", "log_extra", "src=$fu;dst=$ru;ua=$hdr(User-Agent);none=$hdr(Nope);avp=$avp(x);var=$var(x);si=$si;tr=$(ru{s.select,1,:})")`
	cancel := strings.ReplaceAll(scripttest.Invite, "INVITE", "CANCEL")
	body, _ := sip.Parse("SIP/2.0 183 Progress\r\nVia: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1\r\nFrom: <sip:a@b.test>;tag=f1\r\n" +
		"To: <sip:b@b.test>;tag=uas1\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nReason: Q.850;cause=16\r\nContent-Length: 3\r\n\r\nv=0")
	for _, test := range []struct {
		name, text, params, body string
		answer                   module.Answer
		want                     string
	}{
		{"no flag", scripttest.Invite, "", `setflag(4);`, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"}, ""},
		{"flag", scripttest.Invite, "", `setflag(1);`, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"}, "1:" + answered},
		{"level", scripttest.Invite, `modparam("acc", "log_level", 2)`, `setflag(1);`, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"}, "2:" + answered},
		{"level off", scripttest.Invite, `modparam("acc", "log_level", 3)`, `setflag(1);`, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"}, ""},
		{"extras", scripttest.Invite, extra, `setflag(1); $avp(x) = "ax"; $var(x) = "vx";`, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"},
			"1:" + answered + ";src=sip:alice@example.test;dst=sip:bob@example.test;ua=probe;none=;avp=ax;var=vx;si=127.0.0.9;tr=bob@example.test"},
		{"failed", scripttest.Invite, "", `setflag(1);`, module.Answer{Status: 486}, ""},
		{"failed, asked", scripttest.Invite, "", `setflag(1); setflag(3);`, module.Answer{Status: 486, Reason: "Busy Here", ToTag: "uas1"},
			"1:" + strings.Replace(answered, "code=200;reason=OK", "code=486;reason=Busy Here", 1)},
		{"filtered", scripttest.Invite, `modparam("acc", "failed_filter", "404,486")`, `setflag(1); setflag(3);`, module.Answer{Status: 486}, ""},
		{"cancel", cancel, "", `setflag(1);`, module.Answer{Status: 200}, ""},
		{"cancel, asked", cancel, `modparam("acc", "report_cancels", 1)`, `setflag(1);`, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"},
			"1:" + strings.Replace(answered, "INVITE", "CANCEL", 1)},
		{"ringing", scripttest.Invite, `modparam("acc", "early_media", 1)`, `setflag(1);`, module.Answer{Status: 180}, ""},
		{"progress", scripttest.Invite, "", `setflag(1);`, module.Answer{Status: 183, Response: body}, ""},
		{"progress, asked", scripttest.Invite, `modparam("acc", "early_media", 1)`, `setflag(1);`,
			module.Answer{Status: 183, Reason: "Progress", ToTag: "uas1", Response: body},
			"1:" + strings.Replace(answered, "code=200;reason=OK", "code=183;reason=Progress", 1)},
		{"reason", scripttest.Invite, "modparam(\"acc\", \"early_media\", 1)\nmodparam(\"acc\", \"reason_from_hf\", 1)", `setflag(1);`,
			module.Answer{Status: 183, Reason: "Progress", ToTag: "uas1", Response: body},
			"1:" + strings.Replace(answered, "code=200;reason=OK", "code=183;reason=Q.850;cause=16", 1)},
	} {
		p, observer, m := account(t, test.text, test.params, test.body)
		observer.Answered(m, test.answer)
		if p.String() != test.want {
			t.Errorf("%s: %s\nwant %s", test.name, p, test.want)
		}
	}
}

func TestMissed(t *testing.T) {
	p, observer, m := account(t, scripttest.Invite, "", `setflag(2);`)
	busy := module.Answer{Status: 486, Reason: "Busy Here", ToTag: "uas1"}
	observer.Missed(m, busy)
	observer.Missed(m, busy) // the flag must be set again
	want := "1:" + strings.NewReplacer("transaction answered", "call missed", "code=200;reason=OK", "code=486;reason=Busy Here").Replace(answered)
	if p.String() != want {
		t.Errorf("%s\nwant %s", p, want)
	}
	p, observer, m = account(t, strings.ReplaceAll(scripttest.Invite, "INVITE", "MESSAGE"), "", `setflag(2);`)
	if observer.Missed(m, busy); p.String() != "" {
		t.Errorf("a MESSAGE is no call: %s", p)
	}
}

func TestAcknowledged(t *testing.T) {
	ack := strings.ReplaceAll(scripttest.Invite, "INVITE", "ACK")
	ack = strings.Replace(ack, "To: <sip:bob@example.test>", "To: <sip:bob@example.test>;tag=uas1", 1)
	for _, test := range []struct{ params, body, want string }{
		{"", `setflag(1);`, ""},
		{`modparam("acc", "report_ack", 1)`, `setflag(4);`, ""},
		{`modparam("acc", "report_ack", 1)`, `setflag(1);`,
			"1:" + strings.NewReplacer("transaction answered", "request acknowledged", "INVITE", "ACK", "code=200;reason=OK", "code=;reason=").Replace(answered)},
	} {
		p, observer, m := account(t, ack, test.params, test.body)
		if observer.Acknowledged(nil, m); p.String() != test.want {
			t.Errorf("%s %s: %s\nwant %s", test.params, test.body, p, test.want)
		}
	}
}

func TestWatches(t *testing.T) {
	for _, test := range []struct {
		params, body string
		want         bool
	}{
		{"", `setflag(4);`, false},
		{"", `setflag(1);`, true},
		{"", `setflag(2);`, true},
		{"", `setflag(3);`, false},
		{`modparam("acc", "acc_prepare_flag", 4)`, `setflag(4);`, true},
		{`modparam("acc", "acc_prepare_always", 1)`, `exit;`, true},
		{`modparam("acc", "log_flag", -1)`, `setflag(1);`, false},
	} {
		_, observer, m := account(t, scripttest.Invite, test.params, test.body)
		if got := observer.Watches(m); got != test.want {
			t.Errorf("%s %s: %v", test.params, test.body, got)
		}
		if got := (module.Observers{observer}).Watching(m) != nil; got != test.want {
			t.Errorf("%s %s: watching %v", test.params, test.body, got)
		}
	}
	_, observer := New(new(printer), new(module.Verbosity), now)
	m := scripttest.Message(t, scripttest.Invite)
	m.Flags = 1<<32 - 1
	if observer.Watches(m) {
		t.Error("a module that no script has set up watches")
	}
}

// Kamailio 5.6.3 prints the same, but for the To tag that it makes up.
func TestLogRequest(t *testing.T) {
	tagged := strings.Replace(scripttest.Invite, "To: <sip:bob@example.test>", "To: <sip:bob@example.test>;tag=uas1", 1)
	accounted := "1:" + strings.Replace(answered, "transaction answered", "request accounted", 1)
	for _, test := range []struct{ body, want string }{
		{`acc_log_request("some comment $rm");`, strings.Replace(accounted, "code=200;reason=OK", "code=;reason=some comment INVITE", 1)},
		{`acc_log_request("404 Not found");`, strings.Replace(accounted, "code=200;reason=OK", "code=404;reason=Not found", 1)},
		{`acc_log_request("404");`, strings.Replace(accounted, "code=200;reason=OK", "code=404;reason=", 1)},
		{`acc_log_request("4040 x");`, strings.Replace(accounted, "code=200;reason=OK", "code=;reason=4040 x", 1)},
		{`acc_request("200 OK", "acc");`, accounted},
	} {
		p, _, _ := account(t, tagged, "", test.body)
		if p.String() != test.want {
			t.Errorf("%s: %s\nwant %s", test.body, p, test.want)
		}
	}
}

func TestDirection(t *testing.T) {
	bye := strings.ReplaceAll(scripttest.Invite, "INVITE", "BYE")
	bye = strings.Replace(bye, "To: <sip:bob@example.test>", "To: <sip:bob@example.test>;tag=uas1", 1)
	for _, test := range []struct{ route, params, want string }{
		{"<sip:127.0.0.1;lr;ftag=f1>", `modparam("acc", "detect_direction", 1)`, "from_tag=f1;to_tag=uas1;call_id=c1@example.test;code=200;reason=OK;src=sip:alice@example.test"},
		{"<sip:127.0.0.1;lr;ftag=uas1>", `modparam("acc", "detect_direction", 1)`, "from_tag=uas1;to_tag=f1;call_id=c1@example.test;code=200;reason=OK;src=sip:bob@example.test"},
		{"<sip:127.0.0.1;lr>, <sip:x.test;ftag=uas1>", `modparam("acc", "detect_direction", 1)`, "from_tag=uas1;to_tag=f1;"},
		{"<sip:127.0.0.1;lr;ftag=uas1>", "", "from_tag=f1;to_tag=uas1;"},
	} {
		p, observer, m := account(t, scripttest.With(bye, "Route: "+test.route), test.params+"\n"+`modparam("acc", "log_extra", "src=$fu")`, `setflag(1);`)
		observer.Answered(m, module.Answer{Status: 200, Reason: "OK", ToTag: "uas1"})
		if !strings.Contains(p.String(), test.want) {
			t.Errorf("%s %s: %s\nwant %s", test.route, test.params, p, test.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{`modparam("acc", "log_flag", 32)`, `exit;`},
		{`modparam("acc", "log_flag", "x")`, `exit;`},
		{`modparam("acc", "failed_filter", "200")`, `exit;`},
		{`modparam("acc", "log_extra", "a")`, `exit;`},
		{`modparam("acc", "log_extra", "a=$nope")`, `exit;`},
		{`modparam("acc", "log_level", "high")`, `exit;`},
		{"", `acc_db_request("200 OK", "acc");`},
		{`modparam("acc", "db_url", "mysql://x")`, `acc_request("200 OK", "acc");`},
	} {
		a, _ := New(new(printer), new(module.Verbosity), now)
		if _, err := scripttest.TryCompile("loadmodule \"acc\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, a); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}

func TestSplitOutside(t *testing.T) {
	got := splitOutside("a=$(hdr(X){param.value,a;b});b=$avp(x;y);;c=1", ';')
	if strings.Join(got, "|") != "a=$(hdr(X){param.value,a;b})|b=$avp(x;y)||c=1" {
		t.Errorf("%q", got)
	}
}
