// Flow: a section of the RFC as a list of messages, read from testdata.
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

// flow is one section.
type flow struct {
	section, title string
	messages       []message
}

// message is one of F1 … Fn.
type message struct {
	name     string // F1
	from, to string // elements, as the RFC names them
	text     string // lines end with CRLF
	parsed   *sip.Message
	again    bool // "Same as Message F1", "Resend of Message F4"
}

// isSentByPhone tells whether the message is a user agent's own.
func (m *message) isSentByPhone() bool { return m.from == "Alice" || m.from == "Bob" }

// arrow is how the message looks in a ladder.
func (m *message) arrow() string { return arrowText(m.from, m.to, m.parsed) }

func arrowText(from, to string, m *sip.Message) string {
	what := m.Method
	if !m.IsRequest() {
		what = fmt.Sprintf("%d %s", m.Status, m.Method)
	}
	return what + " " + from + " -> " + to
}

// readFlow reads testdata/SECTION.txt.
func readFlow(t testing.TB, section string) *flow {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", section+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(data), "\n-- ")
	f := &flow{section: section, title: titleOf(head)}
	for part := range strings.SplitSeq(rest, "\n-- ") {
		line, text, found := strings.Cut(part, " --\n")
		name, way, _ := strings.Cut(line, " ")
		from, to, arrow := strings.Cut(way, " -> ")
		if want := fmt.Sprintf("F%d", len(f.messages)+1); !found || !arrow || name != want {
			t.Fatalf("%s: %q is no heading of %s", section, line, want)
		}
		m := message{name: name, from: from, to: to}
		if text = strings.TrimSpace(text); strings.HasPrefix(text, "Same as Message ") || strings.HasPrefix(text, "Resend of Message ") {
			of := text[strings.LastIndexByte(text, ' ')+1:]
			m.again = true
			m.text, m.parsed = f.find(of).text, f.find(of).parsed
		} else {
			m.text = withCRLF(text)
			if m.parsed, err = sip.Parse(m.text); err != nil {
				t.Fatalf("%s %s: %v", section, name, err)
			}
		}
		f.messages = append(f.messages, m)
	}
	return f
}

// titleOf takes it from "# RFC 3665 section 3.1, Title: its messages, …".
func titleOf(head string) string {
	_, head, _ = strings.Cut(head, ", ")
	title, _, _ := strings.Cut(head, ":")
	return title
}

func (f *flow) find(name string) *message {
	for i := range f.messages {
		if f.messages[i].name == name {
			return &f.messages[i]
		}
	}
	return &message{}
}

// withCRLF ends lines as on the wire. A message without a body ends with the
// empty line after its fields, one with a body with the end of its last line.
func withCRLF(text string) string {
	text = strings.TrimRight(text, "\n") + "\n"
	if !strings.Contains(text, "\n\n") {
		text += "\n"
	}
	return strings.ReplaceAll(text, "\n", "\r\n")
}

// TestMessagesAreWhole: each Content-Length is that of the body, so nothing was
// lost where the RFC's pages break.
func TestMessagesAreWhole(t *testing.T) {
	for _, c := range casts {
		for _, m := range readFlow(t, c.section).messages {
			if length, ok := m.parsed.ContentLength(); ok && length != len(m.parsed.Body) {
				t.Errorf("%s %s: the body has %d bytes, Content-Length says %d", c.section, m.name, len(m.parsed.Body), length)
			}
		}
	}
}

// TestMessagesAreTheRFCs: testdata holds what the RFC prints, line by line with
// nothing left out.
func TestMessagesAreTheRFCs(t *testing.T) {
	text, err := os.ReadFile("../../shared/vectors/rfc3665/rfc3665.txt")
	if err != nil {
		t.Skip("needs the RFC's text: ", err)
	}
	lines := strings.Split(strings.ReplaceAll(string(text), "\f", ""), "\n")
	for _, c := range casts {
		at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, c.section+".  ") })
		for _, m := range readFlow(t, c.section).messages {
			for at++; at < len(lines) && !strings.HasPrefix(lines[at], "   "+m.name+" "); at++ {
			}
			if m.again {
				continue
			}
			for line := range strings.Lines(m.text) {
				want := strings.Join(strings.Fields(line), " ")
				if want == "" {
					continue
				}
				for at++; at < len(lines) && isPageBreak(lines[at]); at++ {
				}
				if at >= len(lines) || strings.Join(strings.Fields(lines[at]), " ") != want {
					t.Fatalf("%s %s: %q does not stand there in the RFC, line %d", c.section, m.name, want, at+1)
				}
			}
		}
	}
}

// isPageBreak is true for empty lines too.
func isPageBreak(line string) bool {
	return strings.TrimSpace(line) == "" || strings.HasPrefix(line, "Johnston, et al.") || strings.HasPrefix(line, "RFC 3665 ")
}
