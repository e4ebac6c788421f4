package phone_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/digest"
	"viaduct/internal/siptest"
	"viaduct/phone"
	"viaduct/sip"
	"viaduct/transaction"
)

// registrar is a server that says what the test tells it to.
func (s *scene) registrar() *siptest.Phone {
	return s.Network.Phone("proxy", proxy, host(10))
}

// registering registers a phone beside the test; the result is its outcome.
func registering(s *scene, p *phone.Phone) chan error {
	outcome := make(chan error, 1)
	go func() { outcome <- p.Register(s.t.Context()) }()
	return outcome
}

// proved checks the credentials of a request by the formula of RFC 7616
// section 3.4.1, and gives the parameters.
func proved(t *testing.T, m *sip.Message, field, password string, algorithm digest.Algorithm) map[string]string {
	t.Helper()
	value, ok := m.Lookup(field)
	if !ok {
		t.Fatalf("no %s in\n%s", field, m.Text)
	}
	p := map[string]string{}
	for _, found := range regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^,\s]+))`).FindAllStringSubmatch(value, -1) {
		p[found[1]] = found[2] + found[3]
	}
	ha1 := algorithm.Hash(p["username"], p["realm"], password)
	ha2 := algorithm.Hash(m.Method, p["uri"])
	want := algorithm.Hash(ha1, p["nonce"], ha2)
	if p["qop"] != "" {
		want = algorithm.Hash(ha1, p["nonce"], p["nc"], p["cnonce"], p["qop"], ha2)
	}
	if p["response"] != want || p["uri"] != m.RequestURI {
		t.Errorf("%s: response %s, want %s", value, p["response"], want)
	}
	return p
}

func withPassword(c *phone.Config) { c.Password = "1234" }

func challenge(nonce, more string) string {
	return `WWW-Authenticate: Digest realm="example.test", nonce="` + nonce + `", qop="auth"` + more
}

func TestPassword(t *testing.T) {
	for name, algorithm := range map[string]digest.Algorithm{"": digest.MD5, ", algorithm=MD5": digest.MD5, ", algorithm=SHA-256": digest.SHA256} {
		play(t, "-", func(s *scene) {
			server := s.registrar()
			p := s.phone("308", withPassword)
			outcome := registering(s, p)
			server.Reply(server.Expect("REGISTER"), 401, challenge("one", name))
			second := server.Expect("REGISTER")
			if got := proved(t, second, "Authorization", "1234", algorithm); got["nc"] != "00000001" || second.CSeq.Number != 2 {
				t.Errorf("nc %s, CSeq %d", got["nc"], second.CSeq.Number)
			}
			server.Reply(second, 200, "Contact: <sip:308@127.168.1.10>;expires=100")
			if err := <-outcome; err != nil {
				t.Error(err)
			}
			s.expect(0, "308 registered 200")
			// The refresh counts on with the same nonce; when that has become stale, with the new one.
			time.Sleep(90 * time.Second)
			third := server.Expect("REGISTER")
			if got := proved(t, third, "Authorization", "1234", algorithm); got["nc"] != "00000002" {
				t.Errorf("nc %s", got["nc"])
			}
			server.Reply(third, 401, challenge("two", name+", stale=true"))
			fourth := server.Expect("REGISTER")
			if got := proved(t, fourth, "Authorization", "1234", algorithm); got["nonce"] != "two" || got["nc"] != "00000001" {
				t.Errorf("%v", got)
			}
			server.Reply(fourth, 200, "Contact: <sip:308@127.168.1.10>;expires=100")
			s.expect(moment, "308 registered 200")
		})
	}
}

func TestWrongPassword(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		outcome := registering(s, s.phone("308", withPassword))
		server.Reply(server.Expect("REGISTER"), 401, challenge("one", ""))
		server.Reply(server.Expect("REGISTER"), 401, challenge("two", ""))
		if err := <-outcome; !errors.Is(err, phone.ErrPassword) || !strings.Contains(err.Error(), "308 at example.test") {
			t.Error(err)
		}
		server.ExpectNothing(10 * time.Minute) // an account must not be locked
		s.expect(0, "308 unreachable 401")
	})
}

func TestNoPassword(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		outcome := registering(s, s.phone("308", nil))
		server.Reply(server.Expect("REGISTER"), 407, strings.Replace(challenge("one", ""), "WWW", "Proxy", 1))
		if err := <-outcome; !errors.Is(err, phone.ErrNoPassword) {
			t.Error(err)
		}
	})
}

func TestOneNonceAfterAnotherIsStale(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		outcome := registering(s, s.phone("308", withPassword))
		go func() {
			for n := range 10 {
				m, ok := server.Next(time.Second)
				if !ok {
					return
				}
				server.Reply(m.Message, 401, challenge(fmt.Sprint(n), ", stale=true"))
			}
		}()
		if err := <-outcome; !errors.Is(err, phone.ErrPassword) {
			t.Error(err)
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
	})
}

func TestIntervalTooBrief(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		outcome := registering(s, s.phone("308", func(c *phone.Config) { c.Expires = time.Minute }))
		first := server.Expect("REGISTER")
		server.Reply(first, 423, "Min-Expires: 600")
		second := server.Expect("REGISTER")
		if got := second.Get(sip.FieldExpires); got != "600" || second.CallID() != first.CallID() {
			t.Errorf("Expires %s, Call-ID %s then %s", got, first.CallID(), second.CallID())
		}
		server.Reply(second, 423, "Min-Expires: 600") // a registrar that wants ever more of the same
		var refused *phone.RefusedError
		if err := <-outcome; !errors.As(err, &refused) || refused.Status != 423 {
			t.Error(err)
		}
	})
}

func TestRegistrationIsTriedAgain(t *testing.T) {
	play(t, "-", func(s *scene) {
		p := s.phone("308", nil) // nobody is there
		if err := p.Register(s.t.Context()); !errors.Is(err, transaction.ErrTimeout) {
			t.Error(err)
		}
		s.expect(0, "308 unreachable 408")
		server := s.registrar()
		server.Patience = time.Minute
		server.Reply(server.Expect("REGISTER"), 200)
		s.expect(moment, "308 registered 200")
	})
}

func TestUnregister(t *testing.T) {
	play(t, "", func(s *scene) {
		brief := func(c *phone.Config) { c.Expires = time.Minute }
		a, b := s.phone("308", brief), s.phone("309", brief)
		s.register(a, b)
		if err := b.Unregister(s.t.Context()); err != nil {
			t.Fatal(err)
		}
		s.dial(a, "309")
		s.expect(moment, "309 unregistered 200, 308 ended 404")
		time.Sleep(2 * time.Minute) // 308 refreshes after 54 s each, 309 does not
		s.expect(0, "308 registered 200, 308 registered 200")
	})
}

func TestCallAsksForPassword(t *testing.T) {
	play(t, "-", func(s *scene) {
		server := s.registrar()
		a := s.phone("308", withPassword)
		call := s.dial(a, "309")
		first := server.Expect("INVITE")
		server.Reply(first, 407, strings.Replace(challenge("one", ""), "WWW", "Proxy", 1))
		server.Expect("ACK")
		second := server.Expect("INVITE")
		proved(t, second, "Proxy-Authorization", "1234", digest.MD5)
		if second.CallID() != first.CallID() || second.FromTag() != first.FromTag() || second.CSeq.Number != first.CSeq.Number+1 {
			t.Error("the second INVITE is not of the same call")
		}
		server.Reply(second, 200)
		ack := server.Expect("ACK")
		if ack.CSeq.Number != second.CSeq.Number || ack.Via.Branch == second.Via.Branch {
			t.Error("the ACK of a 2xx has the INVITE's number and a branch of its own")
		}
		if value, _ := ack.Lookup("Proxy-Authorization"); value != second.Get(sip.FieldProxyAuthorization) {
			t.Error("the ACK has not the credentials of its INVITE")
		}
		s.must(call.Hangup())
		bye := server.Expect("BYE")
		proved(t, bye, "Proxy-Authorization", "1234", digest.MD5)
		server.Reply(bye, 200)
		s.expect(moment, "308 answered 200, 308 ended")
	})
}
