package registrar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"viaduct/location"
)

// Each story is named for the sentence of RFC 3261 that it shows.
var stories = []story{
	{name: "8.2.2.3 and 10.3 step 2: an unknown option tag is refused", steps: []step{
		{request: register{fields: "Require: gruu, outbound\nContact: <sip:bob@pc>"}, want: "420\nUnsupported: gruu, outbound"},
		{request: register{fields: "Require: path\nContact: <sip:bob@pc>"}, want: "420\nUnsupported: path"},
		{request: register{fields: "Require: a b\nContact: <sip:bob@pc>"}, want: "400 Bad Require"},
		{request: register{}, want: "200"},
	}},
	{name: "8.2.2.3: a known one is not", config: func(c *Config) { c.UsePath = true }, steps: []step{
		{request: register{fields: "Require: Path\nContact: <sip:bob@pc>"}, want: "200 inserted\nContact: <sip:bob@pc>;expires=3600"},
	}},

	{name: "10.3 step 5: parameters are removed, escapes undone", steps: []step{
		{request: register{user: "sip:%62ob@biloxi.test;user=phone", fields: "Contact: <sip:bob@pc>"},
			want: "200 inserted\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{user: "bob"}, want: "200\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{user: "sips:bob@other.test:5061"}, want: "200\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{user: "BOB"}, want: "200\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{user: "bobby"}, want: "200"},
	}},
	{name: "10.3 step 5: with domain and case", config: func(c *Config) { c.UseDomain, c.CaseSensitive = true, true }, steps: []step{
		{request: register{user: "sip:%62ob@Biloxi.TEST", fields: "Contact: <sip:bob@pc>"},
			want: "200 inserted\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{user: "bob"}, want: "200\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{user: "Bob"}, want: "200"},
		{request: register{user: "sip:bob@other.test"}, want: "200"},
	}},
	{name: "10.3 step 5: what is no address-of-record", steps: []step{
		{request: register{user: "tel:+15551234"}, want: "400 To Names No SIP URI"},
		{request: register{user: "isbn:2983792873"}, want: "400 To Names No SIP URI"},
		{request: register{user: "sip:biloxi.test"}, want: "404"},
		{request: register{user: "sip:bob@"}, want: "400 Bad To URI"},
		{request: register{user: strings.Repeat("b", 257)}, want: "400 Address-of-Record Too Long"},
	}},

	{name: "10.3 step 6: * needs Expires: 0", steps: []step{
		{request: register{fields: "Contact: <sip:bob@pc>"}, want: "200 inserted\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{cseq: 2, fields: "Contact: *"}, want: "400 Contact * Without Expires 0"},
		{request: register{cseq: 2, fields: "Contact: *\nExpires: 1"}, want: "400 Contact * Without Expires 0"},
		{request: register{cseq: 2, fields: "Contact: *\nExpires: none"}, want: "400 Contact * Without Expires 0"},
		{request: register{cseq: 2, fields: "Contact: *;expires=0"}, want: "400 Bad Contact URI"},
		{request: register{}, want: "200\nContact: <sip:bob@pc>;expires=3600"},
	}},
	{name: "10.3 step 6: * stands alone", steps: []step{
		{request: register{fields: "Contact: *, <sip:bob@pc>\nExpires: 0"}, want: "400 Contact * With Other Contacts"},
		{request: register{fields: "Contact: <sip:bob@pc>\nContact: *\nExpires: 0"}, want: "400 Contact * With Other Contacts"},
		{request: register{fields: "Contact: *, *\nExpires: 0"}, want: "400 Contact * With Other Contacts"},
	}},
	{name: "10.3 step 6: * removes bindings of other Call-IDs whatever their CSeq", steps: []step{
		{request: register{callID: "a", cseq: 9, fields: "Contact: <sip:bob@pc>"}, want: "200 inserted\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{callID: "b", cseq: 1, fields: "Contact: *\nExpires: 0"}, want: "200 removed"},
		{request: register{callID: "b", cseq: 1, fields: "Contact: *\nExpires: 0"}, want: "200"},
	}},
	{name: "10.3 step 6: * with the same Call-ID needs a higher CSeq, else nothing goes", steps: []step{
		{request: register{callID: "b", fields: "Contact: <sip:bob@pda>"}, want: "200 inserted\nContact: <sip:bob@pda>;expires=3600"},
		{request: register{callID: "a", cseq: 9, fields: "Contact: <sip:bob@pc>"},
			want: "200 inserted\nContact: <sip:bob@pda>;expires=3600\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{callID: "a", cseq: 9, fields: "Contact: *\nExpires: 0"}, want: "500 CSeq Out of Order"},
		{request: register{}, want: "200\nContact: <sip:bob@pda>;expires=3600\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{callID: "a", cseq: 10, fields: "Contact: *\nExpires: 0"}, want: "200 removed"},
	}},

	{name: "10.3 step 7: the expires parameter comes before the Expires field, that before the default", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=100, <sip:b@pc>\nExpires: 200"},
			want: "200 inserted\nContact: <sip:a@pc>;expires=100\nContact: <sip:b@pc>;expires=200"},
		{request: register{user: "carol", fields: "Contact: <sip:c@pc>"}, want: "200 inserted\nContact: <sip:c@pc>;expires=3600"},
	}},
	{name: "10.2 and 20.19: malformed is an hour, too large is 2^32-1", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=soon, <sip:b@pc>;expires=99999999999, <sip:c@pc>;expires=-1\nExpires: never"},
			want: "200 inserted\nContact: <sip:a@pc>;expires=3600\nContact: <sip:b@pc>;expires=4294967295\nContact: <sip:c@pc>;expires=3600"},
		{request: register{user: "d", fields: "Contact: <sip:d@pc>\nExpires: Thu, 01 Dec 1994 16:00:00 GMT"},
			want: "200 inserted\nContact: <sip:d@pc>;expires=3600"},
	}},
	{name: "10.3 step 7: below an hour and below the minimum is 423, and nothing changes", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>, <sip:b@pc>;expires=59"}, want: "423\nMin-Expires: 60"},
		{request: register{}, want: "200"},
		{request: register{fields: "Contact: <sip:a@pc>;expires=60"}, want: "200 inserted\nContact: <sip:a@pc>;expires=60"},
	}},
	{name: "10.3 step 7: an hour is never too brief", config: func(c *Config) { c.MinExpires = 7200 }, steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=3600"}, want: "200 inserted\nContact: <sip:a@pc>;expires=3600"},
		{request: register{cseq: 2, fields: "Contact: <sip:a@pc>;expires=3599"}, want: "423\nMin-Expires: 7200"},
	}},
	{name: "a brief time is raised as Kamailio does", config: func(c *Config) { c.MinExpiresMode = RaiseBrief }, steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=1"}, want: "200 inserted\nContact: <sip:a@pc>;expires=60"},
		{request: register{cseq: 2, fields: "Contact: <sip:a@pc>;expires=0"}, want: "200 removed"},
	}},
	{name: "10.3 step 7: the registrar may choose a shorter time", config: func(c *Config) { c.MaxExpires = 600 }, steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=601"}, want: "200 inserted\nContact: <sip:a@pc>;expires=600"},
		{request: register{user: "carol", fields: "Contact: <sip:c@pc>"}, want: "200 inserted\nContact: <sip:c@pc>;expires=600"},
	}},
	{name: "10.3 step 7: another Call-ID updates and removes", steps: []step{
		{request: register{callID: "a", cseq: 9, fields: "Contact: <sip:bob@pc>"}, want: "200 inserted\nContact: <sip:bob@pc>;expires=3600"},
		{request: register{callID: "b", cseq: 1, fields: "Contact: <sip:bob@pc>;expires=90"}, want: "200 updated\nContact: <sip:bob@pc>;expires=90"},
		{request: register{callID: "c", cseq: 1, fields: "Contact: <sip:bob@pc>;expires=0"}, want: "200 removed"},
	}},
	{name: "10.3 step 7: the same Call-ID needs a higher CSeq, else the whole request fails", steps: []step{
		{request: register{cseq: 5, fields: "Contact: <sip:a@pc>"}, want: "200 inserted\nContact: <sip:a@pc>;expires=3600"},
		{request: register{cseq: 4, fields: "Contact: <sip:new@pc>, <sip:a@pc>;expires=90"}, want: "500 CSeq Out of Order"},
		{request: register{cseq: 4, fields: "Contact: <sip:a@pc>;expires=0"}, want: "500 CSeq Out of Order"},
		{request: register{}, want: "200\nContact: <sip:a@pc>;expires=3600"},
		{wait: 20 * time.Second, request: register{cseq: 5, fields: "Contact: <sip:a@pc>"}, want: "500 CSeq Out of Order"},
		{request: register{cseq: 6, fields: "Contact: <sip:a@pc>"}, want: "200 updated\nContact: <sip:a@pc>;expires=3600"},
	}},
	{name: "17.2.2: a retransmission gets the answer again and changes nothing", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=100"}, want: "200 inserted\nContact: <sip:a@pc>;expires=100"},
		{wait: 19 * time.Second, request: register{fields: "Contact: <sip:a@pc>;expires=100"}, want: "200\nContact: <sip:a@pc>;expires=81"},
	}},
	{name: "no retransmissions where a transaction absorbs them", config: func(c *Config) { c.CSeqDelay = 0 }, steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>"}, want: "200 inserted\nContact: <sip:a@pc>;expires=3600"},
		{request: register{fields: "Contact: <sip:a@pc>"}, want: "500 CSeq Out of Order"},
	}},
	{name: "10.3 step 7: each contact in turn", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>, <sip:b@pc>\nContact: <sip:c@pc>"},
			want: "200 inserted\nContact: <sip:a@pc>;expires=3600\nContact: <sip:b@pc>;expires=3600\nContact: <sip:c@pc>;expires=3600"},
		{request: register{cseq: 2, fields: "Contact: <sip:b@pc>;expires=0, <sip:c@pc>;expires=70\nContact: <sip:d@pc>;expires=80"},
			want: "200 inserted\nContact: <sip:a@pc>;expires=3600\nContact: <sip:c@pc>;expires=70\nContact: <sip:d@pc>;expires=80"},
		{request: register{cseq: 3, fields: "Contact: <sip:none@pc>;expires=0"},
			want: "200\nContact: <sip:a@pc>;expires=3600\nContact: <sip:c@pc>;expires=70\nContact: <sip:d@pc>;expires=80"},
		{request: register{cseq: 4, fields: "Contact: <sip:a@pc>;expires=90, <sip:a@pc>;expires=0"},
			want: "200 updated\nContact: <sip:c@pc>;expires=70\nContact: <sip:d@pc>;expires=80"},
	}},
	{name: "10.3 step 8: all current bindings with the time that is left", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>;expires=100;q=0.5"}, want: "200 inserted\nContact: <sip:a@pc>;q=0.5;expires=100"},
		{wait: 99*time.Second + 1, request: register{}, want: "200\nContact: <sip:a@pc>;q=0.5;expires=1"},
		{wait: time.Second, request: register{}, want: "200"},
		{request: register{fields: "Contact: <sip:a@pc>"}, want: "200 inserted\nContact: <sip:a@pc>;expires=3600"},
	}},
	{name: "10.3 step 8: Date when it is wanted", config: func(c *Config) { c.Date = true }, steps: []step{
		{request: register{}, want: "200\nDate: Fri, 02 Jan 2026 15:04:05 GMT"},
	}},

	{name: "20.10: parameters outside angle brackets belong to the field", steps: []step{
		{request: register{fields: "Contact: sip:a@pc;expires=70;transport=tcp"}, want: "200 inserted\nContact: <sip:a@pc>;expires=70;transport=tcp"},
		{request: register{cseq: 2, fields: "m: \"Bob, at home\" <sip:a@pc>\nExpires: 80"}, want: "200 updated\nContact: <sip:a@pc>;expires=80"},
	}},
	{name: "device parameters are kept and told, those of the registrar are not the client's to set", steps: []step{
		{request: register{fields: `Contact: <sip:a@pc>;+sip.instance="<urn:uuid:1>";expires=70;reg-id=1;pub-gruu="sip:x@y";video`},
			want: `200 inserted` + "\n" + `Contact: <sip:a@pc>;expires=70;+sip.instance="<urn:uuid:1>";reg-id=1;video`},
	}},
	{name: "a folded value is told on one line", steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>\n ;video\n\t;q=1"}, want: "200 inserted\nContact: <sip:a@pc>;q=1;expires=3600;video"},
	}},
	{name: "other schemes", steps: []step{
		{request: register{fields: "Contact: <tel:+15551234>, mailto:bob@biloxi.test"},
			want: "200 inserted\nContact: <tel:+15551234>;expires=3600\nContact: <mailto:bob@biloxi.test>;expires=3600"},
	}},

	{name: "max_contacts", config: func(c *Config) { c.MaxContacts, c.RetryAfter = 2, 7 }, steps: []step{
		{request: register{fields: "Contact: <sip:a@pc>, <sip:b@pc>, <sip:c@pc>"}, want: "503 Too Many Contacts\nRetry-After: 7"},
		{request: register{fields: "Contact: <sip:a@pc>, <sip:b@pc>"}, want: "200 inserted\nContact: <sip:a@pc>;expires=3600\nContact: <sip:b@pc>;expires=3600"},
		{request: register{cseq: 2, fields: "Contact: <sip:c@pc>"}, want: "503 Too Many Contacts\nRetry-After: 7"},
		{request: register{cseq: 2, fields: "Contact: <sip:a@pc>;expires=70"}, want: "200 updated\nContact: <sip:a@pc>;expires=70\nContact: <sip:b@pc>;expires=3600"},
		{request: register{cseq: 3, fields: "Contact: <sip:a@pc>;expires=0, <sip:c@pc>"}, want: "200 inserted\nContact: <sip:b@pc>;expires=3600\nContact: <sip:c@pc>;expires=3600"},
	}},
}

