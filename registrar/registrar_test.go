package registrar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/location"
	"viaduct/sip"
)

// register is a REGISTER in a few words: a line "Name: value" each, and
// defaults for what is not said.
type register struct {
	user   string // of To; "bob"
	callID string // "call-1"
	cseq   int    // 1
	fields string // further fields, split by "\n"
}

func (q register) text() string {
	user, callID, cseq := q.user, q.callID, q.cseq
	if user == "" {
		user = "bob"
	}
	if callID == "" {
		callID = "call-1"
	}
	if cseq == 0 {
		cseq = 1
	}
	to := user
	if !strings.Contains(to, ":") {
		to = "sip:" + user + "@biloxi.test"
	}
	text := fmt.Sprintf("REGISTER sip:biloxi.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:bob@biloxi.test>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %d REGISTER\r\n",
		to, callID, cseq)
	for field := range strings.SplitSeq(q.fields, "\n") {
		if field != "" {
			text += field + "\r\n"
		}
	}
	return text + "Content-Length: 0\r\n\r\n"
}

func parse(t testing.TB, text string) *sip.Message {
	t.Helper()
	m, err := sip.Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

func save(t testing.TB, r *Registrar, q register, now time.Time) Result {
	t.Helper()
	return r.Save(parse(t, q.text()), benchFlow(), now, SaveOptions{})
}

// answer writes a result as the tables have it: "200 updated" and the fields.
func answer(result Result) string {
	text := fmt.Sprint(result.Status)
	if result.Reason != "" {
		text += " " + result.Reason
	}
	if result.Changed != Unchanged {
		text += " " + result.Changed.String()
	}
	return strings.TrimSuffix(text+"\n"+strings.ReplaceAll(result.Fields, "\r\n", "\n"), "\n")
}

// strict has the defaults, but refuses brief times.
func strict() Config {
	config := DefaultConfig()
	config.MinExpiresMode = RejectBrief
	return config
}

// step is one request of a story and its answer; wait passes before it.
type step struct {
	wait    time.Duration
	request register
	want    string
}

type story struct {
	name   string
	config func(*Config)
	steps  []step
}

func (s story) play(t *testing.T) {
	config := strict()
	if s.config != nil {
		s.config(&config)
	}
	r := New(config, location.New())
	now := testTime
	for i, step := range s.steps {
		now = now.Add(step.wait)
		if got := answer(save(t, r, step.request, now)); got != step.want {
			t.Fatalf("step %d:\ngot  %s\nwant %s", i+1, got, step.want)
		}
	}
}

func TestSaveRefusesOtherMethods(t *testing.T) {
	m := parse(t, strings.ReplaceAll(register{}.text(), "REGISTER", "OPTIONS"))
	if got := answer(New(strict(), location.New()).Save(m, benchFlow(), testTime, SaveOptions{})); got != "405\nAllow: REGISTER" {
		t.Error(got)
	}
}
