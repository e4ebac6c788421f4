// Server: one server transaction (RFC 3261 section 17.2).
package transaction

import (
	"bytes"
	"net/netip"
	"sync"

	"viaduct/sip"
	"viaduct/wire"
)

// Server answers one request once, however often it comes. It lives inside
// its user's record.
type Server struct {
	User any // whose transaction it is, for Layer.Invite and Layer.Find

	layer  *Layer
	key    key
	invite bool

	mu       sync.Mutex
	flow     wire.Flow      // where responses go
	another  netip.AddrPort // where they go when that connection is gone; invalid: nowhere
	machine  machine
	timer    timer
	response []byte // last one sent; never changed, only replaced
	status   int    // of the last response, 0 before the first
}

// Begin enters s for a request into the tables. When another goroutine was
// faster with the same request it changes nothing and gives that transaction.
func (l *Layer) Begin(s *Server, m *sip.Message, flow wire.Flow, user any) (holder *Server) {
	s.layer = l
	s.User = user
	s.key = keyOf(m, m.Method)
	s.flow = flow
	s.another = newConnection(m, flow)
	s.invite = m.Method == "INVITE"
	s.machine.reliable = flow.Transport.IsReliable()
	s.timer.owner = s
	if s.invite {
		s.machine.startInviteServer()
	} else {
		s.machine.startOtherServer()
	}
	return l.servers.add(s)
}

// Respond sends a response, whose text is the caller's again afterwards. A
// response that the state does not allow, such as a second final one, is not
// sent: it gives false.
func (s *Server) Respond(status int, text []byte) bool {
	s.mu.Lock()
	fx := s.step(responseEvent(status))
	sent := fx&effectSend != 0
	if sent {
		s.status, s.response = status, nil
		if s.machine.state != Accepted || s.machine.reliable { // else the callee retransmits its 2xx, not we
			s.response = bytes.Clone(text)
		}
	}
	flow := s.flow
	s.mu.Unlock()
	if sent {
		s.send(flow, text)
	}
	s.carryOut(fx &^ effectSend)
	return sent
}

// Status gives the status of the last response, 0 before the first.
func (s *Server) Status() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// State gives the present state.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machine.state
}

// Flow gives the way responses take.
func (s *Server) Flow() wire.Flow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flow
}

// IsInvite tells an INVITE transaction.
func (s *Server) IsInvite() bool { return s.invite }

// again takes a retransmission of the request.
func (s *Server) again() { s.take(eventRequest) }

// Forget ends the wait for a response: none will come. The request's
// retransmissions are absorbed as long as those of an answered one.
func (s *Server) Forget() {
	s.mu.Lock()
	var fx effects
	if s.machine.state == Trying || s.machine.state == Proceeding {
		state := Completed
		if s.invite {
			state = Confirmed
		}
		s.response = nil
		fx = s.machine.linger(state, s.layer.wheel.now.Load(), s.layer.timing.t1x64)
		s.arm()
	}
	s.mu.Unlock()
	s.carryOut(fx)
}

// Repeat sends the last response once more, where the state allows it.
func (s *Server) Repeat() { s.take(eventRequest) }

// confirm takes the ACK of a non-2xx response.
func (s *Server) confirm() { s.take(eventACK) }

// TransportFailed is the transport's word that a response did not get out.
// Over a stream it then goes over a new connection (section 18.2.2).
func (s *Server) TransportFailed(error) {
	s.mu.Lock()
	text := s.response
	again := s.another.IsValid() && text != nil
	if again {
		s.flow.Connection, s.flow.Remote = 0, s.another
		s.another = netip.AddrPort{}
	}
	flow := s.flow
	s.mu.Unlock()
	if again && s.layer.send.Send(flow, text, s) == nil {
		return
	}
	s.take(eventUndelivered)
}

// send sends a response. The connection may be known to be gone at once.
func (s *Server) send(flow wire.Flow, text []byte) {
	if s.layer.send.Send(flow, text, s) != nil {
		s.TransportFailed(nil)
	}
}

func (s *Server) expire(now int64) {
	s.mu.Lock()
	e, due := s.machine.due(now)
	var fx effects
	if due {
		fx = s.step(e)
	} else {
		s.arm()
	}
	text, flow := s.response, s.flow
	s.mu.Unlock()
	s.carryOutWith(fx, flow, text)
}

func (s *Server) take(e event) {
	s.mu.Lock()
	fx := s.step(e)
	text, flow := s.response, s.flow
	s.mu.Unlock()
	s.carryOutWith(fx, flow, text)
}

// step runs the machine and arms the timer; the lock is held.
func (s *Server) step(e event) effects {
	now := s.layer.wheel.now.Load()
	var fx effects
	if s.invite {
		fx = s.machine.stepInviteServer(e, now, &s.layer.timing)
	} else {
		fx = s.machine.stepOtherServer(e, now, &s.layer.timing)
	}
	s.arm()
	return fx
}

func (s *Server) arm() {
	if at := s.machine.next(); at != 0 {
		s.layer.wheel.arm(&s.timer, at)
	}
}

func (s *Server) carryOutWith(fx effects, flow wire.Flow, text []byte) {
	if fx&effectSend != 0 && text != nil {
		s.send(flow, text)
	}
	s.carryOut(fx)
}

func (s *Server) carryOut(fx effects) {
	if fx&effectTimeout != 0 {
		s.layer.timeouts.Add(1)
	}
	if fx&effectTerminate != 0 {
		s.layer.wheel.disarm(&s.timer)
		s.layer.servers.remove(s)
	}
}
