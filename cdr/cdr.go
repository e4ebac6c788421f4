// Package cdr folds the packets of a call into a call record: who called whom,
// when, for how long, who hung up, and the messages that prove each of it.
//
//	record := cdr.Of(packets)
//	os.Stdout.Write(record.AppendText(nil))
//
// A call is all that shares a Call-ID. A record is a function of its packets
// and of nothing else: no clock, no state of a server. What the packets do not
// prove is no guess in a field but a Doubt beside it.
//
// A Folder takes the packets one by one as they pass, Calls takes those of many
// calls, Verify holds records to packets, Rates gives calls their price.
package cdr

import (
	"time"

	"viaduct/wire"
)

// Record is a call in figures. Times are zero and texts are empty where nothing
// is known.
type Record struct {
	CallID string `json:"call_id"`
	State  State  `json:"state"`

	From    Party  `json:"from"`
	To      Party  `json:"to"`      // the tag is that of who answered
	Dialled string `json:"dialled"` // Request-URI of the first INVITE
	Reached string `json:"reached"` // Request-URI of the INVITE that was answered, or else the Contact that answered it

	Start  time.Time `json:"start,omitzero"`  // the first INVITE
	Ring   time.Time `json:"ring,omitzero"`   // the first 180, or without one the first 183
	Answer time.Time `json:"answer,omitzero"` // the 2xx to INVITE
	End    time.Time `json:"end,omitzero"`    // the BYE; of a call without answer the CANCEL or the final response

	Duration Milliseconds `json:"duration_ms"` // from answer to end; 0 without an answer
	SoFar    Milliseconds `json:"so_far_ms"`   // of a call in progress: from the answer to the last sign of life

	HungUp Side    `json:"hung_up"`
	Code   int     `json:"code"`   // final response to the INVITE; 0: none yet
	Phrase string  `json:"phrase"` // its reason phrase
	Causes []Cause `json:"causes,omitempty"`

	Legs      []Leg      `json:"legs,omitempty"`
	Transfers []Transfer `json:"transfers,omitempty"`
	Replaces  string     `json:"replaces,omitempty"` // the dialog that this call takes over (RFC 3891)

	LastSign Sign    `json:"last_sign"`
	Doubts   []Doubt `json:"doubts,omitempty"`
	Proofs   []Proof `json:"proofs,omitempty"` // in the order of Field, those of a field in the order of time

	Packets  int `json:"packets"`  // all that were folded
	Repeated int `json:"repeated"` // retransmissions among them
	Ignored  int `json:"ignored"`  // those that are no SIP messages, or of another call

	Price *Price `json:"price,omitempty"` // for who has Rates to fill in; no packet tells it
}

// Party is one end of a call as From and To give it.
type Party struct {
	URI  string `json:"uri"`
	Name string `json:"name,omitempty"` // display name
	Tag  string `json:"tag,omitempty"`
}

// Leg is one way that the call took to one who might answer: a branch of a fork, a
// next try after a failure, a phone behind a fork elsewhere.
type Leg struct {
	Target string    `json:"target"` // Request-URI
	Tag    string    `json:"tag,omitempty"`
	Start  time.Time `json:"start,omitzero"`
	Ring   time.Time `json:"ring,omitzero"`
	Answer time.Time `json:"answer,omitzero"`
	End    time.Time `json:"end,omitzero"`
	Code   int       `json:"code"` // final response; 0: none
	Proofs []Proof   `json:"proofs,omitempty"`
}

// Transfer is a REFER within the call (RFC 3515, RFC 5589).
type Transfer struct {
	By     Side    `json:"by"`
	To     string  `json:"to"`     // the URI of Refer-To
	Code   int     `json:"code"`   // final response to the REFER; 0: none
	Result int     `json:"result"` // last status that a NOTIFY told of the new call; 0: none
	Proofs []Proof `json:"proofs,omitempty"`
}

// Sign is the last message of a call.
type Sign struct {
	Time time.Time `json:"time,omitzero"`
	Proof
}

// Proof is a message that shows the value of a field.
type Proof struct {
	Field  Field  `json:"field,omitzero"`
	Packet int    `json:"packet"` // index into the packets, from 0
	Text   string `json:"text"`   // "200 to INVITE, CSeq 1"
}

// Milliseconds is a length of time; Unknown where there is none to tell.
type Milliseconds int64

// Unknown is a length that the packets do not tell.
const Unknown Milliseconds = -1

// Of folds the packets of one call, in the order in which they were seen. They
// may have been seen at one place or at both ends of each way. The Call-ID is that of
// the first message.
func Of(packets []wire.Packet) Record {
	var f Folder
	for i := range packets {
		f.Add(&packets[i])
	}
	return f.Record()
}

// At gives the record of a call in progress its length so far at a time, which
// is later than its last sign of life.
func (r Record) At(now time.Time) Record {
	if r.State == Answered && r.SoFar != Unknown && now.After(r.LastSign.Time) {
		r.SoFar = Milliseconds(now.Sub(r.Answer).Milliseconds())
	}
	return r
}

// ProofsOf gives the proofs of one field.
func (r *Record) ProofsOf(field Field) []Proof {
	var proofs []Proof
	for _, p := range r.Proofs {
		if p.Field == field {
			proofs = append(proofs, p)
		}
	}
	return proofs
}
