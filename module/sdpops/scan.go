// Scanning: a description is lines, "v=0" and so on, and streams, each of which
// begins with an m= line. Nothing is changed and nothing is refused that the
// words can do without.
package sdpops

import "strings"

// span is a piece of text by its offsets.
type span struct{ start, end int }

func (s span) of(text string) string { return text[s.start:s.end] }

// description is a scanned SDP. Offsets are those of text.
type description struct {
	text    string
	lines   []line
	streams []stream
}

// line is one line without its end; next is where the following one begins.
type line struct {
	span
	next int
}

// stream is one m= line and what belongs to it: lines[first:behind].
type stream struct {
	first, behind int
	media         span // "audio"
	port          span // "4000", without the number of ports behind a slash
	transport     span // "RTP/AVP"
	formats       []span
}

// Bounds of a description. The words look at each line for each format, so
// that a message of nothing but formats and lines would keep them busy.
const (
	mostLines   = 4096
	mostFormats = 1024 // of all streams; RTP has 128 payload types
)

// scan reads a description; false when it does not begin with v=, or is beyond
// the bounds.
func scan(text string) (*description, bool) {
	if !strings.HasPrefix(text, "v=") {
		return nil, false
	}
	d, formats := &description{text: text}, 0
	for at := 0; at < len(text); {
		one := nextLine(text, at)
		if strings.HasPrefix(text[one.start:one.end], "m=") {
			d.endStream()
			s := newStream(text, one, len(d.lines))
			formats += len(s.formats)
			d.streams = append(d.streams, s)
		}
		d.lines = append(d.lines, one)
		at = one.next
	}
	d.endStream()
	return d, len(d.lines) <= mostLines && formats <= mostFormats
}

func (d *description) endStream() {
	if n := len(d.streams); n > 0 {
		d.streams[n-1].behind = len(d.lines)
	}
}

// nextLine gives the line that begins at an offset; lines end with CRLF or LF.
func nextLine(text string, at int) line {
	end := strings.IndexByte(text[at:], '\n')
	if end < 0 {
		return line{span{at, len(text)}, len(text)}
	}
	end += at
	one := line{span{at, end}, end + 1}
	if end > at && text[end-1] == '\r' {
		one.end--
	}
	return one
}

// newStream reads "m=audio 4000/2 RTP/AVP 0 8".
func newStream(text string, of line, number int) stream {
	s := stream{first: number}
	at := of.start + len("m=")
	s.media, at = nextWord(text, at, of.end)
	s.port, at = nextWord(text, at, of.end)
	if slash := strings.IndexByte(s.port.of(text), '/'); slash >= 0 {
		s.port.end = s.port.start + slash
	}
	s.transport, at = nextWord(text, at, of.end)
	for {
		var format span
		if format, at = nextWord(text, at, of.end); format.start == format.end {
			return s
		}
		s.formats = append(s.formats, format)
	}
}

// nextWord gives the word behind spaces; an empty one at the end.
func nextWord(text string, at, end int) (word span, behind int) {
	for at < end && text[at] == ' ' {
		at++
	}
	start := at
	for at < end && text[at] != ' ' {
		at++
	}
	return span{start, at}, at
}

// of gives the lines of a stream, the m= line first.
func (d *description) of(s *stream) []line { return d.lines[s.first:s.behind] }

// session gives the lines before the first stream.
func (d *description) session() []line {
	if len(d.streams) == 0 {
		return d.lines
	}
	return d.lines[:d.streams[0].first]
}

// first gives the first of some lines that begins with a prefix, without it.
func (d *description) first(lines []line, prefix string) (rest string, ok bool) {
	for _, one := range lines {
		if rest, ok := strings.CutPrefix(one.of(d.text), prefix); ok {
			return rest, true
		}
	}
	return "", false
}

// direction gives "sendrecv", "sendonly", "recvonly" or "inactive" as the
// attributes of some lines say it, else fallback.
func (d *description) direction(lines []line, fallback string) string {
	for _, one := range lines {
		switch attribute := one.of(d.text); attribute {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			return attribute[len("a="):]
		}
	}
	return fallback
}
