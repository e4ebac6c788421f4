// The list of messages that viaduct does not treat as the RFC asks.

package conformance

import (
	"os"
	"strings"
	"testing"
)

const knownPath = "testdata/known_failures.txt"

// readKnownFailures gives "message role" → reason.
func readKnownFailures(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(knownPath)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, e := range expectations {
		for _, role := range roles {
			names[e.name+" "+role] = true
		}
	}
	known := map[string]string{}
	for number, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, reason, _ := strings.Cut(line, ":")
		if reason = strings.TrimSpace(reason); reason == "" || !names[name] {
			t.Fatalf("%s:%d: want \"message builtin|relay: reason\"", knownPath, number+1)
		}
		known[name] = reason
	}
	return known
}
