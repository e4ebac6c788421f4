// What becomes of a transaction, and whether that is accounted.
package acc

import (
	"slices"
	"strconv"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
)

// Watches a request that a flag marks, or may mark later.
func (a *accounting) Watches(m *module.Message) bool {
	return m.Flags&(a.logFlag|a.missedFlag|a.prepareFlag) != 0 || a.prepareAlways
}

// Answered accounts what went back to the caller: success, failure when a flag
// asks for it, early media when a parameter does.
func (a *accounting) Answered(m *module.Message, answer module.Answer) {
	if m.Flags&a.logFlag == 0 || m.Message.Method == "CANCEL" && !a.reportCancels {
		return
	}
	switch {
	case answer.Status < 200:
		if !a.earlyMedia || answer.Response == nil || answer.Response.Body == "" {
			return
		}
	case answer.Status >= 300:
		if m.Flags&a.failedFlag == 0 || slices.Contains(a.filter, answer.Status) {
			return
		}
	}
	a.log(&m.Context, a.eventOf("transaction answered", answer))
}

// Missed accounts an INVITE whose branches have all failed. The flag must be
// set again for the next attempt.
func (a *accounting) Missed(m *module.Message, answer module.Answer) {
	if m.Flags&a.missedFlag == 0 || m.Message.Method != "INVITE" {
		return
	}
	a.log(&m.Context, a.eventOf("call missed", answer))
	m.Flags &^= a.missedFlag
}

// Acknowledged accounts an ACK from end to end.
func (a *accounting) Acknowledged(request, ack *module.Message) {
	if !a.reportACK || ack.Flags&a.logFlag == 0 {
		return
	}
	e := event{title: "request acknowledged", toTag: ack.Message.ToTag()}
	if request != nil && request.Transaction != nil {
		e.code = strconv.Itoa(request.Transaction.Status())
	}
	a.log(&ack.Context, e)
}

// eventOf reads what there is to say of a response.
func (a *accounting) eventOf(title string, answer module.Answer) event {
	e := event{title: title, code: strconv.Itoa(answer.Status), reason: answer.Reason, toTag: answer.ToTag}
	if a.reasonFromField && answer.Response != nil {
		if reason, there := answer.Response.Lookup("Reason"); there {
			e.reason = reason
		}
	}
	return e
}

// ownTag is the To tag of an answer of ours.
func ownTag(c *script.Context) string {
	if tag := c.Message.ToTag(); tag != "" || !c.Message.IsRequest() {
		return tag
	}
	return proxy.LocalTag(c.Message)
}
