// How long a transaction takes, and by which rules: t_set_fr and its kin.
package tm

import (
	"time"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// timers are what the script has chosen for the request, else what AVPs say
// (in seconds), else the parameters.
func (t *TM) timers(m *module.Message) proxy.Timers {
	timers := m.Timers
	if timers.Final == 0 {
		timers.Final = secondsIn(t.frAVP, m, milliseconds(t.frTimer))
	}
	if timers.Invite == 0 {
		timers.Invite = secondsIn(t.frInvAVP, m, milliseconds(t.frInvTimer))
	}
	if timers.Lifetime == 0 {
		timers.Lifetime = milliseconds(t.lifetime(m))
	}
	if timers.T1 == 0 {
		timers.T1 = time.Duration(t.retr1) * time.Millisecond
	}
	if timers.T2 == 0 {
		timers.T2 = time.Duration(t.retr2) * time.Millisecond
	}
	timers.RingOnce = !t.restartEach
	timers.No100 = m.Trying == module.No || m.Trying == module.Unchosen && !t.auto100
	return timers
}

func (t *TM) lifetime(m *module.Message) int {
	if m.Message.Method == "INVITE" {
		return t.maxInv
	}
	return t.maxOther
}

// secondsIn reads a time in seconds out of a variable, when one was named.
func secondsIn(v script.Assignable, m *module.Message, fallback time.Duration) time.Duration {
	if v != nil {
		if n := v.Eval(&m.Context).AsInt(); n > 0 {
			return time.Duration(n) * time.Second
		}
	}
	return fallback
}

// rulesOf gives the rules of a request's transaction.
func (t *TM) rulesOf(m *module.Message) *proxy.Rules {
	if m.Rules != nil {
		return m.Rules
	}
	return &t.rules
}

// bindRule binds a word of 0 or 1 that changes a rule for one transaction.
func (t *TM) bindRule(set func(r *proxy.Rules, on bool)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		on, err := module.Number(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			m := ofRequest(c)
			n, ok := on(c)
			if !ok {
				return -1
			}
			rules := *t.rulesOf(m)
			set(&rules, n != 0)
			if m.Rules = &rules; m.Transaction != nil {
				m.Transaction.SetRules(&rules)
			}
			return 1
		}, nil
	}
}

// bindSetFr binds t_set_fr(fr_inv[, fr]) in milliseconds: for the transaction
// that the request will have, or for that which it has, pending branches
// included. 0 leaves a time as it is.
func bindSetFr(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		var final, invite time.Duration
		if ms := args[0].Eval(c).AsInt(); ms > 0 {
			invite = time.Duration(ms) * time.Millisecond
		}
		if len(args) > 1 {
			if ms := args[1].Eval(c).AsInt(); ms > 0 {
				final = time.Duration(ms) * time.Millisecond
			}
		}
		setFr(c, final, invite)
		return 1
	}, nil
}

func setFr(c *script.Context, final, invite time.Duration) {
	m := ofRequest(c)
	if final != 0 {
		m.Timers.Final = final
	}
	if invite != 0 {
		m.Timers.Invite = invite
	}
	if m.Transaction != nil {
		m.Transaction.SetTimers(final, invite)
	}
}

// resetFr is t_reset_fr: back to the parameters.
func (t *TM) resetFr(c *script.Context) int {
	m := ofRequest(c)
	setFr(c, milliseconds(t.frTimer), milliseconds(t.frInvTimer))
	m.Timers.Final, m.Timers.Invite = 0, 0
	return 1
}

// bindSetLifetime binds t_set_max_lifetime(invite, other) in milliseconds.
func bindSetLifetime(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		m := ofRequest(c)
		of := args[1]
		if m.Message.Method == "INVITE" {
			of = args[0]
		}
		if ms := of.Eval(c).AsInt(); ms > 0 {
			m.Timers.Lifetime = time.Duration(ms) * time.Millisecond
		}
		return 1
	}, nil
}

func resetLifetime(c *script.Context) int {
	ofRequest(c).Timers.Lifetime = 0
	return 1
}

// bindSetRetr binds t_set_retr(t1, t2) in milliseconds, for branches to come.
func bindSetRetr(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		m := ofRequest(c)
		for i, field := range []*time.Duration{&m.Timers.T1, &m.Timers.T2} {
			if ms := args[i].Eval(c).AsInt(); ms > 0 {
				*field = time.Duration(ms) * time.Millisecond
			}
		}
		return 1
	}, nil
}

func resetRetr(c *script.Context) int {
	m := ofRequest(c)
	m.Timers.T1, m.Timers.T2 = 0, 0
	return 1
}

func bindAuto100(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		m := module.Of(c)
		if m.Trying = module.Yes; args[0].Eval(c).AsInt() == 0 {
			m.Trying = module.No
		}
		return 1
	}, nil
}

func bindFailover(args []script.Arg) (script.Action, error) {
	return func(c *script.Context) int {
		ofRequest(c).NoFailover = args[0].Eval(c).AsInt() != 0
		return 1
	}, nil
}

// isExpired tells whether the transaction has lived as long as it may.
func (t *TM) isExpired(c *script.Context) int {
	m := ofRequest(c)
	if m.Transaction == nil {
		return -1
	}
	lifetime := t.timers(m).Lifetime
	return module.Bool(lifetime > 0 && m.Transaction.Age() >= lifetime)
}
