// Grammar: the INVITE that the mutants are made from, and for each of its lines values that are wrong in ways of their
// own (RFC 3261 section 25.1, RFC 4566).

package soak

// The INVITE is a template with these places left open.
const (
	serverPlace    = "127.0.0.1:00001" // the server's address
	callerPlace    = "127.0.0.1:00002" // the sender's
	transportPlace = "SIP/2.0/UDP"
	numberPlace    = "m00000z" // tells the mutants apart in what they cause
)

// grammar is a header field of the INVITE with values that are wrong in ways of its own.
type grammar struct {
	name, value string
	wrong       []string
}

// line is the start line; its name is "".
var line = grammar{"", "INVITE sip:callee@" + serverPlace + ";user=phone SIP/2.0", []string{
	"INVITE  sip:callee@" + serverPlace + " SIP/2.0", "INVITE sip:callee@" + serverPlace + "  SIP/2.0", "INVITE sip:callee@" + serverPlace + " SIP/2.0 ",
	"INVITE sip:callee@" + serverPlace, "INVITE SIP/2.0", "INVITE <sip:callee@" + serverPlace + "> SIP/2.0", "invite sip:callee@" + serverPlace + " SIP/2.0",
	"INVITE sip:callee@" + serverPlace + " SIP/3.0", "INVITE sip:callee@" + serverPlace + " SIP/2", "INVITE sip:callee@" + serverPlace + " HTTP/1.1",
	"INVITE sip:callee@" + serverPlace + " sip/2.0", "INVITE sip:callee@" + serverPlace + " SIP/99999999999.0", "INVITE tel:+1 SIP/2.0", "INVITE urn:x:y SIP/2.0",
	"INVITE http://callee.test/ SIP/2.0", "INVITE sip: SIP/2.0", "INVITE sip:@ SIP/2.0", "INVITE sip:callee@ SIP/2.0", "INVITE * SIP/2.0",
	"INVITE sip:a%0d%0ab@" + serverPlace + " SIP/2.0", "INVITE sip:%@" + serverPlace + " SIP/2.0", "INVITE sip:%zz@" + serverPlace + " SIP/2.0",
	"INVITE sip:callee@" + serverPlace + "?Route=%3Csip:x.test%3E SIP/2.0", "INVITE sip:callee@[::1 SIP/2.0", "INVITE sip:callee@[:::::] SIP/2.0",
	"INVITE sip:callee@127.0.0.1:70000 SIP/2.0", "INVITE sip:callee@127.0.0.1: SIP/2.0", "INVITE sip:a:b:c@" + serverPlace + " SIP/2.0",
	"ACK sip:callee@" + serverPlace + " SIP/2.0", "CANCEL sip:callee@" + serverPlace + " SIP/2.0", "PRACK sip:callee@" + serverPlace + " SIP/2.0",
	"BYE sip:callee@" + serverPlace + " SIP/2.0", "REGISTER sip:callee@" + serverPlace + " SIP/2.0", "INV\"ITE sip:callee@" + serverPlace + " SIP/2.0",
	"SIP/2.0 200 OK", "SIP/2.0 99 Low", "SIP/2.0 700 High", "SIP/2.0 4294967297 Huge", "SIP/2.0 200", "SIP/2.0  OK", "SIP/2.0 100 Trying",
}}

