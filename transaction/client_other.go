// The non-INVITE client transaction (RFC 3261 section 17.1.2).
package transaction

//	                  request from the user
//	                          ▼
//	  E: send again ┌───── Trying ─────────────┐ F, undelivered: tell the user
//	                │         │ 1xx: up        │
//	                │         ▼                │
//	  200-699: up   │    Proceeding ─ 1xx: up  │ F  (E: send again, every T2)
//	                │         │ 200-699: up    │
//	                └──▶ Completed             │
//	                          │ K              │
//	                          ▼                │
//	                     Terminated ◀──────────┘

// startOtherClient begins in Trying with timers E and F.
func (m *machine) startOtherClient(now, final int64, t *timing) {
	m.state = Trying
	m.startRetransmitting(now, t)
	m.deadline = now + final
}

func (m *machine) stepOtherClient(e event, now int64, t *timing) effects {
	switch m.state {
	case Trying, Proceeding:
		switch e {
		case event1xx:
			m.state = Proceeding
			if !m.reliable {
				m.interval = t.t2
			}
			return effectUp
		case event2xx, event3xx:
			return effectUp | m.linger(Completed, now, t.t4) // timer K
		case eventRetransmit:
			m.backOff(now, t.t2)
			return effectSend
		case eventDeadline:
			return effectTimeout | m.terminate()
		case eventUndelivered:
			return effectFail | m.terminate()
		}
	case Completed:
		if e == eventDeadline {
			return m.terminate()
		}
	}
	return 0
}
