// The list of scenarios in which viaduct differs from Kamailio on purpose.

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const knownPath = "testdata/known_differences.txt"

// readKnownDifferences returns scenario → reason.
func readKnownDifferences() (map[string]string, error) {
	text, err := os.ReadFile(knownPath)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, s := range scenarios() {
		names[s.name] = true
	}
	return parseKnownDifferences(string(text), names)
}

func parseKnownDifferences(text string, scenarios map[string]bool) (map[string]string, error) {
	known := map[string]string{}
	for number, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, reason, _ := strings.Cut(line, ":")
		reason = strings.TrimSpace(reason)
		switch {
		case reason == "":
			return nil, fmt.Errorf("%s:%d: want \"scenario: reason\"", knownPath, number+1)
		case !scenarios[name]:
			return nil, fmt.Errorf("%s:%d: there is no scenario %q", knownPath, number+1, name)
		case known[name] != "":
			return nil, fmt.Errorf("%s:%d: %s is listed twice", knownPath, number+1, name)
		}
		known[name] = reason
	}
	return known, nil
}

// scriptsOfOtherTests are played by tests that are no scenarios.
var scriptsOfOtherTests = []string{dispatcherScript, filepath.Join("configs", "digest.cfg")}

// A golden ladder that no scenario reads, or a phone that no scenario plays, is a leftover.
func TestNoLeftovers(t *testing.T) {
	known, err := readKnownDifferences()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{knownPath: true, filepath.Join("scenarios", registering): true}
	for _, script := range scriptsOfOtherTests {
		used[script] = true
	}
	for _, s := range scenarios() {
		used[goldenPath(s.name)] = true
		if known[s.name] != "" {
			used[oursPath(s.name)] = true
		}
		for _, role := range s.roles(t) {
			used[filepath.Join("scenarios", s.call+"."+role+".xml")] = true
		}
		if s.script != debianScript {
			used[s.script] = true
		}
	}
	for _, folder := range []string{"testdata", "scenarios", "configs"} {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no file (%v)", folder, err)
		}
		for _, file := range files {
			if !used[file] {
				t.Errorf("%s serves no scenario", file)
			}
		}
	}
}

func TestKnownDifferencesAreRead(t *testing.T) {
	if _, err := readKnownDifferences(); err != nil {
		t.Error(err)
	}
	names := map[string]bool{"call": true}
	known, err := parseKnownDifferences("# note\n\ncall: the RFC says so: 17.1\n", names)
	if err != nil || known["call"] != "the RFC says so: 17.1" {
		t.Errorf("got %q, %v", known, err)
	}
	for _, bad := range []string{"call", "call:", "other: why", "call: a\ncall: b"} {
		if _, err := parseKnownDifferences(bad, names); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
