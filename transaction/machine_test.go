package transaction

import "testing"

// step is one event in a state and what must come of it.
type step struct {
	event   event
	at      int64 // tick
	state   State
	effects effects
	// retransmit and deadline are the ticks at which the timers stand after it.
	retransmit, deadline int64
}

func runSteps(t *testing.T, m *machine, take func(event, int64) effects, steps []step) {
	t.Helper()
	for i, s := range steps {
		fx := take(s.event, s.at)
		if m.state != s.state || fx != s.effects || m.retransmit != s.retransmit || m.deadline != s.deadline {
			t.Fatalf("step %d, event %d at %d: %v effects %b timers %d %d; want %v %b %d %d",
				i, s.event, s.at, m.state, fx, m.retransmit, m.deadline, s.state, s.effects, s.retransmit, s.deadline)
		}
	}
}

// In ticks of 50 ms: T1 10, T2 80, T4 100, 64*T1 640.
var rfc = DefaultTiming.inTicks()

func TestInviteClient(t *testing.T) {
	const timerC = 3620
	tests := map[string]struct {
		reliable bool
		steps    []step
	}{
		"17.1.1.2 retransmitted at T1, 2*T1, 4*T1 … until timer B": {steps: []step{
			{eventRetransmit, 10, Calling, effectSend, 30, 640},
			{eventRetransmit, 30, Calling, effectSend, 70, 640},
			{eventRetransmit, 70, Calling, effectSend, 150, 640},
			{eventDeadline, 640, Terminated, effectTimeout | effectTerminate, 0, 0},
		}},
		"a provisional response ends retransmission and starts timer C, the next renews it": {steps: []step{
			{event1xx, 2, Proceeding, effectUp, 0, 3622},
			{event1xx, 100, Proceeding, effectUp, 0, 3720},
			{eventDeadline, 3720, Terminated, effectTimeout | effectTerminate, 0, 0},
		}},
		"2xx: Accepted passes each 2xx up for 64*T1 (RFC 6026)": {steps: []step{
			{event1xx, 2, Proceeding, effectUp, 0, 3622},
			{event2xx, 5, Accepted, effectUp, 0, 645},
			{event2xx, 15, Accepted, effectUp, 0, 645},
			{event1xx, 16, Accepted, 0, 0, 645},
			{event3xx, 17, Accepted, 0, 0, 645},
			{eventDeadline, 645, Terminated, effectTerminate, 0, 0},
		}},
		"300-699: acknowledged, and each retransmission again": {steps: []step{
			{event3xx, 5, Completed, effectUp | effectACK, 0, 645},
			{event3xx, 15, Completed, effectACK, 0, 645},
			{event2xx, 16, Completed, 0, 0, 645},
			{eventDeadline, 645, Terminated, effectTerminate, 0, 0},
		}},
		"reliable: no timer A, and D is zero": {reliable: true, steps: []step{
			{event1xx, 2, Proceeding, effectUp, 0, 3622},
			{event3xx, 5, Terminated, effectUp | effectACK | effectTerminate, 0, 0},
		}},
		"not delivered": {steps: []step{
			{eventUndelivered, 1, Terminated, effectFail | effectTerminate, 0, 0},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := machine{reliable: test.reliable}
			m.startInviteClient(0, rfc.final, &rfc)
			if wantA := int64(10); !test.reliable && m.retransmit != wantA {
				t.Fatalf("timer A at %d, want %d", m.retransmit, wantA)
			}
			runSteps(t, &m, func(e event, now int64) effects { return m.stepInviteClient(e, now, timerC, &rfc) }, test.steps)
		})
	}
}

