// Events: what a phone tells.
package phone

import "time"

// Kind is what an event is about. Its names are the words of `viaduct phone`.
type Kind string

const (
	Registered   Kind = "registered"   // the registrar has our Contact, for Event.Duration
	Unregistered Kind = "unregistered" // it was taken off as we asked
	Unreachable  Kind = "unreachable"  // registering or refreshing failed; it is tried again

	Incoming Kind = "incoming" // somebody calls; Answer or Reject
	Ringing  Kind = "ringing"  // the one we call rings (180)
	Progress Kind = "progress" // another provisional response above 100
	Answered Kind = "answered" // the session stands: 2xx heard, or our 2xx acknowledged
	Held     Kind = "held"     // the peer has put us on hold
	Resumed  Kind = "resumed"  // and takes us back
	OnHold   Kind = "onhold"   // the peer agreed to be put on hold by us
	OffHold  Kind = "offhold"  // and to go on
	Refused  Kind = "refused"  // the peer refused a change of the session; it stays as it was
	Digit    Kind = "digit"    // Event.Text was dialled by the peer, for Event.Duration
	Ended    Kind = "ended"    // by whom and why: Event.ByPeer, Event.Status, Event.Text

	Transferring Kind = "transferring" // the peer wants us to call Event.Text instead
	Transferred  Kind = "transferred"  // how the transfer that we asked for goes: Event.Status
)

// Event is one thing that happened.
type Event struct {
	Kind     Kind
	Phone    *Phone
	Call     *Call         // nil when it is about no call
	Status   int           // of the response that tells it, or 0
	Text     string        // for people: "486 Busy Here", the digit, a URI
	Duration time.Duration // of a digit; until the registration must be refreshed
	ByPeer   bool          // of Ended
	Err      error         // why none could be reached, or a password was refused

	then func() // to be done when it was told
}
