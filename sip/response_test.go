package sip

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAppendReply(t *testing.T) {
	request := mustParse(t, crlf(`INVITE sip:bob@biloxi.test SIP/2.0
v: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK2;rport , SIP/2.0/TCP
 pc.test;branch=z9hG4bK1
Max-Forwards: 69
Record-Route: <sip:127.0.0.2;lr>
To: "Bob" <sip:bob@biloxi.test>
From: <sip:alice@atlanta.test>;tag=a1
Via: SIP/2.0/UDP x.test
Timestamp: 54
Call-ID: 1@atlanta.test
CSeq: 7 INVITE
Subject: not copied
Content-Length: 4

body`))
	const vias = "v: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK2;rport , SIP/2.0/TCP\n pc.test;branch=z9hG4bK1\n"
	const recordRoute = "Record-Route: <sip:127.0.0.2;lr>\n"
	const rest = "Via: SIP/2.0/UDP x.test\n"
	for _, test := range []struct {
		name  string
		reply Reply
		want  string
	}{
		{"provisional with Timestamp", Reply{Status: 100},
			"SIP/2.0 100 Trying\n" + vias + "To: \"Bob\" <sip:bob@biloxi.test>\nFrom: <sip:alice@atlanta.test>;tag=a1\n" + rest +
				"Timestamp: 54\nCall-ID: 1@atlanta.test\nCSeq: 7 INVITE\nContent-Length: 0\n\n"},
		{"early dialog", Reply{Status: 180, ToTag: "b1", Source: netip.MustParseAddrPort("127.0.0.1:9")},
			"SIP/2.0 180 Ringing\n" + strings.Replace(vias, ";rport", ";rport=9;received=127.0.0.1", 1) + recordRoute +
				"To: \"Bob\" <sip:bob@biloxi.test>;tag=b1\nFrom: <sip:alice@atlanta.test>;tag=a1\n" + rest +
				"Call-ID: 1@atlanta.test\nCSeq: 7 INVITE\nContent-Length: 0\n\n"},
		{"body and fields", Reply{Status: 200, Reason: "Fine", ToTag: "b1", Fields: "Contact: <sip:b>\r\n", Body: "abc"},
			"SIP/2.0 200 Fine\n" + vias + recordRoute +
				"To: \"Bob\" <sip:bob@biloxi.test>;tag=b1\nFrom: <sip:alice@atlanta.test>;tag=a1\n" + rest +
				"Call-ID: 1@atlanta.test\nCSeq: 7 INVITE\nContact: <sip:b>\nContent-Length: 3\n\nabc"},
		{"refusal", Reply{Status: 486, ToTag: "b1"},
			"SIP/2.0 486 Busy Here\n" + vias +
				"To: \"Bob\" <sip:bob@biloxi.test>;tag=b1\nFrom: <sip:alice@atlanta.test>;tag=a1\n" + rest +
				"Call-ID: 1@atlanta.test\nCSeq: 7 INVITE\nContent-Length: 0\n\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := string(AppendReply(nil, request, &test.reply))
			if want := crlf(test.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			m := mustParse(t, got)
			if m.Status != test.reply.Status || m.ToTag() != test.reply.ToTag || m.CSeq != request.CSeq || m.Body != test.reply.Body {
				t.Errorf("read back: %d, tag %q, %v, body %q", m.Status, m.ToTag(), m.CSeq, m.Body)
			}
		})
	}
}

// Section 10.3: a registrar is in no route.
func TestAppendReplyToREGISTER(t *testing.T) {
	for method, want := range map[string]bool{"REGISTER": false, "SUBSCRIBE": true} {
		request := mustParse(t, crlf(method+" sip:d SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nRecord-Route: <sip:p;lr>\n"+
			"From: <sip:a@b>;tag=1\nTo: <sip:a@b>\nCall-ID: 1\nCSeq: 1 "+method+"\n\n"))
		if m := mustParse(t, string(AppendReply(nil, request, &Reply{Status: 200, ToTag: "b"}))); m.Has(FieldRecordRoute) != want {
			t.Errorf("the answer to %s is\n%s", method, m.Text)
		}
	}
}

// The tag of a To that has one already stays (section 8.2.6.2).
func TestAppendReplyKeepsToTag(t *testing.T) {
	for _, to := range []string{"<sip:bob@biloxi.test>;tag=x", "sip:bob@biloxi.test ;TAG = x", `";tag=no" <sip:bob@biloxi.test;tag=no>;a;tag=x`} {
		text := strings.Replace(options(""), "To: <sip:bob@biloxi.test>", "To: "+to, 1)
		m := mustParse(t, text)
		reply := mustParse(t, string(AppendReply(nil, m, &Reply{Status: 200, ToTag: "y"})))
		if reply.ToTag() != "x" || strings.Contains(reply.Text, "y\r\n") {
			t.Errorf("To is %q", reply.Get(FieldTo))
		}
	}
}

