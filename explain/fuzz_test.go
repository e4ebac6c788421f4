package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"viaduct/wire"
)

// FuzzCall explains whatever was recorded: it always ends, says something of
// each message, and its text can be printed.
func FuzzCall(f *testing.F) {
	paths, err := filepath.Glob("testdata/paper/*.transcript")
	if err != nil || len(paths) == 0 {
		f.Fatal("no transcripts: ", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, test := range calls {
		r := &tape{}
		test.play(r)
		var text []byte
		for i := range r.packets {
			text = wire.AppendTranscript(text, &r.packets[i])
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		packets, err := wire.ParseTranscript(text)
		if err != nil {
			return
		}
		story := Call(packets, names)
		if len(story.Steps) != len(story.Ladder.Arrows) {
			t.Fatalf("%d steps of %d arrows", len(story.Steps), len(story.Ladder.Arrows))
		}
		for i, step := range story.Steps {
			if len(step.Sentences) == 0 {
				t.Fatalf("nothing is said of message %d", i+1)
			}
		}
		for _, finding := range story.Findings {
			if finding.Step < 0 || finding.Step >= len(story.Steps) {
				t.Fatalf("%+v is at no message", finding)
			}
		}
		for _, r := range string(story.AppendText(nil)) {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%q is not fit to be printed", r)
			}
		}
	})
}

// TestLongCallIsQuick: a recording of many messages with the same names takes
// time in proportion to its length.
func TestLongCallIsQuick(t *testing.T) {
	r := &tape{}
	r.setUp()
	for range 1000 {
		r.bye()
		r.byeOK()
	}
	begin := time.Now()
	story := Call(r.packets, names)
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("%d messages took %v", len(story.Steps), took)
	}
	if len(story.Findings) > maxFindings {
		t.Errorf("%d findings", len(story.Findings))
	}
	if strings.Count(string(story.AppendText(nil)), "\n") < 2000 {
		t.Error("the story is short")
	}
}
