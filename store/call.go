// Call: what is known of a call without its messages.
package store

import (
	"fmt"
	"net/netip"
	"time"
)

// Call is all that shares a Call-ID. Times are zero for what did not happen.
type Call struct {
	ID      int64 // number in this store, from 1
	CallID  string
	Method  string // of the request that began it
	From    string // URIs of From and To, and the first Request-URI
	To      string
	Dialled string
	Caller  string // user of From and of To, or the host where there is none
	Callee  string
	Source  netip.AddrPort // where the first request came from; invalid: from ourselves
	Target  netip.AddrPort // who answered it, or rang

	Started  time.Time // first packet
	Ringing  time.Time // first provisional response beyond 100
	Answered time.Time // first 2xx to the INVITE
	Ended    time.Time // BYE, or a final response other than 2xx; of other methods any final response
	Last     time.Time // last packet

	Status  int    // what the caller was answered in the end; 0: nothing final yet
	Reason  string // reason phrase of it
	EndedBy Side   // who sent the BYE or the CANCEL
	Packets int    // recorded
	Missed  int    // packets that were not recorded: the disk was too slow

	firstFile, lastFile int64 // message files with its packets
}

// Side is a side of a call.
type Side uint8

const (
	NoSide Side = iota
	Caller
	Callee
)

var sideNames = [...]string{"", "caller", "callee"}

func (s Side) String() string {
	if int(s) >= len(sideNames) {
		return ""
	}
	return sideNames[s]
}

// State is how far a call has come.
type State uint8

const (
	Calling   State = iota // nothing but 100 came back; of other methods: open
	Ringing                // somebody rings
	Talking                // answered, and no BYE was seen
	Completed              // answered, and hung up
	Cancelled              // given up by the caller before the answer
	Failed                 // refused with Status
	Done                   // of other methods: answered by 2xx
)

var stateNames = [...]string{"calling", "ringing", "talking", "completed", "cancelled", "failed", "done"}

func (s State) String() string { return stateNames[s] }

// State tells how far the call has come.
func (c *Call) State() State {
	switch {
	case c.Status >= 300 && c.EndedBy == Caller && c.Answered.IsZero():
		return Cancelled
	case c.Status >= 300 && c.Answered.IsZero():
		return Failed
	case c.Method != "INVITE" && c.Status != 0:
		return Done
	case !c.Answered.IsZero() && !c.Ended.IsZero():
		return Completed
	case !c.Answered.IsZero():
		return Talking
	case !c.Ringing.IsZero():
		return Ringing
	}
	return Calling
}

// Result says in a word or two what became of the call: "completed", "486 Busy
// Here".
func (c *Call) Result() string {
	switch state := c.State(); state {
	case Failed, Done:
		if c.Reason == "" {
			return fmt.Sprint(c.Status)
		}
		return fmt.Sprintf("%d %s", c.Status, c.Reason)
	default:
		return state.String()
	}
}

// Duration is how long they talked: from the answer to the BYE, or to now
// while the call goes on. ok is false for a call that was not answered.
func (c *Call) Duration(now time.Time) (talked time.Duration, ok bool) {
	switch {
	case c.Answered.IsZero():
		return 0, false
	case c.Ended.IsZero():
		return now.Sub(c.Answered), true
	}
	return c.Ended.Sub(c.Answered), true
}
