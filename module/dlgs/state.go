// State: how far a call is, as its messages tell.
package dlgs

import "viaduct/sip"

// State is how far a call is.
type State uint8

const (
	Begun       State = iota // the INVITE came
	Progressing              // a provisional response went by
	Answered                 // a 2xx went by
	Confirmed                // and its ACK
	Terminated               // BYE
	NotAnswered              // a final response other than 2xx, or CANCEL
	states                   // how many there are
)

var stateNames = [states]string{"init", "progress", "answered", "confirmed", "terminated", "notanswered"}

// String gives the name as Kamailio's lists write it.
func (s State) String() string { return stateNames[s] }

// isOver tells whether nothing more is to come.
func (s State) isOver() bool { return s >= Terminated }

// after gives the state after a message of the call.
func (s State) after(m *sip.Message) State {
	switch {
	case s.isOver():
		return s
	case m.IsRequest():
		switch {
		case m.Method == "BYE":
			return Terminated
		case m.Method == "CANCEL" && s < Answered:
			return NotAnswered
		case m.Method == "ACK" && s == Answered:
			return Confirmed
		}
	case m.CSeq.Method == "INVITE" && s < Answered:
		switch {
		case m.Status >= 300:
			return NotAnswered
		case m.Status >= 200:
			return Answered
		case m.Status > 100:
			return Progressing
		}
	}
	return s
}
