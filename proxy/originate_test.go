package proxy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"viaduct/resolve"
	"viaduct/sip"
	"viaduct/transaction"
	"viaduct/wire"
)

// originate sends a request and gives what was sent where, and the outcomes.
func originate(b *bench, r OwnRequest) *[]Outcome {
	b.t.Helper()
	outcomes := new([]Outcome)
	if err := b.proxy.Originate(&r, func(o Outcome) { *outcomes = append(*outcomes, o) }); err != nil {
		b.t.Fatal(err)
	}
	return outcomes
}

func TestOriginate(t *testing.T) {
	run(t, nil, func(b *bench) {
		outcomes := originate(b, OwnRequest{
			Method: "OPTIONS", URI: "sip:bob@127.0.0.3", From: "<sip:ping@us.test>;tag=1", CallID: "c1",
			Fields: "Content-Type: text/plain\r\n", Body: "hello",
		})
		ping := b.messages(bob)[0]
		expect(t, "request", strings.Replace(ping.Text, ping.Via.Branch, "B", 1), "OPTIONS sip:bob@127.0.0.3 SIP/2.0\r\n"+
			"Via: SIP/2.0/UDP 127.0.0.1;branch=B\r\nMax-Forwards: 70\r\nFrom: <sip:ping@us.test>;tag=1\r\nTo: <sip:bob@127.0.0.3>\r\n"+
			"Call-ID: c1\r\nCSeq: 1 OPTIONS\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
		b.answer(bob, ping, 100, "")
		if len(*outcomes) != 0 {
			t.Error("a provisional response is no outcome")
		}
		b.answer(bob, ping, 404, "")
		b.answer(bob, ping, 404, "")
		if len(*outcomes) != 1 || (*outcomes)[0].Status != 404 || (*outcomes)[0].Response == nil {
			t.Errorf("outcomes: %+v", *outcomes)
		}
	})
}

func TestOriginateFillsIn(t *testing.T) {
	run(t, nil, func(b *bench) {
		originate(b, OwnRequest{Method: "OPTIONS", URI: "sip:bob@127.0.0.3", From: "sip:ping@us.test"})
		originate(b, OwnRequest{Method: "OPTIONS", URI: "sip:bob@127.0.0.3", From: "sip:ping@us.test", Fields: "max-forwards : 3\r\n"})
		both := b.messages(bob)
		one, other := both[0], both[1]
		if one.CallID() == other.CallID() || one.FromTag() == other.FromTag() || one.FromTag() == "" || one.ToTag() != "" {
			t.Errorf("Call-ID or tags are no new ones:\n%s%s", one.Text, other.Text)
		}
		if hops, _ := other.MaxForwards(); hops != 3 {
			t.Errorf("Max-Forwards %d, want the 3 given", hops)
		}
	})
}

func TestOriginateNobodyAnswers(t *testing.T) {
	run(t, nil, func(b *bench) {
		var outcome Outcome
		started := time.Now()
		var took time.Duration
		r := OwnRequest{Method: "OPTIONS", URI: "sip:bob@127.0.0.3", From: "sip:ping@us.test"}
		r.Final = 5 * time.Second
		b.proxy.Originate(&r, func(o Outcome) { outcome, took = o, time.Since(started) })
		time.Sleep(time.Minute)
		expect(t, "sent", b.take(bob), "OPTIONS OPTIONS OPTIONS OPTIONS")
		if outcome.Status != 408 || !errors.Is(outcome.Err, transaction.ErrTimeout) || took.Round(time.Second) != 5*time.Second {
			t.Errorf("%+v after %v", outcome, took)
		}
	})
}

func TestOriginateWhere(t *testing.T) {
	for _, test := range []struct {
		name    string
		request OwnRequest
		uri     string
		routes  string
	}{
		{"the destination before all", OwnRequest{URI: "sip:x@nowhere.test", Destination: "sip:127.0.0.3", Routes: []string{"<sip:127.0.0.4;lr>"}},
			"sip:x@nowhere.test", "<sip:127.0.0.4;lr>"},
		{"a loose route", OwnRequest{URI: "sip:x@127.0.0.4", Routes: []string{"<sip:127.0.0.3;lr>", "<sip:p2.test;lr>"}},
			"sip:x@127.0.0.4", "<sip:127.0.0.3;lr> <sip:p2.test;lr>"},
		{"a strict route", OwnRequest{URI: "sip:x@127.0.0.4", Routes: []string{"<sip:127.0.0.3>", "<sip:p2.test;lr>"}},
			"sip:127.0.0.3", "<sip:p2.test;lr> <sip:x@127.0.0.4>"},
		{"a connection", OwnRequest{URI: "sip:x@127.0.0.4", Flow: wire.Flow{Transport: wire.UDP, Remote: bob}}, "sip:x@127.0.0.4", ""},
		{"headers stay out of the Request-URI", OwnRequest{URI: "sip:x@127.0.0.3?a=b"}, "sip:x@127.0.0.3", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			run(t, nil, func(b *bench) {
				test.request.Method, test.request.From = "BYE", "<sip:us.test>;tag=1"
				originate(b, test.request)
				sent := b.messages(bob)
				if len(sent) != 1 {
					t.Fatalf("%d requests", len(sent))
				}
				var routes []string
				for route := range sent[0].Values(sip.FieldRoute) {
					routes = append(routes, route.Text)
				}
				expect(t, "Request-URI", sent[0].RequestURI, test.uri)
				expect(t, "routes", strings.Join(routes, " "), test.routes)
			})
		})
	}
}

