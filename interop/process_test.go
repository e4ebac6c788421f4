// A child process that a test starts, watches and ends, by its own id only.

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

type process struct {
	name    string
	command *exec.Cmd
	output  string        // path of the file that takes what it prints
	ended   chan struct{} // closed when it has ended; then err is set
	err     error

	endsCleanly bool // it must exit with 0 on SIGTERM, in some seconds, and not before
}

// launch starts a command in a folder, with its output in folder/name.out, and sees to its end with the test's.
func launch(t *testing.T, folder, name string, command *exec.Cmd) *process {
	t.Helper()
	p := &process{name: name, command: command, output: filepath.Join(folder, name+".out"), ended: make(chan struct{})}
	output, err := os.Create(p.output)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	command.Dir = folder
	command.Stdout, command.Stderr = output, output
	command.Env = append(os.Environ(), "TERM=xterm") // SIPp draws its screens even when nobody looks
	// A group of its own, so that a server's children end with it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = command.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.stop(t) })
	return p
}

// wait gives the process some time to end by itself and says how it ended.
func (p *process) wait(limit time.Duration) (err error, inTime bool) {
	select {
	case <-p.ended:
		return p.err, true
	case <-time.After(limit):
		return nil, false
	}
}

// stop asks the process to end, and after a while insists.
func (p *process) stop(t *testing.T) {
	early, insisted := p.hasEnded(), false
	if !early {
		_ = p.command.Process.Signal(syscall.SIGTERM)
		limit := 3 * time.Second
		if p.endsCleanly {
			limit = 10 * time.Second
		}
		if _, inTime := p.wait(limit); !inTime {
			insisted = true
			_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
			<-p.ended
		}
	}
	if p.endsCleanly && (early || p.err != nil) {
		t.Errorf("%s: ended by itself: %v, had to be killed: %v, %v\n%s", p.name, early, insisted, p.err, p.tail())
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// tail is the last part of what the process printed.
func (p *process) tail() string { return tail(p.output) }

func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	const most = 4000
	if len(text) > most {
		text = append([]byte("…"), text[len(text)-most:]...)
	}
	return string(bytes.TrimSpace(text))
}

// eventually polls a condition until it holds or the time is up.
func eventually(limit time.Duration, condition func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		if condition() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}
