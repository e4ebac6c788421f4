// t_suspend and t_continue: a request waits until another message of the
// script lets it go on.
package tmx

import (
	"math/rand/v2"
	"sync"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// patience is how long a request may wait for t_continue, as Kamailio's
// fr_timer bounds it.
const patience = 30 * time.Second

// suspension is a request that waits. Its own route holds the lock until it
// has ended.
type suspension struct {
	mu      sync.Mutex
	message *module.Message
	timer   *time.Timer
}

// label numbers the transaction of a message for the script: $T(id_label).
func label(m *module.Message) uint32 {
	if m.Label == 0 {
		m.Label = rand.Uint32() | 1
	}
	return m.Label
}

// suspend is t_suspend: the transaction is made if need be, and nothing is
// answered when the script ends.
func (t *TMX) suspend(c *script.Context) int {
	m := module.Of(c)
	if !c.Message.IsRequest() || c.Message.Method == "ACK" || c.Message.Method == "CANCEL" {
		return -1
	}
	if m.Transaction == nil {
		if m.Transaction = m.Proxy.Begin(m.Request(), nil); m.Transaction == nil {
			return 0
		}
	}
	if c.Message.Method == "INVITE" && m.Transaction.Status() == 0 && m.Trying != module.No {
		m.Transaction.Reply(sip.Reply{Status: 100}) // it will take its time
	}
	s := &suspension{message: m}
	s.mu.Lock()
	before := m.Unlock
	m.Unlock = func() {
		if before != nil {
			before()
		}
		s.mu.Unlock()
	}
	m.Transaction.Hold()
	t.mu.Lock()
	t.suspended[label(m)] = s
	number := label(m)
	s.timer = time.AfterFunc(patience, func() { t.expire(number) })
	t.mu.Unlock()
	return 1
}

// take gives a suspended request to whoever comes first.
func (t *TMX) take(label uint32) *suspension {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.suspended[label]
	if s != nil {
		s.timer.Stop()
		delete(t.suspended, label)
	}
	return s
}

// bindContinue binds t_continue(index, label, route).
func (t *TMX) bindContinue(args []script.Arg) (script.Action, error) {
	number, err := module.Number(args, 1)
	if err != nil {
		return nil, err
	}
	name := module.Text(args[2])
	return func(c *script.Context) int {
		n, ok := number(c)
		route := c.Program.Find(syntax.RequestRoute, name(c))
		if !ok || route == nil {
			return -1
		}
		s := t.take(uint32(n))
		if s == nil {
			return -1
		}
		if wait := module.Of(c).Inbound; wait != nil {
			wait.HandOver() // its own route may still run
		}
		s.resume(func(m *module.Message) { route.Run(&m.Context) })
		return 1
	}, nil
}

// resume lets the request go on.
func (s *suspension) resume(run func(m *module.Message)) {
	s.mu.Lock()
	m := s.message
	if m.Unlock = nil; m.Lock != nil {
		m.Lock()
		m.Unlock = m.Release
	}
	m.Inbound, m.Wait = nil, nil
	run(m)
	if m.Unlock != nil {
		m.Unlock()
	}
	s.mu.Unlock()
	m.Transaction.Done()
}

// expire answers a request that nobody let go on. Its timer is its own, so that
// it counts too when the script was read again.
func (t *TMX) expire(label uint32) {
	if s := t.take(label); s != nil {
		s.resume(func(m *module.Message) { m.Transaction.Reply(sip.Reply{Status: 408}) })
	}
}
