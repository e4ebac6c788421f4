// A ladder as a drawing: SVG that stands alone.
package ladder

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"viaduct/sip"
)

// The measures of the drawing, in pixels.
const (
	svgMargin      = 24
	svgTimes       = 74 // room for the times on the left
	svgHead        = 58 // room for names and addresses
	svgRow         = 30
	svgNarrowest   = 150 // from lane to lane
	svgWidest      = 300
	svgLetter      = 7.0 // a letter of a label, about
	svgSmallLetter = 6.0
	svgArrowHead   = 9
	svgArrowRoom   = 34 // of an arrow beside its label
	svgLoop        = 34 // width of an arrow to oneself
	svgLoopLetters = 60 // of its label
	svgNoteGap     = 14 // from the last lane to a note
)

// svgStyle follows the reader's choice of light or dark. All names begin with
// "ladder", so several drawings may stand in one page.
const svgStyle = `<style>
.ladder { --paper: #ffffff; --ink: #1f2328; --faint: #848d97; --line: #d0d7de; --request: #0757ba; --early: #6e5494; --good: #116329; --bad: #b3261e;
  font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
@media (prefers-color-scheme: dark) {
  .ladder { --paper: #0d1117; --ink: #e6edf3; --faint: #8b949e; --line: #30363d; --request: #6cb6ff; --early: #c297ff; --good: #57ab5a; --bad: #f47067 }
}
.ladder-paper { fill: var(--paper) }
.ladder-lane { stroke: var(--line); stroke-width: 2 }
.ladder-name { fill: var(--ink); font-weight: 600; text-anchor: middle }
.ladder-address { fill: var(--faint); font-size: 11px; text-anchor: middle }
.ladder-time { fill: var(--faint); font-size: 11px; text-anchor: end; font-variant-numeric: tabular-nums }
.ladder-note { fill: var(--faint); font-size: 11px }
.ladder-request { --stroke: var(--request) }
.ladder-early { --stroke: var(--early) }
.ladder-good { --stroke: var(--good) }
.ladder-bad { --stroke: var(--bad) }
.ladder-other { --stroke: var(--faint) }
.ladder-arrow path { fill: none; stroke: var(--stroke); stroke-width: 1.5 }
.ladder-arrow .ladder-tip { fill: var(--stroke); stroke: none }
.ladder-again path { stroke-dasharray: 5 4 }
.ladder-again .ladder-tip, .ladder-again .ladder-cross { stroke-dasharray: none }
.ladder-label { fill: var(--stroke); text-anchor: middle; stroke: var(--paper); stroke-width: 4; paint-order: stroke; stroke-linejoin: round }
.ladder-self { text-anchor: start }
.ladder-hit { fill: transparent }
.ladder-arrow:hover .ladder-hit { fill: var(--stroke); fill-opacity: .1 }
</style>
`

// AppendSVG draws the ladder behind dst as an SVG document that needs nothing
// else: lanes, arrows in the colour of their kind, times on the left where
// they are known. Pointing at an arrow shows the whole message.
func (l *Ladder) AppendSVG(dst []byte) []byte {
	d := svgDrawing{Ladder: l}
	d.place()
	dst = fmt.Appendf(dst, `<svg xmlns="http://www.w3.org/2000/svg" class="ladder" role="img" aria-label="Call ladder of %d messages" width="%d" height="%d" viewBox="0 0 %[2]d %[3]d">`+"\n",
		len(l.Arrows), d.width, d.height)
	dst = append(dst, svgStyle...)
	dst = fmt.Appendf(dst, `<rect class="ladder-paper" width="%d" height="%d"/>`+"\n", d.width, d.height)
	for i := range l.Lanes {
		dst = d.appendLane(dst, i)
	}
	for i := range l.Arrows {
		dst = d.appendArrow(dst, i)
	}
	return append(dst, "</svg>\n"...)
}

