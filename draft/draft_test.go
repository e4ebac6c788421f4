package draft

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"viaduct/internal/rfctext"
	"viaduct/internal/siptest"
)

const invite = "INVITE sip:309@127.168.1.15 SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 127.168.1.10;branch=z9hG4bK1\r\n" +
	"From: <sip:308@127.168.1.15>;tag=1\r\n" +
	"To: <sip:309@127.168.1.15>\r\n" +
	"Contact: <sip:308@127.168.1.10>\r\n" +
	"Call-ID: 1@127.168.1.10\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Max-Forwards: 70\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 5\r\n" +
	"\r\n" +
	"v=0\r\n"

func swap(old, new string) string { return strings.Replace(invite, old, new, 1) }

// Each case breaks one rule and must say so, once and at the right line.
var broken = []struct {
	name, text string
	way        Way
	want       []string // "line rule: text"
}{
	{"sound", invite, Datagram, nil},
	{"LF", strings.ReplaceAll(invite, "\r\n", "\n"), Datagram, []string{"1 LineEnds: the line ends with LF, not CRLF"}},
	{"one LF", swap("To: <sip:309@127.168.1.15>\r\n", "To: <sip:309@127.168.1.15>\n"), Datagram, []string{"4 LineEnds: the line ends with LF, not CRLF"}},
	{"no empty line", swap("Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n", "Content-Length: 0\r\n"), Datagram,
		[]string{"10 HeaderEnd: the header has no empty line at its end"}},
	{"no CSeq, no From", swap("CSeq: 1 INVITE\r\n", "")[:0] + strings.Replace(swap("CSeq: 1 INVITE\r\n", ""), "From: <sip:308@127.168.1.15>;tag=1\r\n", "", 1), Datagram,
		[]string{"9 Mandatory: From is missing, it is mandatory", "9 Mandatory: CSeq is missing, it is mandatory"}},
	{"no Via", swap("Via: SIP/2.0/UDP 127.168.1.10;branch=z9hG4bK1\r\n", ""), Datagram, []string{"10 Mandatory: Via is missing, it is mandatory"}},
	{"no Max-Forwards", swap("Max-Forwards: 70\r\n", ""), Datagram, []string{"10 Mandatory: Max-Forwards is missing, it is mandatory"}},
	{"no Contact", swap("Contact: <sip:308@127.168.1.10>\r\n", ""), Datagram, []string{"10 ContactOfInvite: Contact is missing, it is mandatory in INVITE and its 2xx"}},
	{"no From tag", swap(";tag=1", ""), Datagram, []string{"3 FromTag: From has no tag"}},
	{"BYE without To tag", strings.ReplaceAll(invite, "INVITE", "BYE"), Datagram, []string{"4 ToTag: To has no tag, and BYE belongs into a dialog"}},
	{"180 without To tag", swap("INVITE sip:309@127.168.1.15 SIP/2.0", "SIP/2.0 180 Ringing"), Datagram,
		[]string{"4 ToTagOfResponse: To has no tag, and each response but 100 has one"}},
	{"CSeq of another method", swap("1 INVITE", "1 BYE"), Datagram, []string{"7 CSeqMethod: CSeq says BYE, the start line INVITE"}},
	{"CSeq without a number", swap("1 INVITE", "x INVITE"), Datagram, []string{"7 Grammar: CSeq: expected a number below 2^31 and a method"}},
	{"no cookie", swap("z9hG4bK1", "1"), Datagram, []string{"2 BranchCookie: Via: the branch 1 does not begin with z9hG4bK"}},
	{"cookie only", swap("z9hG4bK1", "z9hG4bK"), Datagram, []string{"2 BranchCookie: Via: the branch is z9hG4bK and nothing behind it"}},
	{"no branch", swap(";branch=z9hG4bK1", ""), Datagram, []string{"2 BranchCookie: Via has no branch"}},
	{"Via unsound", swap("SIP/2.0/UDP 127", "UDP 127"), Datagram, []string{"2 Grammar: Via: expected SIP/2.0/transport host[:port] and parameters"}},
	{"UDP over TCP", invite, Stream, []string{"2 ViaTransport: Via says UDP, but the message goes over TCP"}},
	{"way not known", invite, AnyWay, nil},
	{"Request-URI without scheme", swap("INVITE sip:309@127.168.1.15", "INVITE 309@127.168.1.15"), Datagram,
		[]string{"1 RequestURI: Request-URI 309@127.168.1.15: expected a URI scheme and a colon"}},
	{"Request-URI in brackets", swap("sip:309@127.168.1.15 ", "<sip:309@127.168.1.15> "), Datagram,
		[]string{"1 RequestURI: Request-URI <sip:309@127.168.1.15>: expected a URI scheme and a colon"}},
	{"Request-URI with headers", swap("sip:309@127.168.1.15 ", "sip:309@127.168.1.15?Subject=x "), Datagram,
		[]string{"1 RequestURI: Request-URI sip:309@127.168.1.15?Subject=x: headers (behind ?) stand in no Request-URI"}},
	{"two spaces", swap("INVITE sip", "INVITE  sip"), Datagram, []string{"1 Grammar: start line: expected a Request-URI without spaces, quotes or angle brackets"}},
	{"bad To", swap("To: <sip:309@127.168.1.15>", "To: <sip:309@127.168.1.15"), Datagram, []string{"4 AddressURI: To: expected > behind the URI"}},
	{"bad Contact", swap("Contact: <sip:308@127.168.1.10>", "Contact: <308@127.168.1.10>"), Datagram,
		[]string{"5 AddressURI: Contact: 308@127.168.1.10: expected a URI scheme and a colon"}},
	{"length too small", swap("Length: 5", "Length: 3"), Datagram, []string{"10 ContentLengthHolds: Content-Length is 3, the body has 5 bytes"}},
	{"length too large", swap("Length: 5", "Length: 6"), Datagram, []string{"10 ContentLengthHolds: Content-Length is 6, the body has 5 bytes"}},
	{"length no number", swap("Length: 5", "Length: five"), Datagram, []string{`10 ContentLengthHolds: Content-Length "five" is no number of bytes`}},
	{"no length over TCP", strings.Replace(swap("Content-Length: 5\r\n", ""), "UDP", "TCP", 1), Stream, []string{"10 ContentLengthOnStream: Content-Length is missing"}},
	{"no type", swap("Content-Type: application/sdp\r\n", ""), Datagram, []string{"10 ContentType: Content-Type is missing, and there is a body"}},
	{"hops", swap("Max-Forwards: 70", "Max-Forwards: 256"), Datagram, []string{"8 HopsInRange: Max-Forwards is 256"}},
	{"To twice", swap("To: ", "To: <sip:x@h.test>\r\nTo: "), Datagram, []string{"5 OneOnly: To stands in line 4 already"}},
	{"no colon", swap("Max-Forwards: 70", "Max-Forwards: 70\r\nhello"), Datagram, []string{"9 Grammar: header: expected a field name and a colon"}},
	{"large", swap("v=0\r\n", strings.Repeat("a=1\r\n", 300)), Datagram,
		[]string{"1 FitsDatagram: the request has 1792 bytes, more than 1300", "10 ContentLengthHolds: Content-Length is 5, the body has 1500 bytes"}},
	{"CANCEL with two Vias and Require", strings.ReplaceAll(swap("From", "Via: SIP/2.0/UDP h.test;branch=z9hG4bK2\r\nRequire: x\r\nFrom"), "INVITE", "CANCEL"), Datagram,
		[]string{"3 CancelHasOneVia: CANCEL has more than one Via", "4 CancelWithoutRequire: CANCEL has Require"}},
	{"empty", "", Datagram, []string{
		"1 HeaderEnd: the header has no empty line at its end", "1 Mandatory: Via is missing, it is mandatory", "1 Mandatory: From is missing, it is mandatory",
		"1 Mandatory: To is missing, it is mandatory", "1 Mandatory: Call-ID is missing, it is mandatory", "1 Mandatory: CSeq is missing, it is mandatory",
		"1 Mandatory: Max-Forwards is missing, it is mandatory"}},
}

