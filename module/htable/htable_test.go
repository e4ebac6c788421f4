package htable

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(seconds int) { c.at = c.at.Add(time.Duration(seconds) * time.Second) }

// home is a server with its tables.
type home struct {
	clock
	log    scripttest.Log
	tables *Tables
	last   *script.Module
}

func newHome() *home {
	h := &home{tables: new(Tables)}
	h.tables.setLimit(defaultMegabytes)
	h.at = time.Unix(1_000_000, 0)
	return h
}

func (h *home) module(t testing.TB) *script.Module {
	h.last = New(Server{Tables: h.tables, Now: h.now, Log: &h.log, Run: func(route *script.Route, set func(*module.Message)) {
		m := scripttest.Message(t, scripttest.Invite)
		set(m)
		route.Run(&m.Context)
	}})
	return h.last
}

const tableParams = `modparam("htable", "htable", "a=>size=4;autoexpire=50;")
modparam("htable", "htable", "b=>size=4;initval=3")
modparam("htable", "htable", "c=>size=4;autoexpire=2;updateexpire=0")
modparam("htable", "htable", "d=>")
`

// run runs statements, and gives a format string as it stands behind them.
func (h *home) run(t testing.TB, body, result string, others string) (string, *script.Program) {
	t.Helper()
	said := new(scripttest.Said)
	p := scripttest.Compile(t, "loadmodule \"say\"\nloadmodule \"htable.so\"\n"+tableParams+"request_route {\n"+body+"\nsay(\""+result+"\");\n}\n"+others, h.module(t), said.Module())
	m := scripttest.Message(t, scripttest.Invite)
	p.Find(syntax.RequestRoute, "").Run(&m.Context)
	return strings.Join(said.Lines, "|"), p
}

// What Kamailio 5.6.3 gives.
func TestVariables(t *testing.T) {
	for _, test := range []struct{ body, result, want string }{
		{``, `$sht(a=>x) $sht(b=>x) $shtex(a=>x)`, "<null> 3 0"},
		{`$sht(a=>x) = 5; $sht(a=>y) = "text"; $sht(a=>z[0]) = 7; $sht(a=>z[1]) = "8";`,
			`$sht(a=>x) $sht(a=>y) $(sht(a=>z[0])) $sht(a=>z[1]) $shtex(a=>x)`, "5 text 7 8 50"},
		{`$sht(d=>x) = 5;`, `$shtinc(d=>x) $shtdec(d=>x) $shtinc(d=>new) $shtinc(b=>new) $shtdec(b=>new) $shtdec(b=>new)`, "6 5 <null> 4 3 2"},
		{`$sht(a=>y) = "7";`, `$shtinc(a=>y) $sht(a=>y)`, "<null> 7"},
		{`$sht(a=>x) = 5; $sht(a=>x) = $null;`, `$sht(a=>x)`, "<null>"},
		{`$sht(a=>x) = 5; $sht(a=>n) = $sht(a=>x) + 1; $sht(a=>n2) = $sht(a=>none) + 1;`, `$sht(a=>n) $sht(a=>n2)`, "6 1"},
		{`$var(k) = "y"; $sht(a=>y) = 1; $sht(a=>$rU::$var(k)) = 2;`, `$sht(a=>$var(k)) $sht(a=>$rU::y) $sht(a=>bob::y)`, "1 2 2"},
		{`$sht(a=>a b) = 3; $sht(a=>b=>c) = 4;`, `$sht(a=>a b) $sht(a=>b=>c) $sht(a=>b)`, "3 4 <null>"},
		{`$sht(a=>x) = "";`, `[$sht(a=>x)] [$sht(a=>)]`, "[] [<null>]"},
		{`$sht(a=>x) = 1; $shtex(a=>x) = 7; $shtex(a=>none) = 7;`, `$shtex(a=>x) $shtex(a=>none)`, "7 0"},
		{`$sht(d=>x) = 1; $shtex(d=>x) = 7;`, `$shtex(d=>x) $sht(d=>x)`, "0 1"},
		{`$sht(a=>alice) = 5; $sht(a=>alison) = 6; $sht(a=>bob) = "alice"; $sht(a=>carol) = "malice"; $sht(a=>n) = -3;`,
			`$shtcn(a=>~~ali) $shtcn(a=>~~^li) $shtcn(a=>==bob) $shtcn(a=>bob) $shtcn(a=>eqbob) $shtcn(a=>**) $shtcn(a=>~~BOB)`, "2 0 1 1 0 5 1"},
		{`$sht(a=>alice) = 5; $sht(a=>alison) = 6; $sht(a=>bob) = "alice"; $sht(a=>carol) = "malice";`,
			`$shtcv(a=>~~li) $shtcv(a=>==alice) $shtcv(a=>eq5) $shtcv(a=>alice) $shtcv(a=>5) $shtcv(a=>==5) $shtcv(a=>eqx) $shtcv(a=>**)`, "2 1 1 2 0 0 0 4"},
		{`$sht(a=>x) = 1; $var(e) = "~~X";`, `$shtcn(a=>$var(e)) $shtcn(a=>~~[)`, "1 0"},
		{``, `$shtrecord(key)$shtitkey(i)`, "<null><null>"},
		{`$sht(nope=>x) = 1;`, `$sht(nope=>x) $shtex(nope=>x) $shtinc(nope=>x) $shtcn(nope=>x)`, "<null> <null> <null> <null>"},
	} {
		if got, _ := newHome().run(t, test.body, test.result, ""); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.body, test.result, got, test.want)
		}
	}
}

