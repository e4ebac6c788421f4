// Loops: a request that comes back as it was has gone round (RFC 3261 section
// 16.3 step 4, RFC 5393 section 4.2).
package proxy

import (
	"errors"
	"hash/maphash"
	"strconv"
	"strings"

	"viaduct/sip"
)

// ErrLoop says that a request has been here before, with all the same that a
// script could tell it by.
var ErrLoop = errors.New("the request has gone round")

var loopSeed = maphash.MakeSeed()

// loopMark is the part of our branch parameter by which we know a request
// again: a hash of where it came from, its Request-URI and all fields but those
// that each hop changes. A script may route by any of them, so that only what
// has not changed at all is a loop; a spiral has changed.
func loopMark(r *Request) uint32 {
	m := r.Message
	var h maphash.Hash
	h.SetSeed(loopSeed)
	source := r.Flow.Remote
	address := source.Addr().As16()
	h.Write(address[:])
	h.WriteByte(byte(source.Port() >> 8))
	h.WriteByte(byte(source.Port()))
	h.WriteString(m.RequestURI)
	for i := range m.Fields {
		f := &m.Fields[i]
		switch f.Kind {
		case sip.FieldVia, sip.FieldMaxForwards, sip.FieldRecordRoute:
		default:
			h.WriteByte(0)
			h.WriteString(m.Text[f.Start:f.ValueEnd])
		}
	}
	return uint32(h.Sum64()) | 1 // 0 is none
}

// appendMark prints the mark behind a branch parameter.
func appendMark(dst []byte, mark uint32) []byte {
	dst = append(dst, '.')
	return strconv.AppendUint(dst, uint64(mark), 16)
}

// goesRound tells whether one of the Vias is ours, from when the request had
// this mark.
func goesRound(m *sip.Message, mark uint32) bool {
	var space [12]byte
	text := appendMark(space[:0], mark)
	for value := range m.Values(sip.FieldVia) {
		if !strings.Contains(value.Text, string(text)) {
			continue
		}
		if via, ok := sip.ParseVia(value.Text); ok && strings.HasSuffix(via.Branch, string(text)) {
			return true
		}
	}
	return false
}