func TestSave(t *testing.T) {
	for _, story := range stories {
		t.Run(story.name, story.play)
	}
}

// A request with one bad contact is refused whole.
func TestSaveRefusesBadContacts(t *testing.T) {
	for _, test := range []struct{ contact, want string }{
		{"<bob>", "400 Bad Contact URI"},
		{"<sip:>", "400 Bad Contact URI"},
		{"<sip:bob@pc:99999>", "400 Bad Contact URI"},
		{"<sip:bob@[::1>", "400 Bad Contact URI"},
		{"<sip:bob@pc;a=b c>", "400 Bad Contact URI"},
		{"<sip:bob@pc", "400 Bad Contact"},
		{"<sip:bob@pc> x", "400 Bad Contact"},
		{"\"Bob <sip:bob@pc>", "400 Bad Contact"},
		{"sip:bob@pc?subject=x", "400 Bad Contact"},
		{"<sip:bob@pc>;q=2", "400 Bad q in Contact"},
		{"<sip:bob@pc>;q=0.1234", "400 Bad q in Contact"},
		{"<sip:bob@pc>;q=", "400 Bad q in Contact"},
		{"<sip:bob@pc>;a=\"b", "400 Bad Contact Parameter"},
		{"<sip:bob@pc>;a=b\"c\"", "400 Bad Contact Parameter"},
		{"<sip:bob@pc>;a b", "400 Bad Contact Parameter"},
		{"<sip:bob@pc>;a=b\x01", "400 Bad Contact Parameter"},
		{"<sip:" + strings.Repeat("b", 512) + "@pc>", "400 Contact Too Long"},
		{"<sip:bob@pc>;a=" + strings.Repeat("b", 1024), "400 Contact Too Long"},
		{"", "400 Empty Contact"},
	} {
		t.Run(test.contact, func(t *testing.T) {
			r := New(strict(), location.New())
			save(t, r, register{fields: "Contact: <sip:a@pc>"}, testTime)
			before := r.table.Find("bob")
			fields := "Contact: " + test.contact
			if test.contact != "" {
				fields = "Contact: <sip:new@pc>, <sip:a@pc>;expires=0\n" + fields
			}
			result := save(t, r, register{cseq: 2, fields: fields}, testTime)
			if got := answer(result); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if r.table.Find("bob") != before {
				t.Error("the bindings have changed")
			}
		})
	}
}