func TestOtherClient(t *testing.T) {
	tests := map[string]struct {
		reliable bool
		steps    []step
	}{
		"17.1.2.2 timer E doubles up to T2, timer F ends": {steps: []step{
			{eventRetransmit, 10, Trying, effectSend, 30, 640},
			{eventRetransmit, 30, Trying, effectSend, 70, 640},
			{eventRetransmit, 70, Trying, effectSend, 150, 640},
			{eventRetransmit, 150, Trying, effectSend, 230, 640},
			{eventDeadline, 640, Terminated, effectTimeout | effectTerminate, 0, 0},
		}},
		"in Proceeding every T2": {steps: []step{
			{event1xx, 1, Proceeding, effectUp, 10, 640},
			{eventRetransmit, 10, Proceeding, effectSend, 90, 640},
			{event2xx, 20, Completed, effectUp, 0, 120},
			{event2xx, 21, Completed, 0, 0, 120},
			{eventDeadline, 120, Terminated, effectTerminate, 0, 0},
		}},
		"reliable: timer K is zero": {reliable: true, steps: []step{
			{event3xx, 1, Terminated, effectUp | effectTerminate, 0, 0},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := machine{reliable: test.reliable}
			m.startOtherClient(0, rfc.final, &rfc)
			runSteps(t, &m, func(e event, now int64) effects { return m.stepOtherClient(e, now, &rfc) }, test.steps)
		})
	}
}

func TestInviteServer(t *testing.T) {
	tests := map[string]struct {
		reliable bool
		steps    []step
	}{
		"17.2.1 timer G doubles up to T2, the ACK ends it": {steps: []step{
			{event1xx, 0, Proceeding, effectSend, 0, 0},
			{eventRequest, 1, Proceeding, effectSend, 0, 0},
			{event3xx, 10, Completed, effectSend, 20, 650},
			{eventRetransmit, 20, Completed, effectSend, 40, 650},
			{eventRequest, 21, Completed, effectSend, 40, 650},
			{eventACK, 22, Confirmed, 0, 0, 122},
			{eventRequest, 23, Confirmed, 0, 0, 122},
			{eventDeadline, 122, Terminated, effectTerminate, 0, 0},
		}},
		"timer H: no ACK came": {steps: []step{
			{event3xx, 0, Completed, effectSend, 10, 640},
			{eventDeadline, 640, Terminated, effectTimeout | effectTerminate, 0, 0},
		}},
		"RFC 6026: Accepted absorbs the INVITE and passes 2xx on": {steps: []step{
			{event2xx, 0, Accepted, effectSend, 0, 640},
			{eventRequest, 1, Accepted, 0, 0, 640},
			{event2xx, 2, Accepted, effectSend, 0, 640},
			{event3xx, 3, Accepted, 0, 0, 640},
			{eventDeadline, 640, Terminated, effectTerminate, 0, 0},
		}},
		"reliable: no timer G, timer I is zero": {reliable: true, steps: []step{
			{event3xx, 0, Completed, effectSend, 0, 640},
			{eventACK, 1, Terminated, effectTerminate, 0, 0},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := machine{reliable: test.reliable}
			m.startInviteServer()
			runSteps(t, &m, func(e event, now int64) effects { return m.stepInviteServer(e, now, &rfc) }, test.steps)
		})
	}
}

func TestOtherServer(t *testing.T) {
	tests := map[string]struct {
		reliable bool
		steps    []step
	}{
		"17.2.2 the final response answers retransmissions until timer J": {steps: []step{
			{eventRequest, 0, Trying, 0, 0, 0},
			{event1xx, 1, Proceeding, effectSend, 0, 0},
			{eventRequest, 2, Proceeding, effectSend, 0, 0},
			{event2xx, 3, Completed, effectSend, 0, 643},
			{eventRequest, 4, Completed, effectSend, 0, 643},
			{event3xx, 5, Completed, 0, 0, 643},
			{eventDeadline, 643, Terminated, effectTerminate, 0, 0},
		}},
		"reliable: timer J is zero": {reliable: true, steps: []step{
			{event2xx, 3, Terminated, effectSend | effectTerminate, 0, 0},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := machine{reliable: test.reliable}
			m.startOtherServer()
			runSteps(t, &m, func(e event, now int64) effects { return m.stepOtherServer(e, now, &rfc) }, test.steps)
		})
	}
}
