// The INVITE server transaction (RFC 3261 section 17.2.1, RFC 6026 section 7.1).
package transaction

//	                     INVITE received
//	                          ▼
//	  INVITE: send the   Proceeding ── 1xx from the user: send
//	  last response       │      │
//	     2xx: send        │      │ 300-699: send
//	                      ▼      ▼
//	  2xx: send       Accepted  Completed ── G, INVITE: send again
//	                      │      │     │
//	                      │ L    │ ACK │ H: tell the user
//	                      │      ▼     │
//	                      │  Confirmed │
//	                      │      │ I   │
//	                      └─▶ Terminated ◀┘

func (m *machine) startInviteServer() { m.state = Proceeding }

func (m *machine) stepInviteServer(e event, now int64, t *timing) effects {
	switch m.state {
	case Proceeding:
		switch e {
		case eventRequest, event1xx:
			return effectSend
		case event2xx: // retransmissions of a 2xx come from the callee
			m.state = Accepted
			m.deadline = now + t.t1x64 // timer L
			return effectSend
		case event3xx:
			m.state = Completed
			m.startRetransmitting(now, t) // timer G
			m.deadline = now + t.t1x64    // timer H
			return effectSend
		case eventUndelivered:
			return effectFail
		}
	case Accepted:
		switch e {
		case event2xx: // of another branch, or once more: each goes on
			return effectSend
		case eventDeadline:
			return m.terminate()
		}
	case Completed:
		switch e {
		case eventRequest:
			return effectSend
		case eventACK:
			return m.linger(Confirmed, now, t.t4) // timer I
		case eventRetransmit:
			m.backOff(now, t.t2)
			return effectSend
		case eventDeadline:
			return effectTimeout | m.terminate()
		case eventUndelivered:
			return effectFail | m.terminate()
		}
	case Confirmed:
		if e == eventDeadline {
			return m.terminate()
		}
	}
	return 0
}
