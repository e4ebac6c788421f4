// Which dialog a message belongs to: one begins with dlg_manage() or dlg_flag,
// and later requests are known by the cookie in our Route or by their tags.
package dialog

import (
	"slices"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// work is what a message knows of its dialog, and what the script has set
// before there was one.
type work struct {
	dialog   *Dialog // at hand: its own, or the one that dlg_get has found
	upstream bool

	begun        *Dialog // the one that began with this INVITE
	inside       *Dialog // the one that this request was sent within
	fromUpstream bool

	wishes
	timeout int          // seconds, 0: not set
	pending []membership // profiles that the coming dialog shall enter
}

type workKey struct{}

// workIf gives it, nil when there is none; a reply shares that of its request.
func workIf(c *script.Context) *work {
	m := module.Of(c)
	if m.Origin != nil {
		m = m.Origin
	}
	w, _ := m.Kept(workKey{}).(*work)
	return w
}

// workOf gives it, made when there is none.
func workOf(c *script.Context) *work {
	w := workIf(c)
	if w == nil {
		m := module.Of(c)
		if m.Origin != nil {
			m = m.Origin
		}
		w = new(work)
		m.Keep(workKey{}, w)
	}
	return w
}

// attached gives the dialog that a message was tied to, or nil.
func attached(c *script.Context) *Dialog {
	if w := workIf(c); w != nil {
		return w.dialog
	}
	return nil
}

// current gives the dialog of a message: the one it was tied to, else by
// Call-ID and tags; or nil.
func (d *Module) current(c *script.Context) *Dialog {
	dialog, _ := d.lookUp(c)
	return dialog
}

func (d *Module) lookUp(c *script.Context) (dialog *Dialog, upstream bool) {
	if w := workIf(c); w != nil && w.dialog != nil {
		return w.dialog, w.upstream
	}
	return d.server.Table.find(c.Message.CallID(), c.Message.FromTag(), c.Message.ToTag())
}

// manage is dlg_manage.
func (d *Module) manage(c *script.Context) int {
	m := module.Of(c)
	switch {
	case c.Message.ToTag() != "":
		d.attachByTags(m)
		return 1
	case c.Message.Method != "INVITE", attached(c) != nil:
		return -1
	}
	d.begin(m)
	return 1
}

// begin makes the dialog of an INVITE, unless it comes by for a second time.
func (d *Module) begin(m *module.Message) {
	w := workOf(&m.Context)
	if d.spirals {
		invite := m.Context.Message
		if known, _ := d.server.Table.find(invite.CallID(), invite.FromTag(), ""); known != nil && known.State() < Answered {
			w.dialog = known
			d.addCookie(m, known)
			return
		}
	}
	dialog := d.fromInvite(m, w)
	w.dialog, w.begun = dialog, dialog
	d.server.Table.add(dialog, d.numbers)
	for _, in := range w.pending {
		d.server.Table.enter(dialog, in)
	}
	d.server.Table.wait(dialog, d.server.Now().Add(seconds(d.early)))
	d.addCookie(m, dialog)
	m.AtEnd(func() { d.abandon(m, dialog) })
}

// fromInvite reads what the INVITE and the script say of a dialog.
func (d *Module) fromInvite(m *module.Message, w *work) *Dialog {
	invite := m.Context.Message
	dialog := &Dialog{
		callID: invite.CallID(), dialled: invite.RequestURI, state: Unconfirmed, lifetime: seconds(d.lifetime), wishes: w.wishes,
		caller: leg{
			uri: uriOf(invite.Get(sip.FieldFrom)), tag: invite.FromTag(), contact: uriOf(invite.Get(sip.FieldContact)),
			routes: routes(invite), cseq: invite.CSeq.Number, local: m.Flow,
		},
		callee: leg{uri: uriOf(invite.Get(sip.FieldTo))},
	}
	dialog.timeoutBye = dialog.timeoutBye || d.sendBye
	dialog.noReset = dialog.noReset || d.noReset
	if w.timeout > 0 {
		dialog.lifetime = seconds(w.timeout)
	}
	if n := d.wantedTimeout(m); n > 0 {
		dialog.lifetime = seconds(n)
	}
	return dialog
}

// abandon forgets a dialog whose INVITE went nowhere: it was answered without
// a transaction, or not at all. Of what was relayed the answer is still to come.
func (d *Module) abandon(m *module.Message, dialog *Dialog) {
	relayed := m.Transaction != nil && (m.Transaction.Branches() > 0 || !m.Transaction.IsAnswered())
	if !relayed && dialog.State() == Unconfirmed {
		d.server.Table.remove(dialog)
	}
}

// addCookie adds the dialog's number to our Record-Route, if there will be one.
func (d *Module) addCookie(m *module.Message, dialog *Dialog) {
	if d.match == tagsOnly {
		return
	}
	// A transaction may hold the old one by now: it is never changed.
	rr := proxy.RecordRoute{Unasked: true}
	if m.RecordRoute != nil {
		rr = *m.RecordRoute
	}
	rr.Params += ";" + d.cookie + "=" + dialog.cookie()
	m.RecordRoute = &rr
}

// routes gives the Record-Route values of a message, in their order.
func routes(m *sip.Message) (all []string) {
	for value := range m.Values(sip.FieldRecordRoute) {
		all = append(all, value.Text)
	}
	return all
}

// Followed finds the dialog of a request that our Route has led here.
func (d *Module) Followed(m *module.Message, params string, _ bool) {
	if !d.loaded || m.Context.Message.ToTag() == "" {
		return
	}
	request := m.Context.Message
	if cookie, ok := sip.Param(params, d.cookie); ok && d.match != tagsOnly {
		if found := d.server.Table.byCookie(cookie); found != nil && found.callID == request.CallID() {
			if ok, upstream := found.isOf(request.FromTag(), request.ToTag()); ok {
				d.attach(m, found, upstream)
				return
			}
		}
	}
	if d.match != cookieOnly {
		d.attachByTags(m)
	}
}

// attachByTags ties a request to its dialog by Call-ID and tags.
func (d *Module) attachByTags(m *module.Message) {
	if w := workIf(&m.Context); w != nil && w.inside != nil {
		return
	}
	request := m.Context.Message
	if found, upstream := d.server.Table.find(request.CallID(), request.FromTag(), request.ToTag()); found != nil {
		d.attach(m, found, upstream)
	}
}

// attach ties a request to its dialog, once.
func (d *Module) attach(m *module.Message, found *Dialog, upstream bool) {
	w := workOf(&m.Context)
	if w.inside != nil {
		return
	}
	w.dialog, w.upstream, w.inside, w.fromUpstream = found, upstream, found, upstream
	d.within(m, found, upstream)
}

// isKnown is is_known_dlg.
func (d *Module) isKnown(c *script.Context) int { return module.Bool(d.current(c) != nil) }

// bindGet binds dlg_get(callid, ftag, ttag): the dialog at hand is another one
// from here on.
func (d *Module) bindGet(args []script.Arg) (script.Action, error) {
	callID, fromTag, toTag := module.Text(args[0]), module.Text(args[1]), module.Text(args[2])
	return func(c *script.Context) int {
		found, upstream := d.server.Table.find(callID(c), fromTag(c), toTag(c))
		if found == nil {
			return -1
		}
		w := workOf(c)
		w.dialog, w.upstream = found, upstream
		return 1
	}, nil
}

// towards gives of the Record-Route values of a 2xx those between us and the
// callee, the next hop first. The last ones lie on the caller's side of us, and
// before these stand ours.
func (d *Module) towards(all []string, callers int, dialog *Dialog) []string {
	end := max(len(all)-callers, 0)
	for end > 0 && d.isOurs(all[end-1], dialog) {
		end--
	}
	to := slices.Clone(all[:end])
	slices.Reverse(to)
	return to
}

// isOurs knows our Record-Route by its host, or by the cookie.
func (d *Module) isOurs(value string, dialog *Dialog) bool {
	uri, err := sip.ParseURI(uriOf(value))
	if err != nil {
		return false
	}
	cookie, ok := uri.Param(d.cookie)
	return ok && cookie == dialog.cookie() || d.server.Myself(uri.Host, uri.Port, wire.NoTransport)
}
