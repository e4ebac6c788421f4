// Rules: every sentence and every finding there can be, with its section.
package explain

import (
	"fmt"
	"strconv"
)

// Rule names a sentence or a finding.
type Rule uint8

// Rules of messages.
const (
	NotSIP Rule = iota
	Unreadable

	BeginsTransaction
	OutsideDialog
	InDialog
	MakesNoDialog
	RegistersContact
	AsksForBindings
	RemovesBindings
	WithCredentials
	ChangesSession
	EndsDialog
	CancelsInvite
	CancelOfProxy
	ConfirmsAnswer
	ConfirmsWithOldBranch
	ConfirmsRefusal
	ConfirmsProvisional
	FollowsRedirect

	SentByRequestURI
	SentByRoute
	SentByConfiguredRoute
	SentByOutboundProxy
	SentByDomain
	SentStraight
	SentPastProxy
	SentByInvite

	RelayedRequest
	RelayedStatelessly
	RelayedCancel
	RelayedAck
	RelayedUnseen
	Forked
	Retargeted
	RouteRewritten
	HopCounted
	RecordRouted
	RecordRoutedAgain
	RouteRemoved
	FieldsChanged

	OfferMade
	AnswerMade

	TryingOfProxy
	TryingOfPhone
	MakesEarlyDialog
	IsProvisional
	IsProvisionalOfOther
	IsReliable
	MakesDialog
	RouteSetMade
	NoRouteSet
	ChangeAccepted
	EndsTransaction
	RefusesInvite
	AnswersCancel
	AnswersCancelByProxy
	ListsBindings
	Challenges
	Redirects
	AnsweredByProxy
	BelongsTo
	BackByVia
	RelayedResponse
	RelayedBestResponse

	RepeatedInvite
	RepeatedRequest
	RepeatedRefusal
	RepeatedAnswer
	RepeatedAck
	RepeatedResponse
	RepeatedByStateless

	messageRules
)

// Rules of findings.
const (
	PrivateContact Rule = messageRules + iota
	PrivateVia
	PrivateSession
	AckNotArrived
	AckMissing
	RecordRouteIgnored
	WrongContentLength
	FaultyMessage
	RequestRepeated
	RefusalRepeated
	RepeatedOverStream
	FinalMissing
	FromTagMissing
	ToTagMissing
	CSeqWentBack
	BranchReused
	BranchWithoutCookie
	ContactMissing
	ContactMissingInAnswer
	HopsMissing
	ResponseAlone
	DialogUnknown
	CancelUnknown
	CancelTooEarly
	CancelUnlike
	AckUnlike
	AckAlone
	ProvisionalUnconfirmed
	TooManyHops
	BodyChanged

	allRules
)

// rule is what a sentence says and which section has it say so. The keyword
// must occur in that section; a test looks.
type rule struct {
	name    string
	rfc     int
	section string
	form    string // of fmt
	keyword string
}

