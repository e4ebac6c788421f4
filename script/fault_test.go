package script

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"viaduct/script/syntax"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each testdata/faults/*.cfg holds faults; the file beside it, *.golden, what
// is said about them.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.cfg")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts with faults: ", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := faultsOf(t, filepath.Base(file), string(text))
			golden := strings.TrimSuffix(file, ".cfg") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// faultsOf compiles a script that must have faults and gives them in full,
// with the warnings before them.
func faultsOf(t *testing.T, name, text string) string {
	t.Helper()
	f, err := syntax.Parse(name, text, syntax.Options{})
	if err != nil {
		t.Fatal(detail(err))
	}
	b := new(bench)
	o := b.options()
	o.Source = func(string) (string, error) { return text, nil }
	o.Lenient = strings.Contains(text, "# lenient")
	_, err = Compile(f, o)
	var list syntax.ErrorList
	out := strings.Join(b.log.lines, "")
	if errors.As(err, &list) {
		out += list.Detail() + "\n"
	}
	if out == "" {
		t.Fatal("no fault was found")
	}
	return out
}

// The first fault does not hide the others, and a program is not given.
func TestFaultsAreAllReported(t *testing.T) {
	f, err := syntax.Parse("x.cfg", "route { nope1(); nope2(); route(NO); $nope = 1; }", syntax.Options{Dialect: syntax.Kamailio})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(f, Options{})
	var list syntax.ErrorList
	if !errors.As(err, &list) || len(list) != 4 || p != nil {
		t.Errorf("%v %v", p, err)
	}
}
