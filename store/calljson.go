// A call as JSON, for programs.
package store

import (
	"encoding/json"
	"time"
)

// jsonCall is what MarshalJSON writes. Times are RFC 3339 with microseconds;
// what did not happen is not there.
type jsonCall struct {
	ID       int64   `json:"id"`
	CallID   string  `json:"call_id"`
	Method   string  `json:"method"`
	From     string  `json:"from"`
	To       string  `json:"to"`
	Dialled  string  `json:"dialled"`
	Caller   string  `json:"caller"`
	Callee   string  `json:"callee"`
	Source   string  `json:"source,omitempty"`
	Target   string  `json:"target,omitempty"`
	Started  string  `json:"started"`
	Ringing  string  `json:"ringing,omitempty"`
	Answered string  `json:"answered,omitempty"`
	Ended    string  `json:"ended,omitempty"`
	Last     string  `json:"last"`
	State    string  `json:"state"`
	Status   int     `json:"status,omitempty"`
	Reason   string  `json:"reason,omitempty"`
	EndedBy  string  `json:"ended_by,omitempty"`
	Talked   float64 `json:"talked,omitempty"` // seconds, of calls that have ended
	Packets  int     `json:"packets"`
	Missed   int     `json:"missed,omitempty"` // packets that were not recorded
}

// MarshalJSON gives the call as one object:
//
//	{"id": 7, "call_id": "1@pc", "method": "INVITE", "from": "sip:308@a.test", …, "state": "completed", "packets": 13}
func (c *Call) MarshalJSON() ([]byte, error) {
	out := jsonCall{
		ID: c.ID, CallID: c.CallID, Method: c.Method, From: c.From, To: c.To, Dialled: c.Dialled, Caller: c.Caller, Callee: c.Callee,
		Source: addressText(c.Source), Target: addressText(c.Target),
		Started: jsonTime(c.Started), Ringing: jsonTime(c.Ringing), Answered: jsonTime(c.Answered), Ended: jsonTime(c.Ended), Last: jsonTime(c.Last),
		State: c.State().String(), Status: c.Status, Reason: c.Reason, EndedBy: c.EndedBy.String(), Packets: c.Packets, Missed: c.Missed,
	}
	if c.State() == Completed {
		out.Talked = c.Ended.Sub(c.Answered).Seconds()
	}
	return json.Marshal(out)
}

func jsonTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z07:00")
}
