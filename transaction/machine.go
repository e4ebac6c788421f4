// Machine: what the four state machines have in common.
package transaction

// State is a state of figures 5 to 8 of RFC 3261, as RFC 6026 amends them.
type State uint8

const (
	Calling    State = iota // INVITE client: nothing heard yet
	Trying                  // non-INVITE, both sides: the same
	Proceeding              // a provisional response has passed
	Completed               // a final response has passed; retransmissions are absorbed
	Confirmed               // INVITE server: the ACK has come
	Accepted                // INVITE, both sides: a 2xx has passed (RFC 6026)
	Terminated
)

var stateNames = [...]string{"Calling", "Trying", "Proceeding", "Completed", "Confirmed", "Accepted", "Terminated"}

func (s State) String() string { return stateNames[s] }

// event is what may happen to a transaction.
type event uint8

const (
	eventRequest     event = iota // server: the request once more
	eventACK                      // server: an ACK
	event1xx                      // a provisional response: received or to be sent
	event2xx                      // a 2xx
	event3xx                      // any other final response
	eventRetransmit               // timer A, E or G
	eventDeadline                 // timer B, C, D, F, H, I, J, K, L or M
	eventUndelivered              // the transport could not deliver
)

// responseEvent gives the event of a response with that status.
func responseEvent(status int) event {
	switch {
	case status < 200:
		return event1xx
	case status < 300:
		return event2xx
	}
	return event3xx
}

// effects is what a step asks for, as a set.
type effects uint8

const (
	effectSend      effects = 1 << iota // send the request or response (again)
	effectACK                           // acknowledge a non-2xx final response
	effectUp                            // pass the message to the user
	effectTimeout                       // tell the user: nobody answered
	effectFail                          // tell the user: not delivered
	effectTerminate                     // take the transaction out of the tables
)

// machine is the state of one transaction. Deadlines are ticks of the wheel,
// 0 when not set.
type machine struct {
	state      State
	reliable   bool  // no retransmissions, and no waiting for them
	interval   int64 // ticks from the next retransmission to the one after
	retransmit int64 // next retransmission: timers A, E, G
	deadline   int64 // end of the present wait: all other timers
}

// next gives the earlier deadline, 0 when there is none.
func (m *machine) next() int64 {
	if m.retransmit != 0 && (m.deadline == 0 || m.retransmit < m.deadline) {
		return m.retransmit
	}
	return m.deadline
}

// due gives the event of the deadline that has passed.
func (m *machine) due(now int64) (event, bool) {
	switch {
	case m.deadline != 0 && now >= m.deadline:
		return eventDeadline, true
	case m.retransmit != 0 && now >= m.retransmit:
		return eventRetransmit, true
	}
	return 0, false
}

// startRetransmitting sets timer A, E or G, unless the transport is reliable.
func (m *machine) startRetransmitting(now int64, t *timing) {
	if !m.reliable {
		m.interval = t.t1
		m.retransmit = now + t.t1
	}
}

// backOff doubles the interval up to a limit (0: none).
func (m *machine) backOff(now, limit int64) {
	m.interval *= 2
	if limit != 0 && m.interval > limit {
		m.interval = limit
	}
	m.retransmit = now + m.interval
}

// linger enters a state that only absorbs retransmissions, for so many ticks;
// over a reliable transport there are none to wait for.
func (m *machine) linger(state State, now, wait int64) effects {
	m.retransmit = 0
	if m.reliable {
		return m.terminate()
	}
	m.state = state
	m.deadline = now + wait
	return 0
}

func (m *machine) terminate() effects {
	m.state = Terminated
	m.retransmit, m.deadline = 0, 0
	return effectTerminate
}
