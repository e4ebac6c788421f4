// Fix: line ends and Content-Length put right, and nothing else.
package draft

import (
	"fmt"
	"strings"

	"viaduct/sip"
)

// Fix ends each line of a message with CRLF when one of its header ends
// otherwise, ends the header with an empty line, and makes Content-Length the
// number of bytes of the body. What is right already comes back as it was.
func Fix(text string) string {
	if h := scan(text); h.bareLF > 0 {
		text = withCRLF(text)
	}
	h := scan(text)
	if !h.ended {
		if !strings.HasSuffix(text, "\n") {
			text += "\r\n"
		}
		text += "\r\n"
		h = scan(text)
	}
	size := len(text) - h.body
	f := h.first(sip.FieldContentLength)
	if f == nil {
		return text[:h.end] + fmt.Sprintf("Content-Length: %d\r\n", size) + text[h.end:]
	}
	if length, ok := h.contentLength(); ok && length == size {
		return text
	}
	if f.value == "" { // the value goes behind the colon, not into the line end
		return text[:f.start] + fmt.Sprint(" ", size) + text[f.start:]
	}
	return text[:f.start] + fmt.Sprint(size) + text[f.end:]
}

// withCRLF makes every line end CRLF.
func withCRLF(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}