// ruleNames are those of the constants, for the tables of the tests.
var ruleNames = [rules]string{"Grammar", "LineEnds", "HeaderEnd", "Mandatory", "ContactOfInvite", "FromTag", "ToTag", "ToTagOfResponse", "CSeqMethod",
	"BranchCookie", "ViaTransport", "RequestURI", "AddressURI", "ContentLengthHolds", "ContentLengthOnStream", "ContentType", "HopsInRange", "OneOnly",
	"CancelHasOneVia", "CancelWithoutRequire", "CancelMatches", "AckMatches", "FitsDatagram", "AnswersGoElsewhere"}

func list(faults []Fault) (all []string) {
	for _, f := range faults {
		all = append(all, fmt.Sprintf("%d %s: %s", f.Line, ruleNames[f.Rule], f.Text))
	}
	return all
}

func TestCheck(t *testing.T) {
	for _, test := range broken {
		t.Run(test.name, func(t *testing.T) {
			if got := list(Check(test.text, test.way)); !slices.Equal(got, test.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}

// The paper's messages came from phones and are sound, each of them. The
// paper shows its INVITEs complete, so they can be taken as models.
func TestPaperIsSound(t *testing.T) {
	for _, section := range siptest.PaperSections() {
		messages, err := siptest.ReadPaper(section)
		if err != nil {
			t.Fatal(err)
		}
		var before []string
		for _, m := range messages {
			faults := append(Check(m.Message.Text, Datagram), CheckTogether(before, m.Message.Text)...)
			if len(faults) > 0 {
				t.Errorf("%s %s: %s", section, m.File, strings.Join(list(faults), "; "))
			}
			before = append(before, m.Message.Text)
		}
	}
}

func TestCheckTogether(t *testing.T) {
	cancel := strings.ReplaceAll(invite, "INVITE", "CANCEL")
	ack := strings.ReplaceAll(invite, "INVITE", "ACK")
	other := strings.NewReplacer("z9hG4bK1", "z9hG4bK2", "CSeq: 1", "CSeq: 2", "To: <sip:309@", "To: <sip:310@", ";tag=1", ";tag=2", "sip:309@127.168.1.15 ", "sip:310@127.168.1.15 ")
	for _, test := range []struct {
		name   string
		before []string
		last   string
		want   []string
	}{
		{"CANCEL", []string{invite}, cancel, nil},
		{"ACK of a 2xx", []string{invite}, other.Replace(ack), nil},
		{"ACK of a 487", []string{invite, cancel}, ack, nil},
		{"CANCEL of nothing", nil, cancel, nil},
		{"CANCEL of another call", []string{strings.Replace(invite, "1@127", "2@127", 1)}, other.Replace(cancel), nil},
		{"CANCEL unlike", []string{invite}, other.Replace(cancel), []string{
			"1 CancelMatches: the Request-URI is sip:310@127.168.1.15, but sip:309@127.168.1.15 in the INVITE",
			"2 CancelMatches: the branch of Via is z9hG4bK2, but z9hG4bK1 in the INVITE",
			"3 CancelMatches: the tag of From is 2, but 1 in the INVITE",
			"4 CancelMatches: To is <sip:310@127.168.1.15>, but <sip:309@127.168.1.15> in the INVITE",
			"7 CancelMatches: the number of CSeq is 2, but 1 in the INVITE",
		}},
		{"ACK unlike", []string{invite, cancel}, strings.Replace(ack, "z9hG4bK1", "z9hG4bK3", 1), []string{
			"2 AckMatches: the branch of Via is z9hG4bK3, but z9hG4bK1 in the INVITE"}},
	} {
		if got := list(CheckTogether(test.before, test.last)); !slices.Equal(got, test.want) {
			t.Errorf("%s: got\n  %s\nwant\n  %s", test.name, strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
		}
	}
}

func TestFix(t *testing.T) {
	unix := func(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
	without := swap("Content-Length: 5\r\n", "")
	for name, test := range map[string]struct{ text, want string }{
		"sound":                {invite, invite},
		"LF":                   {unix(invite), invite},
		"LF in the body only":  {swap("v=0\r\n", "v=0\n\n"), swap("v=0\r\n", "v=0\n\n")},
		"length":               {swap("Length: 5", "Length: 7"), invite},
		"length of an LF body": {unix(swap("Length: 5", "Length: 4")), invite},
		"length no number":     {swap("Length: 5", "Length:  five"), swap("Length: 5", "Length:  5")},
		"length empty":         {swap("Length: 5", "Length:"), invite},
		"length missing":       {without, swap("Content-Length: 5\r\n\r\n", "Content-Length: 5\r\n\r\n")},
		"compact":              {swap("Content-Length: 5", "l:4"), swap("Content-Length: 5", "l:5")},
		"no empty line":        {unix(swap("5\r\n\r\nv=0\r\n", "0")), swap("5\r\n\r\nv=0\r\n", "0\r\n\r\n")},
		"no empty line, LF":    {unix(swap("5\r\n\r\nv=0\r\n", "0\r\n")), swap("5\r\n\r\nv=0\r\n", "0\r\n\r\n")},
	} {
		got := Fix(test.text)
		if got != test.want {
			t.Errorf("%s: got\n%q\nwant\n%q", name, got, test.want)
		}
		if again := Fix(got); again != got {
			t.Errorf("%s: fixed twice it is\n%q", name, again)
		}
	}
}

func TestCut(t *testing.T) {
	cancel := strings.ReplaceAll(strings.Replace(invite, "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n", "\r\n", 1), "INVITE", "CANCEL")
	fragment := swap("5\r\n\r\nv=0\r\n", "16\r\n\r\nSIP/2.0 200 OK\r\n")
	reaching := strings.Replace(cancel, "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\n", 1)
	for name, test := range map[string]struct {
		text string
		want []Message
	}{
		"nothing":               {"", nil},
		"only remarks":          {"# nothing\n\n", nil},
		"one":                   {invite, []Message{{invite, 1}}},
		"one with more":         {invite + "\r\n\r\n", []Message{{invite + "\r\n\r\n", 1}}},
		"one behind a remark":   {"# the paper's\n\n" + invite, []Message{{invite, 3}}},
		"two":                   {invite + cancel, []Message{{invite, 1}, {cancel, 13}}},
		"two with gaps":         {invite + "\r\n\r\n# and\r\n" + cancel, []Message{{invite, 1}, {cancel, 16}}},
		"the other way round":   {cancel + "\n\n" + invite, []Message{{cancel, 1}, {invite, 12}}},
		"wrong length":          {swap(": 5", ": 50") + "\n" + cancel, []Message{{swap(": 5", ": 50"), 1}, {cancel, 14}}},
		"LF":                    {strings.ReplaceAll(cancel+invite, "\r\n", "\n"), []Message{{strings.ReplaceAll(cancel, "\r\n", "\n"), 1}, {strings.ReplaceAll(invite, "\r\n", "\n"), 10}}},
		"a fragment as a body":  {fragment + cancel, []Message{{fragment, 1}, {cancel, 13}}},
		"length into the next":  {reaching + cancel, []Message{{reaching, 1}, {cancel, 11}}},
		"no message whatsoever": {"hello\nworld\n", []Message{{"hello\nworld\n", 1}}},
	} {
		if got := Cut(test.text); !slices.Equal(got, test.want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, got, test.want)
		}
	}
}

// Each rule has a reason and a section, and the section speaks of it.
func TestRulesStandInTheRFC(t *testing.T) {
	for rule := range rules {
		if rule.Section() == "" || rule.Why() == "" || ruleTable[rule].keyword == "" {
			t.Errorf("rule %s is not complete", ruleNames[rule])
		}
	}
	text, err := os.ReadFile("../../shared/rfc/rfc3261.txt")
	if err != nil {
		t.Skip("needs the RFC's text: ", err)
	}
	sections := rfctext.Sections(string(text))
	for rule := range rules {
		if !rfctext.Holds(sections, rule.Section(), ruleTable[rule].keyword) {
			t.Errorf("%s: section %s does not speak of %q", ruleNames[rule], rule.Section(), ruleTable[rule].keyword)
		}
	}
}

// FuzzDraft: cutting loses nothing but gaps, fixing once is enough and leaves
// only faults that cannot be fixed.
func FuzzDraft(f *testing.F) {
	for _, test := range broken {
		f.Add(test.text)
	}
	f.Add(invite + "\n# and\n" + strings.ReplaceAll(invite, "INVITE", "CANCEL"))
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, m := range Cut(text) {
			place := strings.Index(text[at:], m.Text)
			if m.Text == "" || place < 0 || 1+strings.Count(text[:at+place], "\n") > m.Line {
				t.Fatalf("%q: message %q at line %d", text, m.Text, m.Line)
			}
			at += place + len(m.Text)
			lines := 1 + strings.Count(m.Text, "\n")
			for _, fault := range append(Check(m.Text, Stream), CheckTogether([]string{text}, m.Text)...) {
				if fault.Line < 1 || fault.Line > lines || fault.Text == "" {
					t.Fatalf("%q: %+v", m.Text, fault)
				}
			}
			fixed := Fix(m.Text)
			if Fix(fixed) != fixed {
				t.Fatalf("%q fixed is %q, then %q", m.Text, fixed, Fix(fixed))
			}
			for _, fault := range Check(fixed, Stream) {
				if fault.Rule.Fixable() {
					t.Fatalf("%q fixed is %q, which has %+v", m.Text, fixed, fault)
				}
			}
		}
	})
}
