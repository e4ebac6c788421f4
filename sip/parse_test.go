package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const mandatory = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: 1\nCSeq: 1 OPTIONS\n"
	type want struct {
		method, uri, reason string
		status              int
		fields              []string // name=value, folds as they stand
		body                string
	}
	for _, test := range []struct {
		name, text string
		want       want
	}{
		{"compact names", crlf("OPTIONS sip:d SIP/2.0\nv: SIP/2.0/UDP h\nF: <sip:a@b>\nt:sip:c@d\ni: 1\nCSeq: 1 OPTIONS\nl: 0\n\n"), want{
			method: "OPTIONS", uri: "sip:d",
			fields: []string{"v=SIP/2.0/UDP h", "F=<sip:a@b>", "t=sip:c@d", "i=1", "CSeq=1 OPTIONS", "l=0"}}},
		{"line ends LF only", "OPTIONS sip:d SIP/2.0\n" + mandatory + "\nbody\n", want{
			method: "OPTIONS", uri: "sip:d", body: "body\n",
			fields: []string{"Via=SIP/2.0/UDP h;branch=z9hG4bK1", "From=<sip:a@b>;tag=1", "To=<sip:c@d>", "Call-ID=1", "CSeq=1 OPTIONS"}}},
		{"folds, and space around the colon", crlf("OPTIONS sip:d SIP/2.0\nVia \t: SIP/2.0/UDP\n  h\nFrom:\n\t<sip:a@b>\nTo: sip:c@d\n ;tag=2\nCall-ID: 1\nCSeq: 1\n OPTIONS\nSubject: a \n  b\n \n\n"), want{
			method: "OPTIONS", uri: "sip:d",
			fields: []string{"Via=SIP/2.0/UDP\r\n  h", "From=<sip:a@b>", "To=sip:c@d\r\n ;tag=2", "Call-ID=1", "CSeq=1\r\n OPTIONS", "Subject=a \r\n  b"}}},
		{"empty values", crlf("OPTIONS sip:d SIP/2.0\nSubject:\nSupported: \n" + mandatory + "\n"), want{
			method: "OPTIONS", uri: "sip:d",
			fields: []string{"Subject=", "Supported=", "Via=SIP/2.0/UDP h;branch=z9hG4bK1", "From=<sip:a@b>;tag=1", "To=<sip:c@d>", "Call-ID=1", "CSeq=1 OPTIONS"}}},
		{"reply without reason", crlf("SIP/2.0 200\n" + mandatory + "\n"), want{
			method: "OPTIONS", status: 200,
			fields: []string{"Via=SIP/2.0/UDP h;branch=z9hG4bK1", "From=<sip:a@b>;tag=1", "To=<sip:c@d>", "Call-ID=1", "CSeq=1 OPTIONS"}}},
		{"reply in small letters, reason of several words", crlf("sip/2.0 183 In Gespräch  – ja\n" + mandatory + "\n"), want{
			method: "OPTIONS", status: 183, reason: "In Gespräch  – ja",
			fields: []string{"Via=SIP/2.0/UDP h;branch=z9hG4bK1", "From=<sip:a@b>;tag=1", "To=<sip:c@d>", "Call-ID=1", "CSeq=1 OPTIONS"}}},
		{"stray bytes behind Content-Length", crlf("OPTIONS tel:+49-30;phone-context=x SIP/2.0\n"+mandatory+"l: 3\n\n") + "abcdef", want{
			method: "OPTIONS", uri: "tel:+49-30;phone-context=x", body: "abc",
			fields: []string{"Via=SIP/2.0/UDP h;branch=z9hG4bK1", "From=<sip:a@b>;tag=1", "To=<sip:c@d>", "Call-ID=1", "CSeq=1 OPTIONS", "l=3"}}},
		{"unknown method, IPv6 reference, NUL in a quoted display name", crlf("a%b sip:[::1]:5070 SIP/2.0\nVia: SIP/2.0/UDP [::1]:7;rport\nFrom: \"\\\x00\" <a:b>\nTo: c:d\nCall-ID: 1\nCSeq: 2147483647 a%b\n\n"), want{
			method: "a%b", uri: "sip:[::1]:5070",
			fields: []string{"Via=SIP/2.0/UDP [::1]:7;rport", "From=\"\\\x00\" <a:b>", "To=c:d", "Call-ID=1", "CSeq=2147483647 a%b"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := mustParse(t, test.text)
			if m.Method != test.want.method || m.RequestURI != test.want.uri || m.Status != test.want.status || m.Reason != test.want.reason || m.Body != test.want.body {
				t.Errorf("got %q %q %d %q, body %q", m.Method, m.RequestURI, m.Status, m.Reason, m.Body)
			}
			var fields []string
			for i := range m.Fields {
				fields = append(fields, m.Name(&m.Fields[i])+"="+m.Value(&m.Fields[i]))
			}
			if fmt.Sprintf("%q", fields) != fmt.Sprintf("%q", test.want.fields) {
				t.Errorf("fields %q\nwant   %q", fields, test.want.fields)
			}
			checkPlaces(t, m)
		})
	}
}

