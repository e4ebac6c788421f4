// Requests in words: transaction, dialog, way, and what a proxy changed.
package explain

import (
	"strings"

	"viaduct/sip"
)

func (t *telling) request() {
	switch {
	case t.origin != nil:
		t.relayedRequest()
		return
	case t.sip.Method == "CANCEL":
		t.cancel()
		return
	case t.sip.Method == "ACK":
		t.ack()
		return
	}
	if len(t.vias) > 1 {
		t.say(RelayedUnseen, t.name(t.from()), viaText(&t.vias[1]))
	}
	if t.follows401() {
		t.say(WithCredentials)
	}
	t.begin()
	t.ofDialog()
	t.way()
	t.session()
	t.fork()
}

// begin says what the request begins.
func (t *telling) begin() {
	if branch := t.branch(); branch != "" {
		t.say(BeginsTransaction, branch)
	}
	switch t.sip.Method {
	case "BYE":
		t.say(EndsDialog)
	case "PRACK":
		value, _ := t.sip.Lookup("RAck")
		t.say(ConfirmsProvisional, printable(value))
	case "REGISTER":
		t.register()
	}
}

func (t *telling) register() {
	who := printable(addressURI(t.sip.Get(sip.FieldTo)))
	contact := t.sip.Get(sip.FieldContact)
	expires := t.sip.Get(sip.FieldExpires)
	if own := sip.AddressParam(contact, "expires"); own != "" {
		expires = own
	}
	switch {
	case contact == "":
		t.say(AsksForBindings, who)
	case expires == "0":
		t.say(RemovesBindings, who)
	default:
		t.say(RegistersContact, who, printable(addressURI(contact)))
	}
}

// ofDialog says whether the request is in a dialog, and in which.
func (t *telling) ofDialog() {
	from, to := t.sip.FromTag(), t.sip.ToTag()
	switch {
	case to != "" && from != "":
		if t.sip.Method == "INVITE" {
			t.say(ChangesSession)
		}
		t.say(InDialog, short(from), userIn(t.sip, sip.FieldFrom), short(to), userIn(t.sip, sip.FieldTo))
	case t.sip.Method == "INVITE" && from != "":
		t.say(OutsideDialog, short(from))
	case t.sip.Method != "INVITE" && t.sip.Method != "SUBSCRIBE" && t.sip.Method != "REFER" && to == "":
		t.say(MakesNoDialog)
	}
}

// way says why the request goes where it goes.
func (t *telling) way() {
	uri := printable(t.sip.RequestURI)
	to := t.name(t.to())
	inDialog := t.sip.ToTag() != ""
	lane := t.laneOfURI(t.sip.RequestURI)
	if redirect := t.redirect(); redirect != nil && !inDialog {
		t.say(FollowsRedirect, uri, printable(redirect.sip.Summary()))
	}
	switch {
	case t.sip.Has(sip.FieldRoute) && !inDialog:
		t.say(SentByConfiguredRoute, to, t.name(t.from()))
	case t.sip.Has(sip.FieldRoute):
		t.say(SentByRoute, to, t.name(t.from()), t.routeSource(), t.name(t.from()), t.nameOfURI(t.sip.RequestURI))
	case inDialog && len(t.vias) == 1 && t.routeURI() != "" && t.isContact(t.sip.RequestURI) && t.laneOfURI(t.routeURI()) != t.to():
		t.say(SentPastProxy, to, t.nameOfURI(t.routeURI()))
	case inDialog && len(t.vias) == 1 && !t.relays[t.to()] && t.isContact(t.sip.RequestURI):
		t.say(SentStraight, to, uri)
	case lane == t.to(), inDialog:
		t.say(SentByRequestURI, to, uri)
	case len(t.vias) != 1:
	case lane >= 0 || hasAddress(t.sip.RequestURI):
		t.say(SentByOutboundProxy, to, uri, t.name(t.from()))
	default:
		t.say(SentByDomain, to, uri, t.name(t.from()))
	}
}

// redirect gives the 3xx that sent the caller to the Request-URI, or nil.
func (t *telling) redirect() *message {
	uri, err := sip.ParseURI(t.sip.RequestURI)
	if err != nil {
		return nil
	}
	for i := range t.redirects {
		r := &t.redirects[i]
		isSame := r.uri.User == uri.User && strings.EqualFold(r.uri.Host, uri.Host) && r.uri.Port == uri.Port // its transport stands in no Request-URI of some
		if r.by.to() == t.from() && r.by.index < t.index && isSame {
			return r.by
		}
	}
	return nil
}

