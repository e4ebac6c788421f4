// The gate of the suite: what makes it run, skip or fail, and the flags it knows.

package interop

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

var update = flag.Bool("update", false, "write the golden ladders from what the servers do")

// Most of a scenario is waiting, so more of them run at once than there are cores.
const scenariosAtOnce = "6"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", scenariosAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	code := m.Run()
	for _, clean := range afterAll {
		clean()
	}
	os.Exit(code)
}

// afterAll removes what outlives the test that made it.
var afterAll []func()

// needPrograms skips a test that plays real programs unless it was asked for and they are all there.
// With VIADUCT_NO_SKIP=1 a missing program is a failure.
func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	if os.Getenv("VIADUCT_INTEROP") != "1" {
		t.Skip("plays real programs on loopback sockets: runs with VIADUCT_INTEROP=1 (make interop)")
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing(t, "%s is not installed (make deps)", name)
		}
	}
}

// missing skips, or fails where skipping is forbidden.
func missing(t *testing.T, format string, arguments ...any) {
	t.Helper()
	if os.Getenv("VIADUCT_NO_SKIP") == "1" {
		t.Fatalf(format, arguments...)
	}
	t.Skipf(format, arguments...)
}
