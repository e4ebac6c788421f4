// Responses that the server makes itself (RFC 3261 section 8.2.6).
package sip

import (
	"net/netip"
	"strconv"
)

// Reply says what a response of our own holds beyond what it copies.
type Reply struct {
	Status    int
	Reason    string // "" takes the usual phrase of the status
	ToTag     string // added to To when that has none; "" adds none
	Fields    string // further header fields, each with its line end
	Body      string // Content-Type belongs to Fields
	Source    netip.AddrPort
	ForcePort bool // note the source port though the client did not ask (rport)
}

// AppendReply prints a response to request behind dst: Via fields with the
// source noted in the topmost, From, To, Call-ID and CSeq copied, in the
// order of the request; Timestamp into a 100; Record-Route into responses
// that may make a dialog (section 12.1.1). Of an unsound topmost Via only the
// sound part goes back.
func AppendReply(dst []byte, request *Message, r *Reply) []byte {
	start := len(dst)
	reason := r.Reason
	if reason == "" {
		reason = ReasonPhrase(r.Status)
	}
	dst = append(dst, "SIP/2.0 "...)
	dst = strconv.AppendInt(dst, int64(r.Status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason...)
	dst = append(dst, "\r\n"...)
	edits := make(Edits, 0, 2)
	if r.Source.IsValid() {
		request.NoteSource(&edits, r.Source, r.ForcePort)
	}
	for i := range request.Fields {
		f := &request.Fields[i]
		if f.Kind.isSingle() && f != request.First(f.Kind) {
			continue // a request refused because of it
		}
		switch f.Kind {
		case FieldVia:
			dst = appendFieldEdited(dst, request, f, edits, request.soundViaEnd(f))
		case FieldFrom, FieldCallID, FieldCSeq:
			dst = appendField(dst, request, f)
		case FieldRecordRoute:
			if r.Status > 100 && r.Status < 300 && request.Method != "REGISTER" { // section 10.3: not in answers to REGISTER
				dst = appendField(dst, request, f)
			}
		case FieldTimestamp:
			if r.Status == 100 {
				dst = appendField(dst, request, f)
			}
		case FieldTo:
			dst = append(dst, request.Text[f.Start:f.ValueEnd]...)
			if r.ToTag != "" && AddressParam(request.Value(f), "tag") == "" {
				dst = append(dst, ";tag="...)
				dst = append(dst, r.ToTag...)
			}
			dst = append(dst, "\r\n"...)
		}
	}
	if request.looseBytes { // what is refused because of them must not be said again
		clearLooseBytes(dst[start:])
	}
	if request.bareFeeds {
		dst = append(dst[:start], withReturns(dst[start:])...)
	}
	dst = append(dst, r.Fields...)
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(r.Body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, r.Body...)
}

// soundViaEnd gives the end of a Via field, or of its sound part. Values behind
// an unsound one cannot be told.
func (m *Message) soundViaEnd(f *Field) int {
	end := int(m.viaEnd)
	if end < int(f.Value) || end > int(f.ValueEnd) { // not the topmost
		return int(f.ValueEnd)
	}
	if next := skipSpace(m.Text[:f.ValueEnd], end); next == int(f.ValueEnd) || m.Text[next] == ',' {
		return int(f.ValueEnd)
	}
	return end
}

func appendField(dst []byte, m *Message, f *Field) []byte {
	dst = append(dst, m.Text[f.Start:f.ValueEnd]...)
	return append(dst, "\r\n"...)
}

// appendFieldEdited prints one field up to an end with those edits that lie
// in it.
func appendFieldEdited(dst []byte, m *Message, f *Field, edits Edits, end int) []byte {
	at := int(f.Start)
	for _, edit := range edits {
		if edit.Start < int(f.Start) || edit.End > end {
			continue
		}
		dst = append(dst, m.Text[at:edit.Start]...)
		dst = append(dst, edit.Text...)
		at = edit.End
	}
	dst = append(dst, m.Text[at:end]...)
	return append(dst, "\r\n"...)
}

// ReasonPhrase gives the usual phrase of a status (section 21 and later RFCs).
func ReasonPhrase(status int) string {
	if 100 <= status && status < len(phrases) && phrases[status] != "" {
		return phrases[status]
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 3:
		return "Multiple Choices"
	case 4:
		return "Bad Request"
	case 5:
		return "Server Internal Error"
	}
	return "Busy Everywhere"
}

var phrases = [...]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 199: "Early Dialog Terminated",
	200: "OK", 202: "Accepted", 204: "No Notification",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy", 380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
	410: "Gone", 412: "Conditional Request Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
	415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 417: "Unknown Resource-Priority", 420: "Bad Extension",
	421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
	424: "Bad Location Information", 425: "Bad Alert Message", 428: "Use Identity Header",
	429: "Provide Referrer Identity", 430: "Flow Failed", 433: "Anonymity Disallowed",
	436: "Bad Identity Info", 437: "Unsupported Credential", 438: "Invalid Identity Header", 439: "First Hop Lacks Outbound Support",
	440: "Max-Breadth Exceeded", 469: "Bad Info Package", 470: "Consent Needed", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
	482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here",
	487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending", 493: "Undecipherable", 494: "Security Agreement Required",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
	504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
	555: "Push Notification Service Not Supported", 580: "Precondition Failure",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
	607: "Unwanted", 608: "Rejected",
}
