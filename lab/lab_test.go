package lab

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"viaduct/explain"
	"viaduct/internal/siptest"
	"viaduct/ladder"
	"viaduct/sip"
)

var update = flag.Bool("update", false, "write the golden files")

// elsewhere moves an experiment to addresses of its own, of the same length,
// so that all can be played at once.
func elsewhere(n int) Options {
	return Options{move: func(a netip.Addr) netip.Addr {
		bytes := a.As4()
		bytes[1] = byte(100 + n)
		return netip.AddrFrom4(bytes)
	}}
}

// outcome is what came of an experiment that was played for all tests.
type outcome struct {
	*Result
	err error
}

// outcomes plays all experiments side by side, as most of their time is
// waiting.
var outcomes = sync.OnceValue(func() map[string]outcome {
	var wait sync.WaitGroup
	var mu sync.Mutex
	all := map[string]outcome{}
	for i, name := range Names() {
		wait.Go(func() {
			s, err := Find(name)
			var r *Result
			if err == nil {
				r, err = Play(context.Background(), s, elsewhere(i))
			}
			mu.Lock()
			all[name] = outcome{r, err}
			mu.Unlock()
		})
	}
	wait.Wait()
	return all
})

func played(t *testing.T, name string) *Result {
	t.Helper()
	o := outcomes()[name]
	if o.err != nil {
		if o.Result != nil {
			t.Fatalf("%v\n%s", o.err, o.Story.Ladder.AppendText(nil, ladder.TextOptions{}))
		}
		t.Fatal(o.err)
	}
	return o.Result
}

// Each experiment gives the ladder that it promises, and each message the
// rules of its golden file: message → rules of package explain.
func TestExperiments(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			r := played(t, name)
			if s := r.Scenario; s.Expect == nil || len(s.Asks) == 0 || s.Note == "" {
				t.Error("without expect, ask or note")
			}
			if len(r.Missing)+len(r.Strange) > 0 {
				t.Fatalf("otherwise than expected:\n%s", r.appendDifferences(nil))
			}
			golden(t, name+".rules", rules(r))
		})
	}
}

// rules writes each arrow with the rules of its sentences, and the findings.
// Arrows of one way keep their order, ways are sorted.
func rules(r *Result) string {
	var lines []string
	for i, line := range arrows(r.Story.Ladder) {
		for _, sentence := range r.Story.Steps[i].Sentences {
			line += "\n    " + sentence.Rule.String() + " [" + sentence.Section.String() + "]"
			if sentence.Section == (explain.Section{}) || sentence.Text == "" {
				line += " WITHOUT TEXT OR SECTION"
			}
		}
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(way(a), way(b)) })
	for _, f := range r.Story.Findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s [%v]", f.Severity, arrows(r.Story.Ladder)[f.Step], f.Rule, f.Section))
	}
	return strings.Join(lines, "\n") + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is otherwise; -update writes it\n%s", path, got)
	}
}

// The printouts of the four experiments of the paper are the paper's: the same
// messages behind the same bars. Only what each call chooses anew may differ,
// and must differ in the same places.
func TestPrintoutsOfThePaper(t *testing.T) {
	for name, section := range map[string]string{
		"call-setup": "2.5-call-setup", "cancelled-call": "2.6-cancelled-call",
		"stateless-cancelled-call": "2.7-stateless-cancelled-call", "record-routed-call": "3-record-routed-call",
	} {
		t.Run(name, func(t *testing.T) {
			messages, err := siptest.ReadPaper(section)
			if err != nil {
				t.Fatal(err)
			}
			end := "\n"
			if section[0] == '3' {
				end = "{end}\n\n"
			}
			var want strings.Builder
			for _, m := range messages {
				kind, bar := "Request", fmt.Sprintf("Method %s from %v", m.Message.Method, m.From.Addr())
				if !m.Message.IsRequest() {
					kind = "Reply"
					bar = fmt.Sprintf("Reply %d (%s) from %v concerning %s", m.Message.Status, m.Message.Reason, m.From.Addr(), m.Message.CSeq.Method)
				}
				fmt.Fprintf(&want, "\n\n[ %s ]\n%s%s[ End of %s ]\n", bar, m.Message.Text, strings.TrimSuffix(end, "\n"), kind)
			}
			r := played(t, name)
			p := r.Printouts[0]
			p.Text = moved.ReplaceAllString(p.Text, "127.168.1.")
			shown, more := r.Scenario.shown(p)
			if (more != nil) != (r.Scenario.Until != "") {
				t.Errorf("behind the printout: %q", more)
			}
			var got strings.Builder
			for _, one := range shown {
				got.WriteString(one.text)
			}
			if a, b := renumber(got.String()), renumber(want.String()); a != b {
				t.Errorf("printed:\n%s\nthe paper:\n%s", a, b)
			}
		})
	}
}