// svgDrawing is a ladder with the places of its parts.
type svgDrawing struct {
	*Ladder
	lanes         []int // x of each
	step          int   // from lane to lane
	width, height int
	hasTimes      bool
}

// place finds room for everything.
func (d *svgDrawing) place() {
	wished, notes := float64(svgNarrowest), 0.0
	for i := range d.Lanes {
		wished = max(wished, d.Lanes[i].width()+svgMargin)
	}
	narrowest := wished
	for i := range d.Arrows {
		a := &d.Arrows[i]
		span := float64(max(a.To-a.From, a.From-a.To, 1))
		wished = max(wished, (textWidth(a.Label, svgLetter)+svgArrowRoom)/span)
		notes = max(notes, textWidth(a.note(), svgSmallLetter))
		if a.From == a.To && a.From == len(d.Lanes)-1 {
			notes = max(notes, svgLoop+textWidth(cutTo(a.Label, svgLoopLetters), svgLetter)+textWidth(a.note(), svgSmallLetter)+svgNoteGap)
		}
		d.hasTimes = d.hasTimes || !a.Packet.Time.IsZero()
	}
	d.step = int(max(min(wished, svgWidest), narrowest))
	x := svgMargin
	if len(d.Lanes) > 0 {
		x += int(d.Lanes[0].width() / 2)
	}
	if d.hasTimes {
		x += svgTimes
	}
	for range d.Lanes {
		d.lanes = append(d.lanes, x)
		x += d.step
	}
	if last := len(d.Lanes) - 1; last >= 0 {
		x = d.lanes[last] + max(int(d.Lanes[last].width()/2), svgNoteGap+int(notes))
	}
	d.width = x + svgMargin
	d.height = svgHead + svgRow*(len(d.Arrows)+1) + svgMargin
}

// width is that of name and address.
func (l *Lane) width() float64 {
	return max(textWidth(l.Name, svgLetter+1), textWidth(addressText(l.Address), svgSmallLetter))
}

// textWidth estimates the width of a text.
func textWidth(text string, letter float64) float64 {
	return float64(utf8.RuneCountInString(text)) * letter
}

func (d *svgDrawing) appendLane(dst []byte, i int) []byte {
	lane := &d.Lanes[i]
	x, address := d.lanes[i], addressText(lane.Address)
	if lane.Name != "" {
		dst = fmt.Appendf(dst, `<text class="ladder-name" x="%d" y="24">%s</text>`+"\n", x, xmlText(lane.Name))
	}
	if address != "" {
		dst = fmt.Appendf(dst, `<text class="ladder-address" x="%d" y="41">%s</text>`+"\n", x, xmlText(address))
	}
	return fmt.Appendf(dst, `<path class="ladder-lane" d="M%d %dV%d"/>`+"\n", x, svgHead-8, d.height-svgMargin+8)
}

// kind gives the colour of an arrow.
func (a *Arrow) kind() string {
	m := a.Packet.Message
	switch {
	case m == nil:
		return "other"
	case m.IsRequest():
		return "request"
	case m.Status < 200:
		return "early"
	case m.Status < 300:
		return "good"
	}
	return "bad"
}

func (d *svgDrawing) appendArrow(dst []byte, i int) []byte {
	a := &d.Arrows[i]
	y := svgHead + svgRow*(i+1)
	again := ""
	if a.Retransmission {
		again = " ladder-again"
	}
	dst = fmt.Appendf(dst, `<g class="ladder-arrow ladder-%s%s"><title>%s</title>`, a.kind(), again, xmlText(d.tooltip(a)))
	dst = fmt.Appendf(dst, `<rect class="ladder-hit" x="0" y="%d" width="%d" height="%d"/>`, y-svgRow+9, d.width, svgRow)
	if !a.Packet.Time.IsZero() {
		dst = fmt.Appendf(dst, `<text class="ladder-time" x="%d" y="%d">%.3f</text>`, svgTimes, y+4, a.Time.Seconds())
	}
	if a.From == a.To {
		dst = d.appendLoop(dst, a, y)
	} else {
		dst = d.appendStraight(dst, a, y)
	}
	if note := a.note(); note != "" {
		x := d.lanes[len(d.lanes)-1] + svgNoteGap
		if a.From == a.To && a.From == len(d.Lanes)-1 {
			x += svgLoop + int(textWidth(cutTo(a.Label, svgLoopLetters), svgLetter))
		}
		dst = fmt.Appendf(dst, `<text class="ladder-note" x="%d" y="%d">%s</text>`, x, y+4, xmlText(note))
	}
	return append(dst, "</g>\n"...)
}

