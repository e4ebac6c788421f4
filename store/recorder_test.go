package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// soon is when all that was recorded is written.
const soon = ripe + 2*gather

// In these tests time is made up; the files are real.

// A call that goes on is written each second, and completed later, also by
// another server.
func TestOpenCallsAreWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		packets := relayedCall("1@test", "alice", "bob", time.Now(), time.Hour)
		r := record(t, path, Options{})
		put(r, packets[:3])
		time.Sleep(soon)
		reader := read(t, path)
		if c := list(t, reader, Filter{})[0]; c.State() != Calling {
			t.Errorf("%v", c.State())
		}
		put(r, packets[3:8])
		time.Sleep(time.Hour)
		c := list(t, reader, Filter{})[0]
		if c.State() != Talking {
			t.Errorf("%v", c.State())
		}
		wantPackets(t, reader, &c, packets[:8])
		put(r, packets[8:10])
		closeRecorder(t, r)
		if r.Recorded() != 10 {
			t.Errorf("%d recorded", r.Recorded())
		}

		r = record(t, path, Options{})
		put(r, packets[10:])
		put(r, relayedCall("2@test", "alice", "bob", time.Now(), 0))
		closeRecorder(t, r)
		calls := list(t, reader, Filter{})
		if len(calls) != 2 || calls[0].State() != Completed || calls[0].EndedBy != Caller || calls[0].CallID != "1@test" {
			t.Errorf("%+v", calls)
		}
		wantPackets(t, reader, &calls[0], packets)
	})
}

// Calls that were forgotten are found again by what comes late.
func TestForgottenCallsGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		r := record(t, path, Options{})
		packets := relayedCall("1@test", "alice", "bob", time.Now(), time.Second)
		put(r, packets[:8])
		time.Sleep(rememberTalking + 2*evictEvery)
		put(r, relayedCall("2@test", "alice", "bob", time.Now(), 0)) // so that there is something to write
		time.Sleep(soon)
		synctest.Wait()
		r.writer.evict(time.Now()) // nothing is written now
		if len(r.writer.open) != 1 {
			t.Errorf("%d calls are remembered", len(r.writer.open))
		}
		put(r, packets[8:])
		closeRecorder(t, r)
		c := list(t, read(t, path), Filter{})[0]
		if c.State() != Completed {
			t.Errorf("%v", c.State())
		}
		wantPackets(t, read(t, path), &c, packets)
	})
}

// While somebody else holds the file, packets are dropped and counted, with
// their calls, and the tap never waits; then recording goes on.
func TestSlowDiskDropsAndCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		var warned []string
		r := record(t, path, Options{QueuePackets: 10, Warn: func(text string) { warned = append(warned, text) }})
		one := relayedCall("1@test", "alice", "bob", time.Now(), time.Minute)
		put(r, one[:9])
		time.Sleep(soon)

		ctx := context.Background()
		synctest.Wait()
		if err := execute(ctx, r.writer.conn, "PRAGMA busy_timeout = 0"); err != nil { // SQLite waits in real time
			t.Fatal(err)
		}
		other, release, err := connect(ctx, source(path, "rw"))
		if err != nil {
			t.Fatal(err)
		}
		if err := execute(ctx, other, "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		put(r, one[9:10])
		time.Sleep(time.Minute)
		before := time.Now()
		put(r, one[10:])
		two := relayedCall("2@test", "alice", "bob", time.Now(), 0)
		put(r, two)
		three := relayedCall("3@test", "alice", "bob", time.Now(), 0)
		put(r, three)
		if waited := time.Since(before); waited != 0 {
			t.Errorf("the tap waited %v", waited)
		}
		if err := execute(ctx, other, "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		release()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(warned) != 2 || !strings.HasPrefix(warned[0], "nothing is recorded any more: ") || warned[1] != "recording goes on" {
			t.Errorf("warned: %q", warned)
		}
		put(r, relayedCall("3@test", "alice", "bob", time.Now(), 0)[12:])
		closeRecorder(t, r)

		calls := list(t, read(t, path), Filter{All: true})
		if len(calls) != 3 {
			t.Fatalf("%d calls: %+v", len(calls), calls)
		}
		wantPackets(t, read(t, path), &calls[0], one)
		for i, want := range []struct{ packets, missed int }{{13, 0}, {7, 6}, {1, 13}} {
			if c := &calls[i]; c.Packets != want.packets || c.Missed != want.missed {
				t.Errorf("call %s: %d packets, %d missed, want %+v", c.CallID, c.Packets, c.Missed, want)
			}
		}
		if r.Missed() != 19 || r.Recorded() != 21 {
			t.Errorf("%d missed, %d recorded", r.Missed(), r.Recorded())
		}
		missed, err := read(t, path).Missed(time.Time{}, time.Time{})
		if err != nil || missed != 19 {
			t.Errorf("the file says %d missed, %v", missed, err)
		}
	})
}

