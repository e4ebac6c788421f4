package dialog

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

// home is a module with a clock that tests move.
type home struct {
	at    time.Time
	table *Table
	log   scripttest.Log
	d     *Module
	ran   []string // what routes about dialogs saw
	p     *script.Program
	route *script.Route
}

func newHome(t testing.TB, params, body string) *home {
	t.Helper()
	h := &home{at: time.Unix(1_000_000, 0), table: new(Table)}
	words, d := New(Server{
		Table: h.table, Now: func() time.Time { return h.at }, Myself: scripttest.Myself, Log: &h.log,
		Run: func(route *script.Route, set func(*module.Message)) {
			m := message(t, scripttest.Invite)
			set(m)
			h.ran = append(h.ran, m.Message.Method+" "+m.Message.CallID())
			route.Run(&m.Context)
		},
	})
	h.d = d
	h.p = scripttest.Compile(t, scripttest.Source([]*script.Module{words}, params, body)+"\nevent_route[dialog:end] { return; }\n", words)
	h.route = h.p.Find(syntax.RequestRoute, "")
	return h
}

func (h *home) pass(seconds int) {
	for range seconds {
		h.at = h.at.Add(time.Second)
		h.d.tick(h.p, h.at)
	}
}

// run has a message pass the script, up to the end of its route.
func (h *home) run(m *module.Message) *module.Message {
	h.route.Run(&m.Context)
	return m
}

// within makes a request of the dialog of scripttest.Invite.
func within(method, callID string, upstream bool) string {
	from, to := "<sip:alice@example.test>;tag=f1", "<sip:bob@example.test>;tag=t1"
	if upstream {
		from, to = to, from
	}
	return fmt.Sprintf("%s sip:bob@127.0.0.9 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK2\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: 2 %s\r\nContent-Length: 0\r\n\r\n", method, from, to, callID, method)
}

// message is scripttest.Message for very many: it has no network.
func message(t testing.TB, text string) *module.Message {
	parsed, err := sip.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	m := new(module.Message)
	m.Host = m
	m.Context.Message, m.URI = parsed, parsed.RequestURI
	return m
}

// call begins a call that the callee has answered.
func (h *home) call(t testing.TB, callID string) *module.Message {
	m := message(t, strings.Replace(scripttest.Invite, "c1@example.test", callID, 1))
	h.run(m)
	if !h.d.Watches(m) {
		t.Fatal("the INVITE is not watched")
	}
	h.d.Answered(m, module.Answer{Status: 200, ToTag: "t1"})
	return m
}

// TestNothingIsLeft: 10,000 calls that end in all ways leave nothing, neither
// in the tables nor on the wheel.
func TestNothingIsLeft(t *testing.T) {
	h := newHome(t, `modparam("dialog", "profiles_with_value", "user")`+"\n"+`modparam("dialog", "default_timeout", 100)`,
		`if (is_known_dlg()) { dlg_manage(); exit; } set_dlg_profile("user", "$fU"); $dlg_var(a) = "x"; dlg_manage();`)
	const calls = 10_000
	most := 0
	for i := range calls {
		callID := fmt.Sprint("call", i)
		switch i % 5 {
		case 0: // refused
			m := message(t, strings.Replace(scripttest.Invite, "c1@example.test", callID, 1))
			h.run(m)
			h.d.Answered(m, module.Answer{Status: 486})
		case 1: // answered without state
			m := message(t, strings.Replace(scripttest.Invite, "c1@example.test", callID, 1))
			h.run(m).Unlock()
		case 2: // BYE
			h.call(t, callID)
			h.run(message(t, within("ACK", callID, false)))
			h.run(message(t, within("BYE", callID, true)))
		case 3: // its time is over
			h.call(t, callID)
			h.run(message(t, within("ACK", callID, false)))
		case 4: // no ACK
			h.call(t, callID)
		}
		if i%100 == 0 {
			h.pass(1)
		}
		most = max(most, h.table.Len())
	}
	h.pass(200)
	left := 0
	for _, list := range h.table.wheel.lists {
		if list != nil {
			left++
		}
	}
	if n := h.table.Len() + len(h.table.byCall) + len(h.table.sizes) + len(h.table.totals) + left; n != 0 {
		t.Errorf("left: %d dialogs, %d calls, %d profiles, %d on the wheel", h.table.Len(), len(h.table.byCall), len(h.table.sizes), left)
	}
	if most < calls/4 {
		t.Errorf("at most %d dialogs at once: nothing was tried", most)
	}
	got := []int64{h.table.active.Load(), h.table.early.Load(), h.table.processed.Load(), h.table.expired.Load(), h.table.failed.Load()}
	if want := []int64{0, 0, calls, 2 * calls / 5, calls / 5}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("statistics %v, want %v", got, want)
	}
}

// An answer that comes while the route still runs is not forgotten with it.
func TestAnsweredBeforeItsRouteEnds(t *testing.T) {
	h := newHome(t, "", `dlg_manage();`)
	m := h.call(t, "c1")
	m.Unlock()
	if h.table.Len() != 1 {
		t.Error("the dialog is gone")
	}
}