// What Kamailio 5.6.3 gives, but that there an unknown table gives -11 to
// sht_lock, a bad expression and sht_setxi give 0.
func TestFunctions(t *testing.T) {
	const fill = `$sht(a=>alice) = 5; $sht(a=>bob) = "alice"; $sht(a=>carol) = "malice"; `
	for _, test := range []struct {
		body string
		code string
		left string // keys
	}{
		{`sht_rm("a", "bob");`, "1", "alice carol"},
		{`sht_rm("a", "none");`, "1", "alice bob carol"},
		{`sht_rm("nope", "bob");`, "-1", "alice bob carol"},
		{`sht_reset("a");`, "1", ""},
		{`sht_reset("nope");`, "-1", "alice bob carol"},
		{`sht_rm_name_re("a=>^B");`, "1", "alice carol"},
		{`sht_rm_name_re("a=>.*");`, "1", ""},
		{`sht_rm_name_re("a=>b$");`, "1", "alice carol"},
		{`$var(u) = "ali"; sht_rm_name_re("a=>^$var(u)");`, "1", "bob carol"},
		{`sht_rm_name_re("nope=>q");`, "-1", "alice bob carol"},
		{`sht_rm_name_re("a=>[");`, "-1", "alice bob carol"},
		{`sht_rm_value_re("a=>LICE");`, "1", "alice"},
		{`sht_rm_value_re("a=>5");`, "1", "alice bob carol"},
		{`sht_rm_value("a", "sw", "mal");`, "1", "alice bob"},
		{`sht_rm_name("a", "re", "^ali");`, "1", "bob carol"},
		{`sht_rm_name("a", "zz", "^ali");`, "-1", "alice bob carol"},
		{`sht_rm_name("a", "eq", "bob");`, "-1", "alice bob carol"},
		{`sht_rm_name("a", "sw", "x");`, "1", "alice bob carol"},
		{`sht_rm_name("nope", "sw", "x");`, "-1", "alice bob carol"},
		{`sht_has_name("a", "eq", "bob");`, "1", "alice bob carol"},
		{`sht_has_name("a", "eq", "none");`, "-1", "alice bob carol"},
		{`sht_has_name("a", "ne", "bob");`, "1", "alice bob carol"},
		{`sht_has_name("a", "re", "^B");`, "1", "alice bob carol"},
		{`sht_has_name("a", "sw", "bo");`, "1", "alice bob carol"},
		{`sht_has_name("a", "xx", "bo");`, "-1", "alice bob carol"},
		{`sht_match_name("a", "sw", "bo");`, "1", "alice bob carol"},
		{`sht_has_str_value("a", "eq", "5");`, "-1", "alice bob carol"},
		{`sht_has_str_value("a", "sw", "mal");`, "1", "alice bob carol"},
		{`sht_match_str_value("a", "eq", "alice");`, "1", "alice bob carol"},
		{`sht_lock("a=>x");`, "1", "alice bob carol"},
		{`sht_unlock("a=>x");`, "1", "alice bob carol"},
		{`sht_lock("nope=>x");`, "-1", "alice bob carol"},
		{`sht_unlock("nope=>x");`, "-1", "alice bob carol"},
		{`sht_iterator_start("i", "a");`, "1", "alice bob carol"},
		{`sht_iterator_start("i", "nope");`, "-1", "alice bob carol"},
		{`sht_iterator_start("", "a");`, "-1", "alice bob carol"},
		{`sht_iterator_next("i");`, "-1", "alice bob carol"},
		{`sht_iterator_end("i");`, "-1", "alice bob carol"},
		{`sht_iterator_rm("i");`, "-1", "alice bob carol"},
		{`sht_iterator_start("i", "a"); sht_iterator_rm("i");`, "-1", "alice bob carol"},
		{`sht_iterator_start("i", "a"); sht_iterator_end("i");`, "1", "alice bob carol"},
		{`sht_iterator_start("i", "b"); sht_iterator_next("i");`, "-1", "alice bob carol"},
		{`sht_setxs("a", "new", "v", "5");`, "1", "alice bob carol new"},
		{`sht_setxi("a", "new", "7", "5");`, "1", "alice bob carol new"},
		{`sht_setxi("a", "new", "seven", "5");`, "-1", "alice bob carol"},
		{`sht_setxs("nope", "new", "v", "5");`, "-1", "alice bob carol"},
		{`sht_print();`, "1", "alice bob carol"},
	} {
		h := newHome()
		code, _ := h.run(t, fill+test.body, "$rc", "")
		var left []string
		for _, key := range []string{"alice", "bob", "carol", "new"} {
			if h.tables.open("a").Get(key, 0).Kind != script.Null {
				left = append(left, key)
			}
		}
		if code != test.code || strings.Join(left, " ") != test.left {
			t.Errorf("%s: %s, left %v; want %s, %s", test.body, code, left, test.code, test.left)
		}
	}
}

