package phone_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"viaduct/phone"
)

const moment = 100 * time.Millisecond

// pair are two registered phones, 308 and 309.
func (s *scene) pair() (a, b *phone.Phone) {
	s.t.Helper()
	a, b = s.phone("308", nil), s.phone("309", nil)
	s.register(a, b)
	return a, b
}

// talk makes a call between them that stands.
func (s *scene) talk(a, b *phone.Phone) (atA, atB *phone.Call) {
	s.t.Helper()
	atA = s.dial(a, b.User())
	s.expect(moment, "309 incoming, 308 ringing 180")
	atB = s.call(b)
	s.must(atB.Answer())
	s.expect(moment, "308 answered 200, 309 answered")
	return atA, atB
}

func TestCall(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		atA, _ := s.talk(a, b)
		s.must(atA.Hangup())
		s.expect(moment, "309 ended, 308 ended")
		if len(a.Calls())+len(b.Calls()) != 0 {
			t.Error("calls are left")
		}
		s.golden("call")
	})
}

func TestCalleeHangsUp(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		_, atB := s.talk(a, b)
		s.must(atB.Hangup())
		s.expect(moment, "308 ended, 309 ended")
	})
}

func TestDirectCall(t *testing.T) {
	play(t, "-", func(s *scene) {
		direct := func(c *phone.Config) { c.Server = "" }
		a, b := s.phone("308", direct), s.phone("309", direct)
		atA := s.dial(a, "sip:309@127.168.1.11")
		s.expect(moment, "309 incoming, 308 ringing 180")
		s.must(s.call(b).Answer())
		s.expect(moment, "308 answered 200, 309 answered")
		s.must(atA.Hangup())
		s.expect(moment, "309 ended, 308 ended")
		s.golden("direct")
		if _, err := a.Dial(s.t.Context(), "309"); err == nil {
			t.Error("a number without a server was dialled")
		}
	})
}

func TestCancel(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		atA := s.dial(a, "309")
		s.expect(moment, "309 incoming, 308 ringing 180")
		s.must(atA.Cancel())
		s.expect(moment, "309 ended 487, 308 ended 487")
		s.golden("cancel")
		_ = b
	})
}

func TestReject(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		for _, status := range []int{486, 603, 480} {
			s.dial(a, "309")
			s.expect(moment, "309 incoming, 308 ringing 180")
			s.must(s.call(b).Reject(status, ""))
			time.Sleep(moment)
			got := s.events()
			if want := "309 ended STATUS, 308 ended STATUS"; got != replaceStatus(want, status) {
				t.Errorf("told %s", got)
			}
		}
	})
}

func replaceStatus(text string, status int) string {
	return strings.ReplaceAll(text, "STATUS", strconv.Itoa(status))
}