func TestOriginateRefuses(t *testing.T) {
	sound := OwnRequest{Method: "INFO", URI: "sip:bob@127.0.0.3", From: "<sip:us.test>"}
	for name, change := range map[string]func(*OwnRequest){
		"method":          func(r *OwnRequest) { r.Method = "IN FO" },
		"no method":       func(r *OwnRequest) { r.Method = "" },
		"line end in URI": func(r *OwnRequest) { r.To, r.URI = "sip:x.test", "sip:bob@127.0.0.3 SIP/2.0\r\nX: y" },
		"line in From":    func(r *OwnRequest) { r.From = "<sip:us.test>;tag=1\r\nX: y" },
		"line in a route": func(r *OwnRequest) { r.Routes = []string{"<sip:127.0.0.3;lr>\r\nX: y"} },
		"no line end":     func(r *OwnRequest) { r.Fields = "X: y" },
		"end of header":   func(r *OwnRequest) { r.Fields = "X: y\r\n\r\nINVITE" },
		"no field":        func(r *OwnRequest) { r.Fields = "hello\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(b *bench) {
				r := sound
				change(&r)
				if err := b.proxy.Originate(&r, nil); err == nil {
					t.Errorf("sent %q", b.messages(bob)[0].Text)
				}
				if _, clients := b.proxy.Transactions.Active(); clients != 0 {
					t.Error("a transaction stays")
				}
			})
		})
	}
	run(t, nil, func(b *bench) {
		r := sound
		r.URI = "mailto:bob@us.test"
		if err := b.proxy.Originate(&r, nil); !errors.Is(err, resolve.ErrScheme) {
			t.Errorf("mailto: %v", err)
		}
	})
}

func TestOriginateInvite(t *testing.T) {
	run(t, nil, func(b *bench) {
		outcomes := originate(b, OwnRequest{Method: "INVITE", URI: "sip:bob@127.0.0.3", From: "<sip:us.test>;tag=1", CSeq: 7, Fields: "Contact: <sip:us.test>\r\n"})
		invite := b.messages(bob)[0]
		b.answer(bob, invite, 180, "")
		answer := "Contact: <sip:bob@127.0.0.9>\r\nRecord-Route: <sip:p2.test;lr>, <sip:127.0.0.3;lr>\r\n"
		b.answer(bob, invite, 200, answer)
		b.answer(bob, invite, 200, answer)
		acks := b.messages(bob)
		if len(acks) != 2 || len(*outcomes) != 1 || (*outcomes)[0].Status != 200 {
			t.Fatalf("%d acknowledgements, outcomes %+v", len(acks), *outcomes)
		}
		ack := acks[0]
		expect(t, "ACK", strings.Replace(ack.Text, ack.Via.Branch, "B", 1), "ACK sip:bob@127.0.0.9 SIP/2.0\r\n"+
			"Via: SIP/2.0/UDP 127.0.0.1;branch=B\r\nRoute: <sip:127.0.0.3;lr>\r\nRoute: <sip:p2.test;lr>\r\nMax-Forwards: 70\r\n"+
			"From: <sip:us.test>;tag=1\r\nTo: <sip:bob@127.0.0.3>;tag=3\r\nCall-ID: "+invite.CallID()+"\r\nCSeq: 7 ACK\r\nContent-Length: 0\r\n\r\n")
		if ack.Via.Branch == invite.Via.Branch || ack.Via.Branch == acks[1].Via.Branch {
			t.Error("an ACK of a 2xx is a transaction of its own")
		}
	})
}

func TestLocalSeesOwnRequests(t *testing.T) {
	run(t, nil, func(b *bench) {
		b.proxy.Local = func(m *sip.Message, r *OwnRequest) {
			r.Edits.AppendField(m, "X-Ours: yes\r\n")
			r.Edits.InsertField(m, "X-First: yes\r\n")
			r.Destination = "sip:127.0.0.4;transport=tcp"
		}
		originate(b, OwnRequest{Method: "INFO", URI: "sip:bob@127.0.0.3", From: "<sip:us.test>;tag=1", CallID: "c", Body: "x", Fields: "Content-Type: a/b\r\n"})
		expect(t, "first hop", b.take(bob), "")
		m := b.messages(carol)[0]
		expect(t, "request", strings.Replace(m.Text, m.Via.Branch, "B", 1), "INFO sip:bob@127.0.0.3 SIP/2.0\r\n"+
			"Via: SIP/2.0/TCP 127.0.0.1;branch=B\r\nX-First: yes\r\nMax-Forwards: 70\r\nFrom: <sip:us.test>;tag=1\r\nTo: <sip:bob@127.0.0.3>\r\n"+
			"Call-ID: c\r\nCSeq: 1 INFO\r\nContent-Type: a/b\r\nContent-Length: 1\r\nX-Ours: yes\r\n\r\nx")
	})
}
