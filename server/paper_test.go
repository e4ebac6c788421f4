package server

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"viaduct/internal/siptest"
	"viaduct/ladder"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

var update = flag.Bool("update", false, "write what the tests give as golden files")

// TestPaper plays the messages of the paper through its own scripts, on its
// own addresses (127.168.1.x for 192.168.1.x), and holds what the phones
// received and what was printed to the paper.
func TestPaper(t *testing.T) {
	tests := []struct {
		section, script string
		relaying        siptest.Relaying
	}{
		{"2.5-call-setup", "2.5-call-setup.cfg", siptest.Relaying{}},
		{"2.5-call-setup", "2.5-call-setup.ser.cfg", siptest.Relaying{}},
		{"2.6-cancelled-call", "2.5-call-setup.cfg", siptest.Relaying{}},
		{"2.6-cancelled-call", "2.5-call-setup.ser.cfg", siptest.Relaying{}},
		{"2.7-stateless-cancelled-call", "2.7-stateless.cfg", siptest.Relaying{Stateless: true}},
		{"3-record-routed-call", "3-record-route.cfg", siptest.Relaying{RecordRoutes: true}},
	}
	for _, test := range tests {
		t.Run(test.section+"/"+test.script, func(t *testing.T) {
			phones := siptest.NewReplayer(t)
			seen := &seen{}
			printed := serve(t, Config{Script: filepath.Join("testdata", "paper", test.script), Tap: seen}, func() {
				phones.Register()
				phones.Play(test.section).Check(t, test.relaying)
			})
			golden(t, test.section+".ladder", seen.ladder())
			golden(t, test.section+".printout", transcript(printed))
			if n := strings.Count(printed, "[ End of "); n != strings.Count(printed, "\n[ Method ")+strings.Count(printed, "\n[ Reply ") {
				t.Errorf("%d messages end, others begin:\n%s", n, printed)
			}
		})
	}
}

// seen is a tap that keeps the packets of calls in the order in which they
// passed the server.
type seen struct {
	mu      sync.Mutex
	packets []wire.Packet
}

func (s *seen) Packet(p *wire.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	packet := *p
	packet.Message, _ = sip.Parse(p.Text)
	if packet.Message != nil && packet.Message.Method != "REGISTER" {
		s.packets = append(s.packets, packet)
	}
}

func (s *seen) ladder() string {
	names := ladder.Names{siptest.PaperCaller: "308", siptest.PaperProxy: "viaduct", siptest.PaperCallee: "309"}
	return string(ladder.New(s.packets, names).AppendText(nil, ladder.TextOptions{}))
}

// serve runs a server on real sockets while play runs; it gives what the
// server printed.
func serve(t *testing.T, config Config, play func()) string {
	t.Helper()
	var printed strings.Builder
	config.Out = &printed
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan bool), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	defer stop() // play may end the test
	play()
	stop()
	return printed.String()
}

// transcript is what the paper shows of a printout: the call without the
// registrations before it and without the remarks of the script. Branches of
// ours, which differ from run to run, are numbered.
func transcript(printed string) string {
	for _, remark := range []string{"Message is relayed; now exiting\n", "Adding the Route header\n", "Loose Route\n"} {
		printed = strings.ReplaceAll(printed, remark, "")
	}
	if at := strings.Index(printed, "\n\n[ Method INVITE"); at >= 0 {
		printed = printed[at:]
	}
	return numberBranches(printed)
}

// numberBranches puts OURS1, OURS2 … in the place of the proxy's branches.
func numberBranches(text string) string {
	const ours = "127.168.1.15;branch="
	var b strings.Builder
	numbers := map[string]string{}
	for {
		before, after, found := strings.Cut(text, ours+sip.MagicCookie)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexAny(after, "\r\n;,")
		branch := after[:end]
		if numbers[branch] == "" {
			numbers[branch] = "OURS" + string(rune('1'+len(numbers)))
		}
		b.WriteString(ours + numbers[branch])
		text = after[end:]
	}
}

// golden compares with testdata/golden/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./server -update shows how\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

// TestPaperDialects: each script is taken for what it is.
func TestPaperDialects(t *testing.T) {
	for script, want := range map[string]syntax.Dialect{
		"2.5-call-setup.cfg": syntax.OpenSER, "2.5-call-setup.ser.cfg": syntax.SER,
		"2.7-stateless.cfg": syntax.OpenSER, "3-record-route.cfg": syntax.OpenSER,
	} {
		report, err := Check(Config{Script: filepath.Join("testdata", "paper", script), Out: &strings.Builder{}})
		if err != nil {
			t.Fatal(err)
		}
		if report.Dialect != want {
			t.Errorf("%s is taken for %v (%s), want %v", script, report.Dialect, report.Reason, want)
		}
	}
}
