package siptest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadPaper(t *testing.T) {
	count := 0
	for _, section := range PaperSections() {
		messages, err := ReadPaper(section)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			count++
			if strings.Contains(m.Message.Text, "192.168") || m.From != PaperCaller && m.From != PaperCallee {
				t.Errorf("%s/%s: from %v\n%s", section, m.File, m.From, m.Message.Text)
			}
			if length, ok := m.Message.ContentLength(); !ok || length != len(m.Message.Text)-m.Message.BodyStart() {
				t.Errorf("%s/%s: Content-Length %d, the body has %d bytes", section, m.File, length, len(m.Message.Text)-m.Message.BodyStart())
			}
		}
	}
	if count != 24 {
		t.Errorf("%d messages, the paper printed 24", count)
	}
	if _, err := ReadPaper("4-none"); err == nil {
		t.Error("a section that is not there was read")
	}
}

func TestCompare(t *testing.T) {
	messages, err := ReadPaper("2.5-call-setup")
	if err != nil {
		t.Fatal(err)
	}
	sent := messages[0].Message
	if changes := Compare(sent, sent).String(); changes != "" {
		t.Errorf("a message differs from itself:\n%s", changes)
	}
	if changes := Compare(sent, messages[3].Message).String(); !strings.Contains(changes, "- INVITE sip:309@127.168.1.15 SIP/2.0\n") ||
		!strings.Contains(changes, "+ SIP/2.0 200 OK\n") || !strings.HasSuffix(changes, "! the body\n") || strings.Contains(changes, "Call-ID") {
		t.Errorf("the changes are\n%s", changes)
	}
}

// kamailioScript is the paper's proxy in the words of Kamailio.
const kamailioScript = `#!KAMAILIO
log_stderror=yes
debug=1
children=1
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.168.1.15:5060
mpath="%s"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)
request_route {
	if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
	%s
	if (loose_route()) { route(RELAY); }
	if (uri != myself) { route(RELAY); }
	if (method == "REGISTER") { save("location"); exit; }
	if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
	route(RELAY);
}
route[RELAY] {
	if (!%s) { sl_reply_error(); }
	exit;
}
`

// startKamailio runs Kamailio with the paper's script until the test ends.
func startKamailio(t *testing.T, how Relaying) {
	t.Helper()
	program, err := exec.LookPath("kamailio")
	if err != nil {
		t.Skip("kamailio is not installed (Debian's package kamailio)")
	}
	modules, err := filepath.Glob("/usr/lib/*/kamailio/modules/tm.so")
	if err != nil || len(modules) == 0 {
		t.Skip("kamailio's modules are not in /usr/lib")
	}
	record, relay := "", "t_relay()"
	if how.RecordRoutes {
		record = `if (method != "REGISTER") { record_route(); }`
	}
	if how.Stateless {
		relay = "forward()"
	}
	folder := t.TempDir()
	script := filepath.Join(folder, "kamailio.cfg")
	if err := os.WriteFile(script, fmt.Appendf(nil, kamailioScript, filepath.Dir(modules[0])+"/", record, relay), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(program, "-f", script, "-DD", "-E", "-Y", folder, "-w", folder, "-P", filepath.Join(folder, "pid"), "-m", "64", "-M", "8")
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its children can be ended with it
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		select {
		case <-ended:
		case <-time.After(3 * time.Second):
			syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("kamailio said\n%s", text)
		}
	})
}

// The replayer is proved against Kamailio, whose answers are known.
func TestReplayThroughKamailio(t *testing.T) {
	for section, how := range map[string]Relaying{
		"2.5-call-setup":               {},
		"2.6-cancelled-call":           {},
		"2.7-stateless-cancelled-call": {Stateless: true},
		"3-record-routed-call":         {RecordRoutes: true, RouteTag: true},
	} {
		t.Run(section, func(t *testing.T) {
			r := NewReplayer(t)
			startKamailio(t, how)
			r.Register()
			replay := r.Play(section)
			replay.Check(t, how)
			if testing.Verbose() || t.Failed() {
				t.Logf("\n%s", replay.Ladder("kamailio"))
			}
			messages, err := ReadPaper(section)
			if err != nil {
				t.Fatal(err)
			}
			for i := range messages {
				if isRelayed(messages, i) && replay.Relayed[i] == nil {
					t.Errorf("%s was not relayed", messages[i].File)
				}
			}
		})
	}
}
