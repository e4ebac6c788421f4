package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts of testdata")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"viaduct": main})
}

// TestCommands plays the command lines of testdata/script.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"peer": startPeer, "frames": frames},
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "1")
			env.Setenv("GORACE", "atexit_sleep_ms=10")                                       // else each command sleeps a second at its end
			env.Setenv("XDG_STATE_HOME", env.WorkDir)                                        // each script has a store of its own
			env.Setenv("HOST", fmt.Sprintf("127.%d.%d.1", 1+rand.IntN(250), rand.IntN(250))) // and its ports to itself
			return nil
		},
	})
}

func TestMainIsQuietAboutAClosedReader(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if status := run([]string{"script", "default"}, streams{w, os.Stderr}); status != 1 {
		t.Errorf("status %d, want 1: nobody reads", status)
	}
}
