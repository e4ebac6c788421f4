package syntax

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is found as what is wanted")

// TestFaults reads testdata/faults/*.txt: lines of "-- name dialect --", a script, "-- want --" and the details of its
// faults.
func TestFaults(t *testing.T) {
	paths, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, c := range splitCases(t, path, string(data)) {
			_, err := Parse("test.cfg", c.script, Options{Dialect: c.dialect, Load: files{"self.cfg": `include_file "self.cfg"`}.load})
			got := "no fault"
			var list ErrorList
			if errors.As(err, &list) {
				got = list.Detail()
			}
			out.WriteString("-- " + c.name + " --\n" + c.script + "-- want --\n" + got + "\n")
			if got != c.want && !*update {
				t.Errorf("%s: %s\n%s got\n%s\nwant\n%s", path, c.name, c.script, got, c.want)
			}
		}
		if *update {
			if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type faultCase struct {
	name         string
	dialect      Dialect
	script, want string
}

func splitCases(t *testing.T, path, text string) []faultCase {
	t.Helper()
	var cases []faultCase
	into := (*string)(nil)
	for _, line := range strings.SplitAfter(text, "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(name, " --") {
			name = strings.TrimSuffix(name, " --")
			if name == "want" {
				into = &cases[len(cases)-1].want
				continue
			}
			words := strings.Fields(name)
			d, err := ParseDialect(words[len(words)-1])
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			cases = append(cases, faultCase{name: name, dialect: d})
			into = &cases[len(cases)-1].script
			continue
		}
		if into != nil {
			*into += line
		}
	}
	for i := range cases {
		cases[i].want = strings.TrimSuffix(cases[i].want, "\n")
	}
	return cases
}

func TestErrorForms(t *testing.T) {
	_, err := Parse("p.cfg", "debug\n\nroute { f() }\n", Options{Dialect: Kamailio})
	want := "p.cfg:1:6: expected = after debug, found the end of the line\np.cfg:3:12: expected ; after )"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	var first *Error
	if !errors.As(err, &first) || first.Pos != (Pos{"p.cfg", 1, 6}) || first.SourceLine != "debug" {
		t.Errorf("first fault: %+v", first)
	}
	for _, c := range []struct {
		pos  Pos
		want string
	}{{Pos{}, "-"}, {Pos{File: "f"}, "f"}, {Pos{"f", 1, 2}, "f:1:2"}, {Pos{Line: 3, Col: 4}, "3:4"}} {
		if got := c.pos.String(); got != c.want {
			t.Errorf("%#v = %s, want %s", c.pos, got, c.want)
		}
	}
}
