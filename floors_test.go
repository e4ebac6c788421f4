// Holds every import to the floors of docs/floors.txt: imports point downward, never up or sideways.

package viaduct_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestImportsPointDownward(t *testing.T) {
	text, err := os.ReadFile("docs/floors.txt")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := parseFloors(string(text))
	if err != nil {
		t.Fatal(err)
	}
	watchFolders(t)
	packages, err := listPackages()
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range plan.faults(packages) {
		t.Error(fault)
	}
}

// watchFolders opens every folder of the checkout: `go test` keeps a result until a file that the test itself opened
// has changed, and what `go list` opens does not count.
func watchFolders(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// floors is the plan of the house. A pattern is a folder ("sip") or all that lies below one ("module/*").
type floors struct {
	level map[string]int  // pattern → floor, 0 on top
	tests map[string]bool // patterns of packages that serve tests only
}

func parseFloors(text string) (floors, error) {
	plan := floors{level: map[string]int{}, tests: map[string]bool{}}
	seen := map[string]bool{}
	for number, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		rooms := strings.Fields(line)
		forTests := len(rooms) > 0 && rooms[0] == "tests"
		if forTests {
			rooms = rooms[1:]
		}
		for _, room := range rooms {
			if seen[room] {
				return plan, fmt.Errorf("floors.txt:%d: %s stands on two floors", number+1, room)
			}
			seen[room] = true
			if forTests {
				plan.tests[room] = true
			} else {
				plan.level[room] = number
			}
		}
	}
	if len(plan.level) == 0 {
		return plan, errors.New("floors.txt lists no floor")
	}
	return plan, nil
}

// listed is what `go list -json` says of a package; names are relative to the module's root.
type listed struct {
	ImportPath string
	Imports    []string // of the files that are no tests
}

const modulePath = "viaduct"

func listPackages() ([]listed, error) {
	command := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var next listed
		if err := decoder.Decode(&next); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages = append(packages, next)
	}
}

// faults names every import that does not point downward, and every package without a floor.
func (plan floors) faults(packages []listed) []string {
	var found []string
	for _, importer := range packages {
		from := strings.TrimPrefix(importer.ImportPath, modulePath+"/")
		if from == modulePath || plan.servesTests(from) {
			continue // the root holds only this test
		}
		floor, ok := plan.floor(from)
		if !ok {
			found = append(found, from+" stands on no floor of docs/floors.txt")
			continue
		}
		for _, imported := range importer.Imports {
			to, ours := strings.CutPrefix(imported, modulePath+"/")
			if !ours {
				continue
			}
			if plan.servesTests(to) {
				found = append(found, from+" imports "+to+", which is for tests only")
				continue
			}
			below, ok := plan.floor(to)
			switch {
			case !ok: // named once, at the package itself
			case below == floor:
				found = append(found, from+" imports "+to+", a room of its own floor: sideways")
			case below < floor:
				found = append(found, from+" imports "+to+", which stands above it: upward")
			}
		}
	}
	slices.Sort(found)
	return found
}

// floor looks for the folder itself first, then for the nearest "name/*" around it.
func (plan floors) floor(folder string) (int, bool) {
	if level, ok := plan.level[folder]; ok {
		return level, true
	}
	for around := folder; ; {
		slash := strings.LastIndexByte(around, '/')
		if slash < 0 {
			return 0, false
		}
		around = around[:slash]
		if level, ok := plan.level[around+"/*"]; ok {
			return level, true
		}
	}
}

// servesTests is true for a listed folder and all that lies below it.
func (plan floors) servesTests(folder string) bool {
	for name := range plan.tests {
		if folder == name || strings.HasPrefix(folder, name+"/") {
			return true
		}
	}
	return false
}

// The checker must be able to fail: a made-up house with one fault of each kind.
func TestFloorsNameEachFault(t *testing.T) {
	plan, err := parseFloors(`
		roof            # comment
		wing/*
		east  west
		ground
		tests  kit`)
	if err != nil {
		t.Fatal(err)
	}
	made := func(name string, imports ...string) listed {
		for i := range imports {
			imports[i] = modulePath + "/" + imports[i]
		}
		return listed{ImportPath: modulePath + "/" + name, Imports: append(imports, "fmt", "example.test/other")}
	}
	for _, test := range []struct {
		name string
		of   listed
		want []string
	}{
		{"downward", made("roof", "wing/a", "east", "ground"), nil},
		{"to the floor just below", made("wing/a", "east"), nil},
		{"upward", made("ground", "roof"), []string{"ground imports roof, which stands above it: upward"}},
		{"sideways", made("east", "west"), []string{"east imports west, a room of its own floor: sideways"}},
		{"sideways in a wing", made("wing/a", "wing/b"), []string{"wing/a imports wing/b, a room of its own floor: sideways"}},
		{"deep in a wing", made("wing/a/deep", "roof"), []string{"wing/a/deep imports roof, which stands above it: upward"}},
		{"no floor", made("shed", "roof"), []string{"shed stands on no floor of docs/floors.txt"}},
		{"a wing's own folder is not in the wing", made("wing"), []string{"wing stands on no floor of docs/floors.txt"}},
		{"product needs the kit", made("east", "kit"), []string{"east imports kit, which is for tests only"}},
		{"the kit may reach up", made("kit", "roof"), nil},
		{"two at once", made("ground", "east", "kit"), []string{
			"ground imports east, which stands above it: upward",
			"ground imports kit, which is for tests only"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := plan.faults([]listed{test.of}); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestFloorsRefuseABadPlan(t *testing.T) {
	for _, text := range []string{"", "# only a comment", "sip\nwire sip", "sip\ntests sip"} {
		if _, err := parseFloors(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
