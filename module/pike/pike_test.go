package pike

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"viaduct/internal/siptest/scripttest"
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// flood is a script with pike and a clock that stands still.
type flood struct {
	at      time.Time
	log     scripttest.Log
	module  *script.Module
	program *script.Program
	said    scripttest.Said
}

func newFlood(t testing.TB, sources *Sources, params, body string) *flood {
	f := &flood{at: time.Unix(1_000_000, 0)}
	f.module = New(sources, func() time.Time { return f.at }, &f.log, new(module.Verbosity))
	f.program = scripttest.Compile(t, "debug=2\nloadmodule \"pike.so\"\nloadmodule \"say\"\n"+params+"request_route {\n"+body+"\n}\n", f.module, f.said.Module())
	return f
}

const params = `modparam("pike", "sampling_time_unit", 2)
modparam("pike", "reqs_density_per_unit", 5)
modparam("pike", "remove_latency", 4)
`

// send sends requests and gives their return codes: + allowed, ! newly
// blocked, - blocked.
func (f *flood) send(t testing.TB, from string, count int) string {
	m := scripttest.Message(t, scripttest.Invite)
	m.Flow.Remote = netip.AddrPortFrom(netip.MustParseAddr(from), 5060)
	codes := ""
	for range count {
		switch f.program.Find(syntax.RequestRoute, "").Run(&m.Context).Code {
		case 1:
			codes += "+"
		case -2:
			codes += "!"
		case -1:
			codes += "-"
		}
	}
	return codes
}

func TestBlocking(t *testing.T) {
	type step struct {
		milliseconds int // before it
		count        int
		want         string
	}
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"up to the limit for ever", []step{{0, 5, "+++++"}, {2000, 5, "+++++"}, {2000, 5, "+++++"}}},
		{"above", []step{{0, 8, "+++++!--"}}},
		{"still too much in the next unit", []step{{0, 8, "+++++!--"}, {2000, 8, "--------"}, {2000, 1, "-"}}},
		{"free after a unit within the limit", []step{{0, 8, "+++++!--"}, {2000, 5, "-----"}, {2000, 6, "+++++!"}}},
		{"free after a quiet unit", []step{{0, 8, "+++++!--"}, {4000, 6, "+++++!"}}},
		{"units begin with the first request", []step{{500, 3, "+++"}, {1900, 2, "++"}, {99, 1, "!"}, {1, 1, "-"}, {2000, 1, "+"}}},
		{"the clock is set back", []step{{0, 8, "+++++!--"}, {-60000, 6, "+++++!"}}},
	} {
		for _, from := range []string{"192.0.2.7", "2001:db8::7"} {
			f := newFlood(t, new(Sources), params, `pike_check_req();`)
			for i, s := range test.steps {
				f.at = f.at.Add(time.Duration(s.milliseconds) * time.Millisecond)
				if got := f.send(t, from, s.count); got != s.want {
					t.Errorf("%s, %s, step %d: %s, want %s", test.name, from, i, got, s.want)
				}
			}
		}
	}
}

func TestSourcesAreApart(t *testing.T) {
	f := newFlood(t, new(Sources), params, `pike_check_req();`)
	for _, from := range []string{"192.0.2.7", "192.0.2.8", "2001:db8::7", "2001:db8::8"} {
		if got := f.send(t, from, 7); got != "+++++!-" {
			t.Errorf("%s: %s", from, got)
		}
	}
	if got := f.send(t, "::ffff:192.0.2.7", 1); got != "-" {
		t.Errorf("the IPv4-mapped form is somebody else: %s", got)
	}
}

