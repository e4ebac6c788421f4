// Directions of a stream, and hold.
package sdp

// Direction says what its author wants to do with the stream (RFC 4566
// section 6). One bit each for what it does not do, so that SendRecv, which
// holds where nothing is said, is the zero value.
type Direction uint8

const (
	SendRecv Direction = 0
	SendOnly Direction = notReceiving
	RecvOnly Direction = notSending
	Inactive Direction = notSending | notReceiving

	notReceiving = 1
	notSending   = 2
)

var directionNames = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

// String gives the attribute's name.
func (d Direction) String() string { return directionNames[d&Inactive] }

// ParseDirection reads the name of an attribute.
func ParseDirection(name string) (Direction, bool) {
	for d, known := range directionNames {
		if name == known {
			return Direction(d), true
		}
	}
	return SendRecv, false
}

// Sends is true for SendRecv and SendOnly.
func (d Direction) Sends() bool { return d&notSending == 0 }

// Receives is true for SendRecv and RecvOnly.
func (d Direction) Receives() bool { return d&notReceiving == 0 }

// Reverse is the same stream seen from the other end.
func (d Direction) Reverse() Direction { return d>>1&1 | d<<1&2 }

// And is what is left when both ends agree.
func (d Direction) And(other Direction) Direction { return (d | other) & Inactive }
