// Framer: cuts messages out of a byte stream (RFC 3261 sections 7.5 and 18.3;
// keep-alives of RFC 5626 section 3.5.1).
package sip

import (
	"bytes"
	"strings"
)

// FrameEvent is what Framer.Next found.
type FrameEvent uint8

const (
	FrameNeedMore FrameEvent = iota // nothing whole is there yet
	FrameMessage                    // a message, with its whole body
	FramePing                       // CRLF CRLF between messages: answer with CRLF
	FramePong                       // CRLF between messages: ignore
	FrameTooLarge                   // the header of a message that is too large; its body is skipped
	FrameSkipped                    // the end of that body
)

const (
	framerSpace = 4096  // room that an idle stream keeps
	framerKeep  = 16384 // a larger buffer is let go when it is empty
	framerRead  = 1024  // least room for one read
)

// Framer finds the messages of one direction of a stream. What it gives does
// not depend on how the bytes were cut on their way. The zero value is ready:
//
//	for {
//		text, event, err := framer.Next()
//		…
//		if event == sip.FrameNeedMore {
//			n, _ := conn.Read(framer.Space())
//			framer.Filled(n)
//		}
//	}
type Framer struct {
	// LengthOptional takes a header without Content-Length as one without a
	// body. Section 18.3 demands the field on streams, so by default its
	// absence is an error.
	LengthOptional bool

	buffer     []byte
	start, end int // buffer[start:end] waits to be cut

	// Of the message that begins at start:
	line    int // offset of the line being read
	scanned int // no line end lies between line and here
	size    int // bytes of the whole message, 0 until its header is complete
	skip    int // bytes still to come of a message that is not taken

	failed *ParseError // the stream cannot be cut any further
}

// Space gives room to read into; it is never empty.
func (f *Framer) Space() []byte {
	if f.start == f.end {
		f.start, f.end = 0, 0
		if len(f.buffer) > framerKeep {
			f.buffer = nil
		}
	}
	if len(f.buffer)-f.end >= framerRead {
		return f.buffer[f.end:]
	}
	if f.start > 0 {
		f.end = copy(f.buffer, f.buffer[f.start:f.end])
		f.start = 0
	}
	if len(f.buffer)-f.end < framerRead {
		larger := make([]byte, max(framerSpace, 2*len(f.buffer)))
		copy(larger, f.buffer[:f.end])
		f.buffer = larger
	}
	return f.buffer[f.end:]
}

// Filled says how many bytes were read into Space.
func (f *Framer) Filled(n int) { f.end += n }

// Held gives the bytes that the framer keeps in memory beyond what any stream
// may: those of a large message that is not whole yet.
func (f *Framer) Held() int { return max(len(f.buffer)-framerKeep, 0) }

// Write adds a copy of p, for those who cannot read into Space.
func (f *Framer) Write(p []byte) {
	for len(p) > 0 {
		n := copy(f.Space(), p)
		f.Filled(n)
		p = p[n:]
	}
}

// Unfinished tells whether a message has begun and is not yet whole.
func (f *Framer) Unfinished() bool {
	return f.skip > 0 || f.start < f.end && class[f.buffer[f.start]]&classToken != 0
}

