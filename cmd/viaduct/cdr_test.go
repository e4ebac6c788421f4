package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"viaduct/store"
	"viaduct/wire"
)

// recordCalls makes a store of the paper's calls and the flows of RFC 3665, and
// gives its path.
func recordCalls(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "calls.db")
	recorder, err := store.Record(path, store.Options{Keep: 100 * 365 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("../../explain/testdata/*/*.transcript")
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d transcripts, %v", len(paths), err)
	}
	for i, name := range paths {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// several flows share Call-IDs
		packets, err := wire.ParseTranscript(strings.ReplaceAll(string(text), "| Call-ID: ", fmt.Sprintf("| Call-ID: %d-", i)))
		if err != nil {
			t.Fatal(err)
		}
		for j := range packets {
			recorder.Packet(&packets[j])
		}
	}
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// cdrOf runs the command.
func cdrOf(t *testing.T, status int, args ...string) (out, notes string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(append([]string{"cdr"}, args...), streams{&o, &e}); got != status {
		t.Fatalf("cdr %v: status %d, want %d\n%s%s", args, got, status, o.String(), e.String())
	}
	return o.String(), e.String()
}

// TestCDROfStore: what was recorded has a record a call, each as the messages
// have it, and a changed line of the store is found.
func TestCDROfStore(t *testing.T) {
	path := recordCalls(t)
	out, _ := cdrOf(t, 0, "--db", path)
	if calls := strings.Count(out, "    start     "); calls != 16 {
		t.Errorf("%d calls\n%s", calls, out)
	}
	for _, want := range []string{
		"the answer has no Record-Route, so ACK and BYE took another way",
		"answer    2010-11-13T03:23:42.416548Z  message 7, 200 to INVITE, CSeq 28826; message 9, ACK, CSeq 28826",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	records := filepath.Join(t.TempDir(), "records")
	cdrOf(t, 0, "--db", path, "--json", "-o", records)
	if out, _ := cdrOf(t, 0, "verify", "--db", path, records); out != "16 records, as the messages have it\n" {
		t.Error(out)
	}
	if out, notes := cdrOf(t, 0, "verify", "--db", path); out != "16 records, as the messages have it\n" || notes != "" {
		t.Error(out, notes)
	}
	if out, _ := cdrOf(t, 0, "--db", path, "--csv", "--from", "2010-11-13T03:00:00Z", "--to", "2010-11-13T04:00:00Z"); strings.Count(out, "\n") != 5 {
		t.Error(out)
	}
	if out, notes := cdrOf(t, 0, "--db", path, "--from", "1h"); out != "" || notes != "no calls\n" {
		t.Error(out, notes)
	}
	change(t, path, "UPDATE calls SET answered = answered + 1000 WHERE answered != 0 AND call_id LIKE '%8c80d06175b1eb80%'")
	out, notes := cdrOf(t, 1, "verify", "--db", path)
	if !strings.HasSuffix(out, "answer is 2010-11-13T03:23:42.417581Z in the record, the packets give 2010-11-13T03:23:42.416548Z\n") || !strings.Contains(notes, "1 difference in 16 records") {
		t.Error(out, notes)
	}
}

// TestCDROfLostMessages: what the store does not keep any more is a doubt, and
// is not verified.
func TestCDROfLostMessages(t *testing.T) {
	path := recordCalls(t)
	files, err := filepath.Glob(path + ".messages/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if out, notes := cdrOf(t, 0, "verify", "--db", path); out != "0 records, as the messages have it\n" || !strings.Contains(notes, "16 calls not verified") {
		t.Error(out, notes)
	}
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
