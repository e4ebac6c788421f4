package sip

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// vectorFolder holds the messages of RFC 4475, 5118 and 3665 outside the
// repository; a test that needs them is skipped where they are missing.
const vectorFolder = "../../shared/vectors"

func readVectors(t *testing.T, pattern string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(vectorFolder, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skipf("no %s in %s", pattern, vectorFolder)
	}
	texts := make(map[string]string)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))] = string(text)
	}
	return texts
}

// checkVerbatim prints a message without a change.
func checkVerbatim(t testing.TB, m *Message) {
	t.Helper()
	if got := string(Edits(nil).Append(nil, m)); got != m.Text[:m.end()] {
		t.Errorf("printed otherwise than read:\n%q\n%q", got, m.Text)
	}
}

// The torture messages: what the RFC calls invalid and cannot be parsed, by
// the field that is wrong and the answer. All others are read.
func TestRFC4475(t *testing.T) {
	type refusal struct {
		field        string
		status       int
		isAnswerable bool
	}
	refused := map[string]refusal{
		"badinv01":   {"Via", 400, true},
		"clerr":      {"body", 400, true},
		"ncl":        {"Content-Length", 400, true},
		"scalar02":   {"CSeq", 400, true},
		"scalarlg":   {"CSeq", 400, false},
		"quotbal":    {"To", 400, true},
		"ltgtruri":   {"start line", 400, true},
		"lwsruri":    {"start line", 400, true},
		"lwsstart":   {"start line", 400, true},
		"trws":       {"start line", 400, true},
		"baddn":      {"From", 400, true},
		"badvers":    {"start line", 505, true},
		"mismatch01": {"CSeq", 400, true},
		"mismatch02": {"CSeq", 501, true},
		"bigcode":    {"start line", 400, false},
		"insuf":      {"Call-ID", 400, true},
		"multi01":    {"CSeq", 400, true},
		"mcl01":      {"Content-Length", 400, true},
		"test":       {"start line", 400, false}, // in the archive of the RFC only; it has no version
	}
	// Invalid, but only in a field that is read on demand, or accepted with
	// the leave of the RFC: the space in badaspec, the zone in baddate, the
	// missing brackets in regbadct.
	for name, text := range readVectors(t, "rfc4475/*.dat") {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(text, "\r\n\r\n") {
				text += "\r\n" // lost in the archive
			}
			m, err := Parse(text)
			want, isRefused := refused[name]
			if !isRefused {
				if err != nil {
					t.Fatal(err)
				}
				checkPlaces(t, m)
				checkVerbatim(t, m)
				return
			}
			var wrong *ParseError
			if !errors.As(err, &wrong) {
				t.Fatalf("accepted:\n%s", text)
			}
			if wrong.Field != want.field || wrong.Status != want.status || (m != nil) != want.isAnswerable {
				t.Errorf("%v, status %d, message given: %v; want %+v", err, wrong.Status, m != nil, want)
			}
		})
	}
}

