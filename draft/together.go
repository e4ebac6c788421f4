// Together: what messages that go one after the other owe to each other.
package draft

import (
	"fmt"
	"strings"

	"viaduct/sip"
)

// CheckTogether gives what is wrong with the last of several messages as
// regards those before it: a CANCEL, and the ACK of an INVITE that the CANCEL
// ended, repeat what names the INVITE.
func CheckTogether(before []string, last string) []Fault {
	m, err := sip.Parse(last)
	if err != nil || !m.IsRequest() || m.Method != "CANCEL" && m.Method != "ACK" {
		return nil
	}
	invite, cancelled := inviteBefore(before, m)
	if invite == nil || m.Method == "ACK" && !cancelled {
		return nil // the ACK of a 2xx is a transaction of its own
	}
	rule := CancelMatches
	if m.Method == "ACK" {
		rule = AckMatches
	}
	h := scan(last)
	var faults []Fault
	differs := func(kind sip.FieldKind, what, has, had string) {
		if has == had {
			return
		}
		line := 1
		if f := h.first(kind); f != nil {
			line = f.line
		}
		faults = append(faults, Fault{Rule: rule, Line: line, Text: fmt.Sprintf("%s is %s, but %s in the INVITE", what, has, had)})
	}
	differs(sip.FieldOther, "the Request-URI", m.RequestURI, invite.RequestURI)
	differs(sip.FieldVia, "the branch of Via", m.Via.Branch, invite.Via.Branch)
	differs(sip.FieldFrom, "the tag of From", m.FromTag(), invite.FromTag())
	if m.Method == "CANCEL" {
		differs(sip.FieldTo, "To", m.Get(sip.FieldTo), invite.Get(sip.FieldTo))
	}
	differs(sip.FieldCSeq, "the number of CSeq", fmt.Sprint(m.CSeq.Number), fmt.Sprint(invite.CSeq.Number))
	return faults
}

// inviteBefore gives the last INVITE of the same call, and whether a CANCEL of
// it came behind it.
func inviteBefore(before []string, m *sip.Message) (invite *sip.Message, cancelled bool) {
	for _, text := range before {
		earlier, err := sip.Parse(text)
		if err != nil || !earlier.IsRequest() || !strings.EqualFold(earlier.CallID(), m.CallID()) {
			continue
		}
		switch earlier.Method {
		case "INVITE":
			invite, cancelled = earlier, false
		case "CANCEL":
			cancelled = true
		}
	}
	return invite, cancelled
}
