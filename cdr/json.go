// Records as JSON.
package cdr

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// AppendJSON writes the record behind dst as one JSON object and a line end.
// Lengths that are not known are null; messages are counted from 0, as in a
// list of the packets.
//
//	{"call_id": "…", "state": "ended", "from": {"uri": "sip:alice@atlanta.test", "tag": "1"}, …, "duration_ms": 3250, …}
func (r *Record) AppendJSON(dst []byte) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Errorf("a record cannot be written as JSON: %w", err)) // a time beyond the year 9999 cannot come from a parser
	}
	return append(append(dst, text...), '\n')
}

func (m Milliseconds) MarshalJSON() ([]byte, error) {
	if m == Unknown {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(m), 10), nil
}

func (m *Milliseconds) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*m = Unknown
		return nil
	}
	value, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || value < 0 {
		return fmt.Errorf("%s is no length in milliseconds", text)
	}
	*m = Milliseconds(value)
	return nil
}
