package dispatcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"viaduct/internal/siptest/scripttest"
	"viaduct/script/syntax"
)

// What Kamailio 5.6.3 makes of the same marks one after the other.
func TestNextState(t *testing.T) {
	for _, test := range []struct {
		thresholds
		marks, want string
	}{
		{thresholds{1, 1}, "i a t a d t i ip tp ap p aip T IP at ad da dp i t a", "IX AX IX AX DX IX IX IP IP AP AP IP IX IP IX DX AX DX IX IX AX"},
		{thresholds{3, 2}, "t tp t t a a t t i t a t a tp ap d a i ap ap t t a t t i i i a",
			"TX TP IX IX IX AX TX TX IX IX IX IX IX IP IP DX AX IX IP AP TX TX AX TX TX IX IX IX IX"},
		{thresholds{3, 2}, "t t t a t t t t a a it ti pa", "TX TX IX IX IX IX IX IX IX AX IX IX IX"},
	} {
		var got []string
		now, count := flags(0), 0
		for mark := range strings.FieldsSeq(test.marks) {
			found, ok := parseMark(mark)
			if !ok {
				t.Fatal(mark)
			}
			now, count = test.next(now, count, found)
			got = append(got, now.String())
		}
		if have := strings.Join(got, " "); have != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.marks, have, test.want)
		}
	}
}

const three = `1 sip:127.0.0.1:7001 0 1
1 sip:127.0.0.1:7002 0 2
1 sip:127.0.0.1:7003 0 3
`

const events = `event_route[dispatcher:dst-down] { say("down $rm $du $dsv(code) $dsv(flags) $dsv(reason)"); }
event_route[dispatcher:dst-up] { say("up $rm $du $dsv(code)"); }
`

// A destination that is marked is left out, and its event route runs on the
// message at hand.
func TestMark(t *testing.T) {
	h := newHome(t, three)
	p := h.compile([]string{"flags=2"}, `
		ds_select_dst("1", "8"); ds_mark_dst(); say("$rc");
		ds_select_dst("1", "8"); ds_mark_dst("t"); say("$rc $dsv(code)");
		ds_select_dst("1", "8"); say("$du"); ds_mark_dst("dp");
		ds_select_dst("1", "8"); say("$rc");
		ds_next_dst(); ds_mark_dst("a"); say("$rc $du");
		ds_select_dst("1", "8"); say("$du");`, events)
	want := []string{
		"down INVITE sip:127.0.0.1:7003 820 0 <null>", "1",
		"down INVITE sip:127.0.0.1:7002 820 0 <null>", "1 <null>",
		"sip:127.0.0.1:7001", "down INVITE sip:127.0.0.1:7001 820 0 <null>",
		"-1",
		"up INVITE sip:127.0.0.1:7001 820", "1 sip:127.0.0.1:7001",
		"sip:127.0.0.1:7001",
	}
	// The records of the last selection were [7001]; behind them lie [7002 7001].
	if got := h.play(p, scripttest.Invite); len(got) != len(want) {
		t.Errorf("%q", got)
	} else {
		for i := range want {
			if i < 7 && got[i] != want[i] {
				t.Errorf("line %d: %q, want %q", i, got[i], want[i])
			}
		}
	}
}

// An event route that marks destinations does not run into itself.
func TestMarkInAnEventRoute(t *testing.T) {
	h := newHome(t, three)
	p := h.compile([]string{"flags=2"}, `ds_select_dst("1", "8"); ds_mark_dst("i"); say("$rc");`, `
event_route[dispatcher:dst-down] { say("down"); ds_mark_dst("a"); say("$rc"); }
event_route[dispatcher:dst-up] { say("up"); ds_mark_dst("i"); }`)
	if got := h.play(p, scripttest.Invite); !slices.Equal(got, []string{"down", "1", "1"}) {
		t.Errorf("%q", got)
	}
}

// How long a ping waits is what the script says of all requests.
func TestPatience(t *testing.T) {
	for param, want := range map[string]string{"": "30s", `modparam("tm", "fr_timer", 2500)`: "2.5s", `modparam("tm|usrloc", "fr_timer", "5")`: "5s", `modparam("usrloc", "fr_timer", 1)`: "30s"} {
		file, err := syntax.Parse("test.cfg", param+"\nrequest_route { exit; }", syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		file.LoadModules = nil
		if got := patienceOf(file); got.String() != want {
			t.Errorf("%s: %v, want %s", param, got, want)
		}
	}
}

func TestMarkOfNothing(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{"flags=2", `ds_mark_dst();`},
		{"flags=2", `$xavp(_dsdst_=>uri) = "sip:127.0.0.1:7009"; $xavp(_dsdst_=>grp) = 1; ds_mark_dst();`},
		{"flags=2", `$xavp(_dsdst_=>uri) = "sip:127.0.0.1:7001"; $xavp(_dsdst_=>grp) = 9; ds_mark_dst();`},
		{"flags=0", `ds_select_dst("1", "8"); ds_mark_dst();`},
	} {
		h := newHome(t, three)
		if got := h.run([]string{test.params}, scripttest.Invite, test.body+` say("$rc");`); !slices.Equal(got, []string{"-1"}) {
			t.Errorf("%s: %q", test.body, got)
		}
	}
}