func TestSaveRefusesLongCallID(t *testing.T) {
	r := New(strict(), location.New())
	got := answer(save(t, r, register{callID: strings.Repeat("c", 256), fields: "Contact: <sip:a@pc>"}, testTime))
	if got != "400 Call-ID Too Long" {
		t.Error(got)
	}
}

// No client can make an address-of-record grow without end, nor one request.
func TestSaveBoundsContacts(t *testing.T) {
	r := New(strict(), location.New())
	contacts := func(from, count int) string {
		var list []string
		for i := range count {
			list = append(list, "<sip:a@"+strconv.Itoa(from+i)+".test>")
		}
		return "Contact: " + strings.Join(list, ", ")
	}
	for _, test := range []struct{ from, count, want int }{
		{0, MostContacts + 1, 503}, {0, MostContacts - 1, 200}, {500, 2, 503}, {500, 1, 200}, {600, 1, 503}, {0, MostContacts - 1, 200},
	} {
		result := save(t, r, register{callID: strconv.Itoa(test.from), cseq: test.count, fields: contacts(test.from, test.count)}, testTime)
		if result.Status != test.want {
			t.Errorf("%d contacts from %d on: %d, want %d", test.count, test.from, result.Status, test.want)
		}
	}
	if _, bindings := r.table.(*location.Table).Counts(); bindings != MostContacts {
		t.Errorf("%d bindings", bindings)
	}
}

