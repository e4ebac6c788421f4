package dispatcher

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
)

const loaded = `1 sip:127.0.0.1:7001 0 0 duid=a;maxload=2
1 sip:127.0.0.1:7002 0 0 duid=b;maxload=1
1 sip:127.0.0.1:7003 0 1 duid=c;maxload=0
2 sip:127.0.0.1:7004
2 sip:127.0.0.1:7005 0 0 duid=q
3 sip:127.0.0.1:7006 0 0 duid=q;maxload=1
`

// Calls go where the fewest are. The same steps gave the same in Kamailio 5.6.3,
// but for a Call-ID that comes again.
func TestCalls(t *testing.T) {
	h := newHome(t, loaded)
	params := []string{"flags=2", "ds_hash_size=4", "ds_hash_initexpire=60", "ds_hash_expire=600", "ds_hash_check_interval=1"}
	p := h.compile(params, `
		if ($hdr(X-D) == "unset") { ds_load_unset(); say("$rc"); }
		else if ($rm == "INVITE") {
			ds_select_dst("$hdr(X-S)", "10");
			say("$rc $(du{uri.port}) $xavp(_dsdst_=>dstid) $xavp(_dsdst_[1]=>dstid) $xavp(_dsctx_=>cnt)");
			if ($hdr(X-D) == "next") { ds_next_dst(); say("$(du{uri.port})"); }
		} else { ds_load_update(); say("$rc"); }`, "")
	counts := func() string {
		var all []string
		for _, name := range []string{"a", "b", "c"} {
			all = append(all, fmt.Sprint(h.kept.calls.loadOf(1, name).Load()))
		}
		return strings.Join(all, " ")
	}
	for i, step := range []struct{ id, method, set, extra, want, loads string }{
		{"call0", "INVITE", "1", "", "1 7003 c b 3", "0 0 1"},
		{"call1", "INVITE", "1", "", "1 7002 b a 3", "0 1 1"},
		{"call2", "INVITE", "1", "", "1 7001 a c 2", "1 1 1"},
		{"call3", "INVITE", "1", "", "1 7003 c a 2", "1 1 2"},
		{"call4", "INVITE", "1", "", "1 7001 a c 2", "2 1 2"},
		{"call5", "INVITE", "1", "", "1 7003 c <null> 1", "2 1 3"},
		{"call0", "INVITE", "1", "", "1 7003 c <null> 1", "2 1 3"},
		{"call0", "BYE", "1", "", "1", "2 1 2"},
		{"call0", "BYE", "1", "", "1", "2 1 2"},
		{"nobody", "BYE", "1", "", "1", "2 1 2"},
		{"call1", "CANCEL", "1", "", "1", "2 0 2"},
		{"call2", "INVITE", "1", "unset", "1", "1 0 2"},
		{"call3", "OPTIONS", "1", "", "1", "1 0 2"},
		{"call9", "INVITE", "1", "next", "1 7002 b a 3|7001", "2 0 2"},
		{"call12", "INVITE", "3", "", "1 7006 q <null> 1", "2 0 2"},
		{"call13", "INVITE", "3", "", "-1 <null> <null> <null> <null>", "2 0 2"},
		{"call14", "INVITE", "2", "", "1 7005 q <null> 1", "2 0 2"},
	} {
		request := strings.ReplaceAll(invite(t, step.id), "INVITE", step.method)
		got := strings.Join(h.play(p, scripttest.With(request, "X-S: "+step.set, "X-D: "+step.extra)), "|")
		got = strings.Replace(got, "-1  ", "-1 <null> ", 1)
		if got != step.want || counts() != step.loads {
			t.Errorf("step %d, %s %s: %s, loads %s; want %s, %s", i, step.method, step.id, got, counts(), step.want, step.loads)
		}
	}
	reply := strings.Replace(strings.Replace(invite(t, "call3"), "INVITE sip:bob@example.test SIP/2.0", "SIP/2.0 200 OK", 1), "Max-Forwards: 70\r\n", "", 1)
	code := scripttest.Message(t, reply)
	words := &words{Server: Server{Kept: &h.kept, Now: h.now}, settings: settings{expire: 600}}
	words.updateLoad(&code.Context)
	h.last.Tick(p, h.now())
	h.at = h.at.Add(61 * time.Second)
	h.last.Tick(p, h.now())
	if counts() != "0 0 1" {
		t.Errorf("after a minute there are %s: the confirmed call alone is left", counts())
	}
	h.at = h.at.Add(600 * time.Second)
	h.last.Tick(p, h.now())
	if counts() != "0 0 0" {
		t.Errorf("in the end there are %s", counts())
	}
}