// A full disk stops the recording with a warning; when there is room again it
// goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		var warned []string
		r := record(t, path, Options{QueuePackets: 130, Warn: func(text string) { warned = append(warned, text) }})
		put(r, relayedCall("first@test", "alice", "bob", time.Now(), 0))
		time.Sleep(soon)
		ctx := context.Background()
		synctest.Wait()
		if err := execute(ctx, r.writer.conn, "PRAGMA messages.max_page_count = 1"); err != nil { // it stays at what is used
			t.Fatal(err)
		}
		total := 13
		for i := range 100 {
			put(r, relayedCall(fmt.Sprintf("%d@test", i), "alice", "bob", time.Now(), 0))
			total += 13
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if len(warned) != 1 || !strings.Contains(warned[0], "full") || !strings.HasSuffix(warned[0], "; calls go on") {
			t.Errorf("warned: %q", warned)
		}
		if err := execute(ctx, r.writer.conn, "PRAGMA messages.max_page_count = 1000000"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		put(r, relayedCall("last@test", "alice", "bob", time.Now(), 0))
		total += 13
		closeRecorder(t, r)
		if len(warned) != 2 || r.Missed() == 0 || int(r.Missed()+r.Recorded()) != total {
			t.Errorf("warned: %q; %d missed, %d recorded of %d", warned, r.Missed(), r.Recorded(), total)
		}
		reader := read(t, path)
		for _, id := range []string{"first@test", "0@test", "last@test"} {
			c, err := reader.Find(id)
			if err != nil {
				t.Fatal(id, err)
			}
			if packets, gone, err := reader.Packets(c); len(packets) != 13 || gone || err != nil {
				t.Errorf("%s: %d packets, %v", id, len(packets), err)
			}
		}
	})
}

// Readers and the writer do not hinder each other.
func TestReadWhileWriting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		r := record(t, path, Options{})
		ctx := context.Background()
		reader := read(t, path)
		if err := execute(ctx, reader.conn, "BEGIN"); err != nil {
			t.Fatal(err)
		}
		before := len(list(t, reader, Filter{}))
		for i := range 50 {
			put(r, relayedCall(fmt.Sprintf("%d@test", i), "alice", "bob", time.Now(), 0))
			time.Sleep(gather)
		}
		time.Sleep(soon)
		if r.Recorded() != 50*13 {
			t.Errorf("%d recorded while somebody reads", r.Recorded())
		}
		if now := len(list(t, reader, Filter{})); before != 0 || now != 0 {
			t.Errorf("a transaction sees %d, then %d calls", before, now)
		}
		if err := execute(ctx, reader.conn, "COMMIT"); err != nil {
			t.Fatal(err)
		}
		if now := len(list(t, reader, Filter{})); now != 50 {
			t.Errorf("%d calls", now)
		}
		closeRecorder(t, r)
	})
}

func TestManyTapsAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.db")
	r := record(t, path, Options{})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 25 {
				put(r, relayedCall(fmt.Sprintf("%d-%d@test", i, n), "alice", "bob", testTime, 0))
			}
		})
	}
	all.Wait()
	closeRecorder(t, r)
	calls := list(t, read(t, path), Filter{Limit: 1000, Result: "completed"})
	if len(calls) != 100 || r.Recorded() != 1300 {
		t.Errorf("%d calls, %d packets", len(calls), r.Recorded())
	}
}