var fields = []grammar{
	{"Via", transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + ";rport", []string{
		transportPlace + " " + callerPlace, transportPlace + " " + callerPlace + ";branch=", transportPlace + " " + callerPlace + ";branch=z9hG4bK",
		"SIP / 2.0 / UDP " + callerPlace + ";branch=z9hG4bK" + numberPlace, "SIP/2.0/ " + callerPlace, "SIP/2.0 " + callerPlace, "SIP/2.0/SCTP " + callerPlace + ";branch=z9hG4bKs",
		"SIP/3.0/UDP " + callerPlace + ";branch=z9hG4bK" + numberPlace, transportPlace + " 127.0.0.1:70000;branch=z9hG4bK" + numberPlace, transportPlace + " [::1;branch=z9hG4bK" + numberPlace,
		transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + ";branch=z9hG4bKother", transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + ";rport=x",
		transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + ";received=nowhere", transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + ";maddr=127.0.0.1;ttl=999",
		transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + ",", "," + transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace,
		transportPlace + " " + callerPlace + ";branch=z9hG4bK" + numberPlace + "," + transportPlace, transportPlace + ";branch=z9hG4bK" + numberPlace}},
	{"Max-Forwards", "70", []string{"256", "-1", "0", "70.0", "70 70", "70,70", "seventy", "+70", "07 0", "0x46"}},
	{"Route", "<sip:" + serverPlace + ";lr>", []string{"sip:" + serverPlace + ";lr", "<sip:" + serverPlace + ";lr", "<>", "<sip:>", "<tel:+1;lr>", "<sip:;lr>", "*",
		"<sip:" + serverPlace + ";lr>,", "<sip:" + serverPlace + ";lr>,,<sip:" + serverPlace + ";lr>", "<<sip:" + serverPlace + ";lr>>", "<sip:" + serverPlace + ";lr=maybe>;", "\"<sip:" + serverPlace + ";lr>"}},
	{"Record-Route", "<sip:127.0.0.9:5060;lr>", []string{"sip:127.0.0.9;lr", "<sip:127.0.0.9;lr", "<>", "*", ",", "<sip:127.0.0.9;lr>;=", "<sip:127.0.0.9;lr><sip:127.0.0.9;lr>"}},
	{"From", "\"A. Caller\" <sip:caller@caller.test>;tag=" + numberPlace, []string{"<sip:caller@caller.test>", "<sip:caller@caller.test>;tag=", "<sip:caller@caller.test>;tag", "<>;tag=a", "\"A\";tag=a",
		"sip:a@a.test,sip:b@b.test;tag=a", "A. <B> Caller <sip:caller@caller.test>;tag=a", "\"A\\\" <sip:caller@caller.test>;tag=a", "<sip:caller@caller.test>;tag=a;tag=b", "<sip:caller@caller.test>;tag=\"a b",
		"<sip:caller@caller.test;tag=a", "sip:caller@caller.test>;tag=a", "Bell, A <sip:caller@caller.test>;tag=a", "*;tag=a", "<urn:service:x>;tag=a", "caller;tag=a"}},
	{"To", "\"The Callee\" <sip:callee@callee.test>", []string{"<sip:callee@callee.test>;tag=a", "<sip:callee@callee.test>;tag=", "<>", "*", "\"", "\"\" <sip:callee@callee.test", "<sip:a@a.test>, <sip:b@b.test>",
		"<sip:callee@callee.test?to=x>;x", "<sip:callee@callee.test>>", "callee", "<sip:callee@callee.test>;tag=a;tag=b", "<sip:callee@callee.test> ;; tag"}},
	{"Call-ID", numberPlace + "@caller.test", []string{numberPlace + "@", "@" + numberPlace, numberPlace + "@a@b", numberPlace + " x", numberPlace + ",y", "<" + numberPlace + ">", "\"" + numberPlace + "\"", "{}[]<>()\\:/?" + numberPlace}},
	{"CSeq", "7 INVITE", []string{"7", "INVITE", "INVITE 7", "7 BYE", "7 INVITE INVITE", "7, INVITE", "7INVITE", "2147483648 INVITE", "7.5 INVITE", "7 invite", "-7 INVITE", "7 \"INVITE\"", "\t7\t\tINVITE"}},
	{"Contact", "\"Here\" <sip:caller@" + callerPlace + ";transport=udp>;expires=60;q=0.5", []string{"*", "*, <sip:a@a.test>", "<>", "sip:caller@" + callerPlace + "?x=y", "<sip:a@a.test>;q=2", "<sip:a@a.test>;q=-1",
		"<sip:a@a.test>;q=0.12345", "<sip:a@a.test>;expires=-1", "<sip:a@a.test>;expires=99999999999", "<sip:a@a.test>,,<sip:b@b.test>", "\"<sip:a@a.test>", "<sip:a@a.test;q=1", "<mailto:a@a.test>", "<sip:a b@a.test>"}},
	{"Expires", "120", []string{"-1", "4294967296", "Thu, 01 Dec 1994 16:00:00 GMT", "1e3", "120;x", "0x78"}},
	{"Require", "", []string{"nothing", "nothing,nobody", ",", "100rel,nothing,", "\"100rel\"", "100 rel", "(", ";"}},
	{"Proxy-Require", "", []string{"nothing", "nothing,nobody", ",", ",,nothing", "\"sec-agree\"", "sec agree", "<x>", "nothing\r\nProxy-Require: nobody"}},
	{"Supported", "100rel, path;x, timer", []string{",", "100rel,,path", "\"100rel", "100 rel", "@", "100rel;"}},
	{"Allow", "INVITE, ACK, BYE, CANCEL", []string{",", "INVITE ACK", "INVITE;ACK", "\"INVITE\"", "INVITE,,ACK", "(INVITE)"}},
	{"Timestamp", "54.21 0.5", []string{"-54", "54,21", "54.21.1", "now", "1e400", ".", "54. .5"}},
	{"Date", "Sat, 13 Nov 2010 23:29:00 GMT", []string{"Sat, 13 Nov 2010 23:29:00 EST", "Sat 13 Nov 2010 23:29:00 GMT", "13.11.2010", "Xxx, 99 Zzz 0000 99:99:99 GMT", "Sat, 13 Nov 10 23:29 GMT"}},
	{"Authorization", "Digest username=\"a\", realm=\"r.test\", nonce=\"n\", uri=\"sip:r.test\", response=\"0123456789abcdef0123456789abcdef\"", []string{"Digest", "Digest ,", "Digest username", "Digest username=", "Digest username=\"a", "Basic !!!!", "Digest a=b c=d", "Digest =\"\""}},
	{"Session-Expires", "1800;refresher=uac", []string{"-1", "1800;refresher", "1800;refresher=both", ";refresher=uac", "1800;;"}},
	{"Subject", "\"How (are) you?\" \xc3\xa9", []string{"\r\n\r\n", "\r\n \r\n x", "\xff\xfe", "\x00"}},
	{"Accept", "application/sdp;level=1, application/x-private;q=0.5", []string{"*", "/", "a/", "/b", "a/b;", "a/b;=", "a b", "a/b/c", "text/x;q=0.0"}},
	{"Content-Type", "application/sdp", []string{"application", "application/", "/sdp", "application/sdp;", "application/sdp;charset", "application/sdp;charset=\"x", "multipart/mixed", "multipart/mixed;boundary=", "multipart/mixed;boundary=\"\"", "application sdp", "text/plain, application/sdp"}},
	{lengthName, "", []string{"0", "1", "99999", "65536", "2147483648", "-1", "+5", "0x10", "5 5", "5, 5", "five", "", " ", "00000000000000000000000000000001", "1.5", "99999999999999999999999999"}},
}

// lengthName's value is the length of the body, unless the mutation is one of it.
const lengthName = "Content-Length"

// body is the session that the INVITE offers.
var body = []string{"v=0", "o=caller 2890844526 2890844526 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 49170 RTP/AVP 0 8 101",
	"a=rtpmap:0 PCMU/8000", "a=fmtp:101 0-15"}
