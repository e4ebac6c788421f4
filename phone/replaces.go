// Replaces: an INVITE that takes the place of a call (RFC 3891).
package phone

import (
	"strings"

	"viaduct/sip"
)

// replaced finds the call that an INVITE wants to replace: nil and 0 when it
// wants none, a status when it cannot have it (section 3).
func (p *Phone) replaced(m *sip.Message) (c *Call, status int) {
	value, ok := m.Lookup("Replaces")
	if !ok {
		return nil, 0
	}
	callID, params, _ := strings.Cut(value, ";")
	params = ";" + params
	to, ok1 := sip.Param(params, "to-tag")
	from, ok2 := sip.Param(params, "from-tag")
	if !ok1 || !ok2 {
		return nil, 400
	}
	_, earlyOnly := sip.Param(params, "early-only")
	for _, c := range p.calls {
		if c.key.callID != strings.TrimSpace(callID) || c.key.localTag != to {
			continue
		}
		d := c.dialogWith(from)
		switch {
		case d == nil:
		case c.state == Established && earlyOnly:
			return nil, 486
		case c.state == Established, c.state == Proceeding: // an early one only if we began it
			return c, 0
		}
	}
	return nil, 481
}

// replace answers in the place of another call, which ends.
func (c *Call) replace(other *Call) {
	c.take()
	other.hangup()
}