// A call keeps its destination while that is up.
func TestCallOfADestinationThatIsDown(t *testing.T) {
	h := newHome(t, loaded)
	p := h.compile([]string{"flags=2", "ds_hash_size=4"}, `ds_select_dst("1", "10"); say("$(du{uri.port})"); ds_mark_dst();`, "")
	for _, want := range []string{"7003", "7002", "7001"} {
		if got := h.play(p, scripttest.Invite); got[0] != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if n := h.kept.calls.loadOf(1, "a").Load() + h.kept.calls.loadOf(1, "b").Load() + h.kept.calls.loadOf(1, "c").Load(); n != 1 {
		t.Errorf("one call counts %d", n)
	}
}

// Without ds_hash_size algorithm 10 takes the first, and the log says so.
func TestCallsUncounted(t *testing.T) {
	h := newHome(t, loaded)
	got := h.run([]string{"flags=2"}, scripttest.Invite, `ds_select_dst("1", "10"); say("$rc $(du{uri.port})");`)
	if got[0] != "1 7003" || len(h.log.Lines) != 1 || !strings.Contains(h.log.Lines[0], "ds_hash_size") {
		t.Errorf("%q, log %q", got, h.log.Lines)
	}
}

// Many at once never exceed a limit, and all ends at nothing.
func TestCallsAtOnce(t *testing.T) {
	h := newHome(t, "1 sip:127.0.0.1:1 0 0 duid=a;maxload=100\n1 sip:127.0.0.1:2 0 0 duid=b;maxload=50\n")
	p := h.compile([]string{"flags=2", "ds_hash_size=4"}, `if ($rm == "INVITE") ds_select_dst("1", "10"); else ds_load_update();`, "")
	var group sync.WaitGroup
	route := p.Routes()[0]
	for worker := range 4 {
		group.Go(func() {
			for i := range 100 {
				m := scripttest.Message(t, invite(t, fmt.Sprintf("%d-%d", worker, i)))
				route.Run(&m.Context)
			}
		})
	}
	group.Wait()
	if a, b := h.kept.calls.loadOf(1, "a").Load(), h.kept.calls.loadOf(1, "b").Load(); a != 100 || b != 50 {
		t.Errorf("loads %d and %d", a, b)
	}
	h.kept.calls.sweep(1 << 60)
	if a, b := h.kept.calls.loadOf(1, "a").Load(), h.kept.calls.loadOf(1, "b").Load(); a != 0 || b != 0 {
		t.Errorf("in the end %d and %d", a, b)
	}
}

// Strangers fill a shard so far and no further.
func TestCallsAreBounded(t *testing.T) {
	var all calls
	d := &destination{load: all.loadOf(1, "a")}
	first := &all.shards[0]
	for i, n := 0, 0; n < mostCalls+50; i++ {
		if id := strconv.Itoa(i); all.shard(id) == first {
			d.count()
			all.begin(id, d, 10)
			n++
		}
	}
	if len(first.byID) != mostCalls || d.load.Load() != mostCalls {
		t.Errorf("%d calls in a shard, counted as %d", len(first.byID), d.load.Load())
	}
}