// Next cuts the next message or keep-alive off. With an error the text is what
// is there of the header, for Parse to see whether it can be answered with the
// Status of the error (400, or 513 for more than MaxMessageSize bytes). Behind a
// FrameTooLarge the stream goes on; behind any other error nothing can be found
// any more, and the stream must be closed.
func (f *Framer) Next() (text string, event FrameEvent, err *ParseError) {
	if f.failed != nil {
		return "", FrameNeedMore, f.failed
	}
	if f.skip > 0 {
		n := min(f.skip, f.end-f.start)
		f.start += n
		if f.skip -= n; f.skip > 0 {
			return "", FrameNeedMore, nil
		}
		return "", FrameSkipped, nil
	}
	if f.scanned == 0 {
		if event = f.skipLineEnds(); event != FrameNeedMore || f.start == f.end {
			return "", event, nil
		}
	}
	waiting := f.buffer[f.start:f.end]
	if c := waiting[0]; class[c]&classToken == 0 {
		if c == '\r' && (len(waiting) == 1 || waiting[1] == '\n') {
			return "", FrameNeedMore, nil // not yet known: ping or pong
		}
		return f.fail("", &ParseError{0, "start line", "a method or SIP/2.0", 400})
	}
	if f.size == 0 {
		found := f.findHeaderEnd()
		if !found && len(waiting) <= MaxMessageSize {
			return "", FrameNeedMore, nil
		}
		if !found || f.line > MaxMessageSize {
			return f.fail(string(waiting[:MaxMessageSize]), &ParseError{MaxMessageSize, "header", "its end within 65535 bytes", 513})
		}
	}
	if f.size == 0 {
		head := string(waiting[:f.line])
		length, err := f.bodyLength(head)
		if wrong := checkLineEnds(head); wrong != nil { // then others may see its end elsewhere
			err = wrong
		}
		if err != nil {
			return f.fail(head, err)
		}
		if f.size = f.line + length; f.size > MaxMessageSize {
			f.skip = length
			f.size = f.line
			f.advance()
			return head, FrameTooLarge, &ParseError{MaxMessageSize, "message", "at most 65535 bytes", 513}
		}
		if length == 0 {
			f.advance()
			return head, FrameMessage, nil
		}
	}
	if len(waiting) < f.size {
		return "", FrameNeedMore, nil
	}
	text = string(waiting[:f.size])
	f.advance()
	return text, FrameMessage, nil
}

// skipLineEnds takes the line ends before a start line (section 7.5). Two
// CRLF in a row are a ping. One CRLF is a pong, but only the byte behind it
// shows that it is not the first half of a ping.
func (f *Framer) skipLineEnds() FrameEvent {
	for f.start < f.end && f.buffer[f.start] == '\n' {
		f.start++
	}
	waiting := f.buffer[f.start:f.end]
	switch {
	case bytes.HasPrefix(waiting, []byte("\r\n\r\n")):
		f.start += 4
		return FramePing
	case len(waiting) > 3 && waiting[0] == '\r' && waiting[1] == '\n',
		len(waiting) == 3 && waiting[0] == '\r' && waiting[1] == '\n' && waiting[2] != '\r':
		f.start += 2
		return FramePong
	}
	return FrameNeedMore
}

// findHeaderEnd goes on from where the last search ended; when it succeeds,
// line is the offset behind the empty line.
func (f *Framer) findHeaderEnd() bool {
	waiting := f.buffer[f.start:f.end]
	for {
		length := bytes.IndexByte(waiting[f.scanned:], '\n')
		if length < 0 {
			f.scanned = len(waiting)
			return false
		}
		lineEnd := f.scanned + length
		empty := lineEnd == f.line || lineEnd == f.line+1 && waiting[f.line] == '\r'
		f.line, f.scanned = lineEnd+1, lineEnd+1
		if empty {
			return true
		}
	}
}

// bodyLength reads Content-Length out of a whole header. The field twice is
// an error even with equal values: who disagrees on the end of a message can
// be made to take a body for a request.
func (f *Framer) bodyLength(head string) (length int, err *ParseError) {
	found := false
	for at := strings.IndexByte(head, '\n') + 1; at < len(head); {
		nameEnd := skipToken(head, at)
		colon := nameEnd
		for colon < len(head) && (head[colon] == ' ' || head[colon] == '\t') {
			colon++
		}
		sound := nameEnd > at && colon < len(head) && head[colon] == ':'
		if !sound {
			colon = at - 1
		}
		value, valueEnd, next := scanValue(head, colon+1)
		if c := lower(head[at]); sound && (c == 'c' || c == 'l') && KindOf(head[at:nameEnd]) == FieldContentLength {
			n, ok := parseUint(head[value:valueEnd], 1<<31-1)
			if !ok {
				return 0, &ParseError{value, "Content-Length", "a number of bytes", 400}
			}
			if found {
				return 0, &ParseError{at, "Content-Length", "this field once only", 400}
			}
			length, found = int(n), true
		}
		at = next
	}
	if !found && !f.LengthOptional {
		return 0, &ParseError{len(head), "Content-Length", "this field, it is mandatory on streams", 400}
	}
	return length, nil
}

// advance goes behind the message that was cut.
func (f *Framer) advance() {
	f.start += f.size
	f.line, f.scanned, f.size = 0, 0, 0
}

func (f *Framer) fail(text string, err *ParseError) (string, FrameEvent, *ParseError) {
	f.failed, f.buffer, f.start, f.end = err, nil, 0, 0
	return text, FrameNeedMore, err
}
