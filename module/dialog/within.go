// What requests within a dialog make of it.
package dialog

import (
	"viaduct/module"
)

// within takes a request within the dialog, once.
func (d *Module) within(m *module.Message, dialog *Dialog, upstream bool) {
	request := m.Context.Message
	switch request.Method {
	case "ACK":
		if !upstream {
			d.confirm(dialog)
		}
		return
	case "CANCEL":
		return
	case "BYE":
		if dialog.State() >= Answered { // before, the INVITE is still answered
			d.close(dialog, m.Program, m)
		}
		return
	}
	timeout := d.wantedTimeout(m)
	if refreshesTarget(request.Method) {
		dialog.refresh(request, upstream)
	}
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	side := dialog.side(upstream)
	side.cseq = max(side.cseq, request.CSeq.Number)
	if timeout > 0 {
		dialog.lifetime = seconds(timeout)
	}
	if dialog.state == Confirmed && !dialog.noReset {
		dialog.deadline = d.server.Now().Add(dialog.lifetime)
		d.server.Table.arm(dialog)
	}
}

// confirm takes the ACK.
func (d *Module) confirm(dialog *Dialog) {
	if dialog.State() != Answered || !d.server.Table.advance(dialog, Confirmed) {
		return
	}
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	dialog.deadline = dialog.started.Add(dialog.lifetime)
	d.beginPings(dialog)
	d.server.Table.arm(dialog)
}

// wantedTimeout gives the lifetime that the script has put into timeout_avp,
// in seconds; 0 for none.
func (d *Module) wantedTimeout(m *module.Message) int {
	if d.timeoutAVP == nil {
		return 0
	}
	return int(d.timeoutAVP.Eval(&m.Context).AsInt())
}

// setLifetime gives a dialog so many seconds from now on.
func (d *Module) setLifetime(dialog *Dialog, n int) {
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	dialog.lifetime = seconds(n)
	if dialog.state == Confirmed {
		dialog.deadline = d.server.Now().Add(dialog.lifetime)
		d.server.Table.arm(dialog)
	}
}
