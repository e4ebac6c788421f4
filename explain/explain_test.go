package explain

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/internal/rfctext"
	"viaduct/ladder"
	"viaduct/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// read reads a transcript; lines "# name ADDRESS NAME" in it name the lanes.
func read(t testing.TB, text string) ([]wire.Packet, ladder.Names) {
	t.Helper()
	packets, err := wire.ParseTranscript(text)
	if err != nil {
		t.Fatal(err)
	}
	names := ladder.Names{}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 3 && words[0] == "#" && words[1] == "name" {
			names[netip.MustParseAddrPort(words[2])] = strings.Join(words[3:], " ")
		}
	}
	return packets, names
}

// TestGolden explains each transcript of testdata and holds it to the text
// beside it.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.transcript")
	if err != nil || len(paths) < 4 {
		t.Fatalf("%d transcripts, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(path, "testdata/"), ".transcript"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			story := Call(read(t, string(text)))
			got := string(story.AppendText(story.Ladder.AppendText(nil, ladder.TextOptions{})))
			golden := strings.TrimSuffix(path, ".transcript") + ".txt"
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
			for i, step := range story.Steps {
				if len(step.Sentences) == 0 {
					t.Errorf("nothing is said of message %d", i+1)
				}
			}
		})
	}
}

// Each rule has all its parts, and its section speaks of it.
func TestRulesStandInTheRFCs(t *testing.T) {
	texts := map[int]map[string]string{}
	for r := range allRules {
		rule := rules[r]
		if rule.name == "" || rule.rfc == 0 || rule.section == "" || rule.form == "" || rule.keyword == "" {
			t.Errorf("rule %d (%s) is not complete", r, rule.name)
		}
	}
	for _, number := range []string{"3261", "3262", "3264", "3581"} {
		text, err := os.ReadFile("../../shared/rfc/rfc" + number + ".txt")
		if err != nil {
			t.Skip("needs the RFCs' texts: ", err)
		}
		n := 0
		for _, digit := range number {
			n = n*10 + int(digit-'0')
		}
		texts[n] = rfctext.Sections(string(text))
	}
	for r := range allRules {
		if s := r.Section(); !rfctext.Holds(texts[s.RFC], s.Number, rules[r].keyword) {
			t.Errorf("%v: %v does not speak of %q", r, s, rules[r].keyword)
		}
	}
}
