// Compare: what differs between the RFC's messages and those that were seen.
package rfc3665

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"viaduct/sip"
)

// drawn is an arrow of a ladder.
type drawn struct {
	arrow   string
	message *sip.Message
}

// difference from the RFC.
type difference struct {
	key       string // "3.8 F11 Max-Forwards"
	got, want string // "" where the key says all
}

// String is how testdata/known.txt writes it.
func (d difference) String() string {
	switch {
	case d.got == d.want:
		return d.key
	case d.got == "":
		return d.key + " = none"
	}
	return d.key + " = " + strings.ReplaceAll(d.got, "\r\n", "\\r\\n")
}

// compare holds what was seen to a flow: the arrows, their order, and the
// messages that servers sent.
func compare(f *flow, all []drawn) (found []difference) {
	missing, of := match(f.messages, all)
	for _, m := range missing {
		name, _, _ := strings.Cut(m, " ")
		found = append(found, difference{key: f.section + " missing " + name})
	}
	last := -1
	var order, fields []difference
	for j, i := range of {
		if i < 0 {
			found = append(found, difference{key: f.section + " extra " + all[j].arrow})
			continue
		}
		if i < last {
			order = append(order, difference{key: fmt.Sprintf("%s %s before %s", f.section, f.messages[last].name, f.messages[i].name)})
		}
		last = i
		if m := &f.messages[i]; !m.isSentByPhone() {
			fields = append(fields, f.compareMessage(m, all[j].message)...)
		}
	}
	return slices.Concat(found, order, fields)
}

// compareMessage compares the start lines, the fields and the bodies.
func (f *flow) compareMessage(m *message, got *sip.Message) (found []difference) {
	note := func(what, got, want string) {
		if got != want {
			found = append(found, difference{f.section + " " + m.name + " " + what, got, want})
		}
	}
	want := m.parsed
	if want.IsRequest() {
		note("Request-URI", got.RequestURI, want.RequestURI)
	} else {
		note("Status", got.StartLine(), want.StartLine())
	}
	note("Via", f.vias(got), f.vias(want))
	note("To", f.to(got), f.to(want))
	note("Authorization", credentials(got), credentials(want))
	for _, name := range []string{"Max-Forwards", "Route", "Record-Route", "From", "Call-ID", "CSeq", "Contact", "Proxy-Authenticate", "Content-Type", "Content-Length"} {
		note(name, values(got, name), values(want, name))
	}
	note("body", got.Body, want.Body)
	for i := range got.Fields {
		name := got.Name(&got.Fields[i])
		if _, there := want.Lookup(name); !there && !slices.Contains(compared, name) {
			note("field "+name, got.Value(&got.Fields[i]), "")
		}
	}
	return found
}

// compared are the names that compareMessage looks at one by one.
var compared = []string{"Via", "To", "Proxy-Authorization", "Max-Forwards", "Route", "Record-Route", "From", "Call-ID", "CSeq", "Contact",
	"Proxy-Authenticate", "Content-Type", "Content-Length"}

// values gives all fields of a name as one list without folding.
func values(m *sip.Message, name string) string {
	var all []string
	for i := range m.Fields {
		if f := &m.Fields[i]; m.IsNamed(f, name) {
			for element := range sip.SplitList(m.Value(f)) {
				all = append(all, strings.Join(strings.Fields(sip.Unfold(element)), " "))
			}
		}
	}
	return strings.Join(all, ", ")
}

// credentials gives the realms of Proxy-Authorization.
func credentials(m *sip.Message) string {
	var realms []string
	for i := range m.Fields {
		if f := &m.Fields[i]; m.IsNamed(f, "Proxy-Authorization") {
			_, after, _ := strings.Cut(m.Value(f), `realm="`)
			realm, _, _ := strings.Cut(after, `"`)
			realms = append(realms, realm)
		}
	}
	return strings.Join(realms, ", ")
}

// vias gives the stack of Vias: transport, host and port, received, and of
// user agents the branch. The branch of a proxy is its own affair.
func (f *flow) vias(m *sip.Message) string {
	var all []string
	for value := range m.Values(sip.FieldVia) {
		v, ok := sip.ParseVia(sip.Unfold(value.Text))
		if !ok {
			return "unsound: " + value.Text
		}
		host, port := v.SentBy()
		text := fmt.Sprintf("%s %s:%d", v.Transport, host, port)
		if v.Received != "" {
			text += " from " + v.Received
		}
		switch {
		case phones[host].IsValid():
			text += " " + v.Branch
		case !v.IsUnique():
			text += " without a branch"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// to gives the To field. A tag that is a server's to choose shows only that it
// is there.
func (f *flow) to(m *sip.Message) string {
	text := values(m, "To")
	tag := m.ToTag()
	if tag == "" || f.isOfPhone(tag) {
		return text
	}
	return strings.ReplaceAll(text, tag, "(ours)")
}

// isOfPhone tells whether a user agent chose this tag.
func (f *flow) isOfPhone(tag string) bool {
	return slices.ContainsFunc(f.messages, func(m message) bool {
		return m.isSentByPhone() && (m.parsed.IsRequest() && m.parsed.FromTag() == tag || !m.parsed.IsRequest() && m.parsed.ToTag() == tag)
	})
}

// knownDifferences are those of testdata/known.txt.
type knownDifferences struct {
	reasons map[string]string // by key and value, "3.8 F11 Max-Forwards = 69"
	seen    map[string]bool
}

// readKnown reads a reason on a line of its own, and below it, indented, the
// differences that it explains with what we have in the place of the RFC's.
func readKnown(t testing.TB) *knownDifferences {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "known.txt"))
	if err != nil {
		t.Fatal(err)
	}
	k := &knownDifferences{map[string]string{}, map[string]bool{}}
	reason := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] != '\t':
			reason = line
		case reason == "":
			t.Fatalf("known.txt: %q stands below no reason", line)
		default:
			k.reasons[line[1:]] = reason
		}
	}
	return k
}

// check fails for each difference that is not known.
func (k *knownDifferences) check(t *testing.T, found []difference) {
	t.Helper()
	for _, d := range found {
		k.seen[d.String()] = true
		if k.reasons[d.String()] == "" {
			t.Errorf("%v\n the RFC has %s", d, d.want)
		}
	}
}

// checkAllSeen fails for each known difference of the sections played that was
// not there.
func (k *knownDifferences) checkAllSeen(t *testing.T, sections []string) {
	t.Helper()
	for line := range k.reasons {
		section, _, _ := strings.Cut(line, " ")
		if slices.Contains(sections, section) && !k.seen[line] {
			t.Errorf("known.txt lists %q, which is not so", line)
		}
	}
}
