// Call-IDs of packets that were not parsed.
package store

import (
	"strings"

	"viaduct/wire"
)

// callID gives the Call-ID of a packet, "" when it has none. What we send comes
// as text only, and parsing it whole would cost more than recording it.
func callID(p *wire.Packet) string {
	if p.Message != nil {
		return p.Message.CallID()
	}
	text := p.Text
	for {
		end := strings.IndexByte(text, '\n')
		if end < 0 {
			return ""
		}
		if text = text[end+1:]; text == "" || text[0] == '\r' || text[0] == '\n' {
			return "" // the header has ended
		}
		if c := text[0] | 0x20; c != 'c' && c != 'i' {
			continue
		}
		line := text
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			line = text[:end]
		}
		name, value, found := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		if found && (strings.EqualFold(name, "Call-ID") || strings.EqualFold(name, "i")) {
			return strings.Trim(value, " \t\r")
		}
	}
}
