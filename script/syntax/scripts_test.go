package syntax

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readFile(name string) (string, error) {
	data, err := os.ReadFile(name)
	return string(data), err
}

// parseScript parses a file, and checks that its print reads back as the same script.
func parseScript(t *testing.T, path string, defines ...string) *File {
	t.Helper()
	f, err := ParseFile(path, Options{Load: readFile, Defines: defines})
	if err != nil {
		t.Fatalf("%s %v:\n%s", path, defines, detail(err))
	}
	printed := Format(f)
	again, err := Parse("printed.cfg", printed, Options{Dialect: f.Dialect})
	if err != nil {
		t.Fatalf("%s printed:\n%s\n%s", path, detail(err), printed)
	}
	if Format(again) != printed {
		t.Errorf("%s: the print of the print differs:\n%s", path, Format(again))
	}
	return f
}

func TestPaperScripts(t *testing.T) {
	for name, want := range map[string]struct {
		dialect Dialect
		reason  string
		routes  []string
	}{
		"2.5-call-setup.cfg":     {OpenSER, "the colour $Cbg on line 28", []string{"route", "route[1]", "onreply_route[1]"}},
		"2.5-call-setup.ser.cfg": {SER, "%Cbg in xlog on line 28, and no $ variables", []string{"route", "route[1]", "onreply_route[1]"}},
		"2.7-stateless.cfg":      {OpenSER, "the colour $Cbg on line 27", []string{"route", "route[1]"}},
		"3-record-route.cfg":     {OpenSER, "the colour $Cbg on line 27", []string{"route", "route[1]", "onreply_route[1]"}},
	} {
		f := parseScript(t, filepath.Join("testdata/paper", name))
		if f.Dialect != want.dialect || f.Reason != want.reason {
			t.Errorf("%s: %s, %s", name, f.Dialect, f.Reason)
		}
		var routes []string
		for _, r := range f.Routes {
			routes = append(routes, r.Title())
		}
		if !slices.Equal(routes, want.routes) {
			t.Errorf("%s: routes %v", name, routes)
		}
		if len(f.Listens) != 1 || f.Listens[0].Address.String() != "udp:127.168.1.15:5060" || len(f.LoadModules) != 8 || len(f.ModParams) != 3 {
			t.Errorf("%s: listens %v, modules %v, parameters %v", name, f.Listens, f.LoadModules, f.ModParams)
		}
	}
}

// The first line of the paper's log: what a reader of the bars sees.
func TestPaperFormat(t *testing.T) {
	f := parseScript(t, "testdata/paper/3-record-route.cfg")
	call := f.Routes[0].Body[0].(*CallStmt).Call
	parts, err := ParseFormat(call.Args[1].(*StringLit).Value, f.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	want := `"\n\n"<C:bg>"[ Method "<$rm>" from "<$si>" ]"<C:xx>"\n"<$mb>"{end}\n"<C:bg>"[ End of Request ]"<C:xx>"\n"`
	if got := dumpParts(parts); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if call.Pos.Line != 27 || call.Pos.Col != 2 || call.Args[1].Position().Col != 17 {
		t.Errorf("xlog at %v, its text at %v", call.Pos, call.Args[1].Position())
	}
}

func TestDebianScript(t *testing.T) {
	const path = "/etc/kamailio/kamailio.cfg"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("Debian's kamailio is not installed: %v", err)
	}
	words := regexp.MustCompile(`WITH_[A-Z0-9]+`).FindAllString(string(text), -1)
	slices.Sort(words)
	words = slices.Compact(words)
	if len(words) < 20 {
		t.Fatalf("only %v", words)
	}
	f := parseScript(t, path)
	if f.Dialect != Kamailio || len(f.Routes) != 18 || len(f.LoadModules) < 15 {
		t.Errorf("%s, %d routes, %d modules", f.Dialect, len(f.Routes), len(f.LoadModules))
	}
	const url = `DBURL="mysql://localhost/kamailio"` // some switches need WITH_MYSQL, which defines it
	for _, word := range words {
		parseScript(t, path, word, url)
	}
	all := parseScript(t, path, words...)
	if len(all.Routes) != 19 || len(all.CustomParams) != 4 || all.Route(EventRoute, "xhttp:request") == nil {
		t.Errorf("all switches: %d routes, %d custom parameters", len(all.Routes), len(all.CustomParams))
	}
	_, err = ParseFile(path, Options{Load: readFile, Defines: []string{"WITH_USRLOCDB"}})
	if err == nil || !strings.Contains(err.Error(), "DBURL is not defined") {
		t.Errorf("WITH_USRLOCDB alone: %v", err)
	}
}

func TestBenchScripts(t *testing.T) {
	paths, _ := filepath.Glob("../../../shared/bench/kamailio/*.cfg")
	if len(paths) == 0 {
		t.Skip("../shared/bench is not there")
	}
	for _, path := range paths {
		if f := parseScript(t, path); f.Dialect != Kamailio || len(f.Listens) == 0 {
			t.Errorf("%s: %s, listens %v", path, f.Dialect, f.Listens)
		}
	}
}
