package phone_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"viaduct/phone"
)

// A thousand phones on one socket, a hundred calls at once: no goroutine for
// an idle phone nor for a call.
func TestThousandPhones(t *testing.T) {
	play(t, "", func(s *scene) {
		stack, _ := s.stack("phones")
		var mu sync.Mutex
		counts := map[phone.Kind]int{}
		goroutines := runtime.NumGoroutine()
		phones := make([]*phone.Phone, 1000)
		for i := range phones {
			phones[i] = s.phoneOn(stack, fmt.Sprintf("u%03d", i), func(c *phone.Config) {
				c.AutoAnswer = time.Second
				c.Events = func(e phone.Event) {
					mu.Lock()
					defer mu.Unlock()
					counts[e.Kind]++
				}
			})
			if err := phones[i].Register(s.t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var calls []*phone.Call
		for i := range 100 {
			calls = append(calls, s.dial(phones[i], phones[500+i].User()))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if more := runtime.NumGoroutine() - goroutines; more > 5 {
			t.Errorf("%d goroutines more than before the phones", more)
		}
		for _, c := range calls {
			s.must(c.Hangup())
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		for kind, want := range map[phone.Kind]int{phone.Registered: 1000, phone.Incoming: 100, phone.Ringing: 100, phone.Answered: 200, phone.Ended: 200} {
			if counts[kind] != want {
				t.Errorf("%s: %d, want %d", kind, counts[kind], want)
			}
		}
	})
}

func TestPhonesOfOneStack(t *testing.T) {
	play(t, "-", func(s *scene) {
		stack, at := s.stack("phones")
		c := phone.Config{User: "308", Events: s.hear}
		if _, err := phone.New(stack, c); err != nil {
			t.Fatal(err)
		}
		if _, err := phone.New(stack, c); err == nil {
			t.Error("two phones of one user at one address")
		}
		direct := func(c *phone.Config) { c.Server = "" }
		other := s.phoneOn(stack, "309", direct)
		s.dial(other, "sip:308@"+at.String())
		s.expect(moment, "308 incoming, 309 ringing 180")
		other.Close()
		s.dial(s.phone("310", direct), "sip:309@"+at.String())
		s.expect(moment, "310 ended 404")
	})
	for _, bad := range []phone.Config{{}, {User: "a b"}, {User: "a@b"}, {User: "a", Server: "x@y"}, {User: "a", Server: ":::"}} {
		stack := phone.NewStack(nil, phone.Options{})
		if _, err := phone.New(stack, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
		stack.Close()
	}
}
