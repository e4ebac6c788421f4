package phone_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/internal/siptest"
	"viaduct/phone"
	"viaduct/sdp"
	"viaduct/sip"
)

// paperScript relays as the paper's proxies did.
const paperScript = `
mpath="/usr/lib/openser/modules/"
listen=udp:127.168.1.15:5060
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)
modparam("tm", "reparse_invite", 0) # the paper's proxy passed CANCEL on with both Vias
route {
	RECORD
	if (loose_route()) { t_relay(); exit; };
	if (uri != myself) { t_relay(); exit; };
	if (method == "REGISTER") { save("location"); exit; };
	if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; };
	t_relay();
}
`

// chosen is what a phone chooses anew for each call, or a proxy for itself.
var chosen = regexp.MustCompile(`(branch=z9hG4bK|tag=)[^;>\s]+|(Call-ID: )\w+|(CSeq: )\d+`)

// renamer puts numbers in the place of what was chosen: the same for the same.
type renamer map[string]int

func (r renamer) rename(text string) string {
	return chosen.ReplaceAllStringFunc(text, func(found string) string {
		at := strings.IndexAny(found, "=:") + 1
		if _, ok := r[found[at:]]; !ok {
			r[found[at:]] = len(r)
		}
		return fmt.Sprint(found[:at], r[found[at:]])
	})
}

// The phones of the paper's calls write what the paper printed, byte for byte
// but for what each call chooses anew.
func TestPhonesWriteLikeThePaper(t *testing.T) {
	for _, section := range []string{"2.5-call-setup", "2.6-cancelled-call", "3-record-routed-call"} {
		t.Run(section, func(t *testing.T) {
			script := strings.Replace(paperScript, "RECORD", `if (method != "REGISTER") record_route();`, 1)
			if section[0] == '2' {
				script = strings.Replace(paperScript, "RECORD", "", 1)
			}
			play(t, script, func(s *scene) { s.paperCall(section) })
		})
	}
}

func (s *scene) paperCall(section string) {
	a, b := s.grandstream("308"), s.grandstream("309")
	s.register(a, b)
	before := len(s.Packets())
	atA := s.dial(a, "309")
	s.expect(moment, "309 incoming, 308 ringing 180")
	if section == "2.6-cancelled-call" {
		s.must(atA.Cancel())
	} else {
		s.must(s.call(b).Answer())
	}
	time.Sleep(moment)
	if section == "3-record-routed-call" {
		s.must(atA.DTMF(s.t.Context(), "2", 4800*time.Millisecond, phone.ByInfo))
		s.must(s.call(b).DTMF(s.t.Context(), "3", 480*time.Millisecond, phone.ByInfo))
		s.must(s.call(b).Hangup())
		time.Sleep(moment)
	}
	synctest.Wait()
	s.compare(section, before)
}

func (s *scene) grandstream(user string) *phone.Phone {
	return s.phone(user, func(c *phone.Config) {
		c.Style = &phone.GrandstreamStyle
		c.Ptime = 60 * time.Millisecond
		for _, name := range []string{"G723", "G729", "iLBC"} {
			codec, _ := sdp.Known(name)
			c.Codecs = append(c.Codecs, codec)
		}
	})
}

// compare holds what arrived at the proxy to the paper, each message of the
// paper to the next of ours with its name and sender.
func (s *scene) compare(section string, from int) {
	s.t.Helper()
	type sent struct {
		from netip.AddrPort
		name string
	}
	ours := map[sent][]*sip.Message{}
	for _, p := range s.Packets()[from:] {
		if !p.Outgoing && p.Flow.Local == proxy {
			key := sent{p.Flow.Remote, nameOf(p.Message)}
			ours[key] = append(ours[key], p.Message)
		}
	}
	atUs, inPaper := renamer{}, renamer{}
	messages, err := siptest.ReadPaper(section)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range messages {
		key := sent{m.From, nameOf(m.Message)}
		if len(ours[key]) == 0 {
			s.t.Errorf("no %s was sent", m.File)
			continue
		}
		got, want := atUs.rename(ours[key][0].Text), inPaper.rename(m.Message.Text)
		if got != want {
			s.t.Errorf("%s differs\n%s\nthe paper:\n%s", m.File, got, want)
		}
		ours[key] = ours[key][1:]
	}
}

func nameOf(m *sip.Message) string { return fmt.Sprint(m.Status, m.CSeq.Method, m.IsRequest()) }
