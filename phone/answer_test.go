package phone_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"viaduct/phone"
	"viaduct/sip"
)

// The answer goes out again until its ACK comes, then the call is given up
// with a BYE (RFC 3261 section 13.3.1.4).
func TestAnswerIsRetransmitted(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		server.Patience = 10 * time.Second
		b := s.phone("308", nil)
		server.Invite("sip:308@127.168.1.10")
		server.Expect("180")
		begin := time.Now()
		s.must(s.call(b).Answer())
		var at []time.Duration
		for {
			p, ok := server.Next(40 * time.Second)
			if !ok {
				t.Fatal("no BYE came")
			}
			if p.Message.Method == "BYE" {
				server.Reply(p.Message, 200)
				break
			}
			at = append(at, time.Since(begin).Round(100*time.Millisecond))
		}
		if got := fmt.Sprint(at); got != "[0s 500ms 1.5s 3.5s 7.5s 11.5s 15.5s 19.5s 23.5s 27.5s 31.5s]" {
			t.Errorf("200 at %s", got)
		}
		s.expect(moment, "308 incoming, 308 ended 408")
	})
}

// A callee that hangs up at once waits for the ACK (section 15).
func TestHangUpBeforeTheACK(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		b := s.phone("308", nil)
		call := server.Invite("sip:308@127.168.1.10")
		server.Expect("180")
		c := s.call(b)
		s.must(c.Answer())
		s.must(c.Hangup())
		taken := server.Expect("200")
		server.ExpectNothing(400 * time.Millisecond)
		call.Ack(taken)
		server.Reply(server.Expect("BYE"), 200)
		s.expect(moment, "308 incoming, 308 ended")
	})
}

func TestAnswerByItself(t *testing.T) {
	play(t, "", func(s *scene) {
		a := s.phone("308", nil)
		b := s.phone("309", func(c *phone.Config) { c.AutoAnswer = 2 * time.Second })
		s.register(a, b)
		call := s.dial(a, "309")
		s.expect(time.Second, "309 incoming, 308 ringing 180")
		s.expect(1100*time.Millisecond, "308 answered 200, 309 answered")
		s.must(call.Hangup())
		s.expect(moment, "309 ended, 308 ended")
		// One that is canceled before does not answer later.
		call = s.dial(a, "309")
		s.expect(time.Second, "309 incoming, 308 ringing 180")
		s.must(call.Cancel())
		s.expect(10*time.Second, "309 ended 487, 308 ended 487")
	})
}

func TestLines(t *testing.T) {
	play(t, "", func(s *scene) {
		a := s.phone("308", nil)
		b := s.phone("309", func(c *phone.Config) { c.Lines = 1 })
		s.register(a, b)
		s.dial(a, "309")
		s.expect(moment, "309 incoming, 308 ringing 180")
		s.dial(a, "309")
		s.expect(moment, "308 ended 486")
	})
}

// invite is an INVITE to 308 that a test changes.
const invite = "INVITE sip:308@127.168.1.10 SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP {local};branch={branch}\r\n" +
	"Max-Forwards: 70\r\n" +
	"From: <sip:309@127.168.1.15>;tag=caller\r\n" +
	"To: <sip:308@127.168.1.15>\r\n" +
	"Call-ID: 1@127.168.1.15\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Contact: <sip:309@127.168.1.15>\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: {length}\r\n\r\n" + answerSDP

func TestInvitesThatAreRefused(t *testing.T) {
	for _, test := range []struct{ from, to, status, field string }{
		{"sip:308@", "sip:999@", "404", ""},
		{"sip:308@127.168.1.10 SIP", "tel:+44 SIP", "416", ""},
		{"Contact:", "Require: telepathy, 100rel\r\nContact:", "420", "Unsupported: telepathy"},
		{"application/sdp", "text/plain", "415", "Accept: application/sdp"},
		{"AVP 0", "AVP 3", "488", "Warning: 305 "},
		{"v=0", "v=nonsense", "488", "Warning: 399 "},
		{"INVITE", "PUBLISH", "405", "Allow: INVITE, "},
		{"INVITE", "BYE", "481", ""},
		{"INVITE", "REFER", "603", ""},
		{"INVITE", "OPTIONS", "200", "Accept: application/sdp"},
		{"To: <sip:308@127.168.1.15>", "To: <sip:308@127.168.1.15>;tag=gone", "481", ""},
		{";tag=caller", "", "400", ""},
	} {
		play(t, "-", func(s *scene) {
			server := s.registrar()
			s.phone("308", nil)
			server.Send(strings.ReplaceAll(invite, test.from, test.to))
			response := server.Expect(test.status)
			if !strings.Contains(response.Text, test.field) {
				t.Errorf("no %q in\n%s", test.field, response.Text)
			}
			if got := s.events(); got != "" && got != "308 ended 488" {
				t.Errorf("told %s", got)
			}
		})
	}
}

