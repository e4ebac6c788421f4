package store

import (
	"testing"
	"time"

	"viaduct/sip"
)

// fold folds what a builder made, as the writer does.
func fold(b *builder) *folding {
	f := &folding{}
	for i := range b.packets {
		p := &b.packets[i]
		m := p.Message
		if m == nil && f.readsText(p.Text) {
			m, _ = sip.Parse(p.Text)
		}
		f.add(p, m)
	}
	return f
}

func TestFold(t *testing.T) {
	for _, test := range []struct {
		name    string
		steps   func(b *builder)
		state   State
		result  string
		endedBy Side
		talked  time.Duration // -1: not at all
		ended   bool
		ringing bool
	}{
		{"nothing came back", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
		}, Calling, "calling", NoSide, -1, false, false},
		{"trying", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.response(100, "Trying", "INVITE", 1, "a1", true)
		}, Calling, "calling", NoSide, -1, false, false},
		{"ringing", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(180, "Ringing", "INVITE", 1, "a1", "p1")
		}, Ringing, "ringing", NoSide, -1, false, true},
		{"talking", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1")
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1") // a retransmission
			b.now = testTime.Add(time.Minute)
		}, Talking, "talking", NoSide, time.Minute - 3*time.Millisecond, false, false},
		{"the callee hangs up", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1")
			b.now = b.now.Add(time.Second)
			b.caller, b.callee = b.callee, b.caller
			b.add("BYE sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKb\r\nFrom: <sip:b@x>;tag=callee\r\nTo: <sip:a@x>;tag=caller\r\n"+
				"Call-ID: "+b.id+"\r\nCSeq: 9 BYE\r\nMax-Forwards: 70\r\n\r\n", calleeAddress, false)
		}, Completed, "completed", Callee, time.Second + time.Millisecond, true, false},
		{"busy", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(486, "Busy Here", "INVITE", 1, "a1", "p1")
		}, Failed, "486 Busy Here", NoSide, -1, true, false},
		{"cancelled", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.relayResponse(180, "Ringing", "INVITE", 1, "a1", "p1")
			b.answered = false
			b.request("CANCEL", 1, "a1", false)
			b.response(200, "OK", "CANCEL", 1, "a1", true)
			b.relayResponse(487, "Request Terminated", "INVITE", 1, "a1", "p1")
		}, Cancelled, "cancelled", Caller, -1, true, true},
		{"the CANCEL came too late", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.request("CANCEL", 1, "a1", false)
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1")
		}, Talking, "talking", NoSide, time.Millisecond, false, false},
		{"a branch fails and another answers", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayRequest("INVITE", 1, "a1", "p1")
			b.add("SIP/2.0 503 Gone\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKp1\r\n"+b.plain("INVITE", 1), calleeAddress, false)
			b.relayRequest("INVITE", 1, "a1", "p2")
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p2")
		}, Talking, "talking", NoSide, time.Millisecond, false, false},
		{"asked for a password, and refused", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.response(407, "Password", "INVITE", 1, "a1", true)
			b.request("ACK", 1, "a1", false)
			b.request("INVITE", 2, "a2", false)
			b.response(404, "Not Found", "INVITE", 2, "a2", true)
		}, Failed, "404 Not Found", NoSide, -1, true, false},
		{"asked for a password, which comes", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.response(407, "Password", "INVITE", 1, "a1", true)
			b.request("INVITE", 2, "a2", false)
		}, Calling, "calling", NoSide, -1, false, false},
		{"a re-INVITE is refused", func(b *builder) {
			b.request("INVITE", 1, "a1", false)
			b.relayResponse(200, "OK", "INVITE", 1, "a1", "p1")
			b.request("INVITE", 2, "a2", false)
			b.relayResponse(488, "Not Here", "INVITE", 2, "a2", "p2")
		}, Talking, "talking", NoSide, 4 * time.Millisecond, false, false},
		{"a registration, refreshed", func(b *builder) {
			b.request("REGISTER", 1, "a1", false)
			b.response(401, "Password", "REGISTER", 1, "a1", true)
			b.request("REGISTER", 2, "a2", false)
			b.response(200, "OK", "REGISTER", 2, "a2", true)
		}, Done, "200 OK", NoSide, -1, true, false},
		{"an OPTIONS of our own", func(b *builder) {
			b.request("OPTIONS", 1, "a1", true)
			b.response(200, "OK", "OPTIONS", 1, "a1", false)
		}, Done, "200 OK", NoSide, -1, true, false},
		{"the first packets are missing", func(b *builder) {
			b.answered = true
			b.request("ACK", 1, "a1", false)
			b.request("BYE", 2, "a3", false)
			b.response(481, "Unknown", "BYE", 2, "a3", true)
		}, Failed, "481 Unknown", NoSide, -1, true, false},
	} {
		b := &builder{id: "1@test", caller: "alice", callee: "bob", now: testTime}
		test.steps(b)
		f := fold(b)
		talked, ok := f.Duration(b.now)
		if !ok {
			talked = -1
		}
		if f.State() != test.state || f.Result() != test.result || f.EndedBy != test.endedBy || talked != test.talked ||
			f.Ended.IsZero() == test.ended || f.Ringing.IsZero() == test.ringing || f.Packets != len(b.packets) || !f.Started.Equal(testTime) {
			t.Errorf("%s: %v, %s, ended by %q at %v, talked %v, %d packets", test.name, f.State(), f.Result(), f.EndedBy, f.Ended, talked, f.Packets)
		}
		if f.Caller != "alice" || f.Callee != "bob" {
			t.Errorf("%s: from %s to %s", test.name, f.Caller, f.Callee)
		}
	}
}
