package proxy

import (
	"testing"
	"testing/synctest"

	"viaduct/sip"
	"viaduct/transport"
)

// A branch may ask for a Record-Route that the others do not have.
func TestRecordRouteOfABranch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Target{URI: "sip:bob@127.0.0.3"}, Target{URI: "sip:carol@127.0.0.4"})
		defer b.close()
		b.rr = &RecordRoute{Params: ";lr"}
		b.hooks = branchHook{func(branch *Branch) {
			if branch.Index == 1 {
				branch.RecordRoute = &RecordRoute{Params: ";lr;nat=yes"}
			}
		}}
		m, err := sip.Parse("INVITE sip:bob@us.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK1\r\n" +
			"From: <sip:a@us.test>;tag=a\r\nTo: <sip:bob@us.test>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		b.receive(caller, m)
		if got := b.messages(bob)[0].Get(sip.FieldRecordRoute); got != "<sip:127.0.0.1;lr>" {
			t.Errorf("to bob: %s", got)
		}
		if got := b.messages(carol)[0].Get(sip.FieldRecordRoute); got != "<sip:127.0.0.1;lr;nat=yes>" {
			t.Errorf("to carol: %s", got)
		}
	})
}

// branchHook sees branches and lets all else be.
type branchHook struct{ see func(*Branch) }

func (h branchHook) Branch(b *Branch) bool                  { h.see(b); return true }
func (branchHook) Reply(*Branch, *Response) bool            { return true }
func (branchHook) Failure(*Context, int)                    {}
func (branchHook) BranchFailed(*Branch, *transport.Inbound) {}
func (branchHook) KeepsReplies() bool                       { return false }
func (branchHook) Answered(*Context, Answer)                {}