func TestSetWithExpiry(t *testing.T) {
	got, _ := newHome().run(t, `sht_setxs("a", "s", "v", "5"); sht_setxi("a", "i", "7", "9"); sht_setxs("d", "s", "v", "5");`,
		`$sht(a=>s) $shtex(a=>s) $shtinc(a=>i) $shtex(a=>i) $shtex(d=>s)`, "")
	if got != "v 5 8 50 0" {
		t.Error(got)
	}
}

// Each item comes once, whatever is changed and removed on the way.
func TestIterator(t *testing.T) {
	h := newHome()
	got, _ := h.run(t, `
		$var(i) = 0;
		while ($var(i) < 90) { $sht(a=>k$var(i)) = $var(i); $var(i) = $var(i) + 1; }
		$var(n) = 0; $var(sum) = 0;
		sht_iterator_start("i", "a");
		while (sht_iterator_next("i")) {
			$var(n) = $var(n) + 1;
			$var(sum) = $var(sum) + $shtitval(i);
			if ($var(n) == 10) { sht_iterator_seti("i", "1000"); sht_iterator_setex("i", "77"); $avp(ex) = $shtex(a=>$shtitkey(i)); $avp(set) = $shtitval(i); }
			if ($var(n) == 20) { sht_iterator_sets("i", "text"); $avp(text) = $sht(a=>$shtitkey(i)); }
			if ($var(n) > 50) { sht_iterator_rm("i"); $avp(gone) = $shtitkey(i) + $shtitval(i); }
		}
		$avp(after) = $shtitkey(i);
		sht_iterator_end("i");`, `$var(n) $var(sum) $avp(ex) $avp(set) $avp(text) $avp(after) $shtcn(a=>**)`, "")
	if want := "90 4005 77 1000 text <null> 50"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Kamailio 5.6.3 says the same of each second.
func TestExpiry(t *testing.T) {
	h := newHome()
	said := new(scripttest.Said)
	p := scripttest.Compile(t, "loadmodule \"say\"\nloadmodule \"htable.so\"\n"+tableParams+`modparam("htable", "timer_interval", 1)
request_route {
	say("$sht(a=>x) $shtex(a=>x) | $sht(c=>x) $shtex(c=>x) $shtinc(c=>x) $shtex(c=>x)");
	if ($sht(a=>x) == $null) { $sht(a=>x) = 1; $shtex(a=>x) = 1; }
	$sht(c=>x) = 5;
}
event_route[htable:expired:a] { say("$shtrecord(key)=$shtrecord(value) $sht(a=>x)"); }
`, h.module(t), said.Module())
	for range 5 {
		h.last.Tick(p, h.now())
		m := scripttest.Message(t, scripttest.Invite)
		p.Find(syntax.RequestRoute, "").Run(&m.Context)
		h.pass(1)
	}
	want := []string{
		"<null> 0 | <null> 0 <null> 0",
		"1 0 | 5 1 6 1",
		"x=1 <null>", "<null> 0 | 5 0 6 0",
		"1 0 | <null> 0 <null> 0",
		"x=1 <null>", "<null> 0 | 5 1 6 1",
	}
	if !slices.Equal(said.Lines, want) {
		t.Errorf("%q\nwant %q", said.Lines, want)
	}
}

// A start runs its event route; a reload keeps what is in the tables, forgets
// those that are no longer declared, and runs the event route again.
func TestReload(t *testing.T) {
	h := newHome()
	const start = `event_route[htable:mod-init] { $var(x) = $shtinc(b=>starts); }`
	for turn, want := range []string{"4 4", "5 5"} {
		_, p := h.run(t, `$var(x) = $shtinc(b=>runs); $sht(b=>x) = "kept";`, "", start)
		h.last.Tick(p, h.now())
		h.last.Tick(p, h.now())
		b := h.tables.open("b")
		if got := b.Get("runs", 0).String() + " " + b.Get("starts", 0).String(); got != want {
			t.Errorf("turn %d: %s, want %s", turn, got, want)
		}
	}
	p := scripttest.Compile(t, "loadmodule \"htable.so\"\nmodparam(\"htable\", \"htable\", \"a=>size=4\")\nrequest_route { exit; }", h.module(t))
	h.last.Tick(p, h.now())
	if got := h.tables.open("b").Get("x", 0); got.Kind != script.Null {
		t.Errorf("b is still there: %v", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	h := newHome()
	h.tables.setLimit(1)
	table := h.tables.open("a")
	long := strings.Repeat("x", 1<<10)
	count := 0
	for ; table.Set(strings.Repeat("k", count), script.StringValue(long), 0, lifespan{}) == nil; count++ {
	}
	if count < 500 || count > 1000 {
		t.Errorf("%d items of 1 KiB and more in 1 MiB", count)
	}
	err := error(nil)
	for n := 0; n < 20 && err == nil; n++ {
		_, err = table.Add(strings.Repeat("n", n+1), 1, new(int64), 0, lifespan{})
	}
	if err != errFull {
		t.Errorf("a count in a full table: %v", err)
	}
	if err := table.Set("", script.StringValue("short"), 0, lifespan{}); err != nil {
		t.Errorf("what is there cannot be changed: %v", err)
	}
	table.Reset()
	if used := h.tables.used.Load(); used != 0 {
		t.Errorf("an empty table takes %d bytes", used)
	}
}

// The sum of what many count at once is right, and sweeping beside it takes
// nothing that lives.
func TestCountingAtOnce(t *testing.T) {
	h := newHome()
	table := h.tables.open("a")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 1000 {
				table.Add("n", 1, new(int64), 10, lifespan{seconds: 5})
				key := strings.Repeat("k", i%50)
				table.Set(key, script.IntValue(1), int64(i), lifespan{seconds: 1})
				table.Sweep(0, shardCount, 10, nil)
			}
		})
	}
	group.Wait()
	if got := table.Get("n", 10); got.Int != 8000 {
		t.Errorf("counted %v", got)
	}
	table.Reset()
	if used := h.tables.used.Load(); used != 0 {
		t.Errorf("an empty table takes %d bytes", used)
	}
}

