// Transcript: packets as text that people read, compare and write by hand.
package wire

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"viaduct/sip"
)

// AppendTranscript prints a packet behind dst: a line that says when and which
// way it went, seen from our side, and the message behind bars.
//
//	2010-11-13T23:29:00.0625Z UDP 127.0.0.1:5060 <- 127.0.0.1:5062
//	| INVITE sip:bob@biloxi.test SIP/2.0
//	| Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1
//	…
//	|
//	| v=0
//
// The arrow points to us when we received the packet. Of streams the number of
// the connection follows: "connection 7". What is not known is "*". Each line
// of the message ends with CRLF unless a backslash ends it; \n and \r are such
// characters alone, \\ is a backslash, \xHH any other byte that is not visible.
func AppendTranscript(dst []byte, p *Packet) []byte {
	if p.Time.IsZero() {
		dst = append(dst, '*')
	} else {
		dst = p.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	dst = append(dst, ' ')
	dst = append(dst, orStar(p.Flow.Transport.String(), p.Flow.Transport != NoTransport)...)
	dst = append(dst, ' ')
	dst = append(dst, orStar(p.Flow.Local.String(), p.Flow.Local.IsValid())...)
	if p.Outgoing {
		dst = append(dst, " -> "...)
	} else {
		dst = append(dst, " <- "...)
	}
	dst = append(dst, orStar(p.Flow.Remote.String(), p.Flow.Remote.IsValid())...)
	if p.Flow.Connection != 0 {
		dst = append(dst, " connection "...)
		dst = strconv.AppendUint(dst, p.Flow.Connection, 10)
	}
	dst = append(dst, '\n')
	for text := p.Text; text != ""; {
		line, rest, ended := strings.Cut(text, "\r\n")
		dst = append(dst, '|')
		if line != "" {
			dst = append(dst, ' ')
			dst = appendEscaped(dst, line)
		}
		if !ended {
			dst = append(dst, '\\')
		}
		dst = append(dst, '\n')
		text = rest
	}
	return append(dst, '\n')
}

func orStar(s string, known bool) string {
	if known {
		return s
	}
	return "*"
}

func appendEscaped(dst []byte, line string) []byte {
	for line != "" {
		r, size := utf8.DecodeRuneInString(line)
		switch {
		case r == '\\':
			dst = append(dst, `\\`...)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t', r != utf8.RuneError && unicode.IsPrint(r):
			dst = append(dst, line[:size]...)
		default:
			for i := range size {
				dst = fmt.Appendf(dst, `\x%02x`, line[i])
			}
		}
		line = line[size:]
	}
	return dst
}

// ParseTranscript reads packets back. Empty lines between them, and lines that
// begin with "#", do not count. An error says the line, counted from 1.
func ParseTranscript(text string) ([]Packet, error) {
	var packets []Packet
	var message []byte // of the last packet so far
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		var err error
		switch {
		case line == "" || line[0] == '#':
		case line[0] != '|':
			finish(packets, message)
			message = message[:0]
			var p Packet
			p, err = parseTranscriptHead(line)
			packets = append(packets, p)
		case len(packets) == 0:
			err = fmt.Errorf("expected a line with time, transport and addresses before the message")
		default:
			message, err = appendUnescaped(message, strings.TrimPrefix(line[1:], " "))
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	finish(packets, message)
	return packets, nil
}

// finish gives the last packet its message.
func finish(packets []Packet, message []byte) {
	if len(packets) > 0 {
		p := &packets[len(packets)-1]
		p.Text = string(message)
		p.Message, _ = sip.Parse(p.Text)
	}
}

func parseTranscriptHead(line string) (p Packet, err error) {
	words := strings.Fields(line)
	if len(words) != 5 && (len(words) != 7 || words[5] != "connection") {
		return p, fmt.Errorf("expected time, transport, our address, arrow, address of the peer")
	}
	if words[0] != "*" {
		if p.Time, err = time.Parse(time.RFC3339Nano, words[0]); err != nil {
			return p, fmt.Errorf("expected a time like 2010-11-13T23:29:00.5Z or *, not %q", words[0])
		}
		if p.Time = p.Time.UTC(); p.Time.Year() < 0 || p.Time.Year() > 9999 { // by its zone
			return p, fmt.Errorf("expected a time within the years 0 to 9999, not %q", words[0])
		}
	}
	if p.Flow.Transport = ParseTransport(words[1]); p.Flow.Transport == NoTransport && words[1] != "*" {
		return p, fmt.Errorf("expected a transport or *, not %q", words[1])
	}
	if p.Flow.Local, err = parseAddressOrStar(words[2]); err != nil {
		return p, err
	}
	switch words[3] {
	case "->":
		p.Outgoing = true
	case "<-":
	default:
		return p, fmt.Errorf("expected -> or <-, not %q", words[3])
	}
	if p.Flow.Remote, err = parseAddressOrStar(words[4]); err != nil {
		return p, err
	}
	if len(words) == 7 {
		if p.Flow.Connection, err = strconv.ParseUint(words[6], 10, 64); err != nil {
			return p, fmt.Errorf("expected the number of a connection, not %q", words[6])
		}
	}
	return p, nil
}

func parseAddressOrStar(word string) (netip.AddrPort, error) {
	if word == "*" {
		return netip.AddrPort{}, nil
	}
	address, err := netip.ParseAddrPort(word)
	if err != nil {
		return address, fmt.Errorf("expected address:port or *, not %q", word)
	}
	return address, nil
}

// appendUnescaped adds a line of a message and its end.
func appendUnescaped(dst []byte, line string) ([]byte, error) {
	for i := 0; i < len(line); i++ {
		if line[i] != '\\' {
			dst = append(dst, line[i])
			continue
		}
		if i++; i == len(line) {
			return dst, nil
		}
		switch line[i] {
		case '\\':
			dst = append(dst, '\\')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 'x':
			value, err := strconv.ParseUint(line[i+1:min(i+3, len(line))], 16, 8)
			if err != nil || i+2 >= len(line) {
				return nil, fmt.Errorf(`expected two hexadecimal digits behind \x`)
			}
			dst = append(dst, byte(value))
			i += 2
		default:
			return nil, fmt.Errorf(`expected \\, \n, \r, \xHH or a backslash at the end, not \%c`, line[i])
		}
	}
	return append(dst, '\r', '\n'), nil
}
