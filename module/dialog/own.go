// Requests of ours to the parties, each as if it came from the other one: BYE,
// and OPTIONS that ask whether it is still there.
package dialog

import (
	"time"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/wire"
)

// sides is who gets a request of ours.
type sides uint8

const (
	caller sides = 1 << iota
	callee
	both = caller | callee
)

// hangUp sends BYE within an answered dialog, to the caller first (RFC 3261
// section 15.1). It gives false when none could be sent.
func (d *Module) hangUp(dialog *Dialog, who sides, m *module.Message) (sent bool) {
	if state := dialog.State(); state != Answered && state != Confirmed {
		return false
	}
	for _, to := range []sides{caller, callee} {
		if who&to != 0 && d.send("BYE", dialog, to, m, nil) {
			sent = true
		}
	}
	return sent
}

// send sends a request to one side. m is the message at hand, whose reader
// goes on when the next hop must be asked for; nil for none.
func (d *Module) send(method string, dialog *Dialog, side sides, m *module.Message, done func(proxy.Outcome)) bool {
	r := d.request(method, dialog, side)
	if m != nil {
		r.Inbound = m.Inbound
	}
	return r.URI != "" && d.server.Proxy.Originate(r, done) == nil
}

// request makes it (section 12.2.1.1). OPTIONS repeats the last number of CSeq,
// so that the parties' own requests are not taken for old ones.
func (d *Module) request(method string, dialog *Dialog, side sides) *proxy.OwnRequest {
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	from, to, fields := &dialog.callee, &dialog.caller, d.fields
	if side == callee {
		from, to, fields = to, from, d.fields+d.calleeFields
	}
	if method == "BYE" {
		from.cseq++
	}
	return &proxy.OwnRequest{
		Method: method, URI: to.contact, CallID: dialog.callID, CSeq: from.cseq, Routes: to.routes, Fields: fields,
		From: "<" + from.uri + ">;tag=" + from.tag, To: "<" + to.uri + ">;tag=" + to.tag,
		SendFrom: wire.Flow{Transport: to.local.Transport, Local: to.local.Local},
	}
}

// beginPings has the first keep-alive sent after a while, if any is wanted and
// none is due yet; the lock is held.
func (d *Module) beginPings(dialog *Dialog) {
	if dialog.ping != 0 && d.pingInterval > 0 && dialog.nextPing.IsZero() && dialog.state == Confirmed {
		dialog.nextPing = d.server.Now().Add(seconds(d.pingInterval))
	}
}

// keepAlive asks the sides that the script wants to be asked.
func (d *Module) keepAlive(dialog *Dialog) {
	dialog.mu.Lock()
	who := dialog.ping
	dialog.mu.Unlock()
	for _, side := range []sides{caller, callee} {
		if who&side != 0 {
			d.send("OPTIONS", dialog, side, nil, func(o proxy.Outcome) { d.heard(dialog, side, o.Status) })
		}
	}
}

// heard takes the answer to a keep-alive. Any will do, but that the call is not
// known, or none at all.
func (d *Module) heard(dialog *Dialog, side sides, status int) {
	dialog.mu.Lock()
	defer dialog.mu.Unlock()
	to := dialog.side(side == callee)
	if status != 408 && status != 481 {
		to.silent = 0
		return
	}
	to.silent++
	if end := d.server.Now().Add(grace); to.silent >= d.pingLimit && dialog.state == Confirmed && end.Before(dialog.deadline) {
		dialog.deadline, dialog.nextPing = end, time.Time{}
		d.server.Table.arm(dialog)
	}
}
