// Desk: who sits at a phone: carries out steps, and knows what was heard.
package phone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Desk carries out the steps of a script, or what a person types, on one
// phone. Give Hear to Config.Events.
type Desk struct {
	DTMF DTMF // how digits go out; "" is ByInfo

	phone *Phone

	mu    sync.Mutex
	heard []Event       // those that no expect has passed
	news  chan struct{} // told when there is a new one
	call  *Call         // the one that steps are about
}

// ErrQuit is what the step quit gives.
var ErrQuit = errors.New("quit")

// mostHeard bounds what is kept for expect.
const mostHeard = 10000

// NewDesk makes a desk; Sit puts the phone on it.
func NewDesk() *Desk { return &Desk{news: make(chan struct{}, 1)} }

// Sit puts a phone on the desk.
func (d *Desk) Sit(p *Phone) { d.phone = p }

// Hear notes an event.
func (d *Desk) Hear(e Event) {
	d.mu.Lock()
	if len(d.heard) < mostHeard {
		d.heard = append(d.heard, e)
	}
	switch {
	case e.Kind == Incoming && d.call == nil:
		d.call = e.Call
	case e.Kind == Ended && d.call == e.Call:
		d.call = nil
	}
	d.mu.Unlock()
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// Call gives the call that steps are about, or nil.
func (d *Desk) Call() *Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.call
}

// Do carries out one step. ErrQuit: the person wants to go. Other errors say in
// one sentence what was wrong.
func (d *Desk) Do(ctx context.Context, s Step) error {
	switch s.Word {
	case "dial":
		c, err := d.phone.Dial(context.WithoutCancel(ctx), s.Text)
		if err == nil {
			d.turnTo(c)
		}
		return err
	case "register":
		return d.phone.Register(ctx)
	case "unregister":
		return d.phone.Unregister(ctx)
	case "expect":
		return d.expect(ctx, s)
	case "wait":
		return sleep(ctx, s.Time)
	case "call":
		return d.pick(s.Status)
	case "help", "calls": // whoever shows the desk prints them
		return nil
	case "quit":
		return ErrQuit
	}
	c := d.current()
	if c == nil {
		return fmt.Errorf("%s: there is no call", s.Word)
	}
	switch s.Word {
	case "answer":
		return c.Answer()
	case "reject":
		return c.Reject(s.Status, s.Text)
	case "ring":
		return c.Ring(s.Text == "early")
	case "cancel":
		return c.Cancel()
	case "hangup":
		return c.Hangup()
	case "hold":
		return c.Hold()
	case "resume":
		return c.Resume()
	case "transfer":
		return d.transfer(c, s)
	case "dtmf":
		how := s.DTMF
		if how == "" {
			how = d.DTMF
		}
		if how == "" {
			how = ByInfo
		}
		return c.DTMF(ctx, s.Text, s.Time, how)
	}
	return fmt.Errorf("%s: not understood", s.Word)
}

func (d *Desk) transfer(c *Call, s Step) error {
	if s.Status == 0 {
		return c.Transfer(s.Text)
	}
	for _, other := range d.phone.Calls() {
		if other.Number() == s.Status && other != c {
			return c.TransferTo(other)
		}
	}
	return fmt.Errorf("there is no other call %d", s.Status)
}

func (d *Desk) turnTo(c *Call) {
	d.mu.Lock()
	d.call = c
	d.mu.Unlock()
}

// current is the call that was chosen, else the newest.
func (d *Desk) current() *Call {
	if c := d.Call(); c != nil {
		return c
	}
	if calls := d.phone.Calls(); len(calls) > 0 {
		return calls[len(calls)-1]
	}
	return nil
}

func (d *Desk) pick(number int) error {
	for _, c := range d.phone.Calls() {
		if c.Number() == number {
			d.turnTo(c)
			return nil
		}
	}
	return fmt.Errorf("there is no call %d", number)
}

// UnexpectedError says that an event did not come.
type UnexpectedError struct {
	Want   string
	Within time.Duration
	Ended  *Event // the call ended instead; nil: nothing came in time
}

func (e *UnexpectedError) Error() string {
	if e.Ended != nil {
		return fmt.Sprintf("expected %s, but the call ended: %s", e.Want, e.Ended.Text)
	}
	return fmt.Sprintf("expected %s, but it did not come within %v", e.Want, e.Within)
}

// Unwrap gives why the call ended.
func (e *UnexpectedError) Unwrap() error {
	if e.Ended == nil {
		return nil
	}
	return e.Ended.Err
}

// expect passes over what was heard until the wanted event. A call that ends
// meanwhile will not bring it any more.
func (d *Desk) expect(ctx context.Context, s Step) error {
	want := strings.TrimSpace(s.Text + " " + s.Value)
	limit := time.NewTimer(s.Time)
	defer limit.Stop()
	about := d.Call()
	for {
		for {
			e, ok := d.next()
			if !ok {
				break
			}
			if e.is(s) {
				return nil
			}
			if e.Kind == Ended && (about == nil || e.Call == about) && Kind(s.Text) != Incoming && Kind(s.Text) != Registered {
				return &UnexpectedError{Want: want, Ended: &e}
			}
		}
		select {
		case <-d.news:
		case <-limit.C:
			return &UnexpectedError{Want: want, Within: s.Time}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// is tells whether an event is the one that a step wants: of its kind, and of
// its status or with its text.
func (e *Event) is(s Step) bool {
	if e.Kind != Kind(s.Text) {
		return false
	}
	return s.Value == "" || strconv.Itoa(e.Status) == s.Value || strings.Contains(strings.ToLower(e.Text), strings.ToLower(s.Value))
}

// next takes the oldest event that nobody has looked at.
func (d *Desk) next() (Event, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.heard) == 0 {
		return Event{}, false
	}
	e := d.heard[0]
	d.heard = d.heard[1:]
	return e, true
}

// Leave hangs up, waits for that, and unregisters.
func (d *Desk) Leave(ctx context.Context) {
	for _, c := range d.phone.Calls() {
		c.Hangup()
	}
	for len(d.phone.Calls()) > 0 && sleep(ctx, 20*time.Millisecond) == nil {
	}
	if d.phone.IsRegistered() {
		d.phone.Unregister(ctx)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
