package phone_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"viaduct/phone"
	"viaduct/sip"
	"viaduct/wire"
)

// reply answers as one of several phones: siptest's copies To, so the tag goes
// in before.
func reply(m *sip.Message, status int, tag, fields, body string) []byte {
	if body != "" {
		fields += "Content-Type: application/sdp\r\n"
	}
	return sip.AppendReply(nil, m, &sip.Reply{Status: status, ToTag: tag, Fields: "Contact: <sip:309@127.168.1.15>\r\n" + fields, Body: body})
}

const answerSDP = "v=0\r\no=- 1 1 IN IP4 127.168.1.15\r\ns=-\r\nc=IN IP4 127.168.1.15\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n"

func TestSecondAnswerIsHungUp(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		s.dial(s.phone("308", nil), "309")
		invite := server.Expect("INVITE")
		server.Send(string(reply(invite, 180, "one", "", "")))
		server.Send(string(reply(invite, 180, "two", "", "")))
		server.Send(string(reply(invite, 180, "two", "", "")))
		server.Send(string(reply(invite, 200, "one", "", answerSDP)))
		if ack := server.Expect("ACK"); ack.ToTag() != "one" {
			t.Error(ack.Text)
		}
		server.Send(string(reply(invite, 200, "two", "", answerSDP)))
		if ack := server.Expect("ACK"); ack.ToTag() != "two" {
			t.Error(ack.Text)
		}
		bye := server.Expect("BYE")
		if bye.ToTag() != "two" {
			t.Error(bye.Text)
		}
		server.Reply(bye, 200)
		// A retransmission of either is acknowledged again, and nothing more.
		server.Send(string(reply(invite, 200, "two", "", answerSDP)))
		server.Expect("ACK")
		server.Send(string(reply(invite, 200, "one", "", answerSDP)))
		server.Expect("ACK")
		server.ExpectNothing(time.Minute)
		s.expect(0, "308 ringing 180, 308 ringing 180, 308 answered 200")
	})
}

func TestAnswerCrossesCancel(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		call := s.dial(s.phone("308", nil), "309")
		invite := server.Expect("INVITE")
		s.must(call.Cancel())
		server.ExpectNothing(time.Millisecond) // not before something was heard
		server.Reply(invite, 180)
		server.Expect("CANCEL")
		server.Reply(invite, 200)
		server.Expect("ACK")
		server.Reply(server.Expect("BYE"), 200)
		s.expect(moment, "308 ended 487")
	})
}

func TestNobodyAnswers(t *testing.T) {
	play(t, "-", func(s *scene) {
		a := s.phone("308", func(c *phone.Config) { c.Patience = 4 * time.Second })
		s.dial(a, "309")
		s.expect(5*time.Second, "308 ended 408")
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		if _, err := a.Dial(ctx, "309"); err != nil {
			t.Fatal(err)
		}
		s.expect(5*time.Second, "308 ended 487") // the CANCEL was never due
	})
}

func TestContextCancelsCall(t *testing.T) {
	play(t, "", func(s *scene) {
		a, _ := s.pair()
		ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Second)
		defer cancel()
		if _, err := a.Dial(ctx, "309"); err != nil {
			t.Fatal(err)
		}
		s.expect(moment, "309 incoming, 308 ringing 180")
		s.expect(4*time.Second, "309 ended 487, 308 ended 487")
	})
}

// The routes of the 2xx count, reversed, and its Contact is the target (RFC
// 3261 section 12.1.2); a first route without lr wants the Request-URI.
func TestRouteSet(t *testing.T) {
	for _, test := range []struct{ recorded, uri, routes string }{
		{"<sip:a.test;lr>, <sip:127.168.1.15;lr>", "sip:309@127.168.1.99", "<sip:127.168.1.15;lr> <sip:a.test;lr>"},
		{"<sip:a.test;lr>, <sip:127.168.1.15>", "sip:127.168.1.15", "<sip:a.test;lr> <sip:309@127.168.1.99>"},
	} {
		play(t, "-", func(s *scene) {
			server := s.registrar()
			server.Contact = "<sip:309@127.168.1.99>"
			call := s.dial(s.phone("308", nil), "309")
			invite := server.Expect("INVITE")
			server.Send(string(sip.AppendReply(nil, invite, &sip.Reply{Status: 180, ToTag: "x", Fields: "Record-Route: <sip:other.test;lr>\r\n"})))
			server.Send(string(sip.AppendReply(nil, invite, &sip.Reply{Status: 200, ToTag: "x", Body: answerSDP,
				Fields: "Record-Route: " + test.recorded + "\r\nContact: <sip:309@127.168.1.99>\r\nContent-Type: application/sdp\r\n"})))
			ack := server.Expect("ACK")
			s.must(call.Hangup())
			for _, m := range []*sip.Message{ack, server.Expect("BYE")} {
				var routes []string
				for v := range m.Values(sip.FieldRoute) {
					routes = append(routes, v.Text)
				}
				if m.RequestURI != test.uri || strings.Join(routes, " ") != test.routes {
					t.Errorf("%s with routes %v", m.StartLine(), routes)
				}
			}
		})
	}
}

func TestAnswerThatCannotBeUsed(t *testing.T) {
	for _, body := range []string{"", "nonsense", strings.Replace(answerSDP, "AVP 0", "AVP 3", 1), strings.Replace(answerSDP, "6000", "0", 1)} {
		play(t, "-", func(s *scene) {
			server := s.registrar()
			s.dial(s.phone("308", nil), "309")
			server.Send(string(reply(server.Expect("INVITE"), 200, "x", "", body)))
			server.Expect("ACK")
			server.Reply(server.Expect("BYE"), 200)
			s.expect(moment, "308 ended 488")
		})
	}
}

// A network that loses a third of all packets delays calls, but does not break them.
func TestLossyNetwork(t *testing.T) {
	play(t, "", func(s *scene) {
		a, b := s.pair()
		chance := rand.New(rand.NewPCG(1, 2))
		s.Lose = func(*wire.Packet) bool { return chance.IntN(3) == 0 }
		call := s.dial(a, "309")
		time.Sleep(5 * time.Second)
		s.must(s.call(b).Answer())
		time.Sleep(10 * time.Second)
		s.must(call.Hangup())
		time.Sleep(40 * time.Second)
		if got := s.events(); got != "309 incoming, 308 answered 200, 309 answered, 309 ended, 308 ended" {
			t.Errorf("told %s\n%s", got, s.Ladder())
		}
	})
}
