// The end of a dialog: a BYE of the parties, ours, or its time is over.
package dialog

import (
	"fmt"
	"time"

	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
)

// grace is the time that a dialog has left when its ACK does not come, or one
// side is not there any more, as Kamailio gives it.
const grace = 10 * time.Second

// close ends a dialog, once: it counts no more, and event_route[dialog:end] of
// p runs, on the BYE if there is one. It stays known for a while, for what
// comes late.
func (d *Module) close(dialog *Dialog, p *script.Program, bye *module.Message) {
	if !d.server.Table.advance(dialog, Ended) {
		return
	}
	d.server.Table.leaveAll(dialog)
	dialog.mu.Lock()
	dialog.nextPing = time.Time{}
	dialog.deadline = d.server.Now().Add(seconds(d.ended))
	d.server.Table.arm(dialog)
	dialog.mu.Unlock()
	route := p.Find(syntax.EventRoute, "dialog:end")
	switch {
	case route == nil:
	case bye != nil:
		route.Run(&bye.Context)
	default:
		d.runOwn(route, dialog)
	}
}

// runOwn runs a route about a dialog on a message that stands for it.
func (d *Module) runOwn(route *script.Route, dialog *Dialog) {
	standIn, err := sip.Parse(dialog.standIn())
	d.server.Run(route, func(m *module.Message) {
		if err == nil {
			m.Context.Message, m.URI = standIn, standIn.RequestURI
		}
		m.Keep(workKey{}, &work{dialog: dialog})
	})
}

// standIn writes that message: OPTIONS with the dialog's Call-ID, From and To.
// The addresses may be such that they make none.
func (d *Dialog) standIn() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	to := "<" + d.callee.uri + ">"
	if d.callee.tag != "" {
		to += ";tag=" + d.callee.tag
	}
	return fmt.Sprintf("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=%sdialog\r\nMax-Forwards: 70\r\n"+
		"From: <%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		d.dialled, sip.MagicCookie, d.caller.uri, d.caller.tag, to, d.callID)
}

// tick looks at the dialogs whose time has come; also at those that another
// script began, which had this module.
func (d *Module) tick(p *script.Program, now time.Time) {
	d.server.Table.expireRemote(now)
	for _, dialog := range d.server.Table.due(now) {
		d.lookAt(dialog, p, now)
	}
}

func (d *Module) lookAt(dialog *Dialog, p *script.Program, now time.Time) {
	dialog.mu.Lock()
	over, state := !dialog.deadline.After(now), dialog.state
	ping := !over && !dialog.nextPing.IsZero() && !dialog.nextPing.After(now)
	if state == Answered && over && !dialog.noACK && now.Before(dialog.started.Add(dialog.lifetime)) {
		dialog.noACK, over = true, false
		dialog.deadline = now.Add(grace)
	}
	if ping {
		dialog.nextPing = now.Add(seconds(d.pingInterval))
	}
	if !over {
		d.server.Table.arm(dialog)
	}
	dialog.mu.Unlock()
	switch {
	case ping:
		d.keepAlive(dialog)
	case !over:
	case state == Answered || state == Confirmed:
		d.expire(dialog, p)
	default:
		d.server.Table.remove(dialog)
	}
}

// expire ends a call whose lifetime is over: the script's route hears of it
// first and may give it more time, then BYE goes to both sides where that is
// asked for.
func (d *Module) expire(dialog *Dialog, p *script.Program) {
	dialog.mu.Lock()
	name, bye, before := dialog.timeoutRoute, dialog.timeoutBye, dialog.deadline
	dialog.mu.Unlock()
	if name != "" {
		if route := p.Find(syntax.RequestRoute, name); route != nil {
			d.runOwn(route, dialog)
		}
	}
	dialog.mu.Lock()
	more := dialog.deadline.After(before)
	dialog.mu.Unlock()
	if more {
		return
	}
	d.server.Table.expired.Add(1)
	if bye {
		d.hangUp(dialog, both, nil)
	}
	d.close(dialog, p, nil)
}
