// The end of a dialog: a BYE of the parties, ours to both, or its time is over.
package dialog

import (
	"fmt"
	"time"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// grace is the time that a dialog has left when its ACK does not come, as
// Kamailio gives it.
const grace = 10 * time.Second

// close ends a dialog, once: it counts no more, and event_route[dialog:end] of
// p runs, on the BYE if there is one. It stays known for a while, for what
// comes late.
func (d *Module) close(dialog *Dialog, p *script.Program, bye *module.Message) bool {
	if !dialog.advance(Ended) {
		return false
	}
	d.server.Table.leaveAll(dialog)
	d.server.Table.wait(dialog, d.server.Now().Add(seconds(d.ended)))
	route := p.Find(syntax.EventRoute, "dialog:end")
	switch {
	case route == nil:
	case bye != nil:
		route.Run(&bye.Context)
	default:
		d.runOwn(route, dialog)
	}
	return true
}

// runOwn runs a route about a dialog on a message that stands for it: OPTIONS
// with its Call-ID, From and To.
func (d *Module) runOwn(route *script.Route, dialog *Dialog) {
	standIn := standIn(dialog)
	d.server.Run(route, func(m *module.Message) {
		if standIn != nil {
			m.Context.Message, m.URI = standIn, standIn.RequestURI
		}
		m.Keep(workKey{}, &work{dialog: dialog})
	})
}

// standIn makes that message; nil when the addresses make none.
func standIn(dialog *Dialog) *sip.Message {
	dialog.mu.Lock()
	text := fmt.Sprintf("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=%s.dialog\r\nMax-Forwards: 70\r\n"+
		"From: <%s>;tag=%s\r\nTo: <%s>%s\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", dialog.dialled, sip.MagicCookie,
		dialog.caller.uri, dialog.caller.tag, dialog.callee.uri, tagOf(dialog.callee.tag), dialog.callID)
	dialog.mu.Unlock()
	m, err := sip.Parse(text)
	if err != nil {
		return nil
	}
	return m
}

func tagOf(tag string) string {
	if tag == "" {
		return ""
	}
	return ";tag=" + tag
}

// tick ends what has waited too long.
func (d *Module) tick(p *script.Program, now time.Time) {
	if !d.loaded {
		return
	}
	for _, dialog := range d.server.Table.due(now) {
		switch dialog.State() {
		case Unconfirmed, Early, Ended:
			d.server.Table.remove(dialog)
		case Answered:
			d.withoutACK(p, dialog, now)
		case Confirmed:
			d.expire(p, dialog)
		}
	}
}

// withoutACK gives a call whose ACK does not come a little time more.
func (d *Module) withoutACK(p *script.Program, dialog *Dialog, now time.Time) {
	dialog.mu.Lock()
	first := !dialog.noACK && now.Before(dialog.started.Add(dialog.lifetime))
	dialog.noACK = true
	dialog.mu.Unlock()
	if first {
		d.server.Table.wait(dialog, now.Add(grace))
		return
	}
	d.expire(p, dialog)
}

// expire ends a call whose lifetime is over: the script's route hears of it
// first, and BYE goes to both sides where that is asked for.
func (d *Module) expire(p *script.Program, dialog *Dialog) {
	dialog.mu.Lock()
	name, bye := dialog.timeoutRoute, dialog.timeoutBye
	dialog.mu.Unlock()
	if name != "" {
		if route := p.Find(syntax.RequestRoute, name); route != nil {
			d.runOwn(route, dialog)
		}
	}
	d.server.Table.countExpired()
	if bye {
		d.hangUp(dialog, toBoth, nil)
	}
	d.close(dialog, p, nil)
}

// sides is who gets our BYE.
type sides uint8

const (
	toCaller sides = 1 << iota
	toCallee
	toBoth = toCaller | toCallee
)

// hangUp sends BYE within an answered dialog, as if it came from the other side
// (RFC 3261 section 15.1). It gives false when none could be sent.
func (d *Module) hangUp(dialog *Dialog, who sides, m *module.Message) (sent bool) {
	if state := dialog.State(); state != Answered && state != Confirmed {
		return false
	}
	dialog.mu.Lock()
	var requests []*proxy.OwnRequest
	if who&toCaller != 0 {
		requests = append(requests, d.bye(dialog.callID, &dialog.callee, &dialog.caller, d.fields))
	}
	if who&toCallee != 0 {
		requests = append(requests, d.bye(dialog.callID, &dialog.caller, &dialog.callee, d.fields+d.calleeFields))
	}
	dialog.mu.Unlock()
	for _, r := range requests {
		if m != nil {
			r.Inbound = m.Inbound
		}
		if r.URI != "" && d.server.Proxy.Originate(r, nil) == nil {
			sent = true
		}
	}
	return sent
}

// bye makes the request from one side to the other; the lock is held.
func (d *Module) bye(callID string, from, to *leg, fields string) *proxy.OwnRequest {
	from.cseq++
	return &proxy.OwnRequest{
		Method: "BYE", URI: to.contact, CallID: callID, CSeq: from.cseq, Routes: to.routes, Fields: fields,
		From: "<" + from.uri + ">;tag=" + from.tag, To: "<" + to.uri + ">;tag=" + to.tag,
		SendFrom: wire.Flow{Transport: to.local.Transport, Local: to.local.Local},
	}
}

// bindBye binds dlg_bye("caller" | "callee" | "all").
func (d *Module) bindBye(args []script.Arg) (script.Action, error) {
	which, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	who, ok := map[string]sides{"caller": toCaller, "callee": toCallee, "all": toBoth, "both": toBoth}[which]
	if !ok {
		return nil, &script.ArgError{Index: 0, Msg: "there is no such side of a dialog", Hint: `"caller", "callee" or "all"`}
	}
	return func(c *script.Context) int {
		dialog := workOf(c).dialog
		if dialog == nil || !d.hangUp(dialog, who, module.Of(c)) {
			return -1
		}
		if who == toBoth {
			d.close(dialog, c.Program, nil)
		}
		return 1
	}, nil
}
