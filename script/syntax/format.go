// format.go: strings with variables inside, as xlog and most string arguments take them.

package syntax

import (
	"fmt"
	"strings"
)

// ParseFormat cuts a string at the variables in it. In the OpenSER and Kamailio dialects these begin with $, and $$ is
// a dollar; OpenSER also has the colours $Cbg. In SER they begin with %, and %% is a percent: %rm, %Cbg, %{Header},
// %@select, %$attribute. Transformations exist only inside $(...): "$mb{end}" is $mb and the text "{end}".
// An error is an *Error without position.
func ParseFormat(text string, d Dialect) ([]FormatPart, error) {
	if d == SER {
		return parseSERFormat(text), nil
	}
	var parts partList
	for {
		dollar := strings.IndexByte(text, '$')
		if dollar < 0 {
			parts.text(text)
			return parts.parts, nil
		}
		parts.text(text[:dollar])
		text = text[dollar:]
		n := 2
		switch {
		case strings.HasPrefix(text, "$$"):
			parts.text("$")
		case d == OpenSER && colourEnd(text) > 0:
			n = colourEnd(text)
			parts.value(colour(text[:n]))
		default:
			var problem string
			if n, problem = pvEnd(text); problem != "" {
				return nil, &Error{Msg: fmt.Sprintf("%s in %s", problem, Quote(shorten(text))), Hint: "write $$ for a dollar"}
			}
			v, err := parsePV(text[:n], Pos{}, 0)
			if err != nil {
				return nil, err
			}
			parts.value(v)
		}
		text = text[n:]
	}
}

// colourEnd returns the length of $Cbg or %Cbg at the start of text: C with a letter for the foreground and one for the
// background; 0 when there is none.
func colourEnd(text string) int {
	if len(text) < 4 || text[1] != 'C' || !isColour(text[2]) || !isColour(text[3]) {
		return 0
	}
	return 4
}

// isColour knows the letters of xlog: x default, s black, red, green, yellow, blue, purple, cyan, white; capitals are bright.
func isColour(c byte) bool { return strings.IndexByte("xsrgybpcw", c|0x20) >= 0 }

// colour makes $C(bg) of $Cbg.
func colour(text string) *PV {
	letters := text[2:4]
	return &PV{Text: text, Name: "C", Inner: staticInner(letters)}
}

func staticInner(text string) *Inner {
	return &Inner{Text: text, Steps: []Step{{Text: text, Name: text, Parts: []FormatPart{{Text: text}}}}}
}

// parseSERFormat knows the specifiers of SER's xlog; what looks like none stays text.
func parseSERFormat(text string) []FormatPart {
	var parts partList
	for {
		percent := strings.IndexByte(text, '%')
		if percent < 0 {
			parts.text(text)
			return parts.parts
		}
		parts.text(text[:percent])
		text = text[percent:]
		n, value := serSpecifier(text)
		switch {
		case strings.HasPrefix(text, "%%"):
			n = 2
			parts.text("%")
		case value == nil:
			n = 1
			parts.text("%")
		default:
			parts.value(value)
		}
		text = text[n:]
	}
}

// serSpecifier reads one specifier at the start of text.
func serSpecifier(text string) (n int, value Expr) {
	if n = colourEnd(text); n > 0 {
		return n, colour(text[:n])
	}
	if len(text) < 3 {
		return 0, nil
	}
	switch text[1] {
	case '@':
		n = selectEnd(text[1:])
		if s, err := parseSelect(text[1:1+n], Pos{}); err == nil {
			return 1 + n, s
		}
	case '$':
		if n = serAVPEnd(text[1:]); n > 0 {
			if a, err := parseSerAVP(text[1:1+n], Pos{}); err == nil {
				return 1 + n, a
			}
		}
	case '{':
		return serHeader(text)
	default:
		if isSERSpecifier(text[1:3]) {
			return 3, &PV{Text: text[:3], Name: text[1:3]}
		}
	}
	return 0, nil
}

// serHeader reads %{Name} or %{Name[1]}.
func serHeader(text string) (n int, value Expr) {
	end := strings.IndexByte(text[:min(len(text), 256)], '}')
	if end < 3 || strings.IndexByte(text[:end], '\n') >= 0 {
		return 0, nil
	}
	v := &PV{Text: text[:end+1], Name: "hdr"}
	name := text[2:end]
	if strings.HasSuffix(name, "]") {
		name, v.Index = cutIndex(name, Pos{}, 0)
	}
	v.Inner = staticInner(name)
	return end + 1, v
}

func isSERSpecifier(letters string) bool {
	switch letters {
	case "br", "ci", "cs", "ct", "ds", "du", "fn", "ft", "fu", "is", "mb", "mf", "mi", "ml", "np", "pp",
		"Ri", "Rp", "rm", "rr", "rs", "ru", "rv", "si", "sp", "Tf", "TF", "Ts", "tn", "tt", "tu", "ua":
		return true
	}
	return false
}
