// Expectations: what the RFCs ask of a registrar and proxy for each message.

package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"viaduct/sip"
)

// expectation of one message.
type expectation struct {
	rfc                  int // 4475 or 5118
	section, name, title string
	invalid              bool // as the RFC classes it; what is valid must be relayed with all that it says
	asks                 string

	// accepts and relaying are the outcomes that the RFC leaves room for: "relayed", "dropped" or a status; the first
	// is the one it names or prefers. relaying is for a proxy that is no registrar, "" the same as accepts.
	accepts, relaying string

	check func(o *outcome) error // of an accepted outcome; nil: nothing more
}

// accepted gives the outcomes for one of the two plays.
func (e *expectation) accepted(isRelay bool) []string {
	if isRelay && e.relaying != "" {
		return strings.Fields(e.relaying)
	}
	return strings.Fields(e.accepts)
}

var expectations = []expectation{
	{4475, "3.1.1.1", "wsinv", "A short tortuous INVITE", false,
		"well-formed: folds, odd spacing, case and order of fields, unknown fields that must pass unread",
		"relayed 481", "relayed", nil}, // 481: it stands in a dialog that the server does not know
	{4475, "3.1.1.2", "intmeth", "Wide range of valid characters", false,
		"well-formed, with an unknown method: relayed when the user is known, else 404",
		"relayed 404", "relayed", nil},
	{4475, "3.1.1.3", "esc01", "Valid use of the % escaping mechanism", false,
		"well-formed: an escape in a URI means its character, one elsewhere nothing",
		"relayed 404", "relayed", nil},
	{4475, "3.1.1.4", "escnull", "Escaped nulls in URIs", false,
		"registers two contacts that differ only in escaped NULs, for an address-of-record with one",
		"200", "relayed", bound("sip:%00@host5.example.com", "sip:%00%00@host5.example.com")},
	{4475, "3.1.1.5", "esc02", "Use of % when it is not an escape", false,
		"a method that only looks like REGISTER once unescaped: forwarded or refused as the Request-URI asks, never a registration",
		"relayed 404 501", "relayed", nil},
	{4475, "3.1.1.6", "lwsdisp", "Message with no LWS between display name and <", false,
		"well-formed, against a mistake in the grammar",
		"relayed", "", nil},
	{4475, "3.1.1.7", "longreq", "Long values in header fields", false,
		"well-formed: nothing may be cut off",
		"relayed", "", nil},
	{4475, "3.1.1.8", "dblreq", "Extra trailing octets in a UDP datagram", false,
		"the REGISTER counts; what stands behind its body is noise and is not sent on",
		"200", "relayed", func(o *outcome) error { return lacks(o, "INVITE") }},
	{4475, "3.1.1.9", "semiuri", "Semicolon-separated parameters in URI user part", false,
		"well-formed: the user is \"user;par=u@example.net\"",
		"relayed 404", "relayed", nil},
	{4475, "3.1.1.10", "transports", "Varied and unknown transport types", false,
		"well-formed: the lower Vias are not looked at",
		"relayed", "", nil},
	{4475, "3.1.1.11", "mpart01", "Multipart MIME message", false,
		"well-formed: a body with NULs passes whole",
		"relayed", "", nil},
	{4475, "3.1.1.12", "unreason", "Unusual reason phrase", false,
		"a well-formed response; here one that nobody waits for, so it ends here",
		"dropped", "", nil},
	{4475, "3.1.1.13", "noreason", "Empty reason phrase", false,
		"a well-formed response; here one that nobody waits for, so it ends here",
		"dropped", "", nil},

	{4475, "3.1.2.1", "badinv01", "Extraneous header field separators", true,
		"400",
		"400", "", nil},
	{4475, "3.1.2.2", "clerr", "Content length larger than message", true,
		"400 over UDP",
		"400", "", nil},
	{4475, "3.1.2.3", "ncl", "Negative Content-Length", true,
		"an error; over UDP the rest of the datagram is thrown away",
		"400", "", nil},
	{4475, "3.1.2.4", "scalar02", "Request scalar fields with overlarge values", true,
		"400 for the CSeq",
		"400", "", nil},
	{4475, "3.1.2.5", "scalarlg", "Response scalar fields with overlarge values", true,
		"discarded",
		"dropped", "", nil},
	{4475, "3.1.2.6", "quotbal", "Unterminated quoted string in display name", true,
		"400, or a careful guess where the quote ends",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "\"Mr. J. User <") }},
	{4475, "3.1.2.7", "ltgtruri", "<> enclosing Request-URI", true,
		"400, or relayed without the brackets",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "INVITE <") }},
	{4475, "3.1.2.8", "lwsruri", "Malformed SIP Request-URI (embedded LWS)", true,
		"400, or the white space is ignored",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "; lr SIP") }},
	{4475, "3.1.2.9", "lwsstart", "Multiple SP separating Request-Line elements", true,
		"400, or relayed without the extra spaces",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "INVITE  ", "  SIP/2.0\r") }},
	{4475, "3.1.2.10", "trws", "SP characters at end of Request-Line", true,
		"400, or relayed without the extra spaces",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "SIP/2.0 ") }},
	{4475, "3.1.2.11", "escruri", "Escaped headers in SIP Request-URI", true,
		"400, or relayed without the headers, which must not become fields either",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "?Route", "Route: <sip:example.com>") }},
	{4475, "3.1.2.12", "baddate", "Invalid time zone in Date header field", true,
		"who does not need the Date lets it pass; 400 is possible",
		"relayed 400", "", nil},
	{4475, "3.1.2.13", "regbadct", "Failure to enclose name-addr URI in <>", true,
		"400, or the brackets are inferred",
		"400 200", "400 relayed", nil}, // a proxy does not look at it, and changes nothing (RFC 3261 section 16.3 step 1)
	{4475, "3.1.2.14", "badaspec", "Spaces within addr-spec", true,
		"400, or the spaces are ignored",
		"400 relayed", "", nil},
	{4475, "3.1.2.15", "baddn", "Non-token characters in display name", true,
		"400, or relayed with the missing quotes put in",
		"400 relayed", "", func(o *outcome) error { return lacks(o, "Bell, Alexander <", "Watson, Thomas <") }},
	{4475, "3.1.2.16", "badvers", "Unknown protocol version", true,
		"505",
		"505", "", nil},
	{4475, "3.1.2.17", "mismatch01", "Start line and CSeq method mismatch", true,
		"400",
		"400", "", nil},
	{4475, "3.1.2.18", "mismatch02", "Unknown method with CSeq method mismatch", true,
		"501, which proxies of the future can work with, or 400",
		"501 400", "", nil},
	{4475, "3.1.2.19", "bigcode", "Overlarge response code", true,
		"dropped",
		"dropped", "", nil},

	{4475, "3.2.1", "badbranch", "Missing transaction identifier", true,
		"400, or the transaction is told by the older rules of RFC 2543",
		"400 relayed", "", nil},

	{4475, "3.3.1", "insuf", "Missing required header fields", true,
		"400 at best",
		"400", "", nil},
	{4475, "3.3.2", "unkscm", "Request-URI with unknown scheme", false,
		"416; To is never asked for the way",
		"416", "", nil},
	{4475, "3.3.3", "novelsc", "Request-URI with known but atypical scheme", false,
		"416, or 404 by who takes the scheme for other resources",
		"416 404", "", nil},
	{4475, "3.3.4", "unksm2", "Unknown URI schemes in header fields", false,
		"400 by a registrar, whose users have SIP addresses; a proxy lets it pass",
		"400", "relayed", nil},
	{4475, "3.3.5", "bext01", "Proxy-Require and Require", false,
		"420, with every extension that is asked of the element's role in Unsupported",
		"420", "", func(o *outcome) error { return unsupported(o, "noProxiesSupportThis", "norDoAnyProxiesSupportThis") }},
	{4475, "3.3.6", "invut", "Unknown Content-Type", false,
		"relayed like any other INVITE",
		"relayed", "", nil},
	{4475, "3.3.7", "regaut01", "Unknown Authorization scheme", false,
		"a registrar that asks for no credentials ignores these; a proxy passes them on",
		"200 401", "relayed", nil},
	{4475, "3.3.8", "multi01", "Multiple values in single value required fields", true,
		"400",
		"400", "", nil},
	{4475, "3.3.9", "mcl01", "Multiple Content-Length values", true,
		"an error; over UDP the rest of the datagram is thrown away",
		"400", "", nil},
	{4475, "3.3.10", "bcast", "200 OK response with broadcast Via header field value", false,
		"dropped: nothing is sent to a broadcast address",
		"dropped", "", nil},
	{4475, "3.3.11", "zeromf", "Max-Forwards of zero", false,
		"483 by a proxy",
		"483", "", nil},
	{4475, "3.3.12", "cparam01", "REGISTER with a contact header parameter", false,
		"registers the contact; the parameter is not the URI's, now or in a later fetch",
		"200", "relayed", func(o *outcome) error {
			return errors.Join(bound("sip:+19725552222@gw1.example.net")(o), unbound(o, "unknownparam>"))
		}},
	{4475, "3.3.13", "cparam02", "REGISTER with a url-parameter", false,
		"registers the contact with the URI's parameter, also in a later fetch",
		"200", "relayed", bound("sip:+19725552222@gw1.example.net;unknownparam")},
	{4475, "3.3.14", "regescrt", "REGISTER with a URL escaped header", false,
		"registers the contact with the URI's header, also in a later fetch",
		"200", "relayed", bound("sip:user@example.com?Route=%3Csip:sip.example.com%3E")},
	{4475, "3.3.15", "sdp01", "Unacceptable Accept offering", false,
		"what Accept offers is between the phones, which may refuse with 406 or 400; a proxy relays",
		"relayed", "", nil},
	{4475, "3.4.1", "inv2543", "INVITE with RFC 2543 syntax", false,
		"accepted: no branch, no From tag, no Content-Length, no Max-Forwards",
		"relayed", "", nil},

	{5118, "4.1", "ipv6-good", "Valid SIP message with an IPv6 reference", false,
		"well-formed",
		"200", "relayed", bound("sip:caller@[2001:db8::1]")},
	{5118, "4.2", "ipv6-bad", "Invalid SIP message with an IPv6 reference", true,
		"400: the address in the Request-URI has no brackets",
		"400", "", nil},
	{5118, "4.3", "port-ambiguous", "Port ambiguous in a SIP URI", false,
		"well-formed: all between the brackets is the address",
		"200", "relayed", bound("sip:caller@[2001:db8::1]")},
	{5118, "4.4", "port-unambiguous", "Port unambiguous in a SIP URI", false,
		"well-formed: the port stands behind the brackets",
		"200", "relayed", bound("sip:caller@[2001:db8::1]")},
	{5118, "4.5", "via-received-param-with-delim", "IPv6 in received, with brackets", false,
		"taken, though the grammar has no brackets here",
		"relayed 481 404", "relayed", nil}, // 481 as wsinv; 404: it names no user
	{5118, "4.5", "via-received-param-no-delim", "IPv6 in received, without brackets", false,
		"well-formed",
		"200 relayed", "relayed", nil}, // 200: the OPTIONS is for the server itself
	{5118, "4.6", "ipv6-in-sdp", "IPv6 addresses in an SDP body", false,
		"well-formed: the body passes as it is",
		"relayed", "", nil},
	{5118, "4.7", "mult-ip-in-header", "Multiple IP addresses in SIP headers", false,
		"well-formed: Vias of both families may stand in one request",
		"relayed 481", "relayed", nil}, // 481: as wsinv
	{5118, "4.8", "mult-ip-in-sdp", "Multiple IP addresses in SDP", false,
		"well-formed: media of both families may stand in one body",
		"relayed", "", nil},
	{5118, "4.9", "ipv4-mapped-ipv6", "IPv4-mapped IPv6 addresses", false,
		"well-formed in header and body",
		"relayed", "", nil},
	{5118, "4.10", "ipv6-bug-abnf-3-colons", "IPv6 reference with three colons", false,
		"taken: the grammar of RFC 3261 led to a third colon by mistake",
		"relayed", "", nil},
	{5118, "4.10", "ipv6-correct-abnf-2-colons", "IPv6 reference with two colons", false,
		"well-formed",
		"relayed", "", nil},
}