func TestSweepGivesMemoryBack(t *testing.T) {
	h := newHome()
	table := h.tables.open("a")
	for i := range int64(200_000) {
		table.Set(script.IntValue(i).String(), script.IntValue(i), i, lifespan{seconds: 1})
	}
	table.Sweep(0, shardCount, 199_900, nil)
	count, room := 0, 0
	for i := range table.shards {
		count += len(table.shards[i].items)
		room += cap(table.shards[i].items)
	}
	if count != 101 || room > 1000 {
		t.Errorf("%d items, room for %d", count, room)
	}
	if got := table.Get("199950", 199_900); got.Int != 199950 {
		t.Errorf("lost: %v", got)
	}
}

// Two messages count under a lock; one that forgets it is overruled.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome()
		p := scripttest.Compile(t, "loadmodule \"htable.so\"\n"+tableParams+`request_route { sht_lock("a=>$rU"); sht_lock("a=>$rU"); }`, h.module(t))
		route := p.Find(syntax.RequestRoute, "")
		first, second := scripttest.Message(t, scripttest.Invite), scripttest.Message(t, scripttest.Invite)
		waiter := new(waiter)
		second.Wait = waiter
		route.Run(&first.Context)
		start := time.Now()
		route.Run(&second.Context)
		if time.Since(start) != patience || waiter.handed != 1 || len(h.log.Lines) != 1 {
			t.Errorf("%v, %d times handed over, log %q", time.Since(start), waiter.handed, h.log.Lines)
		}
	})
}

