package location

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var testTime = time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC)

// record makes one whose bindings expire so many seconds after testTime.
func record(aor string, seconds ...int) *Record {
	record := NewRecord(aor, len(seconds))
	for i, s := range seconds {
		record.Bindings[i] = Binding{
			Contact: fmt.Sprintf("sip:%s@127.0.0.%d", aor, i+1), CallID: "1@pc", Q: NoQ,
			Updated: testTime, Expires: testTime.Add(time.Duration(s) * time.Second),
		}
	}
	return record
}

func swap(t *testing.T, table *Table, aor string, old, next *Record, want bool) {
	t.Helper()
	if swapped, err := table.Swap(aor, old, next); swapped != want || err != nil {
		t.Fatalf("Swap of %s: %v, %v; want %v", aor, swapped, err, want)
	}
}

func wantCounts(t *testing.T, table *Table, records, bindings int) {
	t.Helper()
	if r, b := table.Counts(); r != records || b != bindings {
		t.Fatalf("%d records with %d bindings, want %d with %d", r, b, records, bindings)
	}
}

func TestSwap(t *testing.T) {
	table := New()
	one, two := record("bob", 60), record("bob", 60, 70)
	if table.Find("bob") != nil {
		t.Fatal("a new table holds something")
	}
	swap(t, table, "bob", nil, nil, true)
	swap(t, table, "bob", one, two, false) // one is not there
	swap(t, table, "bob", nil, one, true)
	swap(t, table, "bob", nil, two, false) // somebody else was faster
	wantCounts(t, table, 1, 1)
	swap(t, table, "bob", one, two, true)
	swap(t, table, "bob", one, nil, false)
	wantCounts(t, table, 1, 2)
	if table.Find("bob") != two || table.Find("alice") != nil {
		t.Fatal("Find gives another record")
	}
	swap(t, table, "bob", two, nil, true)
	wantCounts(t, table, 0, 0)
}

func TestSweep(t *testing.T) {
	table := New()
	for i := range 3000 {
		aor := fmt.Sprint("user", i)
		swap(t, table, aor, nil, record(aor, 10, 20, 30), true)
	}
	sweep := func(seconds int) (removed int) {
		for range SweepSteps {
			removed += table.Sweep(testTime.Add(time.Duration(seconds) * time.Second))
		}
		return removed
	}
	for _, test := range []struct{ at, removed, records int }{
		{9, 0, 3000}, {10, 3000, 3000}, {19, 0, 3000}, {30, 6000, 0}, {99, 0, 0},
	} {
		if removed := sweep(test.at); removed != test.removed {
			t.Errorf("after %d s %d are swept, want %d", test.at, removed, test.removed)
		}
		if records, _ := table.Counts(); records != test.records {
			t.Errorf("after %d s %d records are left, want %d", test.at, records, test.records)
		}
	}
}

// A writer that read before the sweep must not bring back what was swept.
func TestSweepIsSeenByWriters(t *testing.T) {
	table := New()
	swap(t, table, "bob", nil, record("bob", 10, 99), true)
	old := table.Find("bob")
	for range SweepSteps {
		table.Sweep(testTime.Add(time.Minute))
	}
	swap(t, table, "bob", old, record("bob", 10, 99, 99), false)
	if left := table.Find("bob"); len(left.Bindings) != 1 || left.Bindings[0].Contact != "sip:bob@127.0.0.2" {
		t.Errorf("left is %v", left)
	}
}

func TestTableInManyHands(t *testing.T) {
	table := New()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 100 {
				aor := fmt.Sprint("user", i%10)
				for {
					old := table.Find(aor)
					count := 1
					if old != nil {
						count += len(old.Bindings)
					}
					if swapped, _ := table.Swap(aor, old, record(aor, make([]int, count)...)); swapped {
						break
					}
				}
			}
			table.Counts()
		})
	}
	all.Wait()
	wantCounts(t, table, 10, 800) // no swap was lost
}

func TestAll(t *testing.T) {
	table := New()
	for _, aor := range []string{"a", "b", "c"} {
		swap(t, table, aor, nil, record(aor, 60), true)
	}
	seen := map[string]int{}
	for record := range table.All() {
		seen[record.AOR]++
		swap(t, table, record.AOR, record, nil, true) // the table is not locked meanwhile
	}
	if len(seen) != 3 || seen["a"] != 1 || seen["b"] != 1 || seen["c"] != 1 {
		t.Errorf("seen: %v", seen)
	}
	for range New().All() {
		t.Error("an empty table gives a record")
	}
}

// The memory of a binding as phones make it, texts and index included.
func BenchmarkMemory(b *testing.B) {
	const count = 1_000_000
	for b.Loop() {
		before := heap()
		table := New()
		for i := range count {
			aor := fmt.Sprintf("user%d@biloxi.test", i)
			next := NewRecord(aor, 1)
			next.Bindings[0] = Binding{
				Contact: fmt.Sprintf("sip:user%d@192.168.1.10:5060", i), CallID: fmt.Sprintf("a84b4c76e66710-%d@pc33", i),
				UserAgent: "Grandstream GXP1625 1.0.4.138", Expires: testTime, Updated: testTime, Q: NoQ,
				Received: Flow{Local: netip.MustParseAddrPort("127.0.0.1:5060"), Remote: netip.MustParseAddrPort("127.0.0.1:6000")},
			}
			next.Bindings[0].Own(nil)
			if swapped, _ := table.Swap(aor, nil, next); !swapped {
				b.Fatal(aor)
			}
		}
		b.ReportMetric(float64(heap()-before)/count, "bytes/binding")
		started := time.Now()
		table.Sweep(testTime.Add(-1))
		b.ReportMetric(float64(time.Since(started).Microseconds()), "µs/sweep")
		runtime.KeepAlive(table)
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func BenchmarkFindSwap(b *testing.B) {
	table := New()
	table.Swap("bob", nil, record("bob", 60))
	next := record("bob", 60)
	b.ReportAllocs()
	for b.Loop() {
		old := table.Find("bob")
		if swapped, _ := table.Swap("bob", old, next); !swapped {
			b.Fatal("not swapped")
		}
		next = old
	}
}

func TestPrint(t *testing.T) {
	table := New()
	bob := record("bob", 60, 10, 3600)
	bob.Bindings[0].Q, bob.Bindings[0].CSeq, bob.Bindings[0].UserAgent = 500, 7, "baresip \x1b[2J"
	bob.Bindings[0].Received.Remote = netip.MustParseAddrPort("127.0.0.9:5070")
	bob.Bindings[2].Path = "<sip:edge.test;lr>"
	swap(t, table, "bob", nil, bob, true)
	swap(t, table, "alice", nil, record("alice", 3600), true)
	swap(t, table, "gone", nil, record("gone", 10), true)
	swap(t, table, "odd\n", nil, record("odd\n", 3600), true)
	var text strings.Builder
	if err := table.Print(&text, testTime.Add(10*time.Second)); err != nil {
		t.Fatal(err)
	}
	want := `alice
  sip:alice@127.0.0.1  3590 s  Call-ID 1@pc  CSeq 0
bob
  sip:bob@127.0.0.1  q=0.5  50 s  Call-ID 1@pc  CSeq 7  from 127.0.0.9:5070  "baresip \x1b[2J"
  sip:bob@127.0.0.3  3590 s  Call-ID 1@pc  CSeq 0  path <sip:edge.test;lr>
"odd\n"
  "sip:odd\n@127.0.0.1"  3590 s  Call-ID 1@pc  CSeq 0
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
}
