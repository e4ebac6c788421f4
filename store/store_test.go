package store

import (
	"path/filepath"
	"testing"
	"time"

	"viaduct/wire"
)

// record begins to record into a store in a folder of the test.
func record(t *testing.T, path string, o Options) *Recorder {
	t.Helper()
	if o.Warn == nil {
		o.Warn = func(text string) { t.Error(text) }
	}
	r, err := Record(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(r *Recorder, packets []wire.Packet) {
	for i := range packets {
		r.Packet(&packets[i])
	}
}

func closeRecorder(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) *Reader {
	t.Helper()
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func list(t *testing.T, r *Reader, f Filter) []Call {
	t.Helper()
	calls, err := r.Calls(f)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// wantPackets checks that what was recorded of a call is what passed.
func wantPackets(t *testing.T, r *Reader, c *Call, want []wire.Packet) {
	t.Helper()
	got, gone, err := r.Packets(c)
	if err != nil || gone {
		t.Fatalf("%v, gone %v", err, gone)
	}
	if len(got) != len(want) || c.Packets != len(want) {
		t.Fatalf("%d packets, the call says %d, want %d", len(got), c.Packets, len(want))
	}
	for i := range want {
		g, w := &got[i], &want[i]
		if !g.Time.Equal(w.Time) || g.Flow != w.Flow || g.Outgoing != w.Outgoing || g.Text != w.Text || g.Message == nil {
			t.Errorf("packet %d is %+v\nwant %+v", i, g, w)
		}
	}
}

func TestRecordAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "er", "calls #1?.db")
	r := record(t, path, Options{})
	one := relayedCall("1@test", "alice", "bob", testTime, 5*time.Second)
	two := relayedCall("2@test", "bob", "carol", testTime.Add(time.Minute), time.Second)
	put(r, one)
	put(r, two)
	closeRecorder(t, r)

	reader := read(t, path)
	calls := list(t, reader, Filter{})
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	wantPackets(t, reader, &calls[0], one)
	wantPackets(t, reader, &calls[1], two)
	c := &calls[0]
	talked, ok := c.Duration(time.Now())
	if c.Caller != "alice" || c.Callee != "bob" || c.State() != Completed || c.EndedBy != Caller || !ok || talked.Round(time.Second) != 5*time.Second ||
		c.Source != callerAddress || c.Target != calleeAddress || c.Missed != 0 {
		t.Errorf("%+v, talked %v", c, talked)
	}
}
