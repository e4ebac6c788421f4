// pv_parse.go: the text of a pseudo-variable to its node.

package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// maxPVDepth bounds variables inside variables.
const maxPVDepth = 32

// ParsePV parses one pseudo-variable, which must be all of text. An error is an *Error without position.
func ParsePV(text string) (*PV, error) {
	n, problem := pvEnd(text)
	if problem == "" && n < len(text) {
		problem = fmt.Sprintf("%q after the pseudo-variable %s", text[n:], text[:n])
	}
	if problem != "" {
		return nil, &Error{Msg: problem}
	}
	return parsePV(text, Pos{}, 0)
}

// pvEnd returns the length of the pseudo-variable at the start of text. When there is none it says why, and returns
// how much of text to give up.
func pvEnd(text string) (n int, problem string) {
	switch {
	case strings.HasPrefix(text, "$?"):
		return 2, ""
	case strings.HasPrefix(text, "$("):
		n = closing(text, 1)
	case len(text) > 1 && text[0] == '$' && isLetter(text[1]):
		n = wordEnd(text, 1)
		if n < len(text) && text[n] == '(' {
			n = closing(text, n)
		}
	case !strings.HasPrefix(text, "$"):
		return 0, Quote(shorten(text)) + " is no pseudo-variable"
	default:
		return min(1, len(text)), "a lone $: the name of a pseudo-variable should follow"
	}
	if n < 0 {
		n = len(text)
		if line := strings.IndexByte(text, '\n'); line >= 0 {
			n = line
		}
		return n, "the pseudo-variable " + shorten(text[:n]) + " has no closing )"
	}
	return n, ""
}