// A script that does not load the module pays nothing.
func TestNotLoadedCostsNothing(t *testing.T) {
	_, d := New(Server{Table: new(Table)})
	m := scripttest.Message(t, scripttest.Invite)
	ack := message(t, within("ACK", "c1", false))
	if n := testing.AllocsPerRun(100, func() {
		if d.Watches(m) {
			t.Error("it watches")
		}
		d.Followed(ack, ";lr;did=1.1", false)
		d.Acknowledged(nil, ack)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A request that has nothing to do with a dialog costs one that loads it no
// memory either.
func TestOthersCostNothing(t *testing.T) {
	h := newHome(t, "", `exit;`)
	m := scripttest.Message(t, strings.ReplaceAll(scripttest.Invite, "INVITE", "MESSAGE"))
	if n := testing.AllocsPerRun(100, func() {
		if h.d.Watches(m) {
			t.Error("it watches")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWheel(t *testing.T) {
	var w wheel
	at := func(second int64) time.Time { return time.Unix(second, 0) }
	w.due(at(5000))
	a, b, c, gone := new(Dialog), new(Dialog), new(Dialog), new(Dialog)
	w.arm(a, at(5003))
	w.arm(b, at(5003+slots)) // the same list, a turn later
	w.arm(c, at(4000))       // long ago: the next time
	w.arm(gone, at(5003))
	w.disarm(gone)
	w.disarm(gone)
	for _, test := range []struct {
		now  int64
		want []*Dialog
	}{
		{5000, nil}, {5001, []*Dialog{c}}, {5002, nil}, {5003, []*Dialog{a}}, {5003 + slots - 1, nil}, {5003 + slots, []*Dialog{b}},
	} {
		if got := w.due(at(test.now)); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("at %d: %d are due, want %d", test.now, len(got), len(test.want))
		}
	}
	now := int64(5003 + slots)
	w.arm(a, at(now+100))
	w.arm(a, at(now+200)) // moved
	w.arm(b, at(now+50))
	if got := w.due(at(now + 10*slots)); len(got) != 2 { // the clock leaps
		t.Errorf("%d are due", len(got))
	}
}

// Kamailio 5.6.3 gives the same numbers and writes them so.
func TestNumbers(t *testing.T) {
	table := new(Table)
	for _, test := range []struct {
		callID, cookie string
		entry, id      uint32
	}{
		{"ci-bob-638863", "396.308", 1683, 0x803}, {"ci-w-677541", "5e5.f392", 1509, 0x293f},
	} {
		d := &Dialog{callID: test.callID}
		table.add(d, numbering{size: 4096, step: 1})
		delete(table.byID, d.id)
		d.id = test.id
		table.byID[d.id] = d
		if d.entry != test.entry || d.cookie() != test.cookie || table.byCookie(test.cookie) != d {
			t.Errorf("%s: entry %d, cookie %s, want %d, %s", test.callID, d.entry, d.cookie(), test.entry, test.cookie)
		}
	}
	for _, cookie := range []string{"", ".", "396", "396.", ".308", "396.308.1", "-1.308", "396.308ffffff", "g.1", "+1.1"} {
		if table.byCookie(cookie) != nil {
			t.Errorf("%q is a dialog", cookie)
		}
	}
	table = new(Table)
	for i, want := range []uint32{10, 15, 20} {
		d := &Dialog{callID: fmt.Sprint(i)}
		if table.add(d, numbering{size: 4096, start: 10, step: 5}); d.id != want {
			t.Errorf("id %d, want %d", d.id, want)
		}
	}
}

// Of the route set of a 2xx the callee's part is what others have added behind us.
func TestTowards(t *testing.T) {
	_, d := New(Server{Table: new(Table), Myself: scripttest.Myself})
	dialog := &Dialog{entry: 0x1, id: 0x2}
	const a, b, us, preset = "<sip:a.test;lr>", "<sip:b.test;lr>", "<sip:127.0.0.1;lr>", "<sip:edge.test;did=1.2;lr>"
	for _, test := range []struct {
		all     []string
		callers int
		want    string
	}{
		{nil, 0, ""},
		{[]string{us}, 0, ""},
		{[]string{us, us}, 0, ""},
		{[]string{a, us, b}, 1, a},
		{[]string{a, b, us}, 0, b + a},
		{[]string{a, preset, b}, 1, a},
		{[]string{a}, 0, a},
		{[]string{a}, 3, ""},
		{[]string{"no address", us}, 0, "no address"},
	} {
		if got := strings.Join(d.towards(test.all, test.callers, dialog), ""); got != test.want {
			t.Errorf("%q behind %d: %q, want %q", test.all, test.callers, got, test.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body, want string }{
		{`modparam("dialog", "dlg_match_mode", 3)`, `exit;`, "dlg_match_mode"},
		{`modparam("dialog", "default_timeout", 0)`, `exit;`, "seconds"},
		{`modparam("dialog", "dlg_flag", 32)`, `exit;`, "dlg_flag"},
		{`modparam("dialog", "hash_size", 0)`, `exit;`, "hash_size"},
		{`modparam("dialog", "rr_param", "a;b")`, `exit;`, "rr_param"},
		{`modparam("dialog", "ka_interval", 10)`, `exit;`, "ka_interval"},
		{`modparam("dialog", "timeout_avp", "nonsense")`, `exit;`, "timeout_avp"},
		{"", `set_dlg_profile("nope");`, "profile nope"},
		{"", `dlg_bye("me");`, "side"},
		{"", `dlg_set_property("nice");`, "property"},
		{"", `dlg_set_timeout("10", "1");`, "h_entry"},
		{"", `dlg_remote_profile("move", "a", "b", "c", 1);`, "command"},
		{"", `dlg_bridge("sip:a@b.test", "sip:c@d.test", "sip:e.test");`, "does not implement"},
		{"", `dlg_refer("caller", "sip:a@b.test");`, "does not implement"},
		{"", `dlg_db_load_callid("x");`, "does not implement"},
		{"", `$dlg_ctx(flags) = 1;`, "dlg_ctx"},
		{"", `if ($dlg(nope) == 1) exit;`, "dlg(nope)"},
		{"", `$dlg(state) = 1;`, ""},
		{"", `if ($dlg_var == 1) exit;`, "dlg_var"},
	} {
		words, _ := New(Server{Table: new(Table), Log: new(scripttest.Log)})
		_, err := scripttest.TryCompile(scripttest.Source([]*script.Module{words}, test.params, test.body), syntax.Kamailio, words)
		if err == nil && test.want != "" || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: %v", test.params, test.body, err)
		}
	}
	words, _ := New(Server{Table: new(Table), Log: new(scripttest.Log)})
	params := ""
	for _, line := range strings.Fields("enable_stats:1 wait_ack:0 timer_procs:1 initial_cbs_inscript:1 track_cseq_updates:1 db_mode:1 db_update_period:60 db_fetch_rows:10 enable_dmq:0 db_skip_load:1") {
		name, value, _ := strings.Cut(line, ":")
		params += fmt.Sprintf("modparam(\"dialog\", %q, %s)\n", name, value)
	}
	if _, err := scripttest.TryCompile(scripttest.Source([]*script.Module{words}, params, "exit;"), syntax.Kamailio, words); err != nil {
		t.Errorf("what scripts set: %v", err)
	}
}

// FuzzCookie: what stands in a Route of anybody's never fails, and what is read
// is written so again.
func FuzzCookie(f *testing.F) {
	for _, cookie := range []string{"396.308", "e7.6771", ".", "0.1", "ffffffff.ffffffff", "fffffffff.1"} {
		f.Add(cookie)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		first, second, _ := strings.Cut(cookie, ".")
		entry, ok1 := forwards(first)
		id, ok2 := forwards(second)
		if !ok1 || !ok2 {
			return
		}
		d := &Dialog{entry: entry, id: id}
		table := &Table{byID: map[uint32]*Dialog{id: d}}
		if table.byCookie(d.cookie()) != d {
			t.Errorf("%q is read as %d and %d, and not written so: %q", cookie, entry, id, d.cookie())
		}
	})
}

// FuzzTowards: route sets of anybody's.
func FuzzTowards(f *testing.F) {
	f.Add("<sip:a.test;lr>\n<sip:127.0.0.1;lr>", 1)
	f.Add("no address", 0)
	_, d := New(Server{Table: new(Table), Myself: scripttest.Myself})
	f.Fuzz(func(t *testing.T, text string, callers int) {
		all := strings.Split(text, "\n")
		if to := d.towards(all, max(callers, 0), new(Dialog)); len(to) > len(all) {
			t.Errorf("%d of %d", len(to), len(all))
		}
	})
}

// Routes about a dialog see a message with its Call-ID, or when that cannot be
// made the server's own.
func TestStandIn(t *testing.T) {
	h := newHome(t, `modparam("dialog", "default_timeout", 10)`, `dlg_manage();`)
	h.call(t, "c1")
	dialog, _ := h.table.find("c1", "f1", "t1")
	m, err := sip.Parse(dialog.standIn())
	if err != nil || m.CallID() != "c1" || m.FromTag() != "f1" || m.ToTag() != "t1" || m.RequestURI != "sip:bob@example.test" {
		t.Errorf("%v\n%s", err, dialog.standIn())
	}
	h.pass(11)
	h.call(t, "c2")
	dialog, _ = h.table.find("c2", "f1", "t1")
	dialog.caller.tag = "\x00"
	h.pass(11)
	if got := strings.Join(h.ran, ", "); got != "OPTIONS c1, INVITE c1@example.test" {
		t.Errorf("ran on %s", got)
	}
}
