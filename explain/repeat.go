// Repetitions in words: which timer sent the same message again.
package explain

import (
	"fmt"
	"time"
)

func (t *telling) repeated() {
	after := t.afterText()
	status, method := t.sip.Status, t.sip.CSeq.Method
	switch {
	case t.origin != nil && t.origin.previous != nil && status >= 200 && status < 300 && method == "INVITE":
		t.say(RelayedResponse, t.name(t.from()), t.name(t.to()), t.branch())
	case t.origin != nil && t.origin.previous != nil && !t.stateful[t.from()]:
		t.say(RepeatedByStateless, t.name(t.from()))
	case t.sip.IsRequest() && t.sip.Method == "ACK":
		t.say(RepeatedAck, after)
	case t.sip.IsRequest() && t.sip.Method == "INVITE":
		t.say(RepeatedInvite, after)
	case t.sip.IsRequest():
		t.say(RepeatedRequest, after)
	case method == "INVITE" && status >= 300:
		t.say(RepeatedRefusal, after)
	case method == "INVITE" && status >= 200:
		t.say(RepeatedAnswer, after, t.name(t.from()))
	default:
		t.say(RepeatedResponse, after)
	}
}

// afterText is ", 500 ms after the last", or nothing where no times are known.
func (m *message) afterText() string {
	if m.arrow.Packet.Time.IsZero() || m.time() <= m.previous.time() {
		return ""
	}
	return ", " + duration(m.time()-m.previous.time()) + " after the last"
}

// duration is rounded as people read it.
func duration(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Round(10*time.Millisecond).Milliseconds())
	}
	return fmt.Sprintf("%.3g s", d.Round(10*time.Millisecond).Seconds())
}
