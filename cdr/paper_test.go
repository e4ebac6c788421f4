package cdr

import (
	"slices"
	"testing"
	"time"

	"viaduct/internal/siptest"
	"viaduct/wire"
)

// received gives the messages of a section of the paper as its proxy received
// them, one each second; what it sent itself the paper does not print.
func received(t *testing.T, section string) []wire.Packet {
	t.Helper()
	messages, err := siptest.ReadPaper(section)
	if err != nil {
		t.Fatal(err)
	}
	var packets []wire.Packet
	for i, m := range messages {
		packets = append(packets, wire.Packet{
			Time: epoch.Add(time.Duration(i) * time.Second),
			Flow: wire.Flow{Transport: wire.UDP, Local: siptest.PaperProxy, Remote: m.From},
			Text: m.Message.Text, Message: m.Message,
		})
	}
	return packets
}

// TestPaper: the four experiments, from nothing but what the paper prints.
func TestPaper(t *testing.T) {
	type figures struct {
		State    State
		Duration Milliseconds
		HungUp   Side
		Code     int
		Doubts   []DoubtKind
	}
	for section, want := range map[string]figures{
		"2.5-call-setup":               {Answered, Unknown, Nobody, 200, []DoubtKind{NotOnPath}},
		"2.6-cancelled-call":           {Cancelled, 0, Caller, 487, nil},
		"2.7-stateless-cancelled-call": {Cancelled, 0, Caller, 0, []DoubtKind{FinalMissing}},
		"3-record-routed-call":         {Ended, 6000, Callee, 200, nil},
	} {
		r := Of(received(t, section))
		got := figures{r.State, r.Duration, r.HungUp, r.Code, nil}
		for _, d := range r.Doubts {
			got.Doubts = append(got.Doubts, d.Kind)
		}
		if got.State != want.State || got.Duration != want.Duration || got.HungUp != want.HungUp || got.Code != want.Code || !slices.Equal(got.Doubts, want.Doubts) {
			t.Errorf("%s: got %+v, want %+v\n%s", section, got, want, r.AppendText(nil))
		}
		if r.From.URI != "sip:308@127.168.1.15" || r.To.URI != "sip:309@127.168.1.15" || r.Dialled != "sip:309@127.168.1.15" {
			t.Errorf("%s: %q called %q, dialled %q", section, r.From.URI, r.To.URI, r.Dialled)
		}
	}
}

// TestRecordRoutedCallIsProven: the length of the call of section 3 goes back to
// the 200, the ACK and the BYE.
func TestRecordRoutedCallIsProven(t *testing.T) {
	packets := received(t, "3-record-routed-call")
	r := Of(packets)
	for _, test := range []struct {
		field Field
		at    time.Time
		want  []Proof
	}{
		{FieldStart, r.Start, []Proof{{FieldStart, 0, "INVITE, CSeq 28826"}}},
		{FieldRing, r.Ring, []Proof{{FieldRing, 2, "180 to INVITE, CSeq 28826"}}},
		{FieldAnswer, r.Answer, []Proof{{FieldAnswer, 3, "200 to INVITE, CSeq 28826"}, {FieldAnswer, 4, "ACK, CSeq 28826"}}},
		{FieldEnd, r.End, []Proof{{FieldEnd, 9, "BYE, CSeq 52520"}, {FieldEnd, 10, "200 to BYE, CSeq 52520"}}},
	} {
		got := r.ProofsOf(test.field)
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: got %+v, want %+v", test.field, got, test.want)
			continue
		}
		if !test.at.Equal(packets[got[0].Packet].Time) {
			t.Errorf("%v: %v is not the time of message %d", test.field, test.at, got[0].Packet)
		}
	}
}

// TestAt: a call in progress grows; one that ended, or went past us, does not.
func TestAt(t *testing.T) {
	packets := received(t, "3-record-routed-call")
	now := epoch.Add(time.Hour)
	if going := Of(packets[:9]).At(now); going.SoFar != 3597_000 {
		t.Errorf("a call answered 3597 s ago shows %v", going.SoFar)
	}
	if ended := Of(packets).At(now); ended.SoFar != Unknown || ended.Duration != 6000 {
		t.Errorf("a call that ended shows %v and %v", ended.SoFar, ended.Duration)
	}
	if past := Of(received(t, "2.5-call-setup")).At(now); past.SoFar != Unknown {
		t.Errorf("a call that went past us shows %v", past.SoFar)
	}
}
