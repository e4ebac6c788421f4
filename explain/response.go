// Responses in words.
package explain

import (
	"slices"
	"strings"

	"viaduct/sip"
)

func (t *telling) response() {
	if t.origin != nil {
		t.relayedResponse()
		return
	}
	status, method := t.sip.Status, t.sip.CSeq.Method
	if branch := t.branch(); branch != "" {
		t.say(BelongsTo, printable(method), branch)
	}
	byProxy := t.tx != nil && t.tx.request.relayed && t.relays[t.from()]
	switch {
	case status == 100 && (byProxy || t.relays[t.from()]):
		t.say(TryingOfProxy, t.name(t.from()), t.name(t.to()))
		return
	case status == 100 && method == "INVITE":
		t.say(TryingOfPhone, t.name(t.from()))
		return
	case status < 200:
		t.provisional()
	case method == "CANCEL" && byProxy, method == "CANCEL" && t.relays[t.from()] && status < 300:
		t.say(AnswersCancelByProxy, t.name(t.from()))
		return
	case method == "CANCEL" && status < 300:
		t.say(AnswersCancel)
	case status == 401 || status == 407:
		t.say(Challenges, t.realm())
		t.finalResponse()
	case status >= 300 && status < 400 && t.sip.Has(sip.FieldContact):
		t.say(Redirects, printable(addressURI(t.sip.Get(sip.FieldContact))))
		t.finalResponse()
	case method == "REGISTER" && status < 300:
		t.say(ListsBindings, printable(addressURI(t.sip.Get(sip.FieldTo))))
		t.finalResponse()
	default:
		t.finalResponse()
	}
	t.session()
	if len(t.vias) > 1 {
		t.say(BackByVia, t.name(t.to()))
	}
}

func (t *telling) provisional() {
	inDialog := t.tx != nil && t.tx.request.sip.ToTag() != ""
	tag := t.sip.ToTag()
	switch {
	case t.sip.CSeq.Method != "INVITE":
		t.say(IsProvisionalOfOther)
	case tag == "" || inDialog:
		t.say(IsProvisional)
	default:
		t.say(MakesEarlyDialog, short(tag))
	}
	if number, ok := t.sip.Lookup("RSeq"); ok {
		t.say(IsReliable, printable(number))
	}
}

func (t *telling) finalResponse() {
	status, method := t.sip.Status, t.sip.CSeq.Method
	switch {
	case method == "INVITE" && status < 300:
		t.answer()
	case method == "INVITE":
		t.say(RefusesInvite)
	default:
		t.say(EndsTransaction, printable(method))
	}
	if t.relays[t.from()] && t.tx != nil && !t.tx.request.relayed {
		t.say(AnsweredByProxy, t.name(t.from()))
	}
}

// answer speaks of the 2xx of an INVITE.
func (t *telling) answer() {
	if t.tx != nil && t.tx.request.sip.ToTag() != "" {
		t.say(ChangeAccepted)
		return
	}
	t.say(MakesDialog, short(t.sip.FromTag()), short(t.sip.ToTag()))
	contact := printable(addressURI(t.sip.Get(sip.FieldContact)))
	if contact == "" {
		return
	}
	var route []string // as the caller has it: in reverse
	for v := range t.sip.Values(sip.FieldRecordRoute) {
		route = append([]string{t.nameOfURI(addressURI(v.Text))}, route...)
	}
	switch {
	case route != nil:
		t.say(RouteSetMade, strings.Join(slices.Compact(route), ", "), contact)
	case len(t.vias) > 1:
		t.say(NoRouteSet, contact, t.name(t.to()))
	}
}

func (t *telling) realm() string {
	value := t.sip.Get(sip.FieldWWWAuthenticate)
	if value == "" {
		value = t.sip.Get(sip.FieldProxyAuthenticate)
	}
	return printable(realmOf(value))
}

func (t *telling) relayedResponse() {
	if t.sip.Status >= 300 && t.sip.CSeq.Method == "INVITE" && t.stateful[t.from()] {
		t.say(RelayedBestResponse, t.name(t.from()), t.name(t.to()), t.branch())
		return
	}
	t.say(RelayedResponse, t.name(t.from()), t.name(t.to()), t.branch())
}