// A flood of option tags does not come back whole.
// However many they are, and each once.
func TestSaveListsAllUnsupported(t *testing.T) {
	r := New(strict(), location.New())
	required, want := "", ""
	for i := range 1000 {
		tag := fmt.Sprintf("tag%d", i)
		required += tag + ", " + tag + ","
		want += ", " + tag
	}
	result := save(t, r, register{fields: "Require: " + required}, testTime)
	if result.Status != 420 || result.Fields != "Unsupported: "+want[2:]+"\r\n" {
		t.Errorf("%d with %.200q", result.Status, result.Fields)
	}
}

func TestSaveOptions(t *testing.T) {
	r := New(strict(), location.New())
	saveWith := func(cseq int, contact string, o SaveOptions) string {
		return answer(r.Save(parse(t, register{cseq: cseq, fields: "Contact: " + contact}.text()), benchFlow(), testTime, o))
	}
	if got := saveWith(1, "<sip:a@pc>", SaveOptions{AOR: "sip:carol@biloxi.test", Flags: 1 << 6}); got != "200 inserted\nContact: <sip:a@pc>;expires=3600" {
		t.Error(got)
	}
	if record := r.table.Find("carol"); record.Current(testTime) != 1 || record.Bindings[0].Flags != 1<<6 {
		t.Error("carol is not registered with her flags")
	}
	if got := saveWith(1, "<sip:a@pc>", SaveOptions{AOR: "bob"}); got != "400 Bad To URI" {
		t.Error(got)
	}
	for i, test := range []struct{ contact, want string }{
		{"<sip:a@pc>, <sip:b@pc>", "200 inserted\nContact: <sip:a@pc>;expires=3600\nContact: <sip:b@pc>;expires=3600"},
		{"<sip:b@pc>;expires=70", "200 updated\nContact: <sip:b@pc>;expires=70"},
		{"<sip:c@pc>", "200 inserted\nContact: <sip:c@pc>;expires=3600"},
		{"<sip:x@pc>;expires=0", "200 removed"},
	} {
		if got := saveWith(2+i, test.contact, SaveOptions{Replaces: true}); got != test.want {
			t.Errorf("%s: got %s, want %s", test.contact, got, test.want)
		}
	}
}