// What a request is refused for is not said again: the answer is sound.
func TestAppendReplyToLooseBytes(t *testing.T) {
	for _, change := range [][2]string{
		{"From: ", "From: \r"}, {"To: <sip:bob@biloxi.test>", "To: <sip:bob@biloxi.test>\r"}, {"Via: ", "Via: \r"},
		{"To: <sip:bob@biloxi.test>", "To: \"\x00\" <sip:bob@biloxi.test>\r"}, {"From: ", "From: \x00"},
	} {
		text := strings.ReplaceAll(strings.ReplaceAll(options(""), "\r", ""), "\n", "\r\n")
		m, err := Parse(strings.Replace(text, change[0], change[1], 1))
		if err == nil || m == nil {
			t.Errorf("%q in the place of %q: %v, %v", change[1], change[0], m, err)
			continue
		}
		reply := string(AppendReply(nil, m, &Reply{Status: 400, ToTag: "y"}))
		if _, err := Parse(reply); err != nil {
			t.Errorf("%q in the place of %q: the answer has %v:\n%q", change[1], change[0], err, reply)
		}
	}
}

// A request that is refused because a field stands twice gets an answer with
// one of each.
func TestAppendReplyToDoubledFields(t *testing.T) {
	m, err := Parse(options("From: <sip:x@y>;tag=2\nCall-ID: 2\nCSeq: 8 OPTIONS\nTo: <sip:z>\n"))
	if err == nil || m == nil {
		t.Fatalf("message %v, error %v", m, err)
	}
	reply := mustParse(t, string(AppendReply(nil, m, &Reply{Status: 400, ToTag: "y"})))
	if reply.CSeq.Number != 8 || reply.ToTag() != "y" {
		t.Errorf("the answer is\n%s", reply.Text)
	}
}

// Of a topmost Via that cannot be read to its end, the answer bears what can.
func TestAppendReplyToUnsoundVia(t *testing.T) {
	for via, want := range map[string]string{
		"SIP/2.0/UDP h;branch=1;;,;,,":              "SIP/2.0/UDP h;branch=1;received=127.0.0.9",
		"SIP/2.0/UDP h:70000;branch=1":              "SIP/2.0/UDP h;received=127.0.0.9",
		"SIP/2.0/UDP h ;rport; , SIP/2.0/UDP g":     "SIP/2.0/UDP h ;rport=5;received=127.0.0.9",
		"SIP/2.0/UDP h;received=9.9.9.9;branch=1 x": "SIP/2.0/UDP h;received=127.0.0.9;branch=1",
		"SIP/2.0/UDP h;rport;rport":                 "SIP/2.0/UDP h;rport=5;received=127.0.0.9",
		"SIP/2.0/UDP h;branch=1 , junk":             "SIP/2.0/UDP h;branch=1;received=127.0.0.9 , junk", // sound on top
	} {
		text := strings.Replace(options("Via: SIP/2.0/UDP last\n"), "Via: ", "Via: "+via+"\r\nVia: ", 1)
		m, _ := Parse(text)
		if m == nil {
			t.Errorf("%q: no answer", via)
			continue
		}
		reply := mustParse(t, string(AppendReply(nil, m, &Reply{Status: 400, ToTag: "y", Source: netip.MustParseAddrPort("127.0.0.9:5")})))
		if got := reply.Get(FieldVia); got != want || !strings.Contains(reply.Text, "Via: SIP/2.0/UDP last\r\n") {
			t.Errorf("%q:\n got %q\nwant %q", via, got, want)
		}
	}
}

func TestReasonPhrase(t *testing.T) {
	for status, want := range map[int]string{
		100: "Trying", 199: "Early Dialog Terminated", 200: "OK", 299: "OK", 302: "Moved Temporarily", 399: "Multiple Choices",
		408: "Request Timeout", 487: "Request Terminated", 499: "Bad Request", 599: "Server Internal Error", 606: "Not Acceptable",
		608: "Rejected", 699: "Busy Everywhere", 0: "Busy Everywhere", -1: "Busy Everywhere", 198: "Session Progress",
	} {
		if got := ReasonPhrase(status); got != want {
			t.Errorf("%d: %q, want %q", status, got, want)
		}
	}
}