func TestCancelOfNothing(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		s.phone("308", nil)
		server.Send(strings.Replace(strings.ReplaceAll(invite, "INVITE", "CANCEL"), answerSDP, "", 1))
		server.Expect("481")
	})
}

func TestMergedInvite(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		s.phone("308", nil)
		server.Send(invite)
		server.Expect("180")
		server.Send(invite) // with another branch: a second way here
		server.Expect("482")
	})
}

func TestInviteWithoutOffer(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		b := s.phone("308", nil)
		server.Send(strings.Replace(strings.Replace(invite, answerSDP, "", 1), "Content-Type: application/sdp\r\n", "", 1))
		server.Expect("180")
		s.must(s.call(b).Answer())
		taken := server.Expect("200")
		if !strings.Contains(taken.Body, "m=audio 5004 RTP/AVP 0 8 101") {
			t.Error(taken.Text)
		}
		server.Send("ACK sip:308@127.168.1.10 SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch={branch}\r\nMax-Forwards: 70\r\nFrom: " + taken.Get(sip.FieldFrom) +
			"\r\nTo: " + taken.Get(sip.FieldTo) + "\r\nCall-ID: 1@127.168.1.15\r\nCSeq: 1 ACK\r\n" + sdpField + "Content-Length: {length}\r\n\r\n" + answerSDP)
		s.expect(moment, "308 incoming, 308 answered")
	})
}

// A caller that requires 100rel gets its ringing again until the PRACK, and the
// answer only then (RFC 3262 section 3).
func TestReliableRinging(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		b := s.phone("308", nil)
		server.Send(strings.Replace(invite, "Contact:", "Require: 100rel\r\nContact:", 1))
		ringing := server.Expect("180")
		rseq, _ := ringing.Lookup("RSeq")
		if require, _ := ringing.Lookup("Require"); require != "100rel" || rseq == "" {
			t.Error(ringing.Text)
		}
		s.must(s.call(b).Answer())
		again, _ := server.Next(time.Second)
		if again.Text != ringing.Text {
			t.Errorf("not the same again: %s", again.Text)
		}
		prack := strings.NewReplacer("INVITE", "PRACK", "CSeq: 1", "CSeq: 2", "To: <sip:308@127.168.1.15>", "To: "+ringing.Get(sip.FieldTo),
			"Contact:", "RAck: "+rseq+" 1 INVITE\r\nContact:", answerSDP, "", "Content-Type: application/sdp\r\n", "").Replace(invite)
		prack = strings.Replace(prack, rseq+" 1 PRACK", rseq+" 1 INVITE", 1)
		server.Send(prack)
		server.Expect("200 PRACK")
		server.Expect("200 INVITE")
	})
}

func TestPRACKOfTheCaller(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		s.dial(s.phone("308", nil), "309")
		invited := server.Expect("INVITE")
		server.Send(string(reply(invited, 180, "x", "Require: 100rel\r\nRSeq: 7\r\n", "")))
		prack := server.Expect("PRACK")
		if rack, _ := prack.Lookup("RAck"); rack != fmt.Sprintf("7 %d INVITE", invited.CSeq.Number) {
			t.Error(prack.Text)
		}
		server.Reply(prack, 200)
		server.Send(string(reply(invited, 180, "x", "Require: 100rel\r\nRSeq: 7\r\n", ""))) // a retransmission
		server.Send(string(reply(invited, 183, "x", "Require: 100rel\r\nRSeq: 9\r\n", ""))) // 8 is missing
		server.ExpectNothing(time.Second)
		s.expect(0, "308 ringing 180")
	})
}

func TestEarlySound(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		s.dial(a, "309")
		s.expect(moment, "309 incoming, 308 ringing 180")
		s.must(s.call(b).Ring(true))
		s.expect(moment, "308 progress 183")
		s.must(s.call(b).Answer())
		s.expect(moment, "308 answered 200, 309 answered")
	})
}