// appendStraight draws an arrow between two lanes. Its label stands beside the
// sender, so that a lane that is passed by shows.
func (d *svgDrawing) appendStraight(dst []byte, a *Arrow, y int) []byte {
	from, to, way := d.lanes[a.From], d.lanes[a.To], 1
	if to < from {
		way = -1
	}
	end := to - way*2
	if a.Lost {
		end = to - way*16
		dst = fmt.Appendf(dst, `<path d="M%d %dH%d"/><path class="ladder-cross" d="M%d %dl10 10m0 -10l-10 10"/>`, from, y, end, end-5, y-5)
	} else {
		dst = fmt.Appendf(dst, `<path d="M%d %dH%d"/><path class="ladder-tip" d="M%d %dl%d -4.5v9z"/>`, from, y, end-way*svgArrowHead/2, end, y, -way*svgArrowHead)
	}
	span := max(a.To-a.From, a.From-a.To) * d.step
	label, middle := a.Label, (from+to)/2
	if room := d.step - svgArrowRoom; int(textWidth(label, svgLetter)) <= room {
		middle = from + way*d.step/2
	} else {
		label = cutTo(label, int(float64(span-svgArrowRoom/2)/svgLetter))
	}
	return fmt.Appendf(dst, `<text class="ladder-label" x="%d" y="%d">%s</text>`, middle, y-6, xmlText(label))
}

// appendLoop draws an arrow from a lane to itself.
func (d *svgDrawing) appendLoop(dst []byte, a *Arrow, y int) []byte {
	x := d.lanes[a.From]
	dst = fmt.Appendf(dst, `<path d="M%d %dh%dv12h%d"/><path class="ladder-tip" d="M%d %dl%d -4.5v9z"/>`, x, y-6, svgLoop, svgArrowHead/2+2-svgLoop, x+2, y+6, svgArrowHead)
	return fmt.Appendf(dst, `<text class="ladder-label ladder-self" x="%d" y="%d">%s</text>`, x+svgLoop+6, y+4, xmlText(cutTo(a.Label, svgLoopLetters)))
}

// tooltip is what an arrow shows when it is pointed at.
func (d *svgDrawing) tooltip(a *Arrow) string {
	name := func(i int) string {
		if d.Lanes[i].Name != "" {
			return d.Lanes[i].Name
		}
		return addressText(d.Lanes[i].Address)
	}
	head := fmt.Sprintf("%s → %s  %s", name(a.From), name(a.To), a.Packet.Flow.Transport)
	if note := a.note(); note != "" {
		head += "  (" + note + ")"
	}
	text := a.Packet.Text
	if len(text) > sip.MaxMessageSize {
		text = text[:sip.MaxMessageSize]
	}
	return strings.TrimRight(head, " ") + "\n\n" + strings.ReplaceAll(text, "\r\n", "\n")
}

func cutTo(text string, letters int) string {
	if runes := []rune(text); len(runes) > letters {
		return string(runes[:max(letters-1, 1)]) + "…"
	}
	return text
}

// xmlText escapes text for XML 1.0, which has no way to write most control
// characters. Those that turn the direction of writing go too.
func xmlText(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\n', r == '\t', unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteRune('\ufffd')
		}
	}
	return b.String()
}
