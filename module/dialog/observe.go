// What the answers to an INVITE make of its dialog.
package dialog

import (
	"viaduct/module"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/transport"
)

// Watches the INVITE that a dialog began with, and requests that may change
// the target within one. dlg_flag makes a dialog too.
func (d *Module) Watches(m *module.Message) bool {
	if !d.loaded {
		return false
	}
	request := m.Context.Message
	if d.flag >= 0 && m.Flags&(1<<d.flag) != 0 && request.Method == "INVITE" && request.ToTag() == "" && attached(&m.Context) == nil {
		d.begin(m)
	}
	w := workIf(&m.Context)
	return w != nil && (w.begun != nil || w.inside != nil && refreshesTarget(request.Method))
}

// refreshesTarget tells the requests whose Contact, and that of their 2xx,
// replaces the remote target (RFC 3261 section 12.2, RFC 3311).
func refreshesTarget(method string) bool { return method == "INVITE" || method == "UPDATE" }

// Missed is not the end: a failure route may find somebody else.
func (d *Module) Missed(*module.Message, module.Answer) {}

// Answered is what became of the INVITE.
func (d *Module) Answered(m *module.Message, answer module.Answer) {
	w := workIf(&m.Context)
	switch dialog := w.begun; {
	case dialog == nil:
		if answer.Status/100 == 2 {
			w.inside.refresh(answer.Response, !w.fromUpstream)
		}
	case answer.Status < 200:
		d.server.Table.advance(dialog, Early)
	case answer.Status < 300:
		if d.server.Table.advance(dialog, Answered) {
			d.accept(dialog, answer)
			d.event("dialog:start", m, dialog, answer)
		}
	default:
		if dialog.State() < Answered && d.server.Table.advance(dialog, Ended) {
			d.server.Table.failed.Add(1)
			d.event("dialog:failed", m, dialog, answer)
			d.server.Table.remove(dialog)
		}
	}
}

// accept notes what the 2xx says of the callee. From here on the lifetime
// counts, but the ACK must come first.
func (d *Module) accept(dialog *Dialog, answer module.Answer) {
	now := d.server.Now()
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	dialog.started = now
	dialog.callee.tag = answer.ToTag
	if r := answer.Response; r != nil {
		dialog.callee.contact = uriOf(r.Get(sip.FieldContact))
		dialog.callee.routes = d.towards(routes(r), len(dialog.caller.routes), dialog)
	}
	if answer.Inbound != nil {
		dialog.callee.local = answer.Inbound.Flow
	}
	dialog.deadline = now.Add(min(dialog.lifetime, seconds(d.noACK)))
	d.server.Table.arm(dialog)
}

// refresh takes the Contact of one side as its new target.
func (d *Dialog) refresh(m *sip.Message, upstream bool) {
	if m == nil {
		return
	}
	if contact := uriOf(m.Get(sip.FieldContact)); contact != "" {
		d.mu.Lock()
		d.side(upstream).contact = contact
		d.mu.Unlock()
	}
}

// Acknowledged: the ACK of a 2xx that came without our Route.
func (d *Module) Acknowledged(_, ack *module.Message) {
	if d.loaded {
		d.attachByTags(ack)
	}
}

// event runs an event route on the reply that made it, or on a message of our
// own when nobody has replied.
func (d *Module) event(name string, m *module.Message, dialog *Dialog, answer module.Answer) {
	if m.Program == nil {
		return
	}
	route := m.Program.Find(syntax.EventRoute, name)
	switch {
	case route == nil:
		return
	case answer.Response == nil:
		d.runOwn(route, dialog)
		return
	}
	in := answer.Inbound
	if in == nil {
		in = new(transport.Inbound)
	}
	reply := module.NewReply(answer.Response, in, m.Proxy)
	reply.Transaction, reply.Origin, reply.AVPs, reply.Flags = m.Transaction, m, m.AVPs, m.Flags
	w := workIf(&m.Context)
	before := *w
	w.dialog, w.upstream = dialog, false
	route.Run(&reply.Context)
	w.dialog, w.upstream, m.Flags = before.dialog, before.upstream, reply.Flags
}
