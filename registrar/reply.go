// The 200 to a REGISTER (RFC 3261 section 10.3 step 8).
package registrar

import (
	"strconv"
	"time"

	"viaduct/location"
)

// accept answers with all current bindings of the record, which may be nil.
func (r *Registrar) accept(record *location.Record, request *request, changed Change) Result {
	var space [512]byte
	fields := appendContacts(space[:0], record, request.now)
	if request.tellsPath {
		fields = append(fields, "Path: "...)
		fields = append(fields, request.path...)
		fields = append(fields, "\r\nSupported: path\r\n"...)
	}
	if r.config.Date {
		fields = append(fields, "Date: "...)
		fields = request.now.UTC().AppendFormat(fields, "Mon, 02 Jan 2006 15:04:05 GMT")
		fields = append(fields, "\r\n"...)
	}
	return Result{Status: 200, Fields: string(fields), Changed: changed}
}

// appendContacts writes one Contact field for each current binding, with the
// parameters that the client gave it and those that we keep.
func appendContacts(dst []byte, record *location.Record, now time.Time) []byte {
	if record == nil {
		return dst
	}
	for i := range record.Bindings {
		b := &record.Bindings[i]
		if !b.IsCurrent(now) {
			continue
		}
		dst = append(dst, "Contact: <"...)
		dst = append(dst, b.Contact...)
		dst = append(dst, '>')
		if b.Q != location.NoQ {
			dst = append(dst, ";q="...)
			dst = location.AppendQ(dst, b.Q)
		}
		dst = append(dst, ";expires="...)
		dst = strconv.AppendInt(dst, b.Seconds(now), 10)
		dst = append(dst, b.Params...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}
