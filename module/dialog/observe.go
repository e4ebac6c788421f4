// What replies and requests make of a dialog.
package dialog

import (
	"viaduct/module"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
)

// Watches the INVITE that a dialog began with. dlg_flag makes one too.
func (d *Module) Watches(m *module.Message) bool {
	if !d.loaded {
		return false
	}
	request := m.Context.Message
	if w := workOf(&m.Context); w.dialog == nil && d.flag >= 0 && m.Flags&(1<<d.flag) != 0 && request.Method == "INVITE" && request.ToTag() == "" {
		d.begin(m)
	}
	return workOf(&m.Context).begun
}

// Missed is not the end: a failure route may find somebody else.
func (d *Module) Missed(*module.Message, module.Answer) {}

// Answered is what became of the INVITE.
func (d *Module) Answered(m *module.Message, answer module.Answer) {
	dialog := workOf(&m.Context).dialog
	switch {
	case answer.Status < 200:
		dialog.advance(Early)
	case answer.Status < 300:
		if dialog.advance(Answered) {
			d.start2xx(m, dialog, answer)
		}
	default:
		if dialog.State() < Answered && dialog.advance(Ended) {
			d.server.Table.countFailed()
			d.event("dialog:failed", m, answer)
			d.server.Table.remove(dialog)
		}
	}
}

// start2xx notes what the 2xx says of the callee.
func (d *Module) start2xx(m *module.Message, dialog *Dialog, answer module.Answer) {
	now := d.server.Now()
	cookie := d.cookie + "=" + dialog.cookie()
	if d.match == tagsOnly {
		cookie = ""
	}
	dialog.mu.Lock()
	dialog.started = now
	dialog.callee.tag = answer.ToTag
	if r := answer.Response; r != nil {
		dialog.callee.contact = uriOf(r.Get(sip.FieldContact))
		dialog.callee.routes = split(routes(r), len(dialog.caller.routes), cookie)
		if answer.Inbound != nil {
			dialog.callee.local = answer.Inbound.Flow
		}
	}
	end := now.Add(min(dialog.lifetime, seconds(d.noACK)))
	dialog.mu.Unlock()
	d.server.Table.wait(dialog, end)
	d.event("dialog:start", m, answer)
}

// Acknowledged: the ACK of a 2xx that came without our Route.
func (d *Module) Acknowledged(_, ack *module.Message) {
	if d.loaded {
		d.attachByTags(ack)
	}
}

// within takes a request within the dialog.
func (d *Module) within(m *module.Message, dialog *Dialog, upstream bool) {
	request := m.Context.Message
	d.readTimeout(m, dialog)
	switch {
	case request.Method == "ACK" && !upstream:
		d.confirm(dialog)
		return
	case request.Method == "ACK":
		return
	case request.Method == "BYE":
		d.close(dialog, m.Program, m)
		return
	}
	dialog.mu.Lock()
	side := &dialog.caller
	if upstream {
		side = &dialog.callee
	}
	side.cseq = max(side.cseq, request.CSeq.Number)
	if contact := uriOf(request.Get(sip.FieldContact)); contact != "" && (request.Method == "INVITE" || request.Method == "UPDATE") {
		side.contact = contact // a target refresh (section 12.2)
	}
	renews := dialog.state == Confirmed && !dialog.noReset
	end := d.server.Now().Add(dialog.lifetime)
	dialog.mu.Unlock()
	if renews {
		d.server.Table.wait(dialog, end)
	}
}

// confirm takes the ACK; from the answer on the lifetime counts.
func (d *Module) confirm(dialog *Dialog) {
	if dialog.State() == Answered && dialog.advance(Confirmed) {
		dialog.mu.Lock()
		end := dialog.started.Add(dialog.lifetime)
		dialog.mu.Unlock()
		d.server.Table.wait(dialog, end)
	}
}

// event runs an event route on the reply that made it, or on a message of our
// own when nobody has replied.
func (d *Module) event(name string, m *module.Message, answer module.Answer) {
	program := m.Program
	if program == nil {
		return
	}
	route := program.Find(syntax.EventRoute, name)
	if route == nil {
		return
	}
	w := workOf(&m.Context)
	if answer.Response == nil {
		d.runOwn(route, w.dialog)
		return
	}
	in := answer.Inbound
	if in == nil {
		in = &transport.Inbound{}
	}
	reply := module.NewReply(answer.Response, in, m.Proxy)
	reply.Transaction, reply.Origin, reply.AVPs, reply.Flags = m.Transaction, m, m.AVPs, m.Flags
	route.Run(&reply.Context)
}
