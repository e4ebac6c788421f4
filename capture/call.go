// Calls: the packets of a file, apart.
package capture

import "viaduct/wire"

// Call is all that shares a Call-ID.
type Call struct {
	ID      string
	Packets []wire.Packet // in the order of time
}

// Calls takes packets apart into calls, in the order in which they begin.
// Packets without a Call-ID are rest.
func Calls(packets []wire.Packet) (calls []Call, rest []wire.Packet) {
	found := make(map[string]int)
	for i := range packets {
		id := CallID(&packets[i])
		if id == "" {
			rest = append(rest, packets[i])
			continue
		}
		at, known := found[id]
		if !known {
			at = len(calls)
			found[id] = at
			calls = append(calls, Call{ID: id})
		}
		calls[at].Packets = append(calls[at].Packets, packets[i])
	}
	return calls, rest
}