// failing is a table whose disk is full.
type failing struct{ *location.Table }

func (failing) Swap(string, *location.Record, *location.Record) (bool, error) {
	return false, errors.New("no space left")
}

// Section 10.3 step 7: when the back-end fails, so does the request.
func TestSaveFailsWithItsTable(t *testing.T) {
	r := New(strict(), failing{location.New()})
	if got := answer(save(t, r, register{fields: "Contact: <sip:a@pc>"}, testTime)); got != "500" {
		t.Error(got)
	}
	if got := answer(save(t, r, register{}, testTime)); got != "200" {
		t.Error(got)
	}
}

// What is kept must not hold the message that brought it.
func TestSaveKeepsFlowAndTexts(t *testing.T) {
	r := New(strict(), location.New())
	q := register{cseq: 7, fields: "User-Agent: baresip\n  v3\nAllow: INVITE, ACK\nContact: <sip:a@pc>;video;q=0.25"}
	save(t, r, q, testTime)
	b := r.table.Find("bob").Bindings[0]
	want := location.Binding{
		Contact: "sip:a@pc", Params: ";video", CallID: "call-1", UserAgent: "baresip v3", CSeq: 7, Q: 250,
		Expires: testTime.Add(time.Hour), Updated: testTime, Received: locationFlow(benchFlow()),
		Methods: location.ParseMethods("INVITE,ACK"),
	}
	if b != want {
		t.Errorf("got  %+v\nwant %+v", b, want)
	}
	if wireFlow(b.Received) != benchFlow() {
		t.Error("the flow comes back changed")
	}
}
