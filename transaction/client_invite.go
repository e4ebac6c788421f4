// The INVITE client transaction (RFC 3261 section 17.1.1, RFC 6026 section 7.2).
package transaction

//	                    INVITE from the user
//	                          ▼
//	 A: send again  ┌──── Calling ───────────────┐ B, undelivered: tell the user
//	                │         │ 1xx: up          │
//	                │         ▼                  │
//	          2xx:  │    Proceeding ─ 1xx: up    │ C: tell the user
//	          up    │     │        │             │
//	                ▼     │ 2xx    │ 300-699: up, ACK
//	             Accepted ◀        ▼             │
//	  2xx: up    │ M            Completed        │
//	             │                │ D  300-699: ACK
//	             └──────▶ Terminated ◀───────────┘

// startInviteClient begins in Calling with timers A and B.
func (m *machine) startInviteClient(now, final int64, t *timing) {
	m.state = Calling
	m.startRetransmitting(now, t)
	m.deadline = now + final
}

// stepInviteClient takes one event. timerC is how long a ringing branch may
// take for its final response, renewed by each provisional one (section 16.7
// step 2); 0 leaves it unbounded.
func (m *machine) stepInviteClient(e event, now, timerC int64, t *timing) effects {
	switch m.state {
	case Calling, Proceeding:
		switch e {
		case event1xx:
			m.state = Proceeding
			m.retransmit = 0
			m.deadline = 0
			if timerC != 0 {
				m.deadline = now + timerC
			}
			return effectUp
		case event2xx: // Accepted also over reliable transports: other 2xx may follow
			m.state = Accepted
			m.retransmit = 0
			m.deadline = now + t.t1x64 // timer M
			return effectUp
		case event3xx:
			return effectUp | effectACK | m.linger(Completed, now, t.t1x64) // timer D
		case eventRetransmit:
			m.backOff(now, 0)
			return effectSend
		case eventDeadline:
			return effectTimeout | m.terminate()
		case eventUndelivered:
			return effectFail | m.terminate()
		}
	case Accepted:
		switch e {
		case event2xx:
			return effectUp
		case eventDeadline:
			return m.terminate()
		}
	case Completed:
		switch e {
		case event3xx:
			return effectACK
		case eventDeadline:
			return m.terminate()
		}
	}
	return 0
}