// moved are the addresses of the tests.
var moved = regexp.MustCompile(`127\.1\d\d\.1\.`)

// chosen is what a phone chooses anew for each call, or a proxy for itself.
var chosen = regexp.MustCompile(`(branch=z9hG4bK|tag=)[^;>\s]+|(Call-ID: )\w+|(CSeq: )\d+`)

// renumber puts numbers in the place of what was chosen: the same for the same.
func renumber(text string) string {
	seen := map[string]int{}
	return chosen.ReplaceAllStringFunc(text, func(found string) string {
		at := strings.IndexAny(found, "=:") + 1
		if _, ok := seen[found[at:]]; !ok {
			seen[found[at:]] = len(seen)
		}
		return fmt.Sprint(found[:at], seen[found[at:]])
	})
}

// A page stands alone and has all parts.
func TestPage(t *testing.T) {
	r := played(t, "record-routed-call")
	text, err := r.AppendHTML(nil, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for what, want := range map[string]int{
		`<div class="bar b2">[ Method `: 5, `<div class="bar b6">[ Reply `: 6, `<b>Record-Route:</b>`: 5, `<b>Route:</b>`: 4, `<b>branch=z9hG4bK`: 17,
		`<svg `: 1, `<li><h3>`: len(r.Story.Steps), "An INVITE within": 0, "Without this Via the responses would pass viaduct by": 4,
	} {
		if got := strings.Count(page, what); got != want {
			t.Errorf("%d times %s, want %d", got, what, want)
		}
	}
	outside := regexp.MustCompile(`(?i)(src|srcset|data|action)\s*=|url\(|@import|<(script|link|iframe|img|object|embed)|href="[^#i]|https?://`)
	for _, found := range outside.FindAllString(strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, ""), -1) {
		t.Errorf("the page has %q", found)
	}
	if index, err := AppendIndex(nil, []*Scenario{r.Scenario}); err != nil || !strings.Contains(string(index), `<a href="record-routed-call.html">`) {
		t.Errorf("%v\n%s", err, index)
	}
}

// A busy port is no reason to stop.
func TestBusyPort(t *testing.T) {
	o := elsewhere(len(names))
	g := &ground{sockets: map[string]*socket{}, names: map[netip.AddrPort]string{}}
	taken, err := g.open("taken", netip.AddrPortFrom(o.move(netip.MustParseAddr("127.168.1.15")), 0), 5060)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	s, err := Find("record-routed-call")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Play(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], taken.at.String()) {
		t.Errorf("%q", r.Notes)
	}
	if len(r.Missing)+len(r.Strange) > 0 {
		t.Errorf("%s", r.appendDifferences(nil))
	}
}

func TestCompare(t *testing.T) {
	want := []string{"a -> b  INVITE", "b -> a  100", "b -> a  200", "a -> b  ACK"}
	for _, test := range []struct{ got, missing, strange string }{
		{"a -> b  INVITE|a -> b  ACK|b -> a  100|b -> a  200", "", ""}, // ways overtake each other
		{"a -> b  INVITE|b -> a  200|b -> a  100|a -> b  ACK", "b -> a  100", "b -> a  100"},
		{"a -> b  INVITE|b -> a  100|b -> a  200", "a -> b  ACK", ""},
		{"a -> b  INVITE|b -> a  100|b -> a  200|a -> b  ACK|a -> c  BYE", "", "a -> c  BYE"},
	} {
		missing, strange := compare(want, strings.Split(test.got, "|"))
		if strings.Join(missing, "|") != test.missing || strings.Join(strange, "|") != test.strange {
			t.Errorf("%s: missing %q, strange %q", test.got, missing, strange)
		}
	}
}

func TestMatches(t *testing.T) {
	response, err := sip.Parse("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:b@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]bool{"200": true, "200 INVITE": true, "200 BYE": false, "INVITE": false, "180": false} {
		if matches(response, what) != want {
			t.Errorf("%s: %v", what, !want)
		}
	}
}