// checkPlaces holds a message to what is promised of its offsets.
func checkPlaces(t testing.TB, m *Message) {
	t.Helper()
	at := uint16(len(m.StartLine()))
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Start < at || f.NameEnd < f.Start || f.Value < f.NameEnd || f.ValueEnd < f.Value || f.End < f.ValueEnd || int(f.End) > len(m.Text) {
			t.Fatalf("field %d: %+v is out of order behind %d", i, *f, at)
		}
		if value := m.Value(f); value != trim(value) {
			t.Fatalf("field %d: space around %q", i, value)
		}
		if i > 0 && f.Start != m.Fields[i-1].End {
			t.Fatalf("field %d does not begin where field %d ends", i, i-1)
		}
		if !m.Has(f.Kind) || f.Kind != FieldOther && f.Kind != KindOf(m.Name(f)) {
			t.Fatalf("field %d: kind %v", i, f.Kind)
		}
		at = f.End
	}
	if m.HeadEnd < int(at) || m.HeadEnd > m.BodyStart() || m.end() > len(m.Text) || !strings.HasPrefix(m.Text[m.BodyStart():], m.Body) {
		t.Fatalf("header to %d, body from %d to %d of %d", m.HeadEnd, m.BodyStart(), m.end(), len(m.Text))
	}
}

