// Names: states, sides and fields, as numbers in Go and as words outside.
package cdr

import "fmt"

// State tells how far a call got.
type State uint8

const (
	NoCall    State = iota // messages of a Call-ID that is no call, as of REGISTER
	Partial                // recorded in parts only: whether it was answered or ended is not known
	Trying                 // an INVITE without ringing or final response
	Ringing                // a 180 or 183 came
	Answered               // a 2xx came, and no BYE
	Ended                  // it was answered, and a BYE came
	Refused                // a final response of 300 or above
	Cancelled              // the caller gave up before the answer
)

var stateNames = names[State]{"no call", "partial", "trying", "ringing", "answered", "ended", "refused", "cancelled"}

func (s State) String() string                { return stateNames.of(s) }
func (s State) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *State) UnmarshalText(b []byte) error { return stateNames.find(s, b, "state") }

// Side is one side of a call. In a Partial record, which does not know who called,
// Caller is who stands in From.
type Side uint8

const (
	Nobody Side = iota
	Caller
	Callee
	Server // a server between them
)

var sideNames = names[Side]{"", "caller", "callee", "server"}

func (s Side) String() string                { return sideNames.of(s) }
func (s Side) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *Side) UnmarshalText(b []byte) error { return sideNames.find(s, b, "side") }

// Field names what a proof proves or a doubt doubts.
type Field uint8

const (
	NoField Field = iota
	FieldParties
	FieldDialled
	FieldReached
	FieldStart
	FieldRing
	FieldAnswer
	FieldEnd
	FieldHungUp
	FieldCode
	FieldCause
	FieldLegs
	FieldTransfers
	FieldReplaces
)

var fieldNames = names[Field]{"", "parties", "dialled", "reached", "start", "ring", "answer", "end", "hung_up", "code", "cause", "legs", "transfers", "replaces"}

func (f Field) String() string                { return fieldNames.of(f) }
func (f Field) MarshalText() ([]byte, error)  { return []byte(f.String()), nil }
func (f *Field) UnmarshalText(b []byte) error { return fieldNames.find(f, b, "field") }

// names are the words of a type of small numbers.
type names[T ~uint8] []string

func (n names[T]) of(value T) string {
	if int(value) < len(n) {
		return n[value]
	}
	return fmt.Sprintf("%d", value)
}

func (n names[T]) find(to *T, word []byte, what string) error {
	for i, name := range n {
		if name == string(word) {
			*to = T(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no %s of a call", word, what)
}
