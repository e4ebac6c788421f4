// Rules: what a message is held to, with the section that says so.
package draft

// Rule is one thing that a message is held to.
type Rule uint8

const (
	Grammar Rule = iota
	LineEnds
	HeaderEnd
	Mandatory
	ContactOfInvite
	FromTag
	ToTag
	ToTagOfResponse
	CSeqMethod
	BranchCookie
	ViaTransport
	RequestURI
	AddressURI
	ContentLengthHolds
	ContentLengthOnStream
	ContentType
	HopsInRange
	OneOnly
	CancelHasOneVia
	CancelWithoutRequire
	CancelMatches
	AckMatches
	FitsDatagram
	AnswersGoElsewhere
	rules
)

// The rules' sections of RFC 3261, why each is there, and a word that must
// occur in the section (a test looks).
var ruleTable = [rules]struct{ section, why, keyword string }{
	Grammar:               {"25.1", "every element reads a message by the grammar, and this one does not follow it", "SIP-message"},
	LineEnds:              {"7", "each line ends with CRLF; elements that take LF alone are being kind", "CRLF"},
	HeaderEnd:             {"7", "without an empty line nobody knows where the header ends, even when there is no body", "empty line"},
	Mandatory:             {"8.1.1", "no element can route a request, or tell what it belongs to, without it", "Max-Forwards"},
	ContactOfInvite:       {"8.1.1.8", "the other side sends ACK and BYE to this address", "Contact"},
	FromTag:               {"8.1.1.3", "the tag is the caller's half of the dialog's name", "tag"},
	ToTag:                 {"12.2.1.1", "a request within a dialog names it by the other side's tag; without it the answer is 481", "tag"},
	ToTagOfResponse:       {"8.2.6.2", "the tag is the callee's half of the dialog's name", "tag"},
	CSeqMethod:            {"8.1.1.5", "CSeq names the same method as the start line", "method"},
	BranchCookie:          {"8.1.1.7", "the cookie tells that the branch names the transaction by itself; without it elements compare five other fields, as RFC 2543 did", "z9hG4bK"},
	ViaTransport:          {"18.1.1", "the answer comes back by the transport that Via names", "transport"},
	RequestURI:            {"8.1.1.1", "this is where the request goes", "Request-URI"},
	AddressURI:            {"20", "an address is a URI, or <URI> with a name before and parameters behind it", "URI"},
	ContentLengthHolds:    {"20.14", "it counts the bytes of the body, with CR and LF as two", "size of the message-body"},
	ContentLengthOnStream: {"20.14", "over a stream nothing else tells where the message ends", "stream-based"},
	ContentType:           {"20.15", "who takes the message must know what its body is", "media type"},
	HopsInRange:           {"20.22", "it is a number from 0 to 255", "0-255"},
	OneOnly:               {"7.3.1", "two of them contradict each other, and each element may believe another one", "comma-separated"},
	CancelHasOneVia:       {"9.1", "CANCEL goes hop by hop, so it has the Via of its sender only", "single Via"},
	CancelWithoutRequire:  {"9.1", "CANCEL is answered by each hop, which need not know extensions", "Proxy-Require"},
	CancelMatches:         {"9.1", "only so it is found what there is to cancel", "MUST be identical"},
	AckMatches:            {"17.1.1.3", "only so the refused INVITE is found, whose answer it confirms", "ACK"},
	FitsDatagram:          {"18.1.1", "a larger request goes over TCP, as datagrams of this size may be lost in pieces", "1300"},
	AnswersGoElsewhere:    {"18.2.2", "answers go to the address in the topmost Via, whatever address sent the request", "sent-by"},
}

// Section is of RFC 3261.
func (r Rule) Section() string { return ruleTable[r].section }

// Why says in a clause what the rule is good for.
func (r Rule) Why() string { return ruleTable[r].why }

// Fixable tells whether Fix puts right what breaks the rule.
func (r Rule) Fixable() bool {
	switch r {
	case LineEnds, HeaderEnd, ContentLengthHolds, ContentLengthOnStream:
		return true
	}
	return false
}

// Fault is one thing that is wrong with a message.
type Fault struct {
	Rule Rule
	Line int    // in the message, counted from 1
	Text string // what is wrong, in one line: "Via: the branch 1 does not begin with z9hG4bK"
	Note bool   // the message may go so; it is worth knowing
}