func TestParseErrors(t *testing.T) {
	const via, from, to, callID, cseq = "Via: SIP/2.0/UDP h\n", "From: a:b\n", "To: c:d\n", "Call-ID: 1\n", "CSeq: 1 OPTIONS\n"
	const sound = via + from + to + callID + cseq
	request := func(lines string) string { return crlf("OPTIONS sip:d SIP/2.0\n" + lines + "\n") }
	const head = len("OPTIONS sip:d SIP/2.0\r\n")
	for _, test := range []struct {
		name, text   string
		offset       int
		field        string
		status       int
		isAnswerable bool // the message is given beside the error
	}{
		{"nothing", "", 0, "start line", 400, false},
		{"no line end", "OPTIONS sip:d SIP/2.0", 21, "start line", 400, false},
		{"keep-alive", "\r\n\r\n", 0, "start line", 400, false},
		{"separator in the method", "OPT(IONS sip:d SIP/2.0\r\n", 3, "start line", 400, false},
		{"method only", "OPTIONS\r\n", 7, "start line", 400, false},
		{"no version", crlf("OPTIONS sip:d\n" + sound + "\n"), 13, "start line", 400, true},
		{"no version, and no sound CSeq", crlf("OPTIONS sip:d\n" + via + from + to + callID + "CSeq: x\n\n"), 13, "start line", 400, false},
		{"no version, and no From", crlf("OPTIONS sip:d\n" + via + to + callID + cseq + "\n"), 13, "start line", 400, false},
		{"method alone, with fields", crlf("OPTIONS\n" + sound + "\n"), 7, "start line", 400, true},
		{"a quote in the method", crlf("OPT\"IONS sip:d SIP/2.0\n" + sound + "\n"), 3, "start line", 400, true},
		{"a tab behind the method", crlf("OPTIONS\tsip:d SIP/2.0\n" + sound + "\n"), 7, "start line", 400, true},
		{"a quote before the method", crlf("\"OPTIONS sip:d SIP/2.0\n" + sound + "\n"), 0, "start line", 400, true},
		{"a quote in the method, and no sound To", crlf("OPT\"IONS sip:d SIP/2.0\n" + via + from + "To: \"\n" + callID + cseq + "\n"), 3, "start line", 400, false},
		{"a response without space", crlf("SIP/2.0200 OK\n" + sound + "\n"), 0, "start line", 400, false},
		{"a response of another version", crlf("SIP/3.0 200 OK\n" + sound + "\n"), 0, "start line", 400, false},
		{"two spaces before the URI", crlf("OPTIONS  sip:d SIP/2.0\n" + sound + "\n"), 8, "start line", 400, true},
		{"two spaces behind the URI", crlf("OPTIONS sip:d  SIP/2.0\n" + sound + "\n"), 13, "start line", 400, true},
		{"space behind the version", crlf("OPTIONS sip:d SIP/2.0 \n" + sound + "\n"), 22, "start line", 400, true},
		{"space in the URI", crlf("OPTIONS sip:d; lr SIP/2.0\n" + sound + "\n"), 14, "start line", 400, true},
		{"tab in the URI", crlf("OPTIONS sip:d\t SIP/2.0\n" + sound + "\n"), 13, "start line", 400, true},
		{"NUL in the URI", crlf("OPTIONS sip:d\x00 SIP/2.0\n" + sound + "\n"), 13, "start line", 400, true},
		{"URI in angle brackets", crlf("OPTIONS <sip:d> SIP/2.0\n" + sound + "\n"), 8, "start line", 400, true},
		{"no URI", crlf("OPTIONS  SIP/2.0\n" + sound + "\n"), 8, "start line", 400, true},
		{"other version", crlf("OPTIONS sip:d SIP/7.0\n" + sound + "\n"), 14, "start line", 505, true},
		{"other protocol", crlf("OPTIONS sip:d HTTP/1.1\n" + sound + "\n"), 14, "start line", 400, true},
		{"status too large", crlf("SIP/2.0 4294967301 better not\n" + sound + "\n"), 8, "start line", 400, false},
		{"status 700", crlf("SIP/2.0 700 x\n" + sound + "\n"), 8, "start line", 400, false},
		{"status 099", crlf("SIP/2.0 099 x\n" + sound + "\n"), 8, "start line", 400, false},
		{"status with a letter behind", crlf("SIP/2.0 200OK\n" + sound + "\n"), 11, "start line", 400, false},

		{"no empty line", strings.TrimSuffix(request(sound), "\r\n"), len(request(sound)) - 2, "header", 400, true},
		{"no colon", request("Subject\n" + sound), head, "header", 400, true},
		{"no name", request(": x\n" + sound), head, "header", 400, true},
		{"fold before any field", request(" x\n" + sound), head, "header", 400, true},
		{"space in a name", request("My Subject: x\n" + sound), head, "header", 400, true},
		{"8-bit name", request("Sübject: x\n" + sound), head, "header", 400, true},
		{"CR in a value", request("Subject: a\rVia: b\n" + sound), head + 10, "header", 400, true},
		{"CR CR LF", request("Subject: a\r\n" + sound), head + 10, "header", 400, true},
		{"CR in a reason", crlf("SIP/2.0 200 O\rK\n" + sound + "\n"), 13, "header", 400, false},
		{"CR in an LF message", strings.ReplaceAll(request("Subject: a\x00b\n"+sound), "\r", "")[:head-1] + "Subject: a\rb\n" + sound + "\n", head - 1 + 10, "header", 400, true},

		{"LF in the start line only", "OPTIONS sip:d SIP/2.0\n" + crlf(sound+"\n"), 21 + 1 + 18 + 1, "header", 400, true},
		{"LF behind one field", strings.Replace(request("Subject: a\n"+sound), "a\r\n", "a\n", 1), head + 10, "header", 400, true},
		{"LF within a fold", strings.Replace(request("Subject: a\n b\n"+sound), "a\r\n", "a\n", 1), head + 10, "header", 400, true},
		{"LF as the empty line", strings.TrimSuffix(request(sound), "\r\n") + "\n", len(request(sound)) - 2, "header", 400, true},
		{"CRLF as the empty line of an LF message", strings.ReplaceAll(request(sound), "\r", "")[:head-1+len(sound)] + "\r\n", head - 1 + len(sound) + 1, "header", 400, true},
		{"NUL in a value", request("Subject: a\x00b\n" + sound), head + 10, "Subject", 400, true},
		{"NUL in a display name", request("From: \"a\x00\" <a:b>\n" + via + to + callID + cseq), head + 8, "From", 400, true},
		{"NUL behind a backslash without quotes", request("Subject: \\\x00\n" + sound), head + 10, "Subject", 400, true},
		{"NUL in a Call-ID", request("Call-ID: 1\x00\n" + via + from + to + cseq), head + 10, "Call-ID", 400, true},

		{"Max-Forwards 256", request("Max-Forwards: 256\n" + sound), head + 14, "Max-Forwards", 400, true},
		{"Max-Forwards negative", request("Max-Forwards: -1\n" + sound), head + 14, "Max-Forwards", 400, true},
		{"Max-Forwards empty", request("Max-Forwards:\n" + sound), head + 13, "Max-Forwards", 400, true},
		{"Max-Forwards no number", request("Max-Forwards: many\n" + sound), head + 14, "Max-Forwards", 400, true},

		{"no Via", request(from + to + callID + cseq), len(request(from+to+callID+cseq)) - 2, "Via", 400, false},
		{"no From", request(via + to + callID + cseq), len(request(via+to+callID+cseq)) - 2, "From", 400, true},
		{"no To", request(via + from + callID + cseq), len(request(via+from+callID+cseq)) - 2, "To", 400, true},
		{"no Call-ID", request(via + from + to + cseq), len(request(via+from+to+cseq)) - 2, "Call-ID", 400, true},
		{"no CSeq", request(via + from + to + callID), len(request(via+from+to+callID)) - 2, "CSeq", 400, true},
		{"reply without To", crlf("SIP/2.0 200 OK\n" + via + from + callID + cseq + "\n"), len("SIP/2.0 200 OKrn" + via + from + callID + cseq + "rrrr"), "To", 400, false},
		{"Via without host", request("Via: SIP/2.0/UDP\n" + from + to + callID + cseq), head + 5, "Via", 400, false},
		{"Via list that begins with a comma", request("Via: , SIP/2.0/UDP h\n" + from + to + callID + cseq), head + 5, "Via", 400, false},
		{"Via with empty parameters", request("Via: SIP/2.0/UDP h;branch=1;;,;,,\n" + from + to + callID + cseq), head + 27, "Via", 400, true},
		{"Via with two branches", request("Via: SIP/2.0/UDP h;branch=1;branch=2\n" + from + to + callID + cseq), head + 27, "Via", 400, true},
		{"Via with a port too large", request("Via: SIP/2.0/UDP h:70000\n" + from + to + callID + cseq), head + 18, "Via", 400, true},
		{"empty Call-ID", request("Call-ID:\n" + via + from + to + cseq), head + 8, "Call-ID", 400, true},
		{"CSeq without method", request("CSeq: 1\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq without number", request("CSeq: OPTIONS\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq without space", request("CSeq: 1OPTIONS\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq negative", request("CSeq: -1 OPTIONS\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq 2^31", request("CSeq: 2147483648 OPTIONS\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq 2^32", request("CSeq: 4294967296 OPTIONS\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq past 2^64", request("CSeq: 36893488147419103232 OPTIONS\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq of another method", request("CSeq: 1 INVITE\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"CSeq of another method than an unknown one", crlf("NEWMETHOD sip:d SIP/2.0\n" + sound + "\n"), len(crlf("NEWMETHOD sip:d SIP/2.0\n"+via+from+to+callID)) + 6, "CSeq", 501, true},
		{"CSeq in small letters", request("CSeq: 1 options\n" + via + from + to + callID), head + 6, "CSeq", 400, true},
		{"quote without end in To", request("To: \"Mr. J <sip:j@d>\n" + via + from + callID + cseq), head + 4, "To", 400, true},
		{"comma in a display name", request("From: Bell, A <sip:j@d>;tag=1\n" + via + to + callID + cseq), head + 6, "From", 400, true},

		{"From twice", request("From: a:b\n" + sound), head + 11 + 20, "From", 400, true},
		{"Call-ID twice, once compact", request("i: 2\n" + sound), head + 6 + 20 + 11 + 9, "Call-ID", 400, true},
		{"Max-Forwards twice", request("Max-Forwards: 1\nMax-Forwards: 2\n" + sound), head + 17, "Max-Forwards", 400, true},
		{"Content-Length twice", request("l: 0\nContent-Length: 0\n" + sound), head + 6, "Content-Length", 400, true},
		{"Content-Length negative", request("l: -999\n" + sound), head + 3, "Content-Length", 400, true},
		{"Content-Length huge", request("l: 99999999999999999999999\n" + sound), head + 3, "Content-Length", 400, true},
		{"Content-Length empty", request("l:\n" + sound), head + 2, "Content-Length", 400, true},
		{"Content-Length with sign", request("l: +0\n" + sound), head + 3, "Content-Length", 400, true},
		{"Content-Length too long", request("l: 1\n" + sound), len(request("l: 1\n" + sound)), "body", 400, true},
		{"reply too short", crlf("SIP/2.0 200 OK\nl: 9\n"+sound+"\n") + "body", len(crlf("SIP/2.0 200 OK\nl: 9\n"+sound+"\n")) + 4, "body", 400, false},
		{"too large", request(sound + "\n" + strings.Repeat("x", MaxMessageSize)), MaxMessageSize, "message", 513, false},
		{"too many fields", request(sound + strings.Repeat("a:\n", MaxFields)), head + len(crlf(sound)) + 4*(MaxFields-5), "header", 400, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := Parse(test.text)
			var wrong *ParseError
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v", err)
			}
			if wrong.Offset != test.offset || wrong.Field != test.field || wrong.Status != test.status || wrong.Expected == "" {
				t.Errorf("%#v\nwant offset %d, field %q, status %d", wrong, test.offset, test.field, test.status)
			}
			if (m != nil) != test.isAnswerable {
				t.Fatalf("a message is given: %v, want %v", m != nil, test.isAnswerable)
			}
			if m == nil {
				return
			}
			checkPlaces(t, m)
			reply := string(AppendReply(nil, m, &Reply{Status: wrong.Status, ToTag: "z", Source: netip.MustParseAddrPort("127.0.0.9:5")}))
			if _, err := Parse(reply); errors.As(err, &wrong) && wrong.Field == "Via" {
				t.Errorf("the Via of the answer: %v\n%s", err, reply)
			}
			if !strings.HasPrefix(reply, fmt.Sprintf("SIP/2.0 %d %s\r\n", test.status, ReasonPhrase(test.status))) || !strings.Contains(reply, "\r\nVia: ") {
				t.Errorf("the answer is\n%s", reply)
			}
		})
	}
}

// A response has nobody to be answered to, and ACK is never answered; both
// must still say what is wrong.
func TestParseErrorText(t *testing.T) {
	_, err := Parse("SIP/2.0 99 x\r\n\r\n")
	if err == nil || err.Error() != "offset 8: start line: expected a status of three digits from 100 to 699" {
		t.Error(err)
	}
}

func TestParseOneAllocation(t *testing.T) {
	if allocations := testing.AllocsPerRun(100, func() { Parse(inviteText) }); allocations != 1 {
		t.Errorf("%v allocations for a usual INVITE, want the Message alone", allocations)
	}
}
