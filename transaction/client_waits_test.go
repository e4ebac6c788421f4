package transaction

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// startWith starts an INVITE as o says.
func startWith(t *testing.T, l *Layer, r *recorder, o Outgoing) *Client {
	t.Helper()
	c := &Client{}
	l.Reserve(c, 0)
	method := "INVITE"
	if !o.Invite {
		method = "INFO"
	}
	o.Text, o.Flow, o.User = []byte(request(t, method, string(c.AppendBranch(nil))).Text), udp, r
	if err := c.Start(&o); err != nil {
		t.Fatal(err)
	}
	return c
}

// request gives the i-th text that was sent.
func (r *recorder) request(i int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent[i]
}

// methods gives what was sent so far in one line.
func (r *recorder) methods() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, text := range r.sent {
		method, _, _ := strings.Cut(text, " ")
		all = append(all, method)
	}
	return strings.Join(all, " ")
}

// endsAfter sleeps until the user hears of the end and gives how long it took.
func endsAfter(r *recorder) time.Duration {
	start := time.Now()
	for time.Since(start) < 10*time.Minute {
		time.Sleep(tick)
		synctest.Wait()
		if r.mu.Lock(); len(r.failed) > 0 {
			r.mu.Unlock()
			break
		}
		r.mu.Unlock()
	}
	return time.Since(start).Round(time.Second)
}

func TestWaits(t *testing.T) {
	const second = time.Second
	ring := func(status int, then func(*Client)) func(*testing.T, *Layer, *recorder, *Client) {
		return func(t *testing.T, l *Layer, r *recorder, c *Client) {
			time.Sleep(2 * second)
			receive(l, answer(t, r.request(0), status))
			if then != nil {
				then(c)
			}
		}
	}
	for _, test := range []struct {
		name string
		out  Outgoing
		play func(t *testing.T, l *Layer, r *recorder, c *Client)
		ends time.Duration // behind play
	}{
		{"timer B of its own", Outgoing{Invite: true, Final: 3 * second}, nil, 3 * second},
		{"timer F of its own", Outgoing{Final: 3 * second}, nil, 3 * second},
		{"timer C", Outgoing{Invite: true, TimerC: 20 * second}, ring(180, nil), 20 * second},
		{"a lifetime before timer B", Outgoing{Invite: true, Lifetime: 5 * second}, nil, 5 * second},
		{"a lifetime before timer C", Outgoing{Invite: true, TimerC: 20 * second, Lifetime: 10 * second}, ring(180, nil), 8 * second},
		{"a lifetime without timer C", Outgoing{Invite: true, Lifetime: 10 * second}, ring(180, nil), 8 * second},
		{"a lifetime of another request", Outgoing{Lifetime: 10 * second}, ring(100, nil), 8 * second},
		{"a long lifetime", Outgoing{Invite: true, TimerC: 20 * second, Lifetime: time.Minute}, ring(180, nil), 20 * second},
		{"timer C made shorter", Outgoing{Invite: true, TimerC: 20 * second}, ring(180, func(c *Client) { c.SetWaits(0, 5*second) }), 5 * second},
		{"timer C made longer", Outgoing{Invite: true, TimerC: 20 * second}, ring(180, func(c *Client) { c.SetWaits(0, time.Minute) }), time.Minute},
		{"timer C to come", Outgoing{Invite: true, TimerC: 20 * second}, func(t *testing.T, l *Layer, r *recorder, c *Client) {
			c.SetWaits(0, 5*second)
			ring(180, nil)(t, l, r, c)
		}, 5 * second},
		{"timer B made shorter", Outgoing{Invite: true}, func(t *testing.T, l *Layer, r *recorder, c *Client) {
			time.Sleep(2 * second)
			c.SetWaits(4*second, 0)
		}, 4 * second},
		{"timer B is over", Outgoing{Invite: true, TimerC: 20 * second}, ring(180, func(c *Client) { c.SetWaits(second, 0) }), 20 * second},
		{"timer F made longer", Outgoing{Final: 5 * second}, ring(100, func(c *Client) { c.SetWaits(9*second, 0) }), 9 * second},
	} {
		t.Run(test.name, func(t *testing.T) {
			withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
				c := startWith(t, l, r, test.out)
				if test.play != nil {
					test.play(t, l, r, c)
				}
				if ends := endsAfter(r); ends != test.ends {
					t.Errorf("it ends after %v, want %v", ends, test.ends)
				}
			})
		})
	}
}

func TestRingOnce(t *testing.T) {
	for _, test := range []struct {
		name     string
		once     bool
		statuses []int // one a second
		ends     time.Duration
	}{
		{"each 180 renews", false, []int{180, 180, 180, 180}, 10 * time.Second},
		{"only the first 180 does", true, []int{180, 180, 180, 180}, 7 * time.Second},
		{"higher ones do", true, []int{180, 181, 180, 183}, 10 * time.Second},
		{"lower ones do not", true, []int{183, 180, 181, 100}, 7 * time.Second},
		{"100 begins the wait, 180 renews it", true, []int{100, 100, 180, 100}, 9 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
				startWith(t, l, r, Outgoing{Invite: true, TimerC: 10 * time.Second, RingOnce: test.once})
				for i, status := range test.statuses {
					if i > 0 {
						time.Sleep(time.Second)
					}
					receive(l, answer(t, r.request(0), status))
				}
				if ends := endsAfter(r); ends != test.ends {
					t.Errorf("it ends %v after the last, want %v", ends, test.ends)
				}
			})
		})
	}
}

func TestRetransmissionsOfItsOwn(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		startWith(t, l, r, Outgoing{T1: 100 * time.Millisecond, T2: 200 * time.Millisecond, Final: 1050 * time.Millisecond})
		time.Sleep(2 * time.Second)
		if sent := r.methods(); sent != "INFO INFO INFO INFO INFO INFO" { // at 0, 0.1, 0.3, 0.5, 0.7, 0.9 s
			t.Errorf("sent %s", sent)
		}
	})
}

func TestCancelUnheard(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		c := startWith(t, l, r, Outgoing{Invite: true, CancelUnheard: true})
		c.Cancel(nil, "", r)
		time.Sleep(600 * time.Millisecond)
		if sent := r.methods(); sent != "INVITE CANCEL CANCEL" {
			t.Errorf("sent %s", sent)
		}
		receive(l, answer(t, r.request(0), 487))
		if len(r.up) != 1 || r.up[0] != 487 {
			t.Errorf("passed up %v", r.up)
		}
	})
}

func TestAbandon(t *testing.T) {
	withLayer(t, func(t *testing.T, l *Layer, r *recorder) {
		c := startWith(t, l, r, Outgoing{Invite: true})
		if !c.Abandon() || c.Abandon() {
			t.Error("it is given up once")
		}
		receive(l, answer(t, r.request(0), 180))
		time.Sleep(time.Minute)
		if _, clients := l.Active(); len(r.failed)+len(r.up)+clients != 0 || r.methods() != "INVITE" || r.stray != 1 {
			t.Errorf("failed %v, up %v, %d clients, sent %s, %d stray", r.failed, r.up, clients, r.methods(), r.stray)
		}
		c = startWith(t, l, r, Outgoing{Invite: true})
		receive(l, answer(t, r.request(1), 180))
		if c.Abandon() {
			t.Error("one that rings was given up")
		}
	})
}
