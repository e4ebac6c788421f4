package store

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/location"
	"viaduct/wire"
)

func binding(contact string, now time.Time, seconds int) location.Binding {
	return location.Binding{
		Contact: contact, Params: ";+sip.instance=\"<urn:x>\"", CallID: "1@pc", UserAgent: "test", Path: "<sip:edge.test;lr>",
		Expires: now.Add(time.Duration(seconds) * time.Second), Updated: now,
		Received: location.Flow{Local: ourAddress, Remote: callerAddress, Connection: 7, Transport: uint8(wire.TCP)},
		CSeq:     1<<32 - 1, Flags: 5, Methods: location.AllMethods, Q: location.NoQ,
	}
}

func swap(t *testing.T, table *location.Table, aor string, bindings ...location.Binding) {
	t.Helper()
	var next *location.Record
	if bindings != nil {
		next = location.NewRecord(aor, len(bindings))
		copy(next.Bindings, bindings)
	}
	if swapped, err := table.Swap(aor, table.Find(aor), next); !swapped || err != nil {
		t.Fatal(swapped, err)
	}
}

// Bindings come back after a restart, expired ones and removed ones do not.
func TestBindingsOutliveTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "v.db")
		start := func() (*Recorder, *location.Table, *location.Table) {
			r := record(t, path, Options{})
			here, there := location.New(), location.New()
			if err := r.Keep("location", here); err != nil {
				t.Fatal(err)
			}
			if err := r.Keep("other", there); err != nil {
				t.Fatal(err)
			}
			return r, here, there
		}
		r, here, there := start()
		now := time.Now()
		swap(t, here, "alice", binding("sip:a@127.0.0.1", now, 3600), binding("sip:a@127.0.0.2", now, 3600), binding("sip:a@127.0.0.3", now, 60))
		swap(t, here, "bob", binding("sip:b@127.0.0.1", now, 3600))
		swap(t, here, "carol", binding("sip:c@127.0.0.1", now, 60))
		swap(t, there, "alice", binding("sip:x@127.0.0.1", now, 7200))
		time.Sleep(time.Second)
		swap(t, here, "bob")
		for i := range 5 {
			swap(t, here, "dave", binding(fmt.Sprintf("sip:d%d@127.0.0.1", i), now, 3600))
		}
		closeRecorder(t, r)

		time.Sleep(time.Minute)
		r, here, there = start()
		records, _ := here.Counts()
		alice, dave, other := here.Find("alice"), here.Find("dave"), there.Find("alice")
		if records != 2 || alice == nil || len(alice.Bindings) != 2 || dave == nil || len(dave.Bindings) != 1 || other == nil {
			t.Fatalf("%d records: %+v %+v %+v", records, alice, dave, other)
		}
		want := binding("sip:a@127.0.0.2", now, 3600)
		want.Received.Connection = 0 // it ended with the server
		got := alice.Bindings[1]
		if !got.Expires.Equal(want.Expires) || !got.Updated.Equal(want.Updated) {
			t.Errorf("%v, %v", got.Expires, got.Updated)
		}
		got.Expires, got.Updated = want.Expires, want.Updated
		if !reflect.DeepEqual(got, want) || alice.Bindings[0].Contact != "sip:a@127.0.0.1" || dave.Bindings[0].Contact != "sip:d4@127.0.0.1" {
			t.Errorf("%+v\nwant %+v", got, want)
		}

		// A refresh is kept as well, and what has expired leaves the file.
		swap(t, here, "alice", binding("sip:a@127.0.0.2", time.Now(), 7200))
		time.Sleep(2 * time.Hour)
		closeRecorder(t, r)
		rows, err := integer(t.Context(), read(t, path).conn, "SELECT count(*) FROM bindings")
		if err != nil || rows > 1 {
			t.Errorf("%d rows are left, %v", rows, err)
		}
		r, here, _ = start()
		if records, _ := here.Counts(); records != 0 {
			t.Errorf("%d records", records)
		}
		closeRecorder(t, r)
	})
}
