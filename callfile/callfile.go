// Package callfile makes call files: a call as one page of HTML that needs
// nothing else, to be sent to somebody who has no tools. It shows the ladder,
// what is wrong, and each message with its explanation; and it holds the packets,
// so that package capture reads them out of it again.
package callfile

import (
	"fmt"
	"html"
	"strings"

	"viaduct/capture"
	"viaduct/explain"
	"viaduct/ladder"
	"viaduct/wire"
)

const head = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>%s</title>
<style>
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin-top: 2rem }
.drawing { overflow-x: auto }
summary { cursor: pointer; padding: .3rem 0 }
summary b { font-weight: 600 }
.after { font-variant-numeric: tabular-nums; opacity: .7; display: inline-block; min-width: 5rem }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%%, transparent) }
pre { overflow-x: auto; padding: .8rem; background: color-mix(in srgb, currentColor 6%%, transparent); border-radius: .4rem; font-size: 13px; line-height: 1.4 }
.section { opacity: .6; font-size: .85em; white-space: nowrap }
.failure { color: #b3261e } .warning { color: #9a6700 }
@media (prefers-color-scheme: dark) { .failure { color: #f47067 } .warning { color: #d4a72c } }
</style>
</head>
<body>
`

// Append writes a page of calls behind dst.
func Append(dst []byte, calls []capture.Call, names ladder.Names) []byte {
	title := fmt.Sprintf("%d calls", len(calls))
	if len(calls) == 1 {
		title = "Call " + calls[0].ID
	}
	dst = fmt.Appendf(dst, head, clean(title))
	for i := range calls {
		dst = appendCall(dst, &calls[i], names)
	}
	dst = append(dst, "<footer><p class=\"section\">Made by viaduct. The packets are in this page: <code>viaduct ladder</code> reads it.</p></footer>\n"...)
	var packets []wire.Packet
	for i := range calls {
		packets = append(packets, calls[i].Packets...)
	}
	dst = capture.AppendEmbedded(dst, packets)
	return append(dst, "</body>\n</html>\n"...)
}

func appendCall(dst []byte, call *capture.Call, names ladder.Names) []byte {
	story := explain.Call(call.Packets, names)
	dst = fmt.Appendf(dst, "<section>\n<h1>Call-ID %s</h1>\n", clean(call.ID))
	if first := call.Packets[0].Time; !first.IsZero() {
		dst = fmt.Appendf(dst, "<p>%d messages from %s on</p>\n", len(call.Packets), first.UTC().Format("2006-01-02 15:04:05.000 MST"))
	}
	dst = append(dst, "<div class=\"drawing\">\n"...)
	dst = story.Ladder.AppendSVG(dst)
	dst = append(dst, "</div>\n"...)
	dst = appendFindings(dst, story)
	dst = append(dst, "<h2>Messages</h2>\n"...)
	for i := range story.Steps {
		dst = appendStep(dst, story, i)
	}
	return append(dst, "</section>\n"...)
}

func appendFindings(dst []byte, story *explain.Story) []byte {
	if len(story.Findings) == 0 {
		return append(dst, "<h2>Nothing is wrong</h2>\n"...)
	}
	dst = append(dst, "<h2>What is wrong or strange</h2>\n<ul>\n"...)
	for _, f := range story.Findings {
		dst = fmt.Appendf(dst, "<li class=\"%s\">Message %d: %s", strings.ToLower(f.Severity.String()), f.Step+1, clean(f.Text))
		dst = append(appendSection(dst, f.Section), "</li>\n"...)
	}
	return append(dst, "</ul>\n"...)
}

func appendStep(dst []byte, story *explain.Story, i int) []byte {
	step, arrow := &story.Steps[i], &story.Ladder.Arrows[i]
	dst = fmt.Appendf(dst, "<details>\n<summary>%d <span class=\"after\">+%.3f s</span> %s → %s: <b>%s</b>", i+1, arrow.Time.Seconds(), clean(step.From), clean(step.To), clean(arrow.Label))
	if arrow.Retransmission {
		dst = append(dst, " (again)"...)
	}
	if arrow.Lost {
		dst = append(dst, " (lost)"...)
	}
	dst = append(dst, "</summary>\n<ul>\n"...)
	for _, sentence := range step.Sentences {
		dst = append(dst, "<li>"...)
		dst = append(dst, clean(sentence.Text)...)
		dst = append(appendSection(dst, sentence.Section), "</li>\n"...)
	}
	return fmt.Appendf(dst, "</ul>\n<pre>%s</pre>\n</details>\n", clean(strings.ReplaceAll(arrow.Packet.Text, "\r\n", "\n")))
}

func appendSection(dst []byte, s explain.Section) []byte {
	return fmt.Appendf(dst, " <span class=\"section\">%s</span>", clean(s.String()))
}

// clean makes text from the network fit for a page: no markup, and no
// characters that a page cannot hold.
func clean(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}