func TestLog(t *testing.T) {
	f := newFlood(t, new(Sources), params, `pike_check_req();`)
	f.send(t, "192.0.2.7", 20)
	for range 5 {
		f.module.Tick(f.program, f.at)
		f.at = f.at.Add(time.Second)
	}
	want := "pike: 192.0.2.7 is blocked: more than 5 requests in 2 s\n|pike: 192.0.2.7 is free again\n"
	if got := strings.Join(f.log.Lines, "|"); got != want {
		t.Errorf("%q", got)
	}
	f = newFlood(t, new(Sources), params+`modparam("pike", "pike_log_level", 3)`+"\n", `pike_check_req();`)
	if f.send(t, "192.0.2.7", 20); len(f.log.Lines) != 0 {
		t.Errorf("debug=2, level 3: %q", f.log.Lines)
	}
}

// A reload frees nobody.
func TestReload(t *testing.T) {
	sources := new(Sources)
	newFlood(t, sources, params, `pike_check_req();`).send(t, "192.0.2.7", 6)
	if got := newFlood(t, sources, params, `pike_check_req();`).send(t, "192.0.2.7", 1); got != "-" {
		t.Error(got)
	}
}

// Kamailio 5.6.3 gives the same for IPv4 and for what is none; it knows no
// IPv6 here.
func TestCheckIP(t *testing.T) {
	f := newFlood(t, new(Sources), params, `
		$var(ip) = "10.1.1.1";
		pike_check_ip("$var(ip)"); say("$rc");
		pike_check_ip("foo"); say("$rc");
		pike_check_ip("::1"); say("$rc");
		pike_check_ip("[::1]"); say("$rc");`)
	f.send(t, "192.0.2.7", 3)
	if got := strings.Join(f.said.Lines, " "); got != "1 -1 1 1 1 -1 1 1 1 -1 1 -2" {
		t.Error(got)
	}
}

// A flood from many made-up addresses takes no memory, and one that
// floods in the middle of it is found.
func TestManySources(t *testing.T) {
	sources := new(Sources)
	sources.open()
	l := limit{2 * time.Second, 30}
	flooder := netip.MustParseAddr("192.0.2.7")
	address := netip.MustParseAddr("2001:db8::")
	found := 0
	allocations := testing.AllocsPerRun(1, func() {
		for i := range 200_000 {
			sources.count(address, 1_000_000_000+int64(i)*5000, l)
			address = address.Next()
			if i%200 == 0 && sources.count(flooder, 1_000_000_000+int64(i)*5000, l) != fine {
				found++
			}
		}
	})
	if found < 900 || allocations != 0 {
		t.Errorf("%d of 2000 requests of the flooder blocked, %v allocations", found, allocations)
	}
}

func TestCountingAtOnce(t *testing.T) {
	sources := new(Sources)
	sources.open()
	var group sync.WaitGroup
	var mutex sync.Mutex
	verdicts := map[verdict]int{}
	for range 8 {
		group.Go(func() {
			for range 1000 {
				v := sources.count(netip.MustParseAddr("192.0.2.7"), 1_000_000_000, limit{time.Second, 500})
				mutex.Lock()
				verdicts[v]++
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	if verdicts[fine] != 500 || verdicts[newlyBlocked] != 1 || verdicts[blocked] != 7499 {
		t.Errorf("%v", verdicts)
	}
}

func TestRefused(t *testing.T) {
	for _, param := range []string{`"sampling_time_unit", 0`, `"reqs_density_per_unit", -1`, `"reqs_density_per_unit", "many"`} {
		m := New(new(Sources), time.Now, nil, new(module.Verbosity))
		if _, err := scripttest.TryCompile("loadmodule \"pike\"\nmodparam(\"pike\", "+param+")\nrequest_route { exit; }", syntax.Kamailio, m); err == nil {
			t.Errorf("%s is accepted", param)
		}
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	f := newFlood(t, new(Sources), "", `if (!pike_check_req()) exit;`)
	m := scripttest.Message(t, scripttest.Invite)
	route := f.program.Find(syntax.RequestRoute, "")
	if n := testing.AllocsPerRun(20, func() { route.Run(&m.Context) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	sources := new(Sources)
	sources.open()
	address := netip.MustParseAddr("10.0.0.0")
	l := limit{2 * time.Second, 30}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		sources.count(address, int64(1+i)*100, l)
		address = address.Next()
	}
}