// By bytes and by age: whole message files go, and the calls in them; what is
// left can be read.
func TestRetention(t *testing.T) {
	for name, options := range map[string]Options{"bytes": {KeepBytes: 2_000_000}, "age": {Keep: time.Minute}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testRetention(t, options) })
		})
	}
}

func testRetention(t *testing.T, options Options) {
	path := filepath.Join(t.TempDir(), "v.db")
	r := record(t, path, options)
	const rounds, perRound = 45, 5
	for round := range rounds {
		for n := range perRound {
			put(r, noisyCall(fmt.Sprintf("%d-%d@test", round, n), time.Now()))
		}
		time.Sleep(2 * time.Second)
	}
	total := size(path)
	files, _ := filepath.Glob(path + ".messages/*.db")
	for _, file := range files {
		total += size(file)
	}
	reader := read(t, path)
	calls := list(t, reader, Filter{Limit: 100_000})
	if options.KeepBytes > 0 && total > options.KeepBytes*11/10 {
		t.Errorf("%d bytes are kept", total)
	}
	if options.Keep > 0 {
		oldest := time.Since(calls[0].Started)
		if oldest < options.Keep || oldest > options.Keep*5/4+5*time.Second {
			t.Errorf("the oldest call is %v old", oldest)
		}
	}
	if len(calls) < 50 || len(calls) >= rounds*perRound || len(files) < 3 {
		t.Errorf("%d calls, %d files", len(calls), len(files))
	}
	for _, i := range []int{0, len(calls) / 2, len(calls) - 1} {
		if packets, gone, err := reader.Packets(&calls[i]); len(packets) != 13 || gone || err != nil {
			t.Errorf("call %d: %d packets, gone %v, %v", i, len(packets), gone, err)
		}
	}
	closeRecorder(t, r)
	rows, err := integer(context.Background(), reader.conn, "SELECT count(*) FROM message_files")
	if err != nil || int(rows) != len(files) {
		t.Errorf("%d files, %d rows of them, %v", len(files), rows, err)
	}
}

// A call older than what is kept says that its beginning is gone.
func TestLongCallLosesItsBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		r := record(t, path, Options{Keep: time.Hour})
		packets := relayedCall("1@test", "alice", "bob", time.Now(), 3*time.Hour)
		put(r, packets[:8])
		for range 12 {
			time.Sleep(15 * time.Minute)
			put(r, relayedCall(fmt.Sprint(time.Now().Unix()), "x", "y", time.Now(), 0))
			put(r, packets[7:8]) // a sign of life
		}
		put(r, packets[8:])
		closeRecorder(t, r)
		reader := read(t, path)
		c, err := reader.Find("1@test")
		if err != nil {
			t.Fatal(err)
		}
		got, gone, err := reader.Packets(c)
		if err != nil || !gone || len(got) < 5+4 || len(got) > 5+6 || c.Packets != 13+12 || c.State() != Completed {
			t.Errorf("%d of %d packets, gone %v, %v, %v", len(got), c.Packets, gone, c.State(), err)
		}
	})
}

// A message file that was damaged does not keep the server from starting, and
// is not touched.
func TestDamagedMessageFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.db")
	r := record(t, path, Options{})
	put(r, relayedCall("1@test", "alice", "bob", testTime, 0))
	closeRecorder(t, r)
	files, _ := filepath.Glob(path + ".messages/*.db")
	if err := os.WriteFile(files[0], []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader := read(t, path)
	c, err := reader.Find("1@test")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := reader.Packets(c); err == nil || !strings.Contains(err.Error(), "is no store of viaduct") {
		t.Errorf("%v", err)
	}
	r = record(t, path, Options{})
	two := relayedCall("2@test", "alice", "bob", testTime, 0)
	put(r, two)
	closeRecorder(t, r)
	if c, err = reader.Find("2@test"); err != nil {
		t.Fatal(err)
	}
	wantPackets(t, reader, c, two)
	if text, _ := os.ReadFile(files[0]); string(text) != "nonsense" {
		t.Error("the damaged file was written")
	}
}
