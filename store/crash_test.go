//go:build linux

package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// recordingAt names the store that a child of the test records into.
const recordingAt = "VIADUCT_TEST_RECORD"

func TestMain(m *testing.M) {
	if path := os.Getenv(recordingAt); path != "" {
		recordUntilKilled(path)
	}
	os.Exit(m.Run())
}

// recordUntilKilled records calls and prints the number of each.
func recordUntilKilled(path string) {
	r, err := Record(path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		put(r, relayedCall(fmt.Sprintf("%d@test", i), "alice", "bob", time.Now(), 0))
		fmt.Println(i)
		time.Sleep(2 * time.Millisecond)
	}
}

// After kill -9 the files open, and of what was recorded a second before
// nothing is missing.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.db")
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), recordingAt+"="+path)
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var printed []time.Time // of each call
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if n, err := strconv.Atoi(lines.Text()); err != nil || n != len(printed) {
			t.Errorf("the child says %s", lines.Text())
			break
		}
		if printed = append(printed, time.Now()); time.Since(printed[0]) > 1500*time.Millisecond {
			break
		}
	}
	killed := time.Now()
	child.Process.Kill()
	child.Wait()
	for lines.Scan() {
	}

	reader := read(t, path)
	kept := map[string]bool{}
	for _, c := range list(t, reader, Filter{Limit: 100_000, Result: "completed"}) {
		packets, gone, err := reader.Packets(&c)
		if len(packets) != 13 || gone || err != nil {
			t.Errorf("call %s: %d packets, gone %v, %v", c.CallID, len(packets), gone, err)
		}
		kept[c.CallID] = true
	}
	owed := 0
	for i, at := range printed {
		if killed.Sub(at) < time.Second {
			break
		}
		if owed++; !kept[fmt.Sprintf("%d@test", i)] {
			t.Errorf("call %d, recorded %v before the end, is lost", i, killed.Sub(at))
		}
	}
	if owed < 20 {
		t.Errorf("only %d calls tell something", owed)
	}
	t.Logf("%d calls passed, %d a second before the end, %d are kept", len(printed), owed, len(kept))

	r := record(t, path, Options{})
	more := relayedCall("more@test", "alice", "bob", testTime, 0)
	put(r, more)
	closeRecorder(t, r)
	c, err := reader.Find("more@test")
	if err != nil {
		t.Fatal(err)
	}
	wantPackets(t, reader, c, more)
}

// A disk that is full: what was kept stays, calls go on, recording resumes.
func TestFullTmpfs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("viaduct", folder, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small disk needs the right to mount (%v); TestFullDisk fills a small file", err)
	}
	unmount := func() { syscall.Unmount(folder, syscall.MNT_DETACH) }
	defer unmount()
	path := filepath.Join(folder, "v.db")
	warned := make(chan string, 100)
	r := record(t, path, Options{Warn: func(text string) { warned <- text }})
	ballast := filepath.Join(folder, "ballast")
	next := func() string {
		t.Helper()
		select {
		case text := <-warned:
			return text
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was said")
		}
		return ""
	}
	put(r, relayedCall("first@test", "alice", "bob", testTime, 0))
	for r.Recorded() < 13 {
		time.Sleep(gather)
	}
	err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600) // until it is full
	if err == nil {
		t.Fatal("the disk is not full")
	}
	total := 13
	for i := range 100 { // more than the space that files have already
		put(r, noisyCall(fmt.Sprintf("%d@test", i), testTime))
		total += 13
	}
	if text := next(); !strings.HasPrefix(text, "nothing is recorded any more: ") || !strings.Contains(text, "full") {
		t.Errorf("warned: %s", text)
	}
	if c := list(t, read(t, path), Filter{}); len(c) == 0 || c[0].CallID != "first@test" {
		t.Errorf("kept: %+v", c)
	}
	os.Remove(ballast)
	enlarge(t, folder)
	if text := next(); text != "recording goes on" {
		t.Errorf("warned: %s", text)
	}
	closeRecorder(t, r)
	if int(r.Recorded()+r.Missed()) != total {
		t.Errorf("%d recorded and %d missed of %d", r.Recorded(), r.Missed(), total)
	}
}

// enlarge gives the small disk more room.
func enlarge(t *testing.T, folder string) {
	if err := syscall.Mount("viaduct", folder, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
}