type waiter struct{ handed int }

func (w *waiter) HandOver() { w.handed++ }

func TestDefinitions(t *testing.T) {
	for _, test := range []struct {
		text string
		want definition
	}{
		{"a=>", definition{name: "a"}},
		{"a=>size=4;autoexpire=7200;", definition{name: "a", lifetime: 7200}},
		{" a => size=4; autoexpire=10 ;initval=-1;updateexpire=0;dmqreplicate=1", definition{name: "a", lifetime: 10, keepsExpiry: true, hasInitial: true, initial: -1}},
		{"a=>dbtable=x;cols='a,b;c';dbmode=1;updateexpire=1", definition{name: "a", fromDatabase: true}},
	} {
		if got, err := parseDefinition(test.text); err != nil || got != test.want {
			t.Errorf("%q: %+v %v, want %+v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"", "a", "=>size=4", "a=>size=x", "a=>autoexpire=-5", "a=>foo=1", "a=>initval=text", "a=>size=4;;", "a=>size"} {
		if got, err := parseDefinition(text); err == nil {
			t.Errorf("%q is accepted: %+v", text, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ params, body string }{
		{`modparam("htable", "htable", "a")`, `exit;`},
		{`modparam("htable", "timer_interval", 0)`, `exit;`},
		{`modparam("htable", "max_memory", 0)`, `exit;`},
		{tableParams, `$var(x) = $sht(a);`},
		{tableParams, `$var(x) = $sht;`},
		{tableParams, `$var(x) = $sht($rU=>x);`},
		{tableParams, `$var(x) = $shtrecord(foo);`},
		{tableParams, `$var(x) = $shtitkey;`},
		{tableParams, `sht_setxs("a", "k", "v", "soon");`},
	} {
		if _, err := scripttest.TryCompile("loadmodule \"htable\"\n"+test.params+"\nrequest_route { "+test.body+" }", syntax.Kamailio, newHome().module(t)); err == nil {
			t.Errorf("%s %s compiles", test.params, test.body)
		}
	}
}

func TestPrint(t *testing.T) {
	h := newHome()
	h.run(t, `$sht(a=>x) = 5; $sht(b=>y) = "z"; sht_print();`, "", "")
	want := "htable a: 1 items\n\tx = 5 (50 s left)\n|htable b: 1 items\n\ty = z\n|htable c: 0 items\n|htable d: 0 items\n"
	if got := strings.Join(h.log.Lines, "|"); got != want {
		t.Errorf("%q", got)
	}
}

// What passes for each message allocates nothing but the text of its key.
func TestAllocations(t *testing.T) {
	h := newHome()
	p := scripttest.Compile(t, "loadmodule \"htable.so\"\n"+tableParams+`request_route { $var(x) = $shtinc(b=>$rU); if ($sht(a=>$fU) != $null) exit; $sht(a=>bob) = 7; }`, h.module(t))
	m := scripttest.Message(t, scripttest.Invite)
	route := p.Find(syntax.RequestRoute, "")
	if n := testing.AllocsPerRun(100, func() { route.Run(&m.Context) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDefinition(f *testing.F) {
	for _, seed := range []string{"a=>size=4;autoexpire=7200;", "a=>cols='a;b';initval=1", "=>", "a=>;", "a=>size='4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseDefinition(text); err == nil && (d.name == "" || d.lifetime < 0) {
			t.Errorf("%q: %+v", text, d)
		}
	})
}
