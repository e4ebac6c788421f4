// The functions of the script language through both servers: one script with a route for each case, the same requests,
// and what comes out compared line by line.

package interop

import (
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var onlyModules = flag.String("functions.only", "", "play the cases of these modules alone (a,b); the page is not looked at")

// outcome is what both servers made of a case.
type outcome struct{ theirs, ours string }

func TestFunctions(t *testing.T) {
	needPrograms(t, "kamailio")
	t.Parallel()
	files := chosen(readCases(t))
	outcomes := map[string]*outcome{}
	for _, file := range files {
		for _, c := range file.cases {
			outcomes[c.id] = &outcome{}
		}
	}
	both := servers()
	found := make([]map[string]string, len(both))
	t.Run("played", func(t *testing.T) {
		for i, s := range both {
			t.Run(s.name(), func(t *testing.T) {
				t.Parallel()
				found[i] = playCases(t, s, files)
			})
		}
	})
	if t.Failed() {
		return
	}
	for id, o := range outcomes {
		o.theirs, o.ours = found[0][id], found[1][id]
	}
	for _, file := range files {
		t.Run(file.module, func(t *testing.T) {
			for _, c := range file.cases {
				o := outcomes[c.id]
				switch same := o.theirs == o.ours; {
				case o.theirs == "" && o.ours == "" && !c.silent:
					t.Errorf("%v\n  neither server said anything: the case shows nothing, or is silent\n  %s", c, c.statements)
				case same && c.reason != "":
					t.Errorf("%v\n  lists a difference that is gone: %s\n%s", c, c.reason, o.ours)
				case !same && c.reason == "":
					t.Errorf("%v\n  %s\n  %s\n  - Kamailio, + viaduct\n%s", c, c.statements, c.show, changes(o.theirs, o.ours))
				case testing.Verbose():
					t.Logf("%v\n  %s\n%s", c, c.statements, o.ours)
				}
			}
		})
	}
	if *onlyModules == "" && !t.Failed() {
		checkPage(t, files)
	}
}

// chosen leaves out what -functions.only does not name.
func chosen(files []*caseFile) []*caseFile {
	if *onlyModules == "" {
		return files
	}
	var some []*caseFile
	for _, file := range files {
		if strings.Contains(","+*onlyModules+",", ","+file.module+",") {
			some = append(some, file)
		}
	}
	return some
}

// playCases gives what a server makes of each case.
func playCases(t *testing.T, s server, files []*caseFile) map[string]string {
	p := newCasePlayer(t)
	p.server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), freePort(t))
	results := map[string]string{}
	for _, file := range files {
		for _, c := range file.cases {
			if c.place == "refused" {
				results[c.id] = accepts(t, s, file, c, p)
			}
		}
	}
	script := filepath.Join(t.TempDir(), "cases.cfg")
	if err := os.WriteFile(script, []byte(p.place(caseScript(files))), 0o644); err != nil {
		t.Fatal(err)
	}
	defer explainFaults(t, s, files, p)
	running := startAt(t, s, script, p.server.Port())
	for _, file := range files {
		for _, c := range file.cases {
			if c.place != "refused" && !p.play(c, file.requests) {
				t.Fatalf("%s does not answer any more after %v\n%s", s.name(), c, running.tail())
			}
		}
	}
	time.Sleep(silence)
	log, err := os.ReadFile(running.output)
	if err != nil {
		t.Fatal(err)
	}
	for id, result := range p.results(string(log)) {
		results[id] = result
	}
	return results
}

// explainFaults names the cases that a server refuses on their own. With all modules that would take minutes.
func explainFaults(t *testing.T, s server, files []*caseFile, p *casePlayer) {
	switch {
	case !t.Failed():
		return
	case *onlyModules == "":
		t.Log("-functions.only=MODULE names the cases that a server refuses")
		return
	}
	for _, file := range files {
		for _, c := range file.cases {
			if c.place != "refused" && accepts(t, s, file, c, p) != "accepted\n" {
				t.Errorf("%s refuses %v: %s", s.name(), c, c.statements)
			}
		}
	}
}

// accepts tells whether a server takes a script with one case alone.
func accepts(t *testing.T, s server, file *caseFile, c *functionCase, p *casePlayer) string {
	alone := *c
	if c.place == "refused" {
		alone.place = "own"
	}
	script := filepath.Join(t.TempDir(), c.id+".cfg")
	text := p.place(caseScript([]*caseFile{{module: file.module, top: file.top, cases: []*functionCase{&alone}}}))
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		t.Error(err)
	}
	if s == server(viaduct{}) {
		check := exec.Command(viaductBinary(t), "check", script)
		check.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // nothing runs on that a race could be found in
		if check.Run() != nil {
			return "refused\n"
		}
		return "accepted\n"
	}
	// Kamailio binds functions to their arguments only when it starts.
	address := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freePort(t))
	started := launch(t, t.TempDir(), s.name(), s.command(t, t.TempDir(), script, []netip.AddrPort{address}))
	defer started.stop(t)
	eventually(5*time.Second, func() bool { return started.hasEnded() || isBound("tcp", address) && answersOptions(address) })
	if started.hasEnded() {
		return "refused\n"
	}
	return "accepted\n"
}