// A reload of the script keeps what was found out about lines that are the same;
// ds_reload begins anew.
func TestStatesOutliveTheScript(t *testing.T) {
	h := newHome(t, three)
	params := []string{"flags=2"}
	old := h.compile(params, `ds_select_dst("1", "8"); ds_mark_dst("i"); say("$du");`, "")
	h.last.Tick(old, h.now())
	h.play(old, scripttest.Invite)
	h.write(three + "1 sip:127.0.0.1:7004 0 9\n")
	next := h.compile(params, `ds_select_dst("1", "8"); say("$du"); ds_next_dst(); say("$du"); if ($hdr(X-Reload) != $null) { ds_reload(); say("$rc"); }`, "")
	h.last.Tick(next, h.now())
	want := []string{"sip:127.0.0.1:7004", "sip:127.0.0.1:7002"}
	if got := h.play(next, scripttest.Invite); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	h.play(old, scripttest.Invite) // the old script still runs somewhere, and marks 7002
	want[1] = "sip:127.0.0.1:7001"
	if got := h.play(next, scripttest.With(scripttest.Invite, "X-Reload: 1")); !slices.Equal(got, append(want, "1")) {
		t.Errorf("%q, want %q", got, want)
	}
	want[1] = "sip:127.0.0.1:7003"
	if got := h.play(next, scripttest.With(scripttest.Invite, "X-Reload: 1")); !slices.Equal(got, append(want, "-1")) {
		t.Errorf("%q, want %q: twice within reload_delta", got, want)
	}
	h.at = h.at.Add(h.now().Sub(h.now()) + 6e9)
	h.write("nonsense\n")
	if got := h.play(next, scripttest.With(scripttest.Invite, "X-Reload: 1")); got[2] != "-1" || !strings.Contains(strings.Join(h.log.Lines, ""), "list:1: expected the number of a set") {
		t.Errorf("a bad list: %q, log %q", got, h.log.Lines)
	}
	if got := h.play(next, scripttest.Invite); got[1] != "sip:127.0.0.1:7003" {
		t.Errorf("after a bad list %q", got)
	}
	h.write("1 sip:127.0.0.1:7001\n")
	last := h.compile(params, "exit;", "")
	h.last.Tick(last, h.now())
	if n := len(h.kept.states); n != 1 {
		t.Errorf("%d states for a list of one", n)
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ param, body, list, want string }{
		{`db_url="mysql://x"`, "exit;", three, "destinations are not read from a database"},
		{`list_file="none"`, "exit;", three, "list_file"},
		{`flags=2`, "exit;", "1 sip:a\n1\n", "list:2: expected a set and a SIP URI"},
		{`ds_probing_mode=4`, "exit;", three, "expected a number from 0 to 3"},
		{`ds_probing_threshold=0`, "exit;", three, "expected a number from 1"},
		{`ds_ping_reply_codes="class=9"`, "exit;", three, `expected "code=403;class=2"`},
		{`ds_latency_estimator_alpha=1001`, "exit;", three, "expected a number from 0 to 1000"},
		{`setid_pvname="x"`, "exit;", three, "expected a variable"},
		{`hash_pvar="$nope"`, "exit;", three, "nope"},
		{`dst_avp="x"`, "exit;", three, "expected $avp(name)"},
		{`ds_default_socket="udp:x:y:z"`, "exit;", three, "ds_default_socket"},
		{`flags=2`, `ds_mark_dst("x");`, three, "expected a for active"},
		{`flags=2`, `ds_mark_dst($rU);`, three, "fixed text"},
		{`flags=2`, `ds_select_dst("1", "7");`, three, "hash_pvar"},
		{`flags=2`, `ds_select_dst("one", "4");`, three, "not a number"},
		{`flags=2`, `ds_select_routes(" 2=8", "d");`, three, "sets and algorithms"},
		{`flags=2`, `say("$dsv(x)");`, three, "expected $dsv(code)"},
		{`flags=2`, `ds_next_dst(); } onreply_route { ds_select_dst("1", "4");`, three, "ds_select_dst"},
	} {
		h := newHome(t, test.list)
		_, err := scripttest.TryCompile(source([]string{test.param}, test.body, ""), syntax.Kamailio, h.module(), h.said.Module())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v, want %q", test.param, test.body, err, test.want)
		}
	}
}

// A script that does not load the module needs no list.
func TestNotLoaded(t *testing.T) {
	h := newHome(t, "")
	p := scripttest.Compile(t, "request_route { exit; }", h.module())
	h.last.Tick(p, h.now())
}

func TestDatabaseHint(t *testing.T) {
	_, err := scripttest.TryCompile(source([]string{`db_url="x"`}, "exit;", ""), syntax.Kamailio, newHome(t, three).module(), new(scripttest.Said).Module())
	list, _ := err.(syntax.ErrorList)
	if len(list) != 1 || !strings.Contains(fmt.Sprint(list[0].Hint), "dispatcher.list") {
		t.Errorf("%v", err)
	}
}

func TestFlagsAsWritten(t *testing.T) {
	for f, want := range map[flags]string{0: "AX", inactive: "IX", trying | probing: "TP", disabled | inactive: "DX", probing: "AP"} {
		if got := f.String(); got != want {
			t.Errorf("%d: %s, want %s", f, got, want)
		}
	}
}
