// A ladder as text, for terminals and golden files.
package ladder

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"viaduct/sip"
)

// TextOptions says how a ladder is drawn. The zero value is the golden form:
// Unicode box characters, no times, 100 columns.
type TextOptions struct {
	ASCII bool // draw with - | > only
	Times bool // begin each line with the seconds since the first packet
	Width int  // columns to fit in, if lanes and notes can; 0: 100
}

const (
	narrowestLane = 14 // columns from lane to lane
	widestLane    = 30
	labelRoom     = 8 // columns of an arrow around its label, where there is room
	leastRoom     = 5 // and where there is none
)

// strokes are the characters of a drawing.
type strokes struct {
	lane                           rune
	leaveRight, leaveLeft          rune
	line, again, right, left, lost rune
	cross                          rune // of a line and a lane
	turn, back                     rune // of an arrow to oneself
	cut                            string
}

var (
	boxStrokes   = strokes{'│', '├', '┤', '─', '╌', '▶', '◀', '✕', '┼', '┐', '┘', "…"}
	asciiStrokes = strokes{'|', '|', '|', '-', '.', '>', '<', 'x', '-', '+', '+', ".."}
)

// AppendText draws the ladder behind dst: names and addresses of the lanes,
// then a line for each arrow. Lines have no spaces at their end.
func (l *Ladder) AppendText(dst []byte, o TextOptions) []byte {
	if len(l.Lanes) == 0 {
		return dst
	}
	p := paper{strokes: boxStrokes, options: o}
	if o.ASCII {
		p.strokes = asciiStrokes
	}
	p.place(l)
	return p.draw(dst, l)
}

// paper is where a ladder is drawn, line by line.
type paper struct {
	strokes strokes
	options TextOptions
	margin  int   // columns before the drawing
	columns []int // of the lanes
	line    []rune
}

// place finds the columns of the lanes.
func (p *paper) place(l *Ladder) {
	if p.options.Times {
		p.margin = 10
	}
	width := p.options.Width
	if width == 0 {
		width = 100
	}
	longest := func(i int) int {
		return max(utf8.RuneCountInString(p.clean(l.Lanes[i].Name)), len(addressText(l.Lanes[i].Address)))
	}
	narrowest := narrowestLane // names and addresses do not run into each other
	for i := 1; i < len(l.Lanes); i++ {
		narrowest = max(narrowest, (longest(i-1)+longest(i)+1)/2+2)
	}
	wished, notes := 0, 0
	for i := range l.Arrows {
		a := &l.Arrows[i]
		lanes := max(a.To-a.From, a.From-a.To, 1)
		wished = max(wished, (utf8.RuneCountInString(p.clean(a.Label))+labelRoom+lanes-1)/lanes)
		if note := utf8.RuneCountInString(a.note()); note > 0 {
			notes = max(notes, note+3)
		}
	}
	first := p.margin + longest(0)/2
	spacing := narrowest
	if last := len(l.Lanes) - 1; last > 0 {
		behind := max(longest(last)/2, notes) + 1
		spacing = max(min(wished, widestLane, (width-first-behind)/last), narrowest)
	}
	for i := range l.Lanes {
		p.columns = append(p.columns, first+i*spacing)
	}
}

func (p *paper) draw(dst []byte, l *Ladder) []byte {
	hasNames := false
	for i, lane := range l.Lanes {
		hasNames = hasNames || lane.Name != ""
		p.centre(p.columns[i], p.clean(lane.Name))
	}
	if hasNames {
		dst = p.flush(dst)
	}
	p.line = p.line[:0]
	for i, lane := range l.Lanes {
		p.centre(p.columns[i], addressText(lane.Address))
	}
	dst = p.flush(dst)
	p.lanes()
	dst = p.flush(dst)
	for i := range l.Arrows {
		a := &l.Arrows[i]
		p.lanes()
		if p.options.Times {
			p.put(0, fmt.Sprintf("%8.3f", a.Time.Seconds()))
		}
		note := a.note()
		if a.From == a.To {
			at := p.columns[a.From]
			p.put(at, string([]rune{p.strokes.leaveRight, p.strokes.line, p.strokes.line, p.strokes.turn})+" "+p.clean(a.Label))
			dst = p.flushNoted(dst, note)
			p.lanes()
			p.put(at+1, string([]rune{p.strokes.left, p.strokes.line, p.strokes.back}))
			dst = p.flush(dst)
			continue
		}
		p.arrow(a)
		dst = p.flushNoted(dst, note)
	}
	p.lanes()
	return p.flush(dst)
}

