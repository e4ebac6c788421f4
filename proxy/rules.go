// Rules: what an operator may want otherwise than this package does by itself.
package proxy

import (
	"time"

	"viaduct/sip"
)

// Timers bound a request's transactions; zero values take the defaults.
type Timers struct {
	Final    time.Duration // wait for a first answer (timers B, F)
	Invite   time.Duration // timer C: from ringing to the final response; more than 3 minutes in the RFC
	Lifetime time.Duration // of all branches together, from the arrival of the request; 0: no bound
	T1, T2   time.Duration // of the requests sent on
	RingOnce bool          // see transaction.Outgoing
	No100    bool          // do not send 100 Trying at once
}

const (
	defaultFinal  = 32 * time.Second
	defaultInvite = 181 * time.Second
)

// Rules are not changed once a request bears them. The zero value is the
// RFC's way.
type Rules struct {
	Unheard         Unheard // CANCEL of a branch that has not answered
	NoReason        bool    // our own CANCELs do not say why (RFC 3326)
	CallersVias     bool    // a CANCEL keeps the Vias below ours (against section 9.1)
	NoCallersReason bool    // the Reason of the caller's CANCEL stays here
	Plain6xx        bool    // a 6xx stops no other branch, and is worse than a 5xx
	Keep503         bool    // a 503 goes back as 503 and not as 500
	OneChallenge    bool    // the best 401 or 407 goes back without those of the others
	OursLast        int     // added to the rank of final responses that nobody sent; see rank
	TryingReason    string  // of the 100; "" is Trying
}

// Unheard says what becomes of a branch that has not answered when it is no
// longer wanted.
type Unheard uint8

const (
	CancelLater   Unheard = iota // CANCEL as soon as it answers (section 9.1)
	ForgetUnheard                // it has ended with 487; nothing more is sent
	CancelAtOnce                 // CANCEL without an answer, against section 9.1
)

// rank orders final responses, the best first: any 6xx, then the lowest class;
// within 4xx those that help the caller to try again; then the lowest status.
// A time-out says least of a 4xx, 503 least of a 5xx. ours tells a response
// that nobody sent.
func (r Rules) rank(status int, ours bool) int {
	rank := status/100*1000 + status%100 // Kamailio's scale, for OursLast
	switch {
	case status >= 600 && !r.Plain6xx:
		rank = status - 600
	case status == 401, status == 407, status == 415, status == 420, status == 484:
	case status == 408 && r.OursLast == 0:
		rank = 4999
	case status/100 == 4:
		rank += 100
	case status == 503:
		rank = 5999
	}
	if ours {
		rank += r.OursLast
	}
	return rank
}

// withoutReason gives a CANCEL without its Reason fields.
func withoutReason(cancel *sip.Message) *sip.Message {
	var edits sip.Edits
	for i := range cancel.Fields {
		if f := &cancel.Fields[i]; cancel.IsNamed(f, "Reason") {
			edits.RemoveField(f)
		}
	}
	if edits == nil {
		return cancel
	}
	if changed, err := sip.Parse(string(edits.Append(nil, cancel))); err == nil {
		return changed
	}
	return cancel
}
