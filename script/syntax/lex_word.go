// lex_word.go: names, numbers, addresses and variables.

package syntax

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// word reads letters and digits: a macro, a keyword, a name, a number.
func (l *lexer) word(f *frame, rest string) {
	n := wordEnd(rest, 0)
	word := rest[:n]
	if isDigit(word[0]) {
		l.number(f, word)
		return
	}
	for _, whole := range []string{"msg:len", "uri:host", "uri:port"} {
		if strings.HasPrefix(rest, whole) && wordEnd(rest, len(whole)) == len(whole) {
			l.emit(f, tokenWord, len(whole))
			return
		}
	}
	if word == "include_file" || word == "import_file" {
		l.include(f, f.pos(), word, n)
		return
	}
	if value, ok := boolWord(word); ok {
		l.emit(f, tokenNumber, n).value = value
		return
	}
	if m, ok := l.macros[word]; ok && !isReserved(word) {
		l.expand(f, word, m)
		return
	}
	l.emit(f, tokenWord, n)
	l.awaitEvent = word == "event_route"
}

// number reads 12, 0x1f, 017, 1010b; other letters and digits are a tokenNumWord.
func (l *lexer) number(f *frame, word string) {
	digits, base := word, 10
	switch last := len(word) - 1; {
	case strings.HasPrefix(word, "0x"):
		digits, base = word[2:], 16
	case word[last] == 'b' && strings.Trim(word[:last], "01") == "":
		digits, base = word[:last], 2
	case word[0] == '0' && last > 0:
		digits, base = word[1:], 8
	}
	value, err := strconv.ParseInt(digits, base, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		l.emit(f, tokenNumWord, len(word))
		return
	}
	if err != nil {
		l.failAt(f.pos(), "the number "+word+" is out of range", "")
		l.emit(f, tokenBad, len(word))
		return
	}
	l.emit(f, tokenNumber, len(word)).value = value
}

// ipEnd returns the length of the IPv4 or IPv6 address at the start of text, 0 when there is none.
func ipEnd(text string) int {
	n := runLength(text, func(c byte) bool { return isDigit(c) || c == '.' })
	for n > 0 && text[n-1] == '.' {
		n--
	}
	if strings.Count(text[:n], ".") == 3 && isAddress(text, n) {
		return n
	}
	n = runLength(text, func(c byte) bool { return isHexDigit(c) || c == ':' })
	if strings.Count(text[:n], ":") < 2 {
		return 0
	}
	// The last 32 bits may be written as in IPv4.
	if mixed := n + runLength(text[n:], func(c byte) bool { return isDigit(c) || c == '.' }); mixed > n && isAddress(text, mixed) {
		return mixed
	}
	if isAddress(text, n) {
		return n
	}
	return 0
}

func runLength(text string, belongs func(byte) bool) int {
	n := 0
	for n < len(text) && n < 64 && belongs(text[n]) {
		n++
	}
	return n
}

// isAddress tells whether the first n bytes of text are an address and no longer word.
func isAddress(text string, n int) bool {
	if n < len(text) && isWordByte(text[n]) {
		return false
	}
	_, err := netip.ParseAddr(text[:n])
	return err == nil
}

// dollar reads what $ begins: a pseudo-variable, or SER's attribute.
func (l *lexer) dollar(f *frame) {
	rest := f.rest()
	if n := serAVPEnd(rest); n > 0 && l.isSerAVP(rest, n) {
		l.emit(f, tokenSerAVP, n)
		return
	}
	n, problem := pvEnd(rest)
	if problem != "" {
		l.failAt(f.pos(), problem, "")
		f.advance(n)
		l.push(f, token{kind: tokenBad, pos: f.pos()})
		return
	}
	t := l.emit(f, tokenPV, n)
	t.text = l.substitute(t.text, t.pos)
}

// isSerAVP tells $f.name, $name[1] and, in SER's dialect, $name from a pseudo-variable.
func (l *lexer) isSerAVP(rest string, n int) bool {
	if strings.ContainsAny(rest[:n], ".[") {
		return true
	}
	called := n < len(rest) && rest[n] == '('
	return l.dialect == SER && !called
}

// selectEnd returns the length of @name.name[1].name["x"] at the start of text.
func selectEnd(text string) int {
	n := wordEnd(text, 1)
	for n < len(text) {
		switch {
		case text[n] == '.' && n+1 < len(text) && isLetter(text[n+1]):
			n = wordEnd(text, n+1)
		case text[n] == '[':
			end := bracketEnd(text[n:])
			if end == 0 {
				return n
			}
			n += end
		default:
			return n
		}
	}
	return n
}

// serAVPEnd returns the length of $class.name[1] or %class.name at the start of text, 0 when it is no such thing.
func serAVPEnd(text string) int {
	n := wordEnd(text, 1)
	if n == 1 || !isLetter(text[1]) {
		return 0
	}
	if isAVPClass(text[1:n]) && n+1 < len(text) && text[n] == '.' && isLetter(text[n+1]) {
		n = wordEnd(text, n+1)
	}
	if n < len(text) && text[n] == '[' {
		n += bracketEnd(text[n:])
	}
	return n
}

// bracketEnd returns the length of the short [index] at the start of text, 0 when it is not closed.
func bracketEnd(text string) int {
	text = text[:min(len(text), 256)]
	end := strings.IndexAny(text, "]\n")
	if end < 0 || text[end] != ']' {
		return 0
	}
	return end + 1
}

func isAVPClass(word string) bool {
	switch word {
	case "f", "t", "fr", "tr", "fu", "tu", "fd", "td", "g":
		return true
	}
	return false
}