// routeSource names the message from whose Record-Route the sender has its
// route set.
func (t *telling) routeSource() string {
	d := t.dialogs[keyOfDialog(t.sip)]
	if d == nil || d.routes[t.sip.FromTag()] == nil {
		return "message that made the dialog"
	}
	if source := d.routes[t.sip.FromTag()]; source.from() != t.from() {
		return printable(source.sip.Summary())
	}
	return "INVITE" // the callee has it from there
}

// routeURI gives the first URI of the sender's route set, "" when it has none.
func (t *telling) routeURI() string {
	if d := t.dialogs[keyOfDialog(t.sip)]; d != nil && d.routes[t.sip.FromTag()] != nil && d.routes[t.sip.FromTag()].index < t.index {
		return d.routed[t.sip.FromTag()]
	}
	return ""
}

// isContact tells whether a URI is the Contact of the other side of the dialog.
func (t *telling) isContact(uri string) bool {
	d := t.dialogs[keyOfDialog(t.sip)]
	return d != nil && d.contacts[t.sip.ToTag()] == uri
}

// session says what media the body offers or answers.
func (t *telling) session() {
	media := mediaOf(t.sip)
	if media == "" {
		return
	}
	isAnswer := false
	switch {
	case t.sip.IsRequest():
		isAnswer = t.sip.Method == "ACK" || t.sip.Method == "PRACK"
	case t.tx != nil:
		isAnswer = mediaOf(t.tx.request.sip) != ""
	}
	if isAnswer {
		t.say(AnswerMade, media)
	} else {
		t.say(OfferMade, media)
	}
}

func (t *telling) fork() {
	if t.arrow.Branch > 0 && t.sip.Method == "INVITE" {
		t.say(Forked, t.arrow.Branch)
	}
}

func (t *telling) branch() string {
	return short(topBranch(t.message))
}

func (t *telling) cancel() {
	invite := t.inviteOf(t.message)
	isProxys := len(t.vias) == 1 && t.relays[t.from()]
	if isProxys && invite != nil && len(invite.request.vias) > 1 {
		t.say(CancelOfProxy, t.name(t.from()), t.branch(), t.name(t.to()))
		return
	}
	t.say(CancelsInvite, t.branch())
	if invite != nil && invite.request.to() == t.to() && invite.request.sip.RequestURI == t.sip.RequestURI {
		t.say(SentByInvite)
	}
}

func (t *telling) ack() {
	if t.tx != nil && t.tx.key.method == "INVITE" {
		t.say(ConfirmsRefusal, t.tx.final.sip.Status, t.branch(), t.name(t.from()), t.name(t.to()))
		return
	}
	invite := t.inviteOf(t.message)
	switch {
	case invite == nil || invite.final == nil || invite.final.sip.Status >= 300:
		t.begin()
	case invite.key.branch == topBranch(t.message):
		t.say(ConfirmsWithOldBranch, t.branch())
	default:
		t.say(ConfirmsAnswer, t.branch(), short(invite.key.branch))
	}
	t.ofDialog()
	t.way()
	t.session()
}

// relayedRequest says what the proxy did to a request.
func (t *telling) relayedRequest() {
	switch {
	case t.sip.Method == "CANCEL" && t.inviteWithBranch(t.message) != nil:
		t.say(RelayedCancel, t.name(t.from()), t.branch(), t.name(t.to()))
	case t.sip.Method == "ACK":
		t.say(RelayedAck, t.name(t.from()))
	case !t.stateful[t.from()] && t.stateless[t.from()]:
		t.say(RelayedStatelessly, t.name(t.from()), t.branch())
	default:
		t.say(RelayedRequest, t.name(t.from()), t.name(t.origin.from()), t.branch(), t.name(t.to()))
	}
	t.changes()
	t.fork()
}

// follows401 tells whether the request repeats one that was challenged.
func (t *telling) follows401() bool {
	if !t.sip.Has(sip.FieldAuthorization) && !t.sip.Has(sip.FieldProxyAuthorization) || t.sip.CSeq.Number == 0 {
		return false
	}
	for key, tx := range t.transactions {
		if key.callID == t.sip.CallID() && key.method == t.sip.CSeq.Method && key.cseq == t.sip.CSeq.Number-1 && tx.final != nil &&
			tx.request.from() == t.from() && (tx.final.sip.Status == 401 || tx.final.sip.Status == 407) {
			return true
		}
	}
	return false
}

// viaText is who a Via says to be.
func viaText(v *sip.Via) string {
	if v.Received != "" {
		return printable(v.Host + " (" + v.Received + ")")
	}
	return printable(v.Host)
}

// userIn gives the user of From or To.
func userIn(m *sip.Message, kind sip.FieldKind) string {
	if user := userOf(addressURI(m.Get(kind))); user != "" {
		return printable(user)
	}
	return strings.ToLower(kind.String())
}
