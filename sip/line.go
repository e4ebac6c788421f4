// Line ends: a message that was written with LF alone leaves with CRLF (RFC 3261
// section 7).
package sip

import "bytes"

// WithReturns gives m as it was printed with edits, which bring lines of their
// own: when m ends its lines with LF alone, each line of the header gets its CR,
// so that no two of them end differently.
func (m *Message) WithReturns(printed []byte) []byte {
	if !m.bareFeeds {
		return printed
	}
	return withReturns(printed)
}

// withReturns stops behind the empty line; what stands there is the body.
func withReturns(text []byte) []byte {
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		feed := bytes.IndexByte(text, '\n')
		if feed < 0 {
			break
		}
		line := bytes.TrimSuffix(text[:feed], []byte{'\r'})
		out = append(append(out, line...), '\r', '\n')
		if text = text[feed+1:]; len(line) == 0 {
			break
		}
	}
	return append(out, text...)
}

// clearLooseBytes puts spaces in the place of each CR without LF and each NUL.
func clearLooseBytes(header []byte) {
	for i, c := range header {
		if c == 0 || c == '\r' && (i+1 == len(header) || header[i+1] != '\n') {
			header[i] = ' '
		}
	}
}