// closing returns the offset after the ) that closes the ( at open, -1 when the line ends before it.
func closing(text string, open int) int {
	depth := 0
	for i := open; i < len(text) && text[i] != '\n'; i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

func shorten(text string) string {
	if len(text) > 40 {
		return text[:37] + "..."
	}
	return text
}

// parsePV parses text that pvEnd has measured.
func parsePV(text string, pos Pos, depth int) (*PV, error) {
	v := &PV{Pos: pos, Text: text}
	fail := func(format string, args ...any) (*PV, error) {
		return nil, &Error{Pos: pos, Msg: "in " + shorten(text) + ": " + fmt.Sprintf(format, args...)}
	}
	if depth > maxPVDepth {
		return fail("variables nested too deeply")
	}
	body, wrapped := text[1:], false
	if strings.HasPrefix(body, "(") {
		body, wrapped = body[1:len(body)-1], true
	}
	n := wordEnd(body, 0)
	if body == "?" {
		n = 1
	}
	if n == 0 {
		return fail("a name is missing")
	}
	v.Name, body = body[:n], body[n:]

	var err error
	if strings.HasPrefix(body, "(") {
		end := closing(body, 0)
		if end < 0 {
			return fail(") is missing")
		}
		if v.Inner, err = parseInner(v.Name, body[1:end-1], pos, depth+1); err != nil {
			return nil, err
		}
		body = body[end:]
	}
	if wrapped && strings.HasPrefix(body, "[") {
		end := matching(body, '[', ']')
		if end < 0 {
			return fail("] is missing")
		}
		index, ok := parseIndex(body[1:end], pos, depth+1)
		if !ok {
			return fail("the index %s: want a number, * or a pseudo-variable", body[:end+1])
		}
		v.Index = index
		body = body[end+1:]
	}
	for wrapped && strings.HasPrefix(body, "{") {
		end := matching(body, '{', '}')
		if end < 0 {
			return fail("} is missing")
		}
		t, err := parseTransformation(body[1:end], pos, depth+1)
		if err != nil {
			return fail("%v", err)
		}
		v.Transformations = append(v.Transformations, t)
		body = strings.TrimLeft(body[end+1:], " \t")
	}
	if body != "" {
		return fail("unexpected %q", body)
	}
	return v, nil
}

// matching returns the offset of the bracket that closes the one at the start of text, or -1.
func matching(text string, open, close byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case close:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func parseInner(name, text string, pos Pos, depth int) (*Inner, error) {
	in := &Inner{Text: text}
	if text == "" {
		return nil, &Error{Pos: pos, Msg: "$" + name + "() names nothing"}
	}
	if name == "avp" && (strings.HasPrefix(text, "s:") || strings.HasPrefix(text, "i:")) {
		in.Type, text = text[:1], text[2:]
	}
	for _, piece := range splitOutside(text, "=>") {
		step := Step{Text: piece, Name: piece, Parts: splitVariables(piece, pos, depth)}
		if strings.HasSuffix(piece, "]") {
			step.Name, step.Index = cutIndex(piece, pos, depth)
		}
		in.Steps = append(in.Steps, step)
	}
	return in, nil
}

// cutIndex takes a last [index] off a name.
func cutIndex(text string, pos Pos, depth int) (string, *Index) {
	open := strings.LastIndexByte(text, '[')
	if open <= 0 {
		return text, nil
	}
	index, ok := parseIndex(text[open+1:len(text)-1], pos, depth)
	if !ok {
		return text, nil
	}
	return text[:open], index
}

func parseIndex(text string, pos Pos, depth int) (*Index, bool) {
	text = strings.TrimSpace(text)
	if text == "*" {
		return &Index{All: true}, true
	}
	if n, err := strconv.Atoi(text); err == nil {
		return &Index{N: n}, true
	}
	if n, problem := pvEnd(text); problem == "" && n == len(text) {
		v, err := parsePV(text, pos, depth)
		return &Index{PV: v}, err == nil
	}
	return nil, false
}

func parseTransformation(text string, pos Pos, depth int) (Transformation, error) {
	head, raw, hasParams := strings.Cut(text, ",")
	class, name, ok := strings.Cut(strings.TrimSpace(head), ".")
	if !ok || class == "" || name == "" {
		return Transformation{}, fmt.Errorf("the transformation {%s}: want {class.name} or {class.name,parameter}", text)
	}
	t := Transformation{Class: class, Name: name, Raw: raw}
	if !hasParams {
		return t, nil
	}
	for _, piece := range splitOutside(raw, ",") {
		t.Params = append(t.Params, TransformationParam{Text: piece, Parts: splitVariables(piece, pos, depth)})
	}
	return t, nil
}

// splitOutside cuts text at a separator that stands outside of brackets.
func splitOutside(text, separator string) []string {
	var pieces []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth--
		}
		if depth <= 0 && strings.HasPrefix(text[i:], separator) {
			pieces = append(pieces, text[start:i])
			i += len(separator) - 1
			start = i + 1
		}
	}
	return append(pieces, text[start:])
}

// splitVariables cuts a name or parameter at the variables in it. A $ that begins none stays text, as in a regular
// expression.
func splitVariables(text string, pos Pos, depth int) []FormatPart {
	var parts partList
	for text != "" {
		dollar := strings.IndexByte(text, '$')
		if dollar < 0 {
			break
		}
		parts.text(text[:dollar])
		text = text[dollar:]
		n, problem := pvEnd(text)
		v, err := (*PV)(nil), error(nil)
		if problem == "" {
			v, err = parsePV(text[:n], pos, depth)
		}
		if problem != "" || err != nil {
			n = 1
			parts.text(text[:n])
		} else {
			parts.value(v)
		}
		text = text[n:]
	}
	parts.text(text)
	return parts.parts
}

// partList joins pieces of literal text that stand side by side.
type partList struct{ parts []FormatPart }

func (l *partList) text(text string) {
	if text == "" {
		return
	}
	if n := len(l.parts); n > 0 && l.parts[n-1].Value == nil {
		l.parts[n-1].Text += text
		return
	}
	l.parts = append(l.parts, FormatPart{Text: text})
}

func (l *partList) value(v Expr) { l.parts = append(l.parts, FormatPart{Value: v}) }
