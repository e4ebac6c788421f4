package registrar

import (
	"os"
	"strings"
	"testing"

	"viaduct/location"
	"viaduct/sip"
)

// The registrations of RFC 3665 section 2 in their order, and their answers as
// the RFC prints them. Where its requests do not follow each other, one is
// changed before it is sent.
func TestRFC3665(t *testing.T) {
	const folder = "../../shared/vectors/rfc3665/"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the flows of RFC 3665 are not there: ", err)
	}
	read := func(t *testing.T, name string) string {
		text, err := os.ReadFile(folder + name)
		if err != nil {
			t.Fatal(err)
		}
		crlf := strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n", "\r\n")
		// Behind some messages a control character has come from the RFC's text.
		return strings.Replace(crlf, "\r\n \x02\r\n", "\r\n", 1)
	}
	// The RFC's registrar grants a mailto contact 136 years by default, ours an hour.
	contactsOf := func(t *testing.T, text string) string {
		m := parse(t, strings.ReplaceAll(text, "expires=4294967295", "expires=3600"))
		var list []string
		for value := range m.Values(sip.FieldContact) {
			list = append(list, value.Text)
		}
		return strings.Join(list, "\n")
	}
	r := New(DefaultConfig(), location.New())
	for _, flow := range []struct {
		name, request, response string
		change                  [2]string
		changed                 Change
	}{
		{"2.1 New Registration", "2.1-03.sip", "2.1-04.sip", [2]string{}, Inserted},
		{"2.2 Update of Contact List", "2.2-01.sip", "2.2-02.sip", [2]string{}, Inserted},
		{"2.3 Request for Current Contact List", "2.3-01.sip", "2.3-02.sip", [2]string{}, Unchanged},
		// Its CSeq is lower than that of 2.1 with the same Call-ID, so section 10.3 would refuse it.
		{"2.4 Cancellation of Registration", "2.4-01.sip", "2.4-02.sip", [2]string{"CSeq: 1 ", "CSeq: 3 "}, Removed},
	} {
		t.Run(flow.name, func(t *testing.T) {
			request := read(t, flow.request)
			if flow.change[0] != "" {
				if !strings.Contains(request, flow.change[0]) {
					t.Fatalf("there is no %q to change", flow.change[0])
				}
				request = strings.Replace(request, flow.change[0], flow.change[1], 1)
			}
			m := parse(t, request)
			result := r.Save(m, benchFlow(), testTime, SaveOptions{})
			if result.Status != 200 || result.Changed != flow.changed {
				t.Fatalf("%d %s, %s", result.Status, result.Reason, result.Changed)
			}
			ours := string(sip.AppendReply(nil, m, &sip.Reply{Status: result.Status, Reason: result.Reason, Fields: result.Fields}))
			if got, want := contactsOf(t, ours), contactsOf(t, read(t, flow.response)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
