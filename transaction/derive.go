// Requests that a transaction makes itself out of the INVITE it sent: the ACK
// of a non-2xx response and the CANCEL.
package transaction

import (
	"strconv"

	"viaduct/sip"
)

// appendACK prints the ACK of a non-2xx final response: Request-URI, Call-ID,
// From, topmost Via, Route and hops of the INVITE, To of the response (RFC 3261
// section 17.1.1.3). The branch is the INVITE's: it is the same transaction.
// What else like says, an ACK that the user wrote or nil, goes along.
func appendACK(dst []byte, invite, response, like *sip.Message) []byte {
	dst = appendStart(dst, "ACK", invite, false)
	if like != nil {
		return appendLike(dst, "ACK", invite, response, like)
	}
	dst = appendFields(dst, invite, sip.FieldFrom)
	dst = appendFields(dst, response, sip.FieldTo)
	dst = appendFields(dst, invite, sip.FieldCallID)
	dst = appendCSeq(dst, "ACK", invite)
	dst = appendFields(dst, invite, sip.FieldMaxForwards)
	return append(dst, "Content-Length: 0\r\n\r\n"...)
}

// appendCancel prints the CANCEL of an INVITE (section 9.1): like the ACK, but
// with the INVITE's To. What else the caller's own CANCEL says (Reason,
// User-Agent, …) goes along; without one, fields.
func appendCancel(dst []byte, invite, received *sip.Message, fields string, allVias bool) []byte {
	dst = appendStart(dst, "CANCEL", invite, allVias)
	if received == nil {
		dst = appendFields(dst, invite, sip.FieldFrom)
		dst = appendFields(dst, invite, sip.FieldTo)
		dst = appendFields(dst, invite, sip.FieldCallID)
		dst = appendCSeq(dst, "CANCEL", invite)
		dst = append(dst, fields...)
		dst = appendFields(dst, invite, sip.FieldMaxForwards)
		return append(dst, "Content-Length: 0\r\n\r\n"...)
	}
	return appendLike(dst, "CANCEL", invite, invite, received)
}

// appendLike prints the fields of like in their order, with what ties the
// request to its INVITE put right. To is taken from a message of its own.
func appendLike(dst []byte, method string, invite, to, like *sip.Message) []byte {
	for i := range like.Fields {
		f := &like.Fields[i]
		switch f.Kind {
		case sip.FieldVia, sip.FieldRoute, sip.FieldRecordRoute, sip.FieldContentLength, sip.FieldContentType:
		case sip.FieldTo:
			dst = appendFields(dst, to, sip.FieldTo)
		case sip.FieldFrom, sip.FieldCallID, sip.FieldMaxForwards:
			dst = appendFields(dst, invite, f.Kind)
		case sip.FieldCSeq:
			dst = appendCSeq(dst, method, invite)
		default:
			dst = append(dst, like.Text[f.Start:f.ValueEnd]...)
			dst = append(dst, "\r\n"...)
		}
	}
	if !like.Has(sip.FieldMaxForwards) {
		dst = appendFields(dst, invite, sip.FieldMaxForwards)
	}
	return append(dst, "Content-Length: 0\r\n\r\n"...)
}

// appendStart prints the start line, the topmost Via or all of them, and the
// route set.
func appendStart(dst []byte, method string, invite *sip.Message, allVias bool) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, invite.RequestURI...)
	dst = append(dst, " SIP/2.0\r\n"...)
	if allVias {
		return appendFields(appendFields(dst, invite, sip.FieldVia), invite, sip.FieldRoute)
	}
	dst = append(dst, "Via: "...)
	for via := range invite.Values(sip.FieldVia) {
		dst = append(dst, via.Text...)
		break
	}
	dst = append(dst, "\r\n"...)
	return appendFields(dst, invite, sip.FieldRoute)
}

// appendFields prints all fields of a kind as they stand in m.
func appendFields(dst []byte, m *sip.Message, kind sip.FieldKind) []byte {
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Kind == kind {
			dst = append(dst, m.Text[f.Start:f.ValueEnd]...)
			dst = append(dst, "\r\n"...)
		}
	}
	return dst
}

func appendCSeq(dst []byte, method string, invite *sip.Message) []byte {
	dst = append(dst, "CSeq: "...)
	dst = strconv.AppendUint(dst, uint64(invite.CSeq.Number), 10)
	dst = append(dst, ' ')
	dst = append(dst, method...)
	return append(dst, "\r\n"...)
}
