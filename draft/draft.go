// Package draft looks at SIP messages that were written by hand, before they go
// out: it cuts a file into messages, says what is wrong with each and by which
// rule, and puts line ends and Content-Length right when asked to.
//
//	for _, m := range draft.Cut(text) {
//		for _, fault := range draft.Check(m.Text, draft.Datagram) {
//			fmt.Println(m.Line+fault.Line-1, fault.Text, fault.Rule.Section())
//		}
//	}
//
// The text is never changed but by Fix. It has no clock and no socket.
package draft

import (
	"strings"

	"viaduct/sip"
)

// Message is one message of a file.
type Message struct {
	Text string // as it stands in the file, byte for byte
	Line int    // of its start line in the file, counted from 1
}

// Cut gives the messages of a file in their order. A message begins at a line
// that looks like a start line. It ends where its Content-Length says, when the
// next message or the end of the file is there; else before the next start line
// and the empty lines in front of that. A file with one message is that message,
// byte for byte, but for lines in front of its start line that are empty or
// begin with "#".
func Cut(text string) []Message {
	text, line := skipRemarks(text, 1)
	var messages []Message
	for text != "" {
		end, next := endOfMessage(text)
		messages = append(messages, Message{text[:end], line})
		line += strings.Count(text[:next], "\n")
		text = text[next:]
	}
	return messages
}

// skipRemarks passes over empty lines and those that begin with "#".
func skipRemarks(text string, line int) (string, int) {
	for text != "" {
		first, rest, ended := strings.Cut(text, "\n")
		if strings.TrimRight(first, "\r \t") != "" && first[0] != '#' {
			break
		}
		if ended {
			line++
		}
		text = rest
	}
	return text, line
}

// endOfMessage gives where the first message ends and where the next begins.
func endOfMessage(text string) (end, next int) {
	h := scan(text)
	if length, ok := h.contentLength(); ok && h.body+length < len(text) {
		end = h.body + length
		rest, _ := skipRemarks(text[end:], 1)
		next = len(text) - len(rest)
		if rest != "" && isStartLine(rest) && text[next-1] == '\n' { // not in the midst of "CANCEL"
			return end, next
		}
	}
	for at := strings.IndexByte(text, '\n') + 1; at > 0 && at < len(text); {
		if isStartLine(text[at:]) {
			return withoutGap(text[:at], h), at
		}
		step := strings.IndexByte(text[at:], '\n') + 1
		if step == 0 {
			break
		}
		at += step
	}
	return len(text), len(text)
}

// withoutGap gives where a message ends that the next one follows: without
// remarks and empty lines, but for the one that ends its header.
func withoutGap(text string, h header) int {
	for len(text) > h.body {
		cut := strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n') + 1
		last := strings.TrimRight(text[cut:], "\r\n\t ")
		if cut < h.body || last != "" && last[0] != '#' {
			break
		}
		text = text[:cut]
	}
	return len(text)
}

// isStartLine tells whether text begins with "METHOD … SIP/2.0" or "SIP/2.0 ".
func isStartLine(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimRight(line, "\r \t")
	if strings.HasPrefix(line, "SIP/2.0 ") {
		return true
	}
	method, rest, found := strings.Cut(line, " ")
	return found && sip.IsToken(method) && (strings.HasSuffix(rest, " SIP/2.0") || rest == "SIP/2.0")
}
