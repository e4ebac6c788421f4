// The non-INVITE server transaction (RFC 3261 section 17.2.2).
package transaction

//	                     request received
//	                          ▼
//	                       Trying          request: absorbed
//	                       │    │ 1xx from the user: send
//	        200-699: send  │    ▼
//	                       │ Proceeding    request, 1xx: send
//	                       │    │ 200-699: send
//	                       ▼    ▼
//	                      Completed        request: send again
//	                          │ J
//	                      Terminated

func (m *machine) startOtherServer() { m.state = Trying }

func (m *machine) stepOtherServer(e event, now int64, t *timing) effects {
	switch m.state {
	case Trying, Proceeding:
		switch e {
		case eventRequest:
			if m.state == Proceeding {
				return effectSend
			}
		case event1xx:
			m.state = Proceeding
			return effectSend
		case event2xx, event3xx:
			return effectSend | m.linger(Completed, now, t.t1x64) // timer J
		case eventUndelivered:
			return effectFail
		}
	case Completed:
		switch e {
		case eventRequest:
			return effectSend
		case eventDeadline:
			return m.terminate()
		case eventUndelivered:
			return effectFail | m.terminate()
		}
	}
	return 0
}
