// Printout: what a proxy printed, in pieces of one colour.
package lab

import (
	"strconv"
	"strings"
)

// piece is a text in one colour. Colours are those of terminals: 0 black, 1
// red, 2 green, 3 yellow, 4 blue, 5 magenta, 6 cyan, 7 white, -1 the usual one.
type piece struct {
	text                   string
	foreground, background int
}

// isBar tells the bars between which the paper's scripts print a message.
func (p piece) isBar() bool { return p.background >= 0 && strings.TrimSpace(p.text) != "" }

// pieces cuts a printout at its escapes (ECMA-48 SGR).
func pieces(text string) (all []piece) {
	now := piece{foreground: -1, background: -1}
	for {
		before, after, found := strings.Cut(text, "\x1b[")
		if now.text = before; before != "" {
			all = append(all, now)
		}
		if !found {
			return all
		}
		codes, rest, _ := strings.Cut(after, "m")
		text = rest
		for _, code := range strings.Split(codes, ";") {
			switch n, _ := strconv.Atoi(code); {
			case n == 0:
				now.foreground, now.background = -1, -1
			case n >= 30 && n <= 37:
				now.foreground = n - 30
			case n >= 40 && n <= 47:
				now.background = n - 40
			case n == 39:
				now.foreground = -1
			case n == 49:
				now.background = -1
			}
		}
	}
}

// shown gives the pieces that a scenario wants shown, and what else stood
// between bars: "[ Method ACK from 127.168.1.10 ]".
func (s *Scenario) shown(p Printout) (shown []piece, more []string) {
	all := pieces(p.Text)
	if !s.Bars {
		return all, nil
	}
	over := false
	for i := 0; i < len(all); i++ {
		end := i + 1
		for end < len(all) && !all[end].isBar() {
			end++
		}
		if !all[i].isBar() || end == len(all) {
			continue
		}
		if over {
			more = append(more, all[i].text)
		} else {
			shown = append(shown, piece{"\n\n", -1, -1})
			shown = append(shown, all[i:end+1]...)
			shown = append(shown, piece{"\n", -1, -1})
		}
		over = over || s.Until != "" && strings.Contains(all[i].text, " "+s.Until+" ")
		i = end
	}
	return shown, more
}

// mark is a part of a printout that the paper prints bold.
type mark struct{ start, end int }

// marks finds the branch parameters, and the names Record-Route and Route.
func marks(text string) (all []mark) {
	at := 0
	for line := range strings.Lines(text) {
		name, value, found := strings.Cut(line, ":")
		switch {
		case !found:
		case strings.EqualFold(name, "Record-Route"), strings.EqualFold(name, "Route"):
			all = append(all, mark{at, at + len(name) + 1})
		case strings.EqualFold(name, "Via"), strings.EqualFold(name, "v"):
			if _, after, ok := strings.Cut(value, "branch="); ok {
				start := at + len(line) - len(after) - len("branch=")
				length := strings.IndexAny(after, ";, \r\n")
				if length < 0 {
					length = len(after)
				}
				all = append(all, mark{start, start + len("branch=") + length})
			}
		}
		at += len(line)
	}
	return all
}

// AppendPrintout writes a printout behind dst, with the escapes of its colours
// and of bold parts, or plain.
func (s *Scenario) AppendPrintout(dst []byte, p Printout, color bool) []byte {
	all, more := s.shown(p)
	for _, one := range all {
		switch {
		case !color:
			dst = append(dst, one.text...)
		case one.foreground < 0 && one.background < 0:
			dst = appendBold(dst, one.text)
		default:
			dst = append(dst, "\x1b["...)
			if one.background >= 0 { // black on green is easier to read than blue on green
				dst = strconv.AppendInt(append(dst, "30;"...), int64(40+one.background), 10)
			} else {
				dst = strconv.AppendInt(dst, int64(30+one.foreground), 10)
			}
			dst = append(append(append(dst, 'm'), one.text...), "\x1b[0m"...)
		}
	}
	if more != nil {
		dst = append(dst, "\n(behind it the script also printed: "...)
		dst = append(dst, strings.Join(more, " ")...)
		dst = append(dst, ")\n"...)
	}
	return dst
}

func appendBold(dst []byte, text string) []byte {
	at := 0
	for _, m := range marks(text) {
		dst = append(dst, text[at:m.start]...)
		dst = append(append(append(dst, "\x1b[1m"...), text[m.start:m.end]...), "\x1b[22m"...)
		at = m.end
	}
	return append(dst, text[at:]...)
}
