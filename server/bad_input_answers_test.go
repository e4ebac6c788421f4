package server

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// TestBadRequestsAreAnswered: what can be known for a request, and whose sender
// can be found, gets an answer that says what is wrong, over UDP and TCP.
func TestBadRequestsAreAnswered(t *testing.T) {
	s := startOnSockets(t, "", io.Discard)
	start := "INVITE sip:nobody@" + s.at.String() + " SIP/2.0\r\n"
	for number, test := range []struct {
		name, old, new string
		warning        string // "": there must be no answer
	}{
		{"no version", start, "INVITE sip:nobody@" + s.at.String() + "\r\n", "start line: expected Request-URI and SIP-Version"},
		{"a quote in the method", start, strings.Replace(start, "INVITE", `INV"ITE`, 1), "start line: expected one space behind the method"},
		{"a tab behind the method", start, strings.Replace(start, "INVITE ", "INVITE\t", 1), "start line: expected one space behind the method"},
		{"NUL in From", "\"Bad\"", "\"B\x00d\"", "From: expected no NUL"},
		{"NUL in the From tag", "tag=bad", "tag=b\x00d", "From: expected no NUL"},
		{"NUL in Call-ID", "bad@test.test\r\nCSeq", "b\x00d@test.test\r\nCSeq", "Call-ID: expected no NUL"},
		{"CSeq 2^31", "CSeq: 7 ", "CSeq: 2147483648 ", "CSeq: expected a number below 2^31 and a method"},
		{"Max-Forwards 256", "Max-Forwards: 70", "Max-Forwards: 256", "Max-Forwards: expected a number up to 255"},
		{"Max-Forwards no number", "Max-Forwards: 70", "Max-Forwards: many", "Max-Forwards: expected a number up to 255"},
		{"LF among CRLF", "Expires: 120\r\n", "Expires: 120\n", "header: expected the line end that the start line has"},
		{"no version, and no Via", "Via: ", "X-Via: ", ""},
		{"a broken response", start, "SIP/2.0200 OK\r\n", ""},
		{"a broken ACK", start, strings.Replace(start, "INVITE", `AC"K`, 1), ""},
	} {
		text := s.goodInvite()
		if test.name == "a broken ACK" {
			text = strings.Replace(text, "7 INVITE", "7 ACK", 1)
		}
		text = strings.Replace(text, test.old, test.new, 1)
		text = strings.Replace(text, "z9hG4bKbad", fmt.Sprintf("z9hG4bKno%d", number), 1)
		mark := fmt.Sprintf("branch=z9hG4bKno%d;", number)

		dropped := s.Dropped().Malformed.Load()
		s.send(text)
		if test.warning == "" {
			s.ping(test.name) // what follows has been answered
			if s.Dropped().Malformed.Load() == dropped {
				t.Errorf("%s: not counted as dropped", test.name)
			}
			continue
		}
		answer, err := readUntil(s.pinger, patience, mark)
		check(t, test.name+" over UDP", answer, err, "400 Bad Request", test.warning)

		connection := s.connect()
		_, _ = io.WriteString(connection, strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/TCP", 1))
		_ = connection.SetReadDeadline(time.Now().Add(patience))
		answer, err = readMessage(bufio.NewReader(connection))
		check(t, test.name+" over TCP", answer, err, "400 Bad Request", test.warning)
		connection.Close()
	}
}

func check(t *testing.T, name, answer string, err error, status, warning string) {
	t.Helper()
	if err != nil || !strings.HasPrefix(answer, "SIP/2.0 "+status+"\r\n") || !strings.Contains(answer, warning) {
		t.Errorf("%s: %v, want %s and %q in\n%s", name, err, status, warning, answer)
	}
}

// readMessage reads the header of a message without body.
func readMessage(from *bufio.Reader) (text string, err error) {
	for !strings.HasSuffix(text, "\r\n\r\n") && err == nil {
		var line string
		line, err = from.ReadString('\n')
		text += line
	}
	return text, err
}