// arrow draws one arrow between two lanes.
func (p *paper) arrow(a *Arrow) {
	from, to := p.columns[a.From], p.columns[a.To]
	left, right := min(from, to), max(from, to)
	stroke := p.strokes.line
	if a.Retransmission {
		stroke = p.strokes.again
	}
	for at := left + 1; at < right; at++ {
		if p.line[at] == p.strokes.lane {
			p.line[at] = p.strokes.cross
		} else {
			p.line[at] = stroke
		}
	}
	leave, head, at := p.strokes.leaveRight, p.strokes.right, right-1
	if to < from {
		leave, head, at = p.strokes.leaveLeft, p.strokes.left, left+1
	}
	if a.Lost {
		head = p.strokes.lost
	}
	p.line[from], p.line[at] = leave, head
	text := []rune(p.clean(a.Label))
	if step := p.columns[1] - p.columns[0]; step-leastRoom >= len(text) { // beside the sender, so that a lane that is passed by shows
		if to > from {
			right = left + step
		} else {
			left = right - step
		}
	}
	room := right - left - leastRoom
	if len(text) > room {
		text = append(text[:room-utf8.RuneCountInString(p.strokes.cut)], []rune(p.strokes.cut)...)
	}
	p.put(left+2+(room-len(text))/2, " "+string(text)+" ")
}

// note is what stands behind the lanes.
func (a *Arrow) note() string {
	var notes []string
	if a.Retransmission {
		notes = append(notes, "retransmission")
	}
	if a.Lost {
		notes = append(notes, "lost")
	}
	if a.Branch > 0 {
		notes = append(notes, fmt.Sprintf("branch %d", a.Branch))
	}
	return strings.Join(notes, ", ")
}

// lanes begins a line with all lanes.
func (p *paper) lanes() {
	for _, column := range p.columns {
		p.put(column, string(p.strokes.lane))
	}
}

// put writes text over the line from a column on.
func (p *paper) put(column int, text string) {
	for _, r := range text {
		for len(p.line) <= column {
			p.line = append(p.line, ' ')
		}
		if column >= 0 {
			p.line[column] = r
		}
		column++
	}
}

func (p *paper) centre(column int, text string) {
	p.put(column-utf8.RuneCountInString(text)/2, text)
}

func (p *paper) flushNoted(dst []byte, note string) []byte {
	if note != "" {
		p.put(max(p.columns[len(p.columns)-1]+3, len(p.line)+2), note)
	}
	return p.flush(dst)
}

// flush prints the line and begins a new one.
func (p *paper) flush(dst []byte) []byte {
	dst = append(dst, strings.TrimRight(string(p.line), " ")...)
	p.line = p.line[:0]
	return append(dst, '\n')
}

// clean makes text that came from the network fit to be drawn.
func (p *paper) clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, !unicode.IsPrint(r), p.options.ASCII && r > unicode.MaxASCII:
			return '?'
		}
		return r
	}, text)
}

// addressText leaves out the port that everybody expects.
func addressText(address netip.AddrPort) string {
	switch {
	case !address.IsValid():
		return ""
	case int(address.Port()) == sip.DefaultPort(""):
		return address.Addr().Unmap().String()
	}
	return netip.AddrPortFrom(address.Addr().Unmap(), address.Port()).String()
}
