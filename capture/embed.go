// Packets within an HTML page, so that a page that shows a call is a capture too.
package capture

import (
	"bytes"
	"strings"

	"viaduct/wire"
)

const (
	embedStart = `<script type="text/plain" id="viaduct-transcript">`
	embedEnd   = `</script>`
)

// AppendEmbedded writes packets behind dst as an element of HTML that shows
// nothing, and from which a Reader takes them: their transcript.
func AppendEmbedded(dst []byte, packets []wire.Packet) []byte {
	dst = append(dst, embedStart+"\n"...)
	var text []byte
	for i := range packets {
		text = wire.AppendTranscript(text[:0], &packets[i])
		for line := range bytes.Lines(text) {
			if line[0] == '|' { // of the message: what might end the element is written as transcripts may
				line = bytes.ReplaceAll(line, []byte("<"), []byte(`\x3c`))
			}
			dst = append(dst, line...)
		}
	}
	return append(dst, embedEnd+"\n"...)
}

// embedded finds the transcript in a page; false when the page has none.
func embedded(page string) (transcript string, found bool) {
	_, rest, found := strings.Cut(page, embedStart)
	if !found {
		return "", false
	}
	transcript, _, found = strings.Cut(rest, embedEnd)
	return transcript, found
}

// isPage tells an HTML page from other text.
func isPage(text string) bool {
	const start = "<!DOCTYPE html"
	text = strings.TrimLeft(text, "\uFEFF \r\n\t")
	return len(text) >= len(start) && strings.EqualFold(text[:len(start)], start)
}
