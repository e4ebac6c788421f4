// Our phone and passwords: Kamailio's module auth asks with 401 and 407, in MD5 and SHA-256.

package interop

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ua "viaduct/phone"
	"viaduct/sip"
	"viaduct/wire"
)

// digestScript is configs/digest.cfg with an algorithm.
func digestScript(t *testing.T, algorithm string) string {
	t.Helper()
	text, err := os.ReadFile("configs/digest.cfg")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "digest.cfg")
	asked := strings.Replace(string(text), `"ALGORITHM"`, `"`+algorithm+`"`, 1)
	if err := os.WriteFile(path, []byte(asked), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPhoneAndPasswords(t *testing.T) {
	needPrograms(t)
	for _, s := range []server{kamailio{}} { // viaduct has no module auth yet
		for _, algorithm := range []string{"MD5", "SHA-256"} {
			through := start(t, s, digestScript(t, algorithm))
			t.Run(s.name()+"/"+algorithm, func(t *testing.T) {
				t.Parallel()
				right := func(c *ua.Config) { c.Password, c.AutoAnswer = "secret", 50*time.Millisecond }
				ours := startDesk(t, "ours", through.ipv4, wire.UDP, right)
				theirs := startDesk(t, "theirs", through.ipv4, wire.TCP, right)
				ours.told401(algorithm, 1, false)
				ours.do("dial theirs; expect answered; hangup; expect ended")
				if asked := ours.answers("INVITE", 407); len(asked) != 1 {
					t.Errorf("%d times 407, want 1\n%s", len(asked), ours.story())
				}
				theirs.do("expect ended")
				ours.do("wait 2100ms; register") // the nonce it knows is stale now
				ours.told401(algorithm, 2, true)
				ours.do("dial theirs; expect answered; hangup; expect ended")
				wrongPassword(t, through)
			})
		}
	}
}

// answers are the responses of one status that came for a method.
func (d *desk) answers(method string, status int) (found []*sip.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.packets {
		if m := p.Message; !p.Outgoing && m != nil && m.Status == status && m.CSeq.Method == method {
			found = append(found, m)
		}
	}
	return found
}

// told401 wants so many challenges of the registrar by now, and the last to say whether our nonce was stale.
func (d *desk) told401(algorithm string, count int, stale bool) {
	d.t.Helper()
	asked := d.answers("REGISTER", 401)
	if len(asked) != count {
		d.t.Fatalf("%d times 401, want %d\n%s", len(asked), count, d.story())
	}
	value := strings.ToLower(asked[count-1].Get(sip.FieldWWWAuthenticate))
	if said := strings.Contains(value, "stale=true"); said != stale {
		d.t.Errorf("stale: %v, want %v: %s\n%s", said, stale, value, d.story())
	}
	if named := strings.Contains(value, strings.ToLower("algorithm="+algorithm)); !named && algorithm != "MD5" {
		d.t.Errorf("another algorithm than %s: %s", algorithm, value)
	}
}

// wrongPassword is told by the program in one sentence, with a hint and status 1, when it registers and when it calls.
func wrongPassword(t *testing.T, through *running) {
	t.Helper()
	for flag, script := range map[string]string{"--register": "quit", "--no-register": "dial theirs; expect answered"} {
		command := exec.Command(viaductBinary(t), "phone", "--user", "ours", "--server", through.ipv4.String(), flag, "--password", "guessed", "--do", script, "--no-ladder")
		var said strings.Builder
		command.Stderr = &said
		var exit *exec.ExitError
		if err := command.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Errorf("%s: it ended with %v, want exit status 1", flag, err)
		}
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if want := "the password was refused for ours at phones.test"; !strings.Contains(lines[0], want) || len(lines) != 2 || !strings.Contains(lines[1], "hint: check --password-file") {
			t.Errorf("%s: it said:\n%s\nwant %q and a hint", flag, said.String(), want)
		}
	}
}