// What some of the torture messages are about.
func TestRFC4475Details(t *testing.T) {
	texts := readVectors(t, "rfc4475/*.dat")
	read := func(name string) *Message {
		m, err := Parse(texts[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return m
	}
	wsinv := read("wsinv")
	if hops, _ := wsinv.MaxForwards(); hops != 68 || wsinv.CSeq != (CSeq{9, "INVITE"}) || wsinv.ToTag() != "1918181833n" || wsinv.FromTag() != "98asjd8" {
		t.Errorf("wsinv: %d hops, %v, tags %q and %q", hops, wsinv.CSeq, wsinv.ToTag(), wsinv.FromTag())
	}
	var branches []string
	for value := range wsinv.Values(FieldVia) {
		via, ok := ParseVia(value.Text)
		if !ok {
			t.Errorf("wsinv: %q", value.Text)
		}
		branches = append(branches, via.Branch+"@"+via.Host)
	}
	if got := strings.Join(branches, " "); got != "390skdjuw@192.0.2.2 z9hG4bK9ikj8@spindle.example.com z9hG4bK30239@192.168.255.111" {
		t.Errorf("wsinv: branches %s", got)
	}
	if dblreq := read("dblreq"); dblreq.Method != "REGISTER" || dblreq.Body != "" || dblreq.end() == len(dblreq.Text) {
		t.Errorf("dblreq: the second message belongs to the first")
	}
	if longreq := read("longreq"); len(longreq.inline) >= len(longreq.Fields) {
		t.Errorf("longreq: %d fields", len(longreq.Fields))
	}
	escnull := read("escnull")
	to, _ := ParseNameAddr(escnull.Get(FieldTo))
	uri, err := ParseURI(to.URI)
	if err != nil || Unescape(uri.User) != "null-\x00-null" {
		t.Errorf("escnull: %q, %v", uri.User, err)
	}
	if esc02 := read("esc02"); esc02.Method != "RE%47IST%45R" {
		t.Errorf("esc02: method %q", esc02.Method)
	}
	contacts := 0
	for range read("esc02").Values(FieldContact) {
		contacts++
	}
	if contacts != 2 {
		t.Errorf("esc02: %d contacts; C%%6Fntact is none", contacts)
	}
	regbadct := read("regbadct")
	if _, err := ParseNameAddr(regbadct.Get(FieldContact)); err != errBare {
		t.Errorf("regbadct: %v", err)
	}
	if intmeth := read("intmeth"); Unquote(mustNameAddr(t, intmeth.Get(FieldTo)).Display) != "BEL:\a NUL:\x00 DEL:\x7f" {
		t.Errorf("intmeth: display name %q", intmeth.Get(FieldTo))
	}
	if _, err := ParseURI(read("intmeth").RequestURI); err != nil {
		t.Errorf("intmeth: %v", err)
	}
	if unreason := read("unreason"); !strings.HasPrefix(unreason.Reason, "= 2**3 * 5**2 ") {
		t.Errorf("unreason: %q", unreason.Reason)
	}
}

func mustNameAddr(t *testing.T, text string) NameAddr {
	t.Helper()
	address, err := ParseNameAddr(text)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func TestRFC5118(t *testing.T) {
	for name, text := range readVectors(t, "rfc5118/*.sip") {
		t.Run(name, func(t *testing.T) {
			m := mustParse(t, text)
			checkPlaces(t, m)
			checkVerbatim(t, m)
			for value := range m.Values(FieldVia) {
				via, ok := ParseVia(value.Text)
				if !ok {
					t.Errorf("Via %q", value.Text)
				}
				if via.Received != "" {
					if _, err := ParseHost(via.Received); err != nil {
						t.Errorf("received %q: %v", via.Received, err)
					}
				}
			}
			uri, err := ParseURI(m.RequestURI)
			switch {
			case name == "ipv6-bad":
				if err != errHost {
					t.Errorf("an IPv6 address without brackets: %+v, %v", uri, err)
				}
			case err != nil:
				t.Error(err)
			}
			if name == "port-ambiguous" && uri.Port != 0 || name == "port-unambiguous" && uri.Port != 5070 {
				t.Errorf("port %d", uri.Port)
			}
		})
	}
}

func TestRFC3665(t *testing.T) {
	// In some of the files prose behind the message, or a page break, came
	// along as a fold of Content-Length.
	prose := regexp.MustCompile(`(\r\nContent-Length: \d+)(\r\n [^\r\n]*)+(\r\n\r\n)`)
	for name, text := range readVectors(t, "rfc3665/*.sip") {
		t.Run(name, func(t *testing.T) {
			text = prose.ReplaceAllString(text, "$1$3")
			m := mustParse(t, text)
			checkPlaces(t, m)
			checkVerbatim(t, m)
			for _, kind := range [...]FieldKind{FieldFrom, FieldTo, FieldContact, FieldRoute, FieldRecordRoute} {
				for value := range m.Values(kind) {
					if value.Text == "*" && kind == FieldContact {
						continue
					}
					address := mustNameAddr(t, value.Text)
					if _, err := ParseURI(address.URI); err != nil {
						t.Errorf("%v %q: %v", kind, value.Text, err)
					}
				}
			}
		})
	}
}
