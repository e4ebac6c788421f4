// Reads what SIPp's -trace_msg writes: when which message went or came. Just enough of SIP to compare two servers; it
// shares nothing with the product's parser, which it helps to judge.

package interop

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// traced is one message in the log of one SIPp.
type traced struct {
	at   time.Time
	sent bool
	message
}

// message is a SIP message, taken apart by lines.
type message struct {
	startLine string
	fields    []field // in order; values joined by commas stand apart, compact names are spelt out
	body      string
}

type field struct{ name, value string }

var (
	traceTime   = regexp.MustCompile(`(?m)^-{20,} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)\n`)
	traceHeader = regexp.MustCompile(`^\w+ message (sent|received) [\[(](\d+)[\])]? ?bytes[\])]?\s?:\n\n`)
)

// readTrace reads a log that SIPp wrote.
func readTrace(path string) ([]traced, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	found, err := parseTrace(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return found, nil
}

func parseTrace(log string) ([]traced, error) {
	var found []traced
	for offset := 0; ; {
		mark := traceTime.FindStringSubmatchIndex(log[offset:])
		if mark == nil {
			return found, nil
		}
		at, err := time.ParseInLocation("2006-01-02 15:04:05.999999", log[offset+mark[2]:offset+mark[3]], time.Local)
		if err != nil {
			return nil, err
		}
		offset += mark[1]
		header := traceHeader.FindStringSubmatch(log[offset:])
		if header == nil {
			continue // a note of SIPp's, such as an error; the scenario's outcome tells
		}
		offset += len(header[0])
		length, err := strconv.Atoi(header[2])
		if err != nil || offset+length > len(log) {
			return nil, fmt.Errorf("a message of %s bytes at offset %d is cut off", header[2], offset)
		}
		parsed, err := parseMessage(log[offset : offset+length])
		if err != nil {
			return nil, err
		}
		found = append(found, traced{at: at, sent: header[1] == "sent", message: parsed})
		offset += length
	}
}

var compactNames = map[string]string{"v": "Via", "f": "From", "t": "To", "m": "Contact", "i": "Call-ID",
	"l": "Content-Length", "c": "Content-Type", "k": "Supported", "s": "Subject", "e": "Content-Encoding"}

// listFields may carry several values in one line.
var listFields = []string{"Via", "Route", "Record-Route", "Contact"}

func parseMessage(text string) (message, error) {
	head, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		return message{}, fmt.Errorf("no empty line ends the header of %q", text)
	}
	lines := strings.Split(head, "\r\n")
	m := message{startLine: lines[0], body: body}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return message{}, fmt.Errorf("no colon in %q", line)
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if long, ok := compactNames[strings.ToLower(name)]; ok {
			name = long
		}
		if slices.Contains(listFields, name) {
			for part := range strings.SplitSeq(value, ",") { // no scenario puts a comma inside quotes
				m.fields = append(m.fields, field{name, strings.TrimSpace(part)})
			}
			continue
		}
		m.fields = append(m.fields, field{name, value})
	}
	return m, nil
}

// values are all values of a header field, in order.
func (m message) values(name string) []string {
	var found []string
	for _, f := range m.fields {
		if strings.EqualFold(f.name, name) {
			found = append(found, f.value)
		}
	}
	return found
}

// first is the first value of a header field, or "".
func (m message) first(name string) string {
	if values := m.values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

func (m message) isRequest() bool { return !strings.HasPrefix(m.startLine, "SIP/2.0 ") }

// method is the request's, or that of the request a response belongs to.
func (m message) method() string {
	_, method, _ := strings.Cut(m.first("CSeq"), " ")
	return strings.TrimSpace(method)
}

// title is what a ladder writes on the arrow: the method, or the status with its reason.
func (m message) title() string {
	if m.isRequest() {
		method, _, _ := strings.Cut(m.startLine, " ")
		return method
	}
	return strings.TrimPrefix(m.startLine, "SIP/2.0 ")
}

// parameter is the value of a parameter of a header field's value.
func parameter(value, name string) (string, bool) {
	for _, part := range strings.Split(value, ";")[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

func TestTraceIsRead(t *testing.T) {
	const ping = "OPTIONS sip:a.test SIP/2.0\r\nv: SIP/2.0/UDP h:1;branch=z9hG4bKx, SIP/2.0/UDP i:2\r\nCSeq: 1 OPTIONS\r\n\r\n"
	const pong = "SIP/2.0 200 Keepalive\r\nVia: SIP/2.0/UDP h:1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\n----"
	log := "----------------------------------------------- 2026-01-02 03:04:05.000123\n" +
		fmt.Sprintf("UDP message sent (%d bytes):\n\n%s\n", len(ping), ping) +
		"----------------------------------------------- 2026-01-02 03:04:05.100000\nsome note\n" +
		"----------------------------------------------- 2026-01-02 03:04:06.000001\n" +
		fmt.Sprintf("TCP message received [%d] bytes :\n\n%s\n", len(pong), pong)
	found, err := parseTrace(log)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 {
		t.Fatalf("got %d messages, want 2", len(found))
	}
	sent, received := found[0], found[1]
	if !sent.sent || received.sent || received.at.Sub(sent.at) != 999878*time.Microsecond {
		t.Errorf("got %v at %v and %v at %v", sent.sent, sent.at, received.sent, received.at)
	}
	if got := sent.values("via"); !slices.Equal(got, []string{"SIP/2.0/UDP h:1;branch=z9hG4bKx", "SIP/2.0/UDP i:2"}) {
		t.Errorf("Via: got %q", got)
	}
	if branch, _ := parameter(sent.first("Via"), "branch"); branch != "z9hG4bKx" {
		t.Errorf("branch: got %q", branch)
	}
	if sent.title() != "OPTIONS" || received.title() != "200 Keepalive" || received.method() != "OPTIONS" || received.body != "----" {
		t.Errorf("got %q, %q, %q, %q", sent.title(), received.title(), received.method(), received.body)
	}
	if _, err := parseTrace(log[:len(log)-20]); err == nil {
		t.Error("a cut log was accepted")
	}
}
