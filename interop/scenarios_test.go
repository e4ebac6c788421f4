// Every scenario through every server, its ladder held against the golden one.

package interop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScenarios(t *testing.T) {
	needPrograms(t, "sipp")
	known, err := readKnownDifferences()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers() {
		t.Run(s.name(), func(t *testing.T) {
			through := map[string]*running{}
			for _, sc := range scenarios() {
				if through[sc.script] == nil {
					through[sc.script] = start(t, s, sc.script)
				}
				t.Run(sc.name, func(t *testing.T) {
					t.Parallel()
					got := sc.play(t, through[sc.script])
					if s == (kamailio{}) {
						compare(t, goldenPath(sc.name), got, "Kamailio 5.6.3 with "+filepath.Base(sc.script))
					} else {
						compareOurs(t, sc, known[sc.name], got)
					}
				})
			}
		})
	}
}

func goldenPath(name string) string { return filepath.Join("testdata", name+".ladder") }
func oursPath(name string) string   { return filepath.Join("testdata", name+".viaduct.ladder") }

// compareOurs wants Kamailio's ladder, or, where a difference is known, the one written down for viaduct.
func compareOurs(t *testing.T, sc scenario, reason, got string) {
	golden, err := os.ReadFile(goldenPath(sc.name))
	if err != nil {
		t.Fatal(err)
	}
	if err := judge(string(golden), got, reason); err != nil {
		t.Error(err)
	}
	if reason != "" {
		compare(t, oursPath(sc.name), got, "viaduct with "+filepath.Base(sc.script)+"; differs from Kamailio: "+reason)
	}
}

// judge wants the same ladder when no reason for a difference is given, and a difference when one is.
func judge(kamailios, ours, reason string) error {
	same := byLeg(kamailios) == byLeg(ours)
	switch {
	case same && reason != "":
		return fmt.Errorf("%s lists a difference that is gone: %s", knownPath, reason)
	case !same && reason == "":
		return fmt.Errorf("another ladder than Kamailio's; mend it, or give the reason in %s\n%s",
			knownPath, difference(kamailios, ours))
	}
	return nil
}

// compare wants the ladder of a golden file, or with -update writes it, but not for a mere change of order between legs.
func compare(t *testing.T, path, got, about string) {
	golden, err := os.ReadFile(path)
	if err != nil && !(*update && errors.Is(err, fs.ErrNotExist)) {
		t.Fatalf("%v (make golden writes it)\n%s", err, got)
	}
	if byLeg(string(golden)) == byLeg(got) {
		return
	}
	if !*update {
		t.Errorf("not the ladder of %s\n%s", path, difference(string(golden), got))
		return
	}
	if err := os.WriteFile(path, []byte("# "+about+"\n\n"+got), 0o644); err != nil {
		t.Fatal(err)
	}
}

// difference shows the lines of two ladders beside each other's order: "-" only wanted, "+" only got.
func difference(want, got string) string {
	return strings.Join(sideBySide(strings.Split(byLeg(want), "\n"), strings.Split(byLeg(got), "\n")), "")
}

// sideBySide gives the lines of two texts in one order, each with "  " in front when it is in both, "- " when only in the
// first, "+ " when only in the second. They are short: it takes the square of their length.
func sideBySide(a, b []string) []string {
	length := make([][]int, len(a)+1) // of the longest common subsequence of a[i:] and b[j:]
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var lines []string
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, "  "+a[i]+"\n")
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			lines = append(lines, "- "+a[i]+"\n")
			i++
		default:
			lines = append(lines, "+ "+b[j]+"\n")
			j++
		}
	}
	return lines
}

func TestJudge(t *testing.T) {
	const one, other = "caller -> server  INVITE\n", "caller -> server  BYE\n"
	for _, test := range []struct {
		kamailios, ours, reason string
		fine                    bool
	}{
		{one, one, "", true},
		{one, other, "", false},
		{one, other, "a reason", true},
		{one, one, "a reason that is gone", false},
	} {
		if err := judge(test.kamailios, test.ours, test.reason); (err == nil) != test.fine {
			t.Errorf("%+v: got %v", test, err)
		}
	}
	if got, want := difference(one+other, one), "  caller -> server  INVITE\n- caller -> server  BYE\n  \n"; got != want {
		t.Errorf("difference: got %q, want %q", got, want)
	}
}
