// Check: what the paper says of its messages behind the proxy.
package siptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"viaduct/sip"
)

// Relaying is how a script of the paper relays.
type Relaying struct {
	Stateless    bool // forward(): section 2.7
	RecordRoutes bool // section 3
	RouteTag     bool // ftag of Record-Route is that of the Route which led to the proxy, as with Kamailio, not that of From, as in the paper
}

// Check holds what arrived to the paper: a Via of the proxy on top of
// requests and none left on replies; Max-Forwards one less; the registered
// Contact as Request-URI; in section 3 one Record-Route with lr=on and ftag and
// no Route left; the proxy's CANCEL and ACK with the branch of its INVITE; and
// each other header field and the body byte for byte.
func (r *Replay) Check(t testing.TB, want Relaying) {
	t.Helper()
	for i, sent := range r.Sent {
		arrived := r.Relayed[i]
		switch {
		case arrived == nil:
		case sent.Method == "CANCEL" && !want.Stateless:
			r.checkOwnRequest(t, arrived)
		default:
			got, expected := Compare(sent, arrived), expectedChanges(sent, arrived, want)
			slices.Sort(got.Added) // the order of fields of different names means nothing (section 7.3.1)
			slices.Sort(expected.Added)
			if got.String() != expected.String() {
				t.Errorf("%s: changed\n%sand should be changed\n%s", sent.StartLine(), got, expected)
			}
		}
	}
	refused := slices.ContainsFunc(r.Callee, func(m *sip.Message) bool { return m.Method == "CANCEL" }) && !want.Stateless
	acks := 0
	for _, m := range r.Callee {
		if m.Method == "ACK" && refused {
			r.checkOwnRequest(t, m)
			acks++
		}
		if want.Stateless && m.Method == "CANCEL" && m.Via.Branch != r.invite().Via.Branch {
			t.Errorf("the CANCEL has branch %s, the INVITE %s", m.Via.Branch, r.invite().Via.Branch)
		}
	}
	if refused && acks != 1 {
		t.Errorf("%d ACKs of the proxy reached the callee, want one", acks)
	}
}

// invite gives the INVITE as it arrived at the callee.
func (r *Replay) invite() *sip.Message {
	for _, m := range r.Callee {
		if m.Method == "INVITE" && m.IsRequest() {
			return m
		}
	}
	return &sip.Message{}
}

// checkOwnRequest checks a CANCEL or an ACK that the proxy made itself
// (sections 9.1 and 17.1.1.3): all that ties it to the INVITE is the same, the
// Via first of all.
func (r *Replay) checkOwnRequest(t testing.TB, m *sip.Message) {
	t.Helper()
	invite := r.invite()
	vias := 0
	for range m.Values(sip.FieldVia) {
		vias++
	}
	if vias != 1 || m.Via != invite.Via {
		t.Errorf("%d Vias, the topmost %+v; the INVITE had %+v", vias, m.Via, invite.Via)
	}
	if m.RequestURI != invite.RequestURI || m.CallID() != invite.CallID() || m.FromTag() != invite.FromTag() || m.CSeq.Number != invite.CSeq.Number {
		t.Errorf("it does not belong to the INVITE:\n%s", m.Text)
	}
}

// expectedChanges gives what the proxy must have done. Of the Via it takes the
// branch from what arrived.
func expectedChanges(sent, arrived *sip.Message, want Relaying) Changes {
	first := sent.First(sip.FieldVia)
	if !sent.IsRequest() {
		return Changes{Removed: []string{sent.Text[first.Start:first.ValueEnd]}}
	}
	target := PaperCallee
	if sent.FromTag() != "" && sent.Via.Host == PaperCallee.Addr().String() {
		target = PaperCaller
	}
	var c Changes
	user, _, _ := strings.Cut(strings.TrimPrefix(sent.RequestURI, "sip:"), "@")
	if line := fmt.Sprintf("%s sip:%s@%v SIP/2.0", sent.Method, user, target.Addr()); line != sent.StartLine() {
		c.Removed = append(c.Removed, sent.StartLine())
		c.Added = append(c.Added, line)
	}
	if want.RecordRoutes {
		tag := sent.FromTag()
		if _, ftag, ok := strings.Cut(sent.Get(sip.FieldRoute), ";ftag="); ok && want.RouteTag {
			tag = strings.TrimSuffix(ftag, ">")
		}
		c.Added = append(c.Added, fmt.Sprintf("Record-Route: <sip:%v;lr=on;ftag=%s>", PaperProxy.Addr(), tag))
	}
	c.Added = append(c.Added, fmt.Sprintf("Via: SIP/2.0/UDP %v;branch=%s", PaperProxy.Addr(), arrived.Via.Branch))
	for i := range sent.Fields {
		f := &sent.Fields[i]
		line := sent.Text[f.Start:f.ValueEnd]
		switch f.Kind {
		case sip.FieldRoute:
			c.Removed = append(c.Removed, line)
		case sip.FieldMaxForwards:
			hops, _ := sent.MaxForwards()
			c.Removed = append(c.Removed, line)
			c.Added = append(c.Added, fmt.Sprintf("Max-Forwards: %d", hops-1))
		}
	}
	return c
}