// lacks wants none of the pieces in what was relayed.
func lacks(o *outcome, pieces ...string) error {
	for _, piece := range pieces {
		if strings.Contains(o.passed, piece) {
			return fmt.Errorf("%q was relayed", piece)
		}
	}
	return nil
}

// bound wants exactly these contact URIs, when the message was a registration here.
func bound(uris ...string) func(o *outcome) error {
	return func(o *outcome) error {
		if o.passed != "" {
			return nil
		}
		found := map[string]bool{}
		for _, contact := range o.bindings {
			if a, err := sip.ParseNameAddr(contact); err == nil {
				found[a.URI] = true
			}
		}
		for _, uri := range uris {
			if !found[uri] {
				return fmt.Errorf("%s is not bound", uri)
			}
		}
		if len(found) != len(uris) {
			return fmt.Errorf("%d contacts are bound", len(found))
		}
		return nil
	}
}

// unbound wants a piece of text in no contact.
func unbound(o *outcome, piece string) error {
	for _, contact := range o.bindings {
		if strings.Contains(contact, piece) {
			return fmt.Errorf("bound: %s", contact)
		}
	}
	return nil
}

// unsupported wants exactly these option tags.
func unsupported(o *outcome, tags ...string) error {
	var found []string
	for _, field := range o.response.fields {
		if strings.EqualFold(field[0], "Unsupported") {
			found = slices.AppendSeq(found, sip.SplitList(field[1]))
		}
	}
	if !slices.Equal(found, tags) {
		return fmt.Errorf("Unsupported names %q", found)
	}
	return nil
}
