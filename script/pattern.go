// pattern.go: regular expressions as scripts write them: POSIX extended, with
// glibc's additions, turned into Go's; and the plain ones matched by hand.

package script

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// PatternFlags are the ways to read a regular expression.
type PatternFlags uint8

const (
	// FoldCase ignores the case of ASCII letters (REG_ICASE).
	FoldCase PatternFlags = 1 << iota
	// Lines lets ^ and $ match at each line, and . not match its end (REG_NEWLINE).
	Lines
)

// CompileRegexp compiles a POSIX extended regular expression as glibc's
// regcomp reads it: \w \W \s \S \b \B \< \> are known, \d is a plain d, a
// backslash within brackets is one. The leftmost longest match counts.
// Back-references (\1) are refused, for no automaton can follow them.
func CompileRegexp(text string, flags PatternFlags) (*regexp.Regexp, error) {
	translated, err := translate(text)
	if err != nil {
		return nil, err
	}
	prefix := "s"
	if flags&Lines != 0 {
		prefix = "m"
	}
	if flags&FoldCase != 0 {
		prefix += "i"
	}
	expression, err := regexp.Compile("(?" + prefix + ")" + translated)
	if err != nil {
		return nil, fmt.Errorf("bad regular expression %q: %w", text, reason(err))
	}
	expression.Longest()
	return expression, nil
}

// reason leaves the translated text out of the error.
func reason(err error) error {
	message := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	message, _, _ = strings.Cut(message, ": `")
	return errors.New(message)
}

// CompilePattern gives the test that =~ makes: case ignored, anywhere in the
// text. A pattern of plain words, as "friendly|scanner" or "^sip:1900@", is
// searched by hand.
func CompilePattern(text string) (func(string) bool, error) {
	if words, ok := plainWords(text); ok && utf8.ValidString(text) {
		return words.match, nil
	}
	expression, err := CompileRegexp(text, FoldCase)
	if err != nil {
		return nil, err
	}
	return expression.MatchString, nil
}

// translate turns POSIX extended syntax into Go's.
func translate(text string) (string, error) {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\\':
			i++
			if i == len(text) {
				return "", fmt.Errorf("bad regular expression %q: a backslash ends it", text)
			}
			if err := translateEscape(&b, text[i]); err != nil {
				return "", fmt.Errorf("bad regular expression %q: %w", text, err)
			}
		case '[':
			end := bracketEnd(text, i)
			if end < 0 {
				return "", fmt.Errorf("bad regular expression %q: [ has no ]", text)
			}
			b.WriteString(strings.ReplaceAll(text[i:end], `\`, `\\`))
			i = end - 1
		case '(':
			depth++
			b.WriteByte(c)
			if i+1 < len(text) && text[i+1] == '?' { // (?…) means nothing to POSIX
				return "", fmt.Errorf("bad regular expression %q: ? has nothing to repeat", text)
			}
		case ')':
			if depth == 0 { // one that closes nothing stands for itself
				b.WriteByte('\\')
			} else {
				depth--
			}
			b.WriteByte(c)
		case '{':
			if i+1 < len(text) && text[i+1] == ',' { // {,3} counts from 0
				b.WriteString("{0")
				continue
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

func translateEscape(b *strings.Builder, c byte) error {
	switch {
	case strings.IndexByte("wWsSbB", c) >= 0:
		b.WriteByte('\\')
		b.WriteByte(c)
	case c == '<' || c == '>':
		b.WriteString(`\b`)
	case c == '`':
		b.WriteString(`\A`)
	case c == '\'':
		b.WriteString(`\z`)
	case '1' <= c && c <= '9':
		return fmt.Errorf(`the back-reference \%c is not supported`, c)
	default:
		b.WriteString(regexp.QuoteMeta(string([]byte{c})))
	}
	return nil
}

// bracketEnd gives the place behind the ] that closes the [ at i, or -1. The
// first character after [ or [^ is no end, nor is what stands in [:alpha:].
func bracketEnd(text string, i int) int {
	i++
	if i < len(text) && text[i] == '^' {
		i++
	}
	if i < len(text) && text[i] == ']' {
		i++
	}
	for ; i < len(text); i++ {
		switch {
		case text[i] == ']':
			return i + 1
		case text[i] == '[' && i+1 < len(text) && strings.IndexByte(":.=", text[i+1]) >= 0:
			end := strings.Index(text[i+2:], text[i+1:i+2]+"]")
			if end < 0 {
				return -1
			}
			i += 2 + end + 1
		}
	}
	return -1
}

// wordList is a pattern without operators but | and anchors.
type wordList struct {
	words []word
	first [256]bool // what the words that stand anywhere begin with
}

type word struct {
	text       string // in lower case
	start, end bool   // must stand at the start, at the end
}

// plainWords reads a pattern that is an alternation of literal texts.
func plainWords(text string) (*wordList, bool) {
	list := new(wordList)
	var current []byte
	w := word{}
	finish := func() {
		w.text = string(current)
		list.words = append(list.words, w)
		current, w = nil, word{}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '|':
			finish()
			continue
		case c == '^':
			if len(current) > 0 || w.start {
				return nil, false
			}
			w.start = true
			continue
		case c == '$':
			if i+1 < len(text) && text[i+1] != '|' {
				return nil, false
			}
			w.end = true
			continue
		case c == '\\':
			i++
			if i == len(text) || isWordChar(text[i]) || strings.IndexByte("<>`'", text[i]) >= 0 {
				return nil, false
			}
			c = text[i]
		case strings.IndexByte(".[]()*+?{}", c) >= 0, c >= 0x80:
			return nil, false
		}
		current = append(current, lowerByte(c))
	}
	finish()
	for _, w := range list.words {
		if w.text == "" && len(list.words) > 1 {
			return nil, false // "a|" is not worth a special case
		}
		if w.text != "" {
			list.first[w.text[0]] = true
			list.first[upperByte(w.text[0])] = true
		}
	}
	return list, true
}

func (l *wordList) match(text string) bool {
	if len(l.words) == 1 {
		return l.words[0].match(text)
	}
	for i := 0; i < len(text); i++ {
		if !l.first[text[i]] {
			continue
		}
		for j := range l.words {
			if l.words[j].at(text, i) {
				return true
			}
		}
	}
	return false
}

// match looks for one word.
func (w *word) match(text string) bool {
	last := len(text) - len(w.text)
	switch {
	case last < 0:
		return false
	case w.start:
		return w.at(text, 0)
	case w.end:
		return w.at(text, last)
	case w.text == "":
		return true
	}
	low, high := w.text[0], upperByte(w.text[0])
	for i := 0; i <= last; i++ {
		if c := text[i]; (c == low || c == high) && w.at(text, i) {
			return true
		}
	}
	return false
}

// at tells whether the word stands at a place.
func (w *word) at(text string, i int) bool {
	if w.start && i != 0 || len(text)-i < len(w.text) || w.end && len(text)-i != len(w.text) {
		return false
	}
	for j := 0; j < len(w.text); j++ {
		if lowerByte(text[i+j]) != w.text[j] {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func upperByte(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c &^ 0x20
	}
	return c
}

func isWordChar(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
