// dlg_manage: a dialog begins with its INVITE; requests within one are known
// by the cookie in our Route, or by their tags.
package dialog

import (
	"slices"
	"strings"

	"viaduct/module"
	"viaduct/proxy"
	"viaduct/script"
	"viaduct/sip"
)

// work is what a message knows of its dialog, and what the script has set
// before there was one.
type work struct {
	dialog    *Dialog
	upstream  bool
	begun     bool // this message is the INVITE that the dialog began with
	variables map[string]string
	flags     uint32

	timeout      int // seconds, 0: not set
	timeoutBye   bool
	timeoutRoute string
}

type workKey struct{}

// workOf gives it; a reply shares that of its request.
func workOf(c *script.Context) *work {
	m := module.Of(c)
	if m.Kept(workKey{}) == nil && m.Origin != nil {
		m = m.Origin
	}
	w, ok := m.Kept(workKey{}).(*work)
	if !ok {
		w = &work{}
		m.Keep(workKey{}, w)
	}
	return w
}

// manage is dlg_manage.
func (d *Module) manage(c *script.Context) int {
	m := module.Of(c)
	switch {
	case c.Message.ToTag() != "":
		return module.Bool(d.attachByTags(m))
	case c.Message.Method != "INVITE":
		return -1
	case workOf(c).dialog != nil:
		return 1
	}
	d.begin(m)
	return 1
}

// begin makes the dialog of an INVITE, unless it comes by for a second time.
func (d *Module) begin(m *module.Message) {
	w := workOf(&m.Context)
	invite := m.Context.Message
	if d.spirals {
		if known, _ := d.server.Table.find(invite.CallID(), invite.FromTag(), ""); known != nil && known.State() < Answered {
			w.dialog = known
			return
		}
	}
	dialog := &Dialog{
		callID: invite.CallID(), dialled: invite.RequestURI, state: Unconfirmed, lifetime: seconds(d.lifetime),
		flags: w.flags, variables: w.variables, timeoutRoute: w.timeoutRoute,
		timeoutBye: w.timeoutBye || d.sendBye, noReset: d.noReset,
		caller: leg{
			uri: uriOf(invite.Get(sip.FieldFrom)), tag: invite.FromTag(), contact: uriOf(invite.Get(sip.FieldContact)),
			routes: routes(invite), cseq: invite.CSeq.Number, local: m.Flow,
		},
		callee: leg{uri: uriOf(invite.Get(sip.FieldTo))},
	}
	if w.timeout > 0 {
		dialog.lifetime = seconds(w.timeout)
	}
	d.readTimeout(m, dialog)
	w.dialog, w.begun = dialog, true
	d.server.Table.add(dialog)
	d.server.Table.wait(dialog, d.server.Now().Add(seconds(d.early)))
	if d.match != tagsOnly {
		addCookie(m, ";"+d.cookie+"="+dialog.cookie())
	}
	m.AtEnd(func() { d.abandon(m, dialog) })
}

// abandon forgets a dialog whose INVITE went nowhere: it was answered without
// the transaction, or not at all.
func (d *Module) abandon(m *module.Message, dialog *Dialog) {
	if dialog.State() == Unconfirmed && (m.Transaction == nil || m.Transaction.IsAnswered()) {
		d.server.Table.remove(dialog)
	}
}

// addCookie adds to our Record-Route, if there will be one.
func addCookie(m *module.Message, param string) {
	// A transaction may hold the old one by now: it is never changed.
	rr := proxy.RecordRoute{Unasked: true}
	if m.RecordRoute != nil {
		rr = *m.RecordRoute
	}
	rr.Params += param
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
	invite := m.Context.Message
	if cookie, ok := sip.Param(params, d.cookie); ok && d.match != tagsOnly {
		if found := d.server.Table.byCookie(cookie); found != nil {
			if ok, upstream := found.isOf(invite.CallID(), invite.FromTag(), invite.ToTag()); ok {
				d.attach(m, found, upstream)
				return
			}
		}
	}
	if d.match != cookieOnly {
		d.attachByTags(m)
	}
}

func (d *Module) attachByTags(m *module.Message) bool {
	request := m.Context.Message
	found, upstream := d.server.Table.find(request.CallID(), request.FromTag(), request.ToTag())
	if found == nil {
		return false
	}
	d.attach(m, found, upstream)
	return true
}

// attach ties a request to its dialog, once.
func (d *Module) attach(m *module.Message, found *Dialog, upstream bool) {
	w := workOf(&m.Context)
	if w.dialog == found {
		return
	}
	w.dialog, w.upstream = found, upstream
	d.within(m, found, upstream)
}

// isKnown is is_known_dlg.
func (d *Module) isKnown(c *script.Context) int {
	if workOf(c).dialog != nil {
		return 1
	}
	found, _ := d.server.Table.find(c.Message.CallID(), c.Message.FromTag(), c.Message.ToTag())
	return module.Bool(found != nil)
}

// bindGet binds dlg_get(callid, ftag, ttag): the dialog at hand is another one
// from here on.
func (d *Module) bindGet(args []script.Arg) (script.Action, error) {
	texts := [3]module.TextOf{module.Text(args[0]), module.Text(args[1]), module.Text(args[2])}
	return func(c *script.Context) int {
		found, upstream := d.server.Table.find(texts[0](c), texts[1](c), texts[2](c))
		if found == nil {
			return -1
		}
		w := *workOf(c)
		w.dialog, w.upstream, w.begun = found, upstream, false
		module.Of(c).Keep(workKey{}, &w)
		return 1
	}, nil
}

// readTimeout takes the lifetime that the script has put into timeout_avp.
func (d *Module) readTimeout(m *module.Message, dialog *Dialog) {
	if d.timeoutAVP == nil {
		return
	}
	if n := d.timeoutAVP.Eval(&m.Context).AsInt(); n > 0 {
		dialog.mu.Lock()
		dialog.lifetime = seconds(int(n))
		dialog.mu.Unlock()
	}
}

// split gives of the Record-Route values of a 2xx those between us and the
// callee, the next hop first. Ours are known by the cookie, or where there is
// none as those behind which the caller's begin.
func split(all []string, callers int, cookie string) []string {
	end := len(all) - callers
	for i, value := range all {
		if cookie != "" && hasParam(value, cookie) {
			end = i
			break
		}
	}
	if cookie == "" && end > 0 {
		end--
	}
	towards := slices.Clone(all[:max(end, 0)])
	slices.Reverse(towards)
	return towards
}

func hasParam(value, cookie string) bool {
	address, err := sip.ParseNameAddr(value)
	if err != nil {
		return false
	}
	uri, err := sip.ParseURI(address.URI)
	if err != nil {
		return false
	}
	name, want, _ := strings.Cut(cookie, "=")
	got, ok := uri.Param(name)
	return ok && got == want
}
