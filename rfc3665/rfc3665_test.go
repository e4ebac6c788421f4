// The flows, and what is asked of each.
package rfc3665

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"viaduct/ladder"
	"viaduct/wire"
)

// role is a server of ours in the place of one of the RFC's.
type role struct {
	name, script string
	defines      []string
}

// casts are the flows with the servers that take part. In 3.4 Proxy 1 is out of
// service, so nobody plays it; 3.1 has no proxy.
var casts = []struct {
	section string
	roles   []role
}{
	{"3.1", nil},
	{"3.2", []role{proxy1("NONCE=f84f1cec41e6cbe5aea9c8e88d359"), proxy2()}},
	{"3.3", []role{proxy1("NONCE=wf84f1cczx41ae6cbeaea9ce88d359"), proxy2("CREDENTIALS=biloxi.example.com", "NONCE=c1e22c41ae6cbe5ae983a9c8e88d359")}},
	{"3.4", []role{proxy2("CREDENTIALS=biloxi.example.com", "NONCE=1ae6cbe5ea9c8e8df84fqnlec434a359")}},
	{"3.5", []role{{"SIP ALG", "alg.cfg", nil}, proxy2("CREDENTIALS=biloxi.example.com", "NONCE=85b4f1cen4341ae6cbe5a3a9c8e88df9", "FORGETFUL")}},
	{"3.6", []role{{"Redirect Server", "redirect.cfg", nil}, {"Proxy 3", "proxy3.cfg", nil}}},
	{"3.7", []role{proxy2("FORGETFUL")}},
	{"3.8", []role{proxy1("NONCE=unused"), proxy2()}},
	{"3.9", []role{proxy1("NONCE=unused"), proxy2()}},
	{"3.10", []role{proxy1("NONCE=unused"), proxy2()}},
	{"3.11", []role{proxy1("NONCE=unused"), proxy2()}},
}

func proxy1(defines ...string) role {
	return role{"Proxy 1", "proxy1.cfg", append(defines, "CREDENTIALS=atlanta.example.com")}
}

func proxy2(defines ...string) role { return role{"Proxy 2", "proxy2.cfg", defines} }

// TestFlows plays each flow and holds its arrows and messages to the RFC's.
func TestFlows(t *testing.T) {
	known := readKnown(t)
	page := newPage()
	for _, c := range casts {
		t.Run(c.section, func(t *testing.T) {
			f := readFlow(t, c.section)
			var packets []wire.Packet
			var names ladder.Names
			synctest.Test(t, func(t *testing.T) { packets, names = play(t, f, c.roles) })
			if t.Failed() {
				return
			}
			found := compare(f, arrows(packets, names))
			known.check(t, found)
			page.add(f, ladder.New(packets, names), known, found)
		})
	}
	if !t.Failed() {
		known.checkAllSeen(t, page.sections)
		page.check(t)
	}
}

// arrows gives those of a ladder, by the names of its lanes.
func arrows(packets []wire.Packet, names ladder.Names) (all []drawn) {
	if len(packets) == 0 {
		return nil
	}
	l := ladder.New(packets, names)
	for _, a := range l.Arrows {
		all = append(all, drawn{arrowText(l.Lanes[a.From].Name, l.Lanes[a.To].Name, a.Packet.Message), a.Packet.Message})
	}
	return all
}

// match puts each message of the RFC to the first arrow like it that is not
// taken. It gives the messages without an arrow, and for each arrow the index
// of its message, -1 for one that the RFC does not have.
func match(messages []message, all []drawn) (missing []string, of []int) {
	of = slices.Repeat([]int{-1}, len(all))
	for i := range messages {
		want := messages[i].arrow()
		at := -1
		for j := range all {
			if of[j] < 0 && all[j].arrow == want {
				at = j
				break
			}
		}
		if at < 0 {
			missing = append(missing, messages[i].name+" "+want)
			continue
		}
		of[at] = i
	}
	return missing, of
}

// TestMatchFindsWhatIsWrong: the comparison must be able to fail.
func TestMatchFindsWhatIsWrong(t *testing.T) {
	f := readFlow(t, "3.9")
	var all []drawn
	for i := range f.messages {
		all = append(all, drawn{f.messages[i].arrow(), f.messages[i].parsed})
	}
	if found := compare(f, all); len(found) != 0 {
		t.Errorf("the RFC differs from itself: %v", found)
	}
	changed := slices.Clone(all)
	changed[1], changed[2] = changed[2], changed[1]
	changed[7].message = f.messages[5].parsed // F8 with one Via too many
	changed = append(changed[:9:9], all[10], all[10])
	var got []string
	for _, d := range compare(f, changed) {
		got = append(got, d.key)
	}
	want := "3.9 missing F10|3.9 extra ACK Alice -> Proxy 1|3.9 F3 before F2|3.9 F8 Via"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}
