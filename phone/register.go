// Register: the phone tells the registrar where it is, and goes on telling
// (RFC 3261 section 10.2).
package phone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/wire"
)

// ErrNoServer says that there is no registrar to register with.
var ErrNoServer = errors.New("a server is needed to register with")

// RefusedError is a final response that is no success.
type RefusedError struct {
	Method string
	Status int
	Reason string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s was refused: %d %s", e.Method, e.Status, e.Reason)
}

func refused(method string, m *sip.Message) error {
	return &RefusedError{method, m.Status, m.Reason}
}

// How long to wait before a registration that failed is tried again (RFC 5626
// section 4.5).
const (
	firstRetry   = 30 * time.Second
	longestRetry = 30 * time.Minute
)

// registration is what a phone and its registrar agreed on. All REGISTERs of
// one phone share a Call-ID and count on (section 10.2).
type registration struct {
	callID, tag string
	seq         uint32
	wanted      bool // refresh, and try again after a failure
	stands      bool
	flow        wire.Flow
	refresh     *time.Timer
	retry       time.Duration
	expires     time.Duration // asked for; a 423 may raise it
}

func (r *registration) init(p *Phone) {
	r.callID = p.stack.id()
	r.tag = p.stack.id()
	r.expires = p.config.Expires
}

func (r *registration) stop() {
	r.wanted = false
	if r.refresh != nil {
		r.refresh.Stop()
	}
}

// Register tells the registrar where the phone is, waits for its answer, and
// refreshes before it expires until Unregister or Close; the event is told
// before it returns. The error is a
// *RefusedError, ErrPassword, ErrNoPassword, transaction.ErrTimeout, or says
// why the server cannot be reached. It waits, so it is not for Config.Events.
func (p *Phone) Register(ctx context.Context) error { return p.register(ctx, true) }

// Unregister takes the phone's Contact off, and waits for the answer.
func (p *Phone) Unregister(ctx context.Context) error { return p.register(ctx, false) }

// IsRegistered tells whether the registrar has our Contact, as far as we know.
func (p *Phone) IsRegistered() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.registration.stands
}

func (p *Phone) register(ctx context.Context, on bool) error {
	if p.config.Server == "" {
		return ErrNoServer
	}
	outcome := make(chan error, 1)
	p.lock()
	if p.closed {
		p.unlock()
		return ErrClosed
	}
	p.registration.stop()
	p.registration.wanted = on
	p.sendRegister(on, func(err error) { outcome <- err })
	p.unlock()
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		p.lock()
		p.registration.stop()
		p.unlock()
		return ctx.Err()
	}
}

// sendRegister registers or takes the registration off; done hears the outcome.
func (p *Phone) sendRegister(on bool, done func(error)) {
	r := &p.registration
	registrar := p.config.serverURI()
	domain := p.config.Domain
	r.flow = p.toward(registrar)
	expires := time.Duration(0)
	if on {
		expires = r.expires
	}
	seconds := strconv.Itoa(int(expires / time.Second))
	self := "<" + p.address(r.flow) + ">"
	var x *exchange
	x = p.send(&request{
		method: "REGISTER", uri: "sip:" + domain, next: registrar,
		from: p.from(r.flow, r.tag), to: self, callID: r.callID + "@" + r.flow.Local.Addr().String(),
		seq:    func() uint32 { r.seq++; return r.seq },
		fields: []field{{"Expires", seconds}},
	}, func(m *sip.Message, err error) {
		switch {
		case err == nil && m.Status < 200:
			return
		case err == nil && m.Status < 300:
			r.retry = 0
			r.flow = x.present.flow
			p.registered(on, m, p.contact(r.flow), done)
		case err == nil && m.Status == 423 && on && p.raiseExpires(m):
			p.sendRegister(on, done)
			return
		default:
			if err == nil {
				err = refused("REGISTER", m)
			}
			p.notRegistered(m, err, done)
		}
	})
}

// raiseExpires takes the least that the registrar accepts (section 10.2.8).
func (p *Phone) raiseExpires(m *sip.Message) bool {
	seconds, err := strconv.ParseUint(m.Get(sip.FieldMinExpires), 10, 31)
	least := time.Duration(seconds) * time.Second
	if err != nil || least <= p.registration.expires {
		return false
	}
	p.registration.expires = least
	return true
}

// registered plans the refresh, a tenth of the time before the registrar
// forgets.
func (p *Phone) registered(on bool, m *sip.Message, contact string, done func(error)) {
	p.registration.stands = on
	if !on {
		p.tell(Event{Kind: Unregistered, Status: m.Status, then: func() { done(nil) }})
		return
	}
	granted := grantedTo(contact, m, p.registration.expires)
	p.tell(Event{Kind: Registered, Status: m.Status, Duration: granted, then: func() { done(nil) }})
	if !p.registration.wanted {
		return
	}
	wait := max(granted-granted/10, time.Second)
	p.registration.refresh = p.after(wait, func() { p.sendRegister(true, func(error) {}) })
}

// grantedTo finds how long the registrar keeps our Contact (section 10.2.4).
func grantedTo(contact string, m *sip.Message, asked time.Duration) time.Duration {
	granted := asked
	if seconds, err := strconv.ParseUint(m.Get(sip.FieldExpires), 10, 31); err == nil {
		granted = time.Duration(seconds) * time.Second
	}
	own, _ := sip.ParseNameAddr(contact)
	ours, _ := sip.ParseURI(own.URI)
	for v := range m.Values(sip.FieldContact) {
		a, err := sip.ParseNameAddr(v.Text)
		if err != nil {
			continue
		}
		u, err := sip.ParseURI(a.URI)
		if err != nil || !u.Equal(&ours) {
			continue
		}
		if text, ok := a.Param("expires"); ok {
			if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
				granted = time.Duration(seconds) * time.Second
			}
		}
	}
	return granted
}

// notRegistered tells, and plans another attempt unless our password is wrong:
// nobody should lock an account by a phone that goes on trying.
func (p *Phone) notRegistered(m *sip.Message, err error, done func(error)) {
	r := &p.registration
	status := 0
	if m != nil {
		status = m.Status
	} else if errors.Is(err, transaction.ErrTimeout) {
		status = 408
	}
	r.stands = false
	p.tell(Event{Kind: Unreachable, Status: status, Text: err.Error(), Err: err, then: func() { done(err) }})
	if !r.wanted || errors.Is(err, ErrPassword) || errors.Is(err, ErrNoPassword) {
		return
	}
	r.retry = min(max(firstRetry, 2*r.retry), longestRetry)
	r.refresh = p.after(r.retry, func() { p.sendRegister(true, func(error) {}) })
}
