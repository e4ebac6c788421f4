// Fold: a call's line in the list, from its packets as they pass.
package store

import (
	"strings"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// folding is a call to which packets are added.
type folding struct {
	Call
	fromTag string // of the request that began it
	branch  string // of that request's topmost Via: its responses are what the caller sees; "": not known any more
	cseq    uint32
}

// readsText tells whether the message of a packet that was not parsed matters
// to the fold: what we relay says nothing new, what we answer does.
func (f *folding) readsText(text string) bool {
	return f.Method == "" || strings.HasPrefix(text, "SIP/2.0 ")
}

// add folds a packet in. Its message may be nil.
func (f *folding) add(p *wire.Packet, m *sip.Message) {
	f.Packets++
	if f.Started.IsZero() {
		f.Started = p.Time
	}
	f.Last = p.Time
	switch {
	case m == nil:
	case m.IsRequest():
		f.request(p, m)
	default:
		f.response(p, m)
	}
}

func (f *folding) request(p *wire.Packet, m *sip.Message) {
	switch {
	case f.Method == "" && m.Method != "ACK" && m.Method != "CANCEL":
		f.begin(p, m)
	case p.Outgoing:
	case m.Method == f.Method && m.ToTag() == "" && m.CSeq.Number > f.cseq && m.FromTag() == f.fromTag:
		f.again(m)
	case m.Method == "CANCEL" && f.Status == 0 && m.CSeq.Number == f.cseq:
		f.EndedBy = Caller
	case m.Method == "BYE" && f.Ended.IsZero():
		f.Ended, f.EndedBy = p.Time, Callee
		if m.FromTag() == f.fromTag {
			f.EndedBy = Caller
		}
	}
}

// begin takes what the first request says.
func (f *folding) begin(p *wire.Packet, m *sip.Message) {
	f.Method = strings.Clone(m.Method)
	f.From, f.Caller = address(m.Get(sip.FieldFrom))
	f.To, f.Callee = address(m.Get(sip.FieldTo))
	f.Dialled = strings.Clone(m.RequestURI)
	f.fromTag = strings.Clone(m.FromTag())
	if p.Outgoing {
		f.Target = p.Flow.Remote
	} else {
		f.Source = p.Flow.Remote
	}
	f.branch, f.cseq = strings.Clone(m.Via.Branch), m.CSeq.Number
}

// again is the caller's next attempt: with a password, or to another address
// after a redirection; of REGISTER the next refresh.
func (f *folding) again(m *sip.Message) {
	f.branch, f.cseq = strings.Clone(m.Via.Branch), m.CSeq.Number
	f.Status, f.Reason, f.EndedBy, f.Ended = 0, "", NoSide, time.Time{}
}

// address gives the URI of a From or To, and its user or host.
func address(value string) (uri, user string) {
	a, err := sip.ParseNameAddr(value)
	if err != nil {
		return strings.Clone(value), strings.Clone(value)
	}
	uri = strings.Clone(a.URI)
	parsed, err := sip.ParseURI(uri)
	switch {
	case err != nil:
		return uri, uri
	case parsed.User != "":
		return uri, sip.Unescape(parsed.User)
	}
	return uri, parsed.Host
}

func (f *folding) response(p *wire.Packet, m *sip.Message) {
	if m.Method != f.Method || m.CSeq.Number < f.cseq {
		return
	}
	if !p.Outgoing && m.Status > 100 && m.Status < 300 { // who rings or answers
		f.Target = p.Flow.Remote
	}
	if f.Method == "INVITE" && m.CSeq.Number != f.cseq { // a re-INVITE changes nothing here
		return
	}
	if isCallers := p.Outgoing != f.isOurs(); !isCallers || f.branch != "" && m.Via.Branch != f.branch {
		return
	}
	switch {
	case m.Status <= 100 || f.Status >= 200 && f.Status < 300:
	case m.Status < 200:
		if f.Ringing.IsZero() {
			f.Ringing = p.Time
		}
	case m.Status < 300 && f.Method == "INVITE":
		f.conclude(m)
		f.Answered, f.EndedBy = p.Time, NoSide
	default:
		f.conclude(m)
		f.Ended = p.Time
	}
}

// conclude notes a final response.
func (f *folding) conclude(m *sip.Message) {
	f.Status, f.Reason = m.Status, strings.Clone(m.Reason)
}

// isOurs tells that the call was begun by this server itself.
func (f *folding) isOurs() bool { return !f.Source.IsValid() }
