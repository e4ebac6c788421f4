package cdr

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// transcripts are recorded calls: the paper's experiments and the flows of RFC
// 3665 as a server in the middle and its phones saw them.
func transcripts(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../explain/testdata/*/*.transcript")
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d transcripts, %v", len(paths), err)
	}
	return paths
}

func readTranscript(t testing.TB, path string) []wire.Packet {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	packets, err := wire.ParseTranscript(string(text))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return packets
}

func recordsOf(t testing.TB, packets []wire.Packet) []Record {
	t.Helper()
	records, err := Calls(Packets(packets))
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// TestGolden folds each transcript and holds the records to a text.
func TestGolden(t *testing.T) {
	for _, path := range transcripts(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".transcript")
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, record := range recordsOf(t, readTranscript(t, path)) {
				got += string(record.AppendText(nil))
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; -update shows how\n%s", golden, got)
			}
		})
	}
}