var rules = [allRules]rule{
	NotSIP:     {"NotSIP", 3261, "7", "This is no SIP message; some send a few bytes to keep the way through a NAT open.", "start-line"},
	Unreadable: {"Unreadable", 3261, "7", "This cannot be read as a SIP message: %s.", "start-line"},

	BeginsTransaction:     {"BeginsTransaction", 3261, "8.1.1.7", "It begins a transaction, named by the branch %s: what carries this branch belongs to it.", "identify the transaction"},
	OutsideDialog:         {"OutsideDialog", 3261, "8.1.1.2", "It is in no dialog yet: From has the tag %s, To has none until the other side answers.", "outside of a dialog"},
	InDialog:              {"InDialog", 3261, "12.2.1.1", "It is in the dialog of the tags %s (%s) and %s (%s); without them the other side would not know which call is meant.", "local tag"},
	MakesNoDialog:         {"MakesNoDialog", 3261, "12.1", "It makes no dialog and belongs to none: only some methods do, and To has no tag.", "methods"},
	RegistersContact:      {"RegistersContact", 3261, "10.2.1", "It registers: requests to %s shall go to %s. Without such a binding the proxy would not know where %[1]s is.", "bindings"},
	AsksForBindings:       {"AsksForBindings", 3261, "10.2.3", "It has no Contact, so it changes nothing: it asks where %s can be reached.", "no Contact header field"},
	RemovesBindings:       {"RemovesBindings", 3261, "10.2.2", "It takes back where %s can be reached: an expiry of 0 removes a binding.", "expiration interval of \"0\""},
	WithCredentials:       {"WithCredentials", 3261, "22.2", "It is the request that was refused before, now with credentials and the next CSeq number; being a new request it has a new branch.", "increment the CSeq"},
	ChangesSession:        {"ChangesSession", 3261, "14.1", "An INVITE within a dialog makes no new one: it offers to change the session that runs.", "within a dialog"},
	EndsDialog:            {"EndsDialog", 3261, "15.1.1", "It ends the session and with it the dialog, in a transaction of its own; who gets it stops sending media.", "BYE"},
	CancelsInvite:         {"CancelsInvite", 3261, "9.1", "It asks to end the INVITE with the same branch %s; by its method it is a transaction of its own. With another branch nobody would know what to end.", "own right"},
	CancelOfProxy:         {"CancelOfProxy", 3261, "16.10", "This CANCEL is %s's own, as CANCEL goes hop by hop: it has one Via, with the branch %s of the INVITE that %[1]s sent to %[3]s.", "pending client transactions"},
	ConfirmsAnswer:        {"ConfirmsAnswer", 3261, "13.2.2.4", "It confirms the 2xx. Unlike the ACK of a refusal it is a transaction of its own, so its branch %s is not that of the INVITE (%s).", "ACK"},
	ConfirmsWithOldBranch: {"ConfirmsWithOldBranch", 3261, "8.1.1.7", "It confirms the 2xx, with the branch %s of the INVITE. Only a CANCEL and the ACK of a refusal repeat a branch; this one should be new.", "non-2xx"},
	ConfirmsRefusal:       {"ConfirmsRefusal", 3261, "17.1.1.3", "It confirms the %d and still belongs to the INVITE's transaction: its branch %s is the same. It goes one hop, from %s to %s; each hop confirms for itself.", "equal to the top Via"},
	ConfirmsProvisional: {"ConfirmsProvisional", 3262, "4", "It confirms the provisional response that RAck names (%s). It is a transaction of its own and is answered; without it the response would be repeated.",
		"RAck"},

	SentByRequestURI:      {"SentByRequestURI", 3261, "8.1.2", "It goes to %s, because the Request-URI %s leads there and no Route says otherwise.", "Request-URI"},
	SentByRoute:           {"SentByRoute", 3261, "12.2.1.1", "It goes to %s, because Route says so: %s took it from the Record-Route of the %s. Without it %s would send this straight to %s.", "route set"},
	SentByConfiguredRoute: {"SentByConfiguredRoute", 3261, "8.1.2", "It goes to %s, because Route says so; as there is no dialog yet, %s was configured with this Route.", "pre-existing route set"},
	SentByDomain:          {"SentByDomain", 3261, "8.1.2", "It goes to %s: the Request-URI %s names a domain, and that is where DNS leads, or it is the outbound proxy of %s.", "DNS procedures"},
	FollowsRedirect:       {"FollowsRedirect", 3261, "8.1.3.4", "It tries the address %s that the %s had given.", "Contact"},
	SentByOutboundProxy:   {"SentByOutboundProxy", 3261, "8.1.2", "It goes to %s, though the Request-URI %s does not name it: %s sends what it begins to its outbound proxy.", "outbound proxy"},
	SentStraight: {"SentStraight", 3261, "12.2.1.1", "It goes straight to %s: the Request-URI %s is the Contact of the other side, and no Record-Route asked to go by a proxy. So no proxy sees it.",
		"remote target"},
	SentPastProxy: {"SentPastProxy", 3261, "12.2.1.1", "It goes straight to %s, though Record-Route had asked to go by %s: a Route with that is missing.", "Route header field"},
	SentByInvite:  {"SentByInvite", 3261, "9.1", "It takes the way of the INVITE, with the same Request-URI and Route.", "Request-URI"},

	RelayedRequest: {"RelayedRequest", 3261, "16.6", "%s passes on what %s sent, with a Via of its own on top: the branch %s names its transaction with %s. Without this Via the responses would pass %[1]s by.",
		"insert a Via"},
	RelayedStatelessly: {"RelayedStatelessly", 3261, "16.11", "%s passes it on and keeps no state: it answers nothing itself, and its branch %s is reckoned from the message, so that CANCEL and repetitions get the same.", "stateless"},
	RelayedCancel: {"RelayedCancel", 3261, "16.11", "%s keeps no state, so it passes the CANCEL on as it does any request, with two Vias; its branch %s is that of the INVITE which it passed on. With another %s would not know what to end.",
		"CANCEL"},
	RelayedAck:        {"RelayedAck", 3261, "17", "%s passes it on with a Via of its own on top. It keeps no transaction for it, as nobody answers an ACK.", "ACK"},
	RelayedUnseen:     {"RelayedUnseen", 3261, "20.42", "%s relays it: below its own Via stands that of %s, from whom it came.", "path"},
	Forked:            {"Forked", 3261, "16.6", "It is branch %d of a request that went to several targets, each in a transaction of its own.", "more than one"},
	Retargeted:        {"Retargeted", 3261, "16.5", "The Request-URI was %s and is now %s, %s. Unchanged it would lead to %s once more.", "location service"},
	RouteRewritten:    {"RouteRewritten", 3261, "16.5", "The Request-URI was %s and is now %s: %s chose another target.", "target set"},
	HopCounted:        {"HopCounted", 3261, "16.6", "Max-Forwards goes from %d to %d; at 0 a request that runs in a circle ends with 483.", "decrement its value"},
	RecordRouted:      {"RecordRouted", 3261, "16.6", "%s adds Record-Route %s: later requests of this dialog shall come by here. Otherwise ACK and BYE would go straight from phone to phone.", "Record-Route"},
	RecordRoutedAgain: {"RecordRoutedAgain", 3261, "16.6", "%s adds Record-Route %s again, which changes nothing: the dialog has its route set since it began.", "effect on the route sets"},
	RouteRemoved:      {"RouteRemoved", 3261, "16.4", "%s takes its own Route %s off. With it on top the next element would send the request back.", "remove that value"},
	FieldsChanged:     {"FieldsChanged", 3261, "16.6", "%s also %s.", "header fields"},

	OfferMade:  {"OfferMade", 3264, "5", "The body offers a session: %s.", "offer"},
	AnswerMade: {"AnswerMade", 3264, "6", "The body answers the offer: %s.", "answer"},

	TryingOfProxy:        {"TryingOfProxy", 3261, "17.2.1", "%s says itself that the INVITE has arrived, so that %s need not repeat it. This 100 tells nothing of the callee.", "quench request retransmissions"},
	TryingOfPhone:        {"TryingOfPhone", 3261, "16.7", "%s says that the INVITE has arrived. A 100 goes one hop only: it ends here.", "any 100 (Trying)"},
	MakesEarlyDialog:     {"MakesEarlyDialog", 3261, "12.1", "With the tag %s in To it makes an early dialog; it becomes a whole one when a 2xx comes with the same tag.", "early"},
	IsProvisional:        {"IsProvisional", 3261, "17.1.1.2", "It is provisional: the transaction goes on, but timer A repeats the INVITE no more.", "provisional response"},
	IsProvisionalOfOther: {"IsProvisionalOfOther", 3261, "17.1.2.2", "It is provisional: the transaction goes on, and over UDP timer E still repeats the request, every 4 s.", "T2"},
	IsReliable:           {"IsReliable", 3262, "3", "With Require: 100rel and RSeq %s it will be repeated until a PRACK confirms it.", "RSeq"},
	MakesDialog: {"MakesDialog", 3261, "13.3.1.4", "It accepts the call, and the tags %s and %s name the dialog. Whoever accepts repeats it until an ACK comes, as it is the 2xx of an INVITE.",
		"until the ACK arrives"},
	RouteSetMade:    {"RouteSetMade", 3261, "12.1.2", "Its Record-Route, copied from the INVITE, is the way of all that follows in this dialog: %s, then the Contact %s.", "reverse order"},
	NoRouteSet:      {"NoRouteSet", 3261, "12.1.2", "There is no Record-Route in it, so ACK and BYE will go straight to its Contact %s, past %s.", "no Record-Route"},
	ChangeAccepted:  {"ChangeAccepted", 3261, "14.2", "It accepts the change of the session. Whoever accepts repeats it until an ACK comes, as it is the 2xx of an INVITE.", "2xx"},
	EndsTransaction: {"EndsTransaction", 3261, "17.1.2.2", "It is the final response to %s and ends the transaction; nobody confirms it.", "final response"},
	RefusesInvite:   {"RefusesInvite", 3261, "17.2.1", "It is the final response to the INVITE and ends its transaction, unlike a 2xx; timer G repeats it until an ACK with the same branch comes.", "timer G"},
	AnswersCancel:   {"AnswersCancel", 3261, "9.2", "It answers the CANCEL only, which is a transaction of its own; the INVITE gets an answer of its own, 487 when the CANCEL was in time.", "487"},
	AnswersCancelByProxy: {"AnswersCancelByProxy", 3261, "16.10", "%s answers the CANCEL itself, before it asks anybody: CANCEL goes hop by hop. The INVITE is answered apart, with 487.",
		"immediately return a 200"},
	ListsBindings:   {"ListsBindings", 3261, "10.3", "It accepts the registration and lists all bindings of %s with the seconds they still hold.", "current bindings"},
	Challenges:      {"Challenges", 3261, "22", "It is a challenge: the request is to come again with credentials for the realm %s.", "challenge"},
	Redirects:       {"Redirects", 3261, "8.1.3.4", "It sends the caller elsewhere: Contact says where to try (%s).", "redirection"},
	AnsweredByProxy: {"AnsweredByProxy", 3261, "16.2", "%s gives this answer itself and asks nobody else.", "UAS"},
	BelongsTo:       {"BelongsTo", 3261, "17.1.3", "It belongs to the transaction of the %s with the branch %s, which stands in its topmost Via.", "branch parameter"},
	BackByVia:       {"BackByVia", 3261, "18.2.2", "It goes back through the Vias that the request had gathered, so first to %s. A response has no Request-URI and no Route.", "top Via"},
	RelayedResponse: {"RelayedResponse", 3261, "16.7", "%s takes its own Via off. The next one is that of %s, so it goes there; its branch %s names the transaction there.", "topmost Via"},
	RelayedBestResponse: {"RelayedBestResponse", 3261, "16.7", "%s passes on the best final response, now that no branch can bring a 2xx. It takes its own Via off; the next is that of %s, with the branch %s of the INVITE there.",
		"best"},

	RepeatedInvite:      {"RepeatedInvite", 3261, "17.1.1.2", "It is the same INVITE again%s: no response had come, so timer A fired (500 ms, doubled each time over UDP).", "timer A"},
	RepeatedRequest:     {"RepeatedRequest", 3261, "17.1.2.2", "It is the same request again%s: no final response had come, so timer E fired (500 ms, doubled up to 4 s over UDP).", "timer E"},
	RepeatedRefusal:     {"RepeatedRefusal", 3261, "17.2.1", "It is the same response again%s: no ACK had come, so timer G fired; or the INVITE came again.", "timer G"},
	RepeatedAnswer:      {"RepeatedAnswer", 3261, "13.3.1.4", "It is the same 2xx again%s: no ACK had come to %s.", "retransmission"},
	RepeatedAck:         {"RepeatedAck", 3261, "13.2.2.4", "It is the same ACK again%s, as each repeated final response is confirmed anew.", "every time"},
	RepeatedResponse:    {"RepeatedResponse", 3261, "17.2.2", "It is the same response again%s: the request had come again, and the transaction repeats what it had answered.", "retransmi"},
	RepeatedByStateless: {"RepeatedByStateless", 3261, "16.11", "%s passes the repetition on: it does not know that it has had the message before.", "forward all retransmissions"},

	PrivateContact:         {"PrivateContact", 3261, "8.1.1.8", "Contact says %s, an address of a private network, but the message came from %s: requests to it will not arrive from outside.", "subsequent requests"},
	PrivateVia:             {"PrivateVia", 3581, "4", "Via says %s, an address of a private network, but the message came from %s, and there is no rport: responses find no way back through the NAT.", "rport"},
	PrivateSession:         {"PrivateSession", 3264, "5.1", "The session description says media to %s, an address of a private network, but the message came from %s: the sound will go nowhere.", "receive the media stream"},
	AckNotArrived:          {"AckNotArrived", 3261, "13.3.1.4", "The 2xx was repeated %s though an ACK had been sent: the ACK did not reach %s.", "until the ACK arrives"},
	AckMissing:             {"AckMissing", 3261, "13.3.1.4", "No ACK for the 2xx was seen%s; %s will end the call after 32 s.", "without receiving an ACK"},
	RecordRouteIgnored:     {"RecordRouteIgnored", 3261, "12.2.1.1", "%s has no Route, though Record-Route asked to go by %s: the request passes it by.", "route set"},
	WrongContentLength:     {"WrongContentLength", 3261, "18.3", "Content-Length is %d, but %d bytes follow the header%s.", "Content-Length"},
	FaultyMessage:          {"FaultyMessage", 3261, "7", "The message cannot be read: %s.", "start-line"},
	RequestRepeated:        {"RequestRepeated", 3261, "17.1", "%s was sent %d times (timer %s, %s)%s.", "retransmi"},
	RefusalRepeated:        {"RefusalRepeated", 3261, "17.2.1", "The %d was sent %d times (timer G, %s)%s.", "timer G"},
	RepeatedOverStream:     {"RepeatedOverStream", 3261, "17.1.1.2", "It is repeated over %s, where nothing gets lost and no timer repeats.", "reliable transport"},
	FinalMissing:           {"FinalMissing", 3261, "17.1.1.2", "No final response to %s was seen%s.", "timer B"},
	FromTagMissing:         {"FromTagMissing", 3261, "8.1.1.3", "From has no tag, so no dialog can be told from another.", "tag"},
	ToTagMissing:           {"ToTagMissing", 3261, "8.2.6.2", "To has no tag in a %d; each response but 100 has one.", "100 (Trying)"},
	CSeqWentBack:           {"CSeqWentBack", 3261, "12.2.2", "The CSeq number is %d, but %s had reached %d in this dialog: the answer is 500.", "lower than"},
	BranchReused:           {"BranchReused", 3261, "8.1.1.7", "The branch %s was that of %s already: one answer may be taken for the other's.", "unique across space and time"},
	BranchWithoutCookie:    {"BranchWithoutCookie", 3261, "8.1.1.7", "The branch %q does not begin with z9hG4bK, so it need not be unique.", "z9hG4bK"},
	ContactMissing:         {"ContactMissing", 3261, "8.1.1.8", "Contact is missing in the INVITE: the other side does not know where to send a BYE.", "establishment of a dialog"},
	ContactMissingInAnswer: {"ContactMissingInAnswer", 3261, "12.1.1", "Contact is missing in the %s: the other side does not know where to send ACK and BYE.", "Contact"},
	HopsMissing:            {"HopsMissing", 3261, "8.1.1.6", "Max-Forwards is missing, so nothing ends a request that runs in a circle but the proxies that add it.", "Max-Forwards"},
	ResponseAlone:          {"ResponseAlone", 3261, "17.1.3", "No request with the branch %s and the method %s was seen: the response matches no transaction.", "matches"},
	DialogUnknown:          {"DialogUnknown", 3261, "12.2.2", "%s got 481: %s does not know the dialog of the tags %s and %s.", "481"},
	CancelUnknown:          {"CancelUnknown", 3261, "9.2", "CANCEL got 481: %s has no INVITE with the branch %s.", "481"},
	CancelTooEarly:         {"CancelTooEarly", 3261, "9.1", "CANCEL was sent before any response had come: it may overtake the INVITE.", "provisional response"},
	CancelUnlike:           {"CancelUnlike", 3261, "9.1", "%s sent no INVITE with the branch %s of its CANCEL: nothing will be cancelled.", "matching the top Via"},
	AckUnlike:              {"AckUnlike", 3261, "17.1.1.3", "The INVITE was refused with %d, so this ACK should have its branch %s, not %s; the refusal will be repeated.", "top Via"},
	AckAlone:               {"AckAlone", 3261, "13.2.2.4", "No INVITE that this ACK confirms was seen.", "ACK"},
	ProvisionalUnconfirmed: {"ProvisionalUnconfirmed", 3262, "3", "The %d asked for a PRACK (RSeq %s), and none was seen: it will be repeated, and then the INVITE refused.", "PRACK"},
	TooManyHops:            {"TooManyHops", 3261, "16.3", "483: Max-Forwards reached 0; probably a request runs in a circle.", "483"},
	BodyChanged:            {"BodyChanged", 3261, "16.6", "%s changed the body, which a proxy leaves alone.", "message body"},
}

// String gives the name of the rule.
func (r Rule) String() string {
	if r < allRules {
		return rules[r].name
	}
	return strconv.Itoa(int(r))
}

// Section gives the RFC and the section that the rule goes back to.
func (r Rule) Section() Section {
	if r < allRules {
		return Section{rules[r].rfc, rules[r].section}
	}
	return Section{}
}

// Section is a place in an RFC: {3261, "13.2.2.4"}.
type Section struct {
	RFC    int
	Number string
}

func (s Section) String() string { return fmt.Sprintf("RFC %d section %s", s.RFC, s.Number) }
