package phone_test

import (
	"strings"
	"testing"
	"time"

	"viaduct/phone"
	"viaduct/sdp"
	"viaduct/sip"
	"viaduct/wire"
)

func TestHoldAndResume(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		atA, atB := s.talk(a, b)
		s.must(atA.Hold())
		s.expect(moment, "308 onhold 200, 309 held")
		if us, _ := atA.IsHeld(); !us {
			t.Error("308 does not know")
		}
		if _, peer := atB.IsHeld(); !peer {
			t.Error("309 does not know")
		}
		s.must(atB.Hold())
		s.expect(moment, "309 onhold 200, 308 held")
		s.must(atA.Resume())
		s.expect(moment, "308 offhold 200, 309 resumed")
		s.must(atB.Resume())
		s.expect(moment, "309 offhold 200, 308 resumed")
		s.must(atB.Hangup())
		s.expect(moment, "308 ended, 309 ended")
		var said []string
		for _, p := range s.Packets() {
			if d, err := sdp.Parse(p.Message.Body); err == nil && p.Outgoing && p.Flow.Local != proxy {
				said = append(said, d.Direction.String())
			}
		}
		// Each INVITE and its 200: the call, hold by 308, hold by 309, and the two resumes.
		want := "sendrecv sendrecv sendonly recvonly sendonly inactive sendrecv sendonly sendrecv sendrecv"
		if got := strings.Join(said, " "); got != want {
			t.Errorf("said %s\nwant %s", got, want)
		}
	})
}

// Both ask at once: both get 491, and the one who did not begin the call tries
// first (RFC 3261 section 14.1).
func TestGlare(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		atA, atB := s.talk(a, b)
		s.Delay = func(*wire.Packet) time.Duration { return 10 * time.Millisecond }
		s.must(atA.Hold())
		s.must(atB.Hold())
		time.Sleep(10 * time.Second)
		if got := s.events(); got != "309 onhold 200, 308 held, 308 onhold 200, 309 held" && got != "308 held, 309 onhold 200, 309 held, 308 onhold 200" {
			t.Errorf("told %s\n%s", got, s.Ladder())
		}
		if n := strings.Count(s.Ladder(), "491 Request Pending"); n != 4 {
			t.Errorf("491 was sent %d times", n)
		}
	})
}

// incall is a call of 308 with a peer that does what the test says.
func (s *scene) incall() (p *phone.Phone, c *phone.Call, peer *peer) {
	s.t.Helper()
	peer = newPeer(s)
	p = s.phone("308", nil)
	c = s.dial(p, "309")
	peer.invite = peer.Expect("INVITE")
	peer.Send(string(reply(peer.invite, 200, "peer", "", answerSDP)))
	peer.Expect("ACK")
	s.expect(0, "308 answered 200")
	return p, c, peer
}

func TestRefusedChangeLeavesTheCall(t *testing.T) {
	play(t, "-", func(s *scene) {
		_, c, peer := s.incall()
		s.must(c.Hold())
		peer.Reply(peer.Expect("INVITE"), 488)
		peer.Expect("ACK")
		s.expect(moment, "308 refused 488")
		if us, _ := c.IsHeld(); us {
			t.Error("held though it was refused")
		}
		s.must(c.Hold())
		peer.Reply(peer.Expect("INVITE"), 481)
		peer.Expect("ACK")
		s.expect(moment, "308 refused 481, 308 ended 481")
	})
}

func TestPeerChangesTheSession(t *testing.T) {
	play(t, "-", func(s *scene) {
		_, c, peer := s.incall()
		for _, test := range []struct {
			method, body string
			status       string
			told         string
		}{
			{"INVITE", strings.Replace(answerSDP, "AVP 0", "AVP 3", 1), "488", ""},
			{"INVITE", answerSDP + "a=sendonly\r\n", "200", "308 held"},
			{"UPDATE", strings.Replace(answerSDP, "AVP 0", "AVP 3", 1), "488", ""},
			{"UPDATE", answerSDP, "200", "308 resumed"},
			{"UPDATE", "", "200", ""},
		} {
			peer.request(test.method, sdpField, test.body)
			response := peer.Expect(test.status)
			if test.method == "INVITE" {
				peer.ack(response)
			}
			s.expect(moment, test.told)
		}
		// Without an offer ours comes in the 2xx, and the answer in the ACK.
		peer.request("INVITE", "", "")
		response := peer.Expect("200")
		if d, err := sdp.Parse(response.Body); err != nil || len(d.Codecs) != 2 {
			t.Errorf("%v: not a whole offer: %s", err, response.Body)
		}
		peer.request("INVITE", sdpField, answerSDP)
		if busy := peer.Wait("500"); !busy.Has(sip.FieldRetryAfter) {
			t.Error("no Retry-After")
		}
		peer.seq--
		peer.requestAs("ACK", peer.seq, sdpField, answerSDP+"a=inactive\r\n")
		peer.seq++
		peer.request("BYE", "", "")
		peer.Expect("200")
		if c.State() != phone.Over {
			t.Error(c.State())
		}
	})
}

func TestRequestsInACall(t *testing.T) {
	play(t, "-", func(s *scene) {
		_, _, peer := s.incall()
		for _, test := range []struct{ method, fields, body, status string }{
			{"OPTIONS", "", "", "200"},
			{"INFO", "", "", "200"},
			{"INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=*\r\nDuration=250\r\n", "200"},
			{"INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=?", "400"},
			{"INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=1\r\nDuration=long", "400"},
			{"INFO", "Content-Type: text/plain\r\n", "hello", "415"},
			{"INFO", "Require: clairvoyance\r\n", "", "420"},
			{"NOTIFY", "Event: presence\r\nSubscription-State: active\r\n", "", "489"},
			{"NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", "", "400"},
			{"REFER", "", "", "400"},
			{"REFER", "Refer-To: <mailto:a@b.test>\r\n", "", "416"},
			{"REFER", "Refer-To: <sip:a@b.test;method=BYE>\r\n", "", "603"},
			{"PRACK", "RAck: 1 1 INVITE\r\n", "", "481"},
			{"PUBLISH", "", "", "405"},
			{"INVITE", "Content-Type: text/plain\r\n", "hello", "415"},
		} {
			peer.request(test.method, test.fields, test.body)
			peer.Expect(test.status + " " + test.method)
		}
		peer.requestAs("OPTIONS", peer.seq, "", "") // out of order
		peer.Expect("500")
		peer.tag = "stranger"
		peer.request("BYE", "", "")
		peer.Expect("481")
		s.expect(0, "308 digit")
		if e := s.seen[len(s.seen)-1]; e.Text != "*" || e.Duration != 250*time.Millisecond {
			t.Errorf("%+v", e)
		}
	})
}

func TestDigitsByInfo(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		atA, atB := s.talk(a, b)
		s.must(atA.DTMF(s.t.Context(), "2", 4800*time.Millisecond, phone.ByInfo))
		s.must(atB.DTMF(s.t.Context(), "3#", 0, phone.ByInfo))
		s.expect(moment, "309 digit, 308 digit, 308 digit")
		if err := atA.DTMF(s.t.Context(), "2x", 0, phone.ByInfo); err == nil {
			t.Error("x was sent")
		}
		if err := atA.DTMF(s.t.Context(), "2", 0, phone.ByEvent); err != phone.ErrNoSound {
			t.Error(err)
		}
		s.must(atA.Hangup())
		s.expect(moment, "309 ended, 308 ended")
		if err := atA.DTMF(s.t.Context(), "2", 0, phone.ByInfo); err == nil {
			t.Error("a digit was sent after the call")
		}
	})
}
