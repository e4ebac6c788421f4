package phone_test

import (
	"strings"
	"testing"
	"time"
)

func TestBlindTransfer(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		c := s.phone("310", nil)
		s.register(c)
		atA, atB := s.talk(a, b)
		s.must(atA.Transfer("310"))
		s.expect(moment, "309 transferring, 308 transferred 100, 310 incoming, 309 ringing 180")
		s.must(s.call(c).Answer())
		s.expect(moment, "309 answered 200, 310 answered, 308 transferred 200, 309 ended, 308 ended")
		if atB.State() != "over" || len(a.Calls()) != 0 || len(b.Calls()) != 1 || len(c.Calls()) != 1 {
			t.Error("309 and 310 should talk, and nobody else")
		}
		s.golden("transfer")
	})
}

func TestTransferToSomebodyBusy(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		c := s.phone("310", nil)
		s.register(c)
		atA, _ := s.talk(a, b)
		s.must(atA.Transfer("310"))
		if err := atA.Transfer("310"); err == nil {
			t.Error("two transfers at once")
		}
		s.expect(moment, "309 transferring, 308 transferred 100, 310 incoming, 309 ringing 180")
		s.must(s.call(c).Reject(486, ""))
		s.expect(moment, "310 ended 486, 309 ended 486, 308 transferred 486")
		s.must(atA.Hangup()) // it still stands
		s.expect(moment, "309 ended, 308 ended")
	})
}

// 308 talks to 309, then to 310, and brings the two together.
func TestAttendedTransfer(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		c := s.phone("310", nil)
		s.register(c)
		first, _ := s.talk(a, b)
		s.must(first.Hold())
		s.expect(moment, "308 onhold 200, 309 held")
		second := s.dial(a, "310")
		s.expect(moment, "310 incoming, 308 ringing 180")
		s.must(s.call(c).Answer())
		s.expect(moment, "308 answered 200, 310 answered")
		s.must(first.TransferTo(second))
		time.Sleep(moment)
		got := s.events()
		for _, want := range []string{"309 transferring", "310 answered", "309 answered 200", "308 transferred 200"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in %s\n%s", want, got, s.Ladder())
			}
		}
		if len(a.Calls()) != 0 || len(b.Calls()) != 1 || len(c.Calls()) != 1 {
			t.Errorf("%d %d %d calls\n%s", len(a.Calls()), len(b.Calls()), len(c.Calls()), s.Ladder())
		}
	})
}

func TestReplacesNeedsItsCall(t *testing.T) {
	for value, status := range map[string]string{
		"nobody@nowhere;to-tag=1;from-tag=2": "481",
		"nobody@nowhere;to-tag=1":            "400",
	} {
		play(t, "-", func(s *scene) {
			server := s.registrar()
			s.phone("308", nil)
			server.Invite("sip:308@127.168.1.10", "Replaces: "+value)
			server.Expect(status)
		})
	}
}

func TestReplaceAnEstablishedCall(t *testing.T) {
	play(t, "-", func(s *scene) {
		_, c, peer := s.incall()
		peer.Invite("sip:308@127.168.1.10", "Replaces: "+c.CallID()+";to-tag="+peer.invite.FromTag()+";from-tag=peer;early-only")
		peer.Expect("486")
		call := peer.Invite("sip:308@127.168.1.10", "Replaces: "+c.CallID()+";to-tag="+peer.invite.FromTag()+";from-tag=peer")
		taken := peer.Expect("200")
		call.Ack(taken)
		bye := peer.Expect("BYE")
		if bye.CallID() != c.CallID() {
			t.Error("another call was hung up")
		}
		peer.Reply(bye, 200)
		s.expect(moment, "308 answered, 308 ended")
	})
}
