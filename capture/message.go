// Messages: what in the payloads is SIP.
package capture

import (
	"bytes"
	"strings"

	"viaduct/sip"
	"viaduct/wire"
)

const (
	maxStartLine  = 8192 // bounds the search for its end
	longestMethod = 32   // far more than any has
)

var version = []byte("SIP/2.0")

// beginsSIP tells whether data begins with the start line of a SIP message.
// sure is false when that depends on bytes behind data.
func beginsSIP(data []byte) (is, sure bool) {
	if n := min(len(data), len(version)); bytes.EqualFold(data[:n], version[:n]) { // a method may not hold the slash
		if len(data) <= len(version) {
			return false, false
		}
		return data[len(version)] == ' ', true
	}
	method := 0
	for method < len(data) && method <= longestMethod && isToken(data[method]) {
		method++
	}
	switch {
	case method > longestMethod:
		return false, true
	case method == len(data):
		return false, false
	case method == 0 || data[method] != ' ':
		return false, true
	}
	line := data[:min(len(data), maxStartLine)]
	end := bytes.IndexByte(line, '\n')
	if end < 0 {
		return false, len(line) == maxStartLine || bytes.IndexByte(line, 0) >= 0
	}
	line = bytes.TrimSuffix(line[:end], []byte("\r"))
	at := len(line) - len(version) - 1
	return at > method && line[at] == ' ' && bytes.EqualFold(line[at+1:], version), true
}

// isToken is what a method consists of (RFC 3261 section 25.1).
func isToken(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// isSIP is beginsSIP for a datagram. A start line without an end is none.
func isSIP(datagram []byte) bool {
	is, sure := beginsSIP(datagram)
	return is && sure
}

// CallID gives the Call-ID of a packet, also of a message that is not sound;
// "" when it has none.
func CallID(p *wire.Packet) string {
	if p.Message != nil {
		return p.Message.CallID()
	}
	for line := range strings.Lines(p.Text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		name, value, found := strings.Cut(line, ":")
		if found && sip.KindOf(strings.TrimSpace(name)) == sip.FieldCallID {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// parse gives a message only when it is sound.
func parse(text string) *sip.Message {
	if m, err := sip.Parse(text); err == nil {
		return m
	}
	return nil
}
