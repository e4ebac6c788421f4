// What linphone's user can do in a call with our phone: digits, hold, transfer, cancel, refuse, be busy.

package interop

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	ua "viaduct/phone"
	"viaduct/wire"
)

// linphone is one under remote control.
type linphone struct {
	*process
	t        *testing.T
	commands io.Writer
	server   *running
}

// do types a command, not too fast: it forgets one that comes while it carries out another.
func (l *linphone) do(format string, arguments ...any) {
	time.Sleep(150 * time.Millisecond)
	fmt.Fprintf(l.commands, format+"\n", arguments...)
}

// says waits until it has printed something.
func (l *linphone) says(text string) {
	l.t.Helper()
	if !eventually(5*time.Second, func() bool {
		printed, err := os.ReadFile(l.output)
		return err == nil && strings.Contains(string(printed), text)
	}) {
		l.t.Fatalf("linphone does not say %q but\n%s", text, l.tail())
	}
}

func TestPhoneAndLinphoneInCalls(t *testing.T) {
	needPrograms(t, "linphonec")
	for _, s := range servers() {
		through := start(t, s, debianScript)
		begin := func(t *testing.T, user, more string) (ours, third *desk, l *linphone) {
			ours = startDesk(t, "ours-"+user, through.ipv4, wire.UDP, nil)
			third = startDesk(t, "third-"+user, through.ipv4, wire.UDP, func(c *ua.Config) { c.AutoAnswer = 50 * time.Millisecond })
			l = &linphone{t: t, server: through}
			l.commands, l.process = startLinphoneIn(t, t.TempDir(), user, "-a", more)
			t.Cleanup(func() {
				l.do("unregister\nquit")
				if t.Failed() {
					t.Log(l.tail())
				}
			})
			ours.reachesLinphone(l.commands, l.process, user, through.ipv4)
			return ours, third, l
		}
		t.Run(s.name()+"/info, hold, busy, transfer", func(t *testing.T) {
			t.Parallel()
			ours, third, l := begin(t, "lin-info", "[sip]\nuse_info=1\nuse_rfc2833=0\n[misc]\nmax_calls=1\n")
			l.says("Media streams established")
			ours.do("dtmf 6 info")
			l.says("Receiving tone 6")
			l.do("pause")
			ours.do("expect held")
			l.says("is now paused")
			l.do("resume")
			ours.do("expect resumed")
			third.do("dial lin-info; expect ended 486")
			l.do("transfer sip:third-lin-info@%v", through.ipv4)
			ours.do("expect transferring; expect answered; hangup; expect ended") // it leaves its own call to us
			third.do("expect incoming; expect answered; hangup; expect ended")
			// Last, as it begins nothing else in a dialog until long after our 200 to its INFO.
			ours.do("dial lin-info; expect answered")
			l.do("7")
			ours.do("expect digit 7; hangup; expect ended")
			ours.heardInfo("Signal=7")
		})
		t.Run(s.name()+"/rfc4733, transferred, cancel, decline", func(t *testing.T) {
			t.Parallel()
			ours, third, l := begin(t, "lin-event", "")
			l.says("Media streams established")
			ours.do("dtmf 5 100ms rfc4733")
			l.says("Receiving tone 5")
			l.do("8")
			ours.do("expect digit 8")
			ours.heardInfo("")
			ours.do("transfer third-lin-event; expect transferred 200; expect ended")
			third.do("expect incoming; expect answered; wait 800ms; hangup; expect ended")
			ours.heard()
			l.do("autoanswer disable")
			l.says("Auto answer disabled")
			ours.do("dial lin-event; expect ringing; cancel; expect ended 487")
			l.says("Not answered")
			ours.do("dial lin-event; expect ringing")
			l.do("terminate")
			ours.do("expect ended 603")
			l.do("call sip:ours-lin-event@%v", through.ipv4)
			ours.do("expect incoming; reject; expect ended")
			l.says("error.") // the one word that it has for busy
			l.do("call sip:ours-lin-event@%v", through.ipv4)
			ours.do("expect incoming; wait 200ms")
			l.do("terminate")
			ours.do("expect ended canceled")
		})
	}
}

// heardInfo wants an INFO with a text, or with "" no INFO at all.
func (d *desk) heardInfo(want string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.packets {
		if m := p.Message; !p.Outgoing && m != nil && m.Method == "INFO" && strings.Contains(strings.ReplaceAll(m.Body, " ", ""), want) {
			if want == "" {
				d.t.Errorf("a digit came by INFO:\n%s", m.Text)
			}
			return
		}
	}
	if want != "" {
		d.t.Errorf("no INFO with %s came", want)
	}
}
