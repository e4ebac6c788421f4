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

// TestSeenAtBothEnds: a call that was recorded where it is sent and where it
// arrives is told as one that was recorded at one place.
func TestSeenAtBothEnds(t *testing.T) {
	for _, test := range calls {
		r := &tape{}
		test.play(r)
		var both []wire.Packet
		for _, p := range r.packets {
			arrived := p
			arrived.Outgoing = false
			arrived.Flow.Local, arrived.Flow.Remote = p.Flow.Remote, p.Flow.Local
			both = append(both, p, arrived)
		}
		got, want := string(Call(both, names).AppendText(nil)), string(Call(r.packets, names).AppendText(nil))
		if got != want && test.name != "keep-alives and others" { // those have no addresses
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, want)
		}
	}
}

// TestSeenAtOneEnd: what a proxy did that was not watched is not held against
// it, nor against the phones.
func TestSeenAtOneEnd(t *testing.T) {
	text, err := os.ReadFile("testdata/paper/3-record-routed-call.transcript")
	if err != nil {
		t.Fatal(err)
	}
	packets, lanes := read(t, string(text))
	for _, end := range []string{"127.168.1.10", "127.168.1.11"} {
		var seen []wire.Packet
		for _, p := range packets {
			if p.Flow.Remote.Addr().String() == end {
				seen = append(seen, p)
			}
		}
		story := Call(seen, lanes)
		if len(story.Findings) > 0 {
			t.Errorf("at %s: %v", end, story.Findings)
		}
		unseen := 0
		for _, step := range story.Steps {
			for _, s := range step.Sentences {
				switch s.Rule {
				case RelayedUnseen:
					unseen++
				case SentPastProxy, SentStraight, NoRouteSet, AnsweredByProxy:
					t.Errorf("at %s: %s", end, s.Text)
				}
			}
		}
		if len(seen) != 11 || unseen != 2 {
			t.Errorf("at %s: %d messages, %d of them relayed", end, len(seen), unseen)
		}
	}
}
