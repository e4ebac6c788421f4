// lex_string.go: string literals.

package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// stringToken reads "..." with those that follow it, or one raw '...'.
func (l *lexer) stringToken(f *frame) {
	start := f.pos()
	text, ok := l.stringText(f)
	if !ok {
		return
	}
	text = l.substitute(text, start)
	// The frame that holds the last part: adjacent parts may come out of a macro.
	l.push(l.top(), token{kind: tokenString, text: text, pos: start})
}

func (l *lexer) stringText(f *frame) (text string, ok bool) {
	if f.text[f.off] == '\'' {
		return l.rawString(f)
	}
	var b strings.Builder
	for {
		if !l.quotedPart(f, &b) {
			return "", false
		}
		next, ok := l.adjacentString()
		if !ok {
			return b.String(), true
		}
		f = next
	}
}

func (l *lexer) rawString(f *frame) (string, bool) {
	start := f.pos()
	rest := f.rest()[1:]
	end := strings.IndexByte(rest, '\'')
	if end < 0 {
		l.unclosedString(start)
		return "", false
	}
	f.advance(end + 2)
	return rest[:end], true
}

func (l *lexer) unclosedString(start Pos) {
	l.failAt(start, "the string opened here has no end", "look also for a missing quote further up")
	l.stop()
}

// adjacentString looks past blanks and line ends for another "..." that continues the string, also outside the macro
// whose value the last part ended.
func (l *lexer) adjacentString() (*frame, bool) {
	for {
		f := l.top()
		off := f.off
		for off < len(f.text) && (isBlank(f.text[off]) || f.text[off] == '\n') {
			off++
		}
		if off < len(f.text) {
			if f.text[off] != '"' {
				return nil, false
			}
			f.advanceTo(off)
			return f, true
		}
		if f.macro == "" || len(l.frames) == 1 {
			return nil, false
		}
		l.frames = l.frames[:len(l.frames)-1]
	}
}

// quotedPart reads one "..." into b.
func (l *lexer) quotedPart(f *frame, b *strings.Builder) bool {
	start := f.pos()
	f.advance(1)
	for !f.done() {
		rest := f.rest()
		switch c := rest[0]; c {
		case '"':
			f.advance(1)
			return true
		case '\\':
			f.advance(escape(rest, b))
		default:
			n := strings.IndexAny(rest, `"\`)
			if n < 0 {
				n = len(rest)
			}
			b.WriteString(rest[:n])
			f.advance(n)
		}
	}
	l.unclosedString(start)
	return false
}

// escape writes what the escape at the start of text stands for and returns its length. An unknown escape keeps its
// backslash, since regular expressions rely on it; so does one octal digit, a back reference.
func escape(text string, b *strings.Builder) int {
	if len(text) < 2 {
		b.WriteByte('\\')
		return 1
	}
	switch c := text[1]; {
	case c == 'n':
		b.WriteByte('\n')
	case c == 'r':
		b.WriteByte('\r')
	case c == 't':
		b.WriteByte('\t')
	case c == 'a':
		b.WriteByte('\a')
	case c == '"' || c == '\\':
		b.WriteByte(c)
	case c == '\n':
	case c == '\r' && len(text) > 2 && text[2] == '\n':
		return 3
	case c == 'x' && len(text) > 2 && isHexDigit(text[2]):
		return numericEscape(text, 2, 4, 16, isHexDigit, b)
	case isOctDigit(c) && len(text) > 2 && isOctDigit(text[2]):
		return numericEscape(text, 1, 4, 8, isOctDigit, b)
	default:
		b.WriteByte('\\')
		return 1
	}
	return 2
}

// numericEscape writes the byte whose digits begin at from and end before to, and returns the escape's length.
func numericEscape(text string, from, to, base int, isDigit func(byte) bool, b *strings.Builder) int {
	end := from
	for end < to && end < len(text) && isDigit(text[end]) {
		end++
	}
	value, _ := strconv.ParseUint(text[from:end], base, 16)
	b.WriteByte(byte(value))
	return end
}

// substitute runs the rules of #!subst and #!substdef over the text of a string.
func (l *lexer) substitute(text string, pos Pos) string {
	for _, s := range l.substitutions {
		text = s.apply(text)
		if len(text) > maxStringBytes {
			l.failAt(pos, fmt.Sprintf("substitutions make this string longer than %d bytes", maxStringBytes), "")
			l.stop()
			return ""
		}
	}
	return text
}
