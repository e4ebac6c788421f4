// lexer.go: text to tokens. The preprocessor (directive.go) works in the same pass, because a #!define counts from its
// line on and a false #!ifdef may hold text that is no script at all.

package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// lexer reads a script with its includes into tokens.
type lexer struct {
	options Options
	dialect Dialect

	frames []*frame
	tokens []token
	glued  bool // no blank since the last token
	faults []fault
	texts  map[string]string // of the files read, for source lines

	macros        map[string]macro
	substitutions []substitution
	conditions    []condition

	awaitEvent bool // event_route was read: what its brackets hold is a name of its own kind
	includes   int
	bytes      int
	expansions int
	stopped    bool
}

// fault is an error with the number of tokens before it, which puts the lexer's and the parser's faults in order.
type fault struct {
	after int
	err   *Error
}

// tokenize reads all of a script. The last token is tokenEnd, or tokenBad when the lexer had to give up.
func tokenize(name, text string, dialect Dialect, options Options) *lexer {
	l := &lexer{options: options, dialect: dialect, texts: map[string]string{}, macros: map[string]macro{}}
	l.pushFile(name, text)
	for _, d := range options.Defines {
		l.defineFromOption(d)
	}
	for !l.stopped && len(l.frames) > 0 {
		l.step()
	}
	if !l.stopped && len(l.conditions) > 0 {
		open := l.conditions[len(l.conditions)-1]
		l.failAt(open.pos, open.directive+" has no #!endif", "")
		l.stop()
	}
	end := token{kind: tokenEnd, pos: l.lastEnd(name), end: l.lastEnd(name)}
	if l.stopped {
		end.kind = tokenBad
	}
	l.tokens = append(l.tokens, end)
	return l
}

// lastEnd is the place where the script ends.
func (l *lexer) lastEnd(name string) Pos {
	if n := len(l.tokens); n > 0 {
		return l.tokens[n-1].end
	}
	return Pos{File: name, Line: 1, Col: 1}
}

func (l *lexer) pushFile(name, text string) {
	text = strings.TrimPrefix(text, "\ufeff")
	l.texts[name] = text
	l.bytes += len(text)
	l.frames = append(l.frames, newFileFrame(name, text))
	if l.bytes > maxScriptBytes {
		l.failAt(Pos{File: name, Line: 1, Col: 1}, fmt.Sprintf("the script is larger than %d bytes", maxScriptBytes), "")
		l.stop()
	}
}

func (l *lexer) top() *frame { return l.frames[len(l.frames)-1] }

// stop ends the work: what follows could only be noise.
func (l *lexer) stop() { l.stopped = true }

func (l *lexer) failAt(pos Pos, msg, hint string) {
	e := &Error{Pos: pos, Msg: msg, Hint: hint, SourceLine: sourceLine(l.texts[pos.File], pos.Line)}
	l.faults = append(l.faults, fault{len(l.tokens), e})
	if len(l.faults) >= maxFaults {
		l.stop()
	}
}

// step reads one token, blank, comment or directive.
func (l *lexer) step() {
	f := l.top()
	if f.done() {
		l.frames = l.frames[:len(l.frames)-1]
		return
	}
	if l.skipping() {
		l.skipFalse(f)
		return
	}
	rest := f.rest()
	switch c := rest[0]; {
	case isBlank(c) || c == '\n':
		f.advance(1)
		l.glued = false
		return
	case c == '#' || strings.HasPrefix(rest, "//"):
		l.lineComment(f)
		return
	case strings.HasPrefix(rest, "/*"):
		l.blockComment(f)
		return
	case strings.HasPrefix(rest, "!!") && l.directive(f):
		return
	case c == '\\' && (strings.HasPrefix(rest[1:], "\n") || strings.HasPrefix(rest[1:], "\r\n")):
		f.advance(1)
		return
	case l.awaitEvent && c == '[':
		l.eventName(f)
	default:
		l.awaitEvent = false
		l.token(f, rest, c)
	}
	if len(l.tokens) >= maxTokens && !l.stopped {
		l.failAt(f.pos(), fmt.Sprintf("the script has more than %d words", maxTokens), "")
		l.stop()
	}
}

// token reads what is neither blank nor comment.
func (l *lexer) token(f *frame, rest string, c byte) {
	switch {
	case c == '"' || c == '\'':
		l.stringToken(f)
	case c == '$':
		l.dollar(f)
	case c == '@' && len(rest) > 1 && isLetter(rest[1]) && templateMarker(rest) == "":
		l.emit(f, tokenSelect, selectEnd(rest))
	case c == '%' && len(rest) > 1 && isLetter(rest[1]):
		l.emit(f, tokenSerAVP, serAVPEnd(rest))
	case isHexDigit(c) || c == ':':
		if n := ipEnd(rest); n > 0 {
			l.emit(f, tokenIP, n)
			return
		}
		if c == ':' {
			l.punct(f, rest)
			return
		}
		l.word(f, rest)
	case isWordByte(c):
		l.word(f, rest)
	default:
		l.punct(f, rest)
	}
}

// emit appends the next n bytes as a token.
func (l *lexer) emit(f *frame, kind tokenKind, n int) *token {
	text := f.text[f.off : f.off+n]
	pos := f.pos()
	f.advance(n)
	return l.push(f, token{kind: kind, text: text, pos: pos})
}

// push appends a token that was read up to f's offset.
func (l *lexer) push(f *frame, t token) *token {
	t.end = f.endPos()
	t.macro = f.macro
	t.glued = l.glued && len(l.tokens) > 0
	t.first = len(l.tokens) == 0
	if n := len(l.tokens); n > 0 {
		last := l.tokens[n-1].end
		t.first = last.Line != t.pos.Line || last.File != t.pos.File
	}
	l.tokens = append(l.tokens, t)
	l.glued = true
	return &l.tokens[len(l.tokens)-1]
}

func (l *lexer) lineComment(f *frame) {
	l.glued = false
	if f.text[f.off] == '#' && l.directive(f) {
		return
	}
	f.toLineEnd()
}

// blockComment skips /* ... */. Such comments nest.
func (l *lexer) blockComment(f *frame) {
	l.glued = false
	start := f.pos()
	for depth := 0; !f.done(); {
		switch rest := f.rest(); {
		case strings.HasPrefix(rest, "/*"):
			depth++
			f.advance(2)
		case strings.HasPrefix(rest, "*/"):
			f.advance(2)
			if depth--; depth == 0 {
				return
			}
		default:
			f.advance(1)
		}
	}
	l.failAt(start, "the comment opened here has no */", "comments nest: every /* inside needs its own */")
	l.stop()
}

// eventName reads the [module:event-name] of an event_route.
func (l *lexer) eventName(f *frame) {
	l.awaitEvent = false
	l.emit(f, tokenPunct, 1)
	for !f.done() && (isBlank(f.text[f.off]) || f.text[f.off] == '\n') {
		f.advance(1)
	}
	n := 0
	for rest := f.rest(); n < len(rest) && (isWordByte(rest[n]) || strings.IndexByte("-:.", rest[n]) >= 0); {
		n++
	}
	if n == 0 {
		return // the parser will say what is missing
	}
	l.emit(f, tokenString, n)
}

// puncts are the operators and brackets, longer ones before their beginnings.
var puncts = []string{
	"(int)", "(str)",
	"==", "=~", "!=", "&&", "||", ">=", "<=", ">>", "<<", "+=",
	"=", "!", "&", "|", ">", "<", "+", "-", "*", "/", "~", "^", "%",
	"(", ")", "{", "}", "[", "]", ",", ";", ":", ".",
}

func (l *lexer) punct(f *frame, rest string) {
	for _, p := range puncts {
		if strings.HasPrefix(rest, p) {
			l.emit(f, tokenPunct, len(p))
			return
		}
	}
	l.strayText(f, rest)
}

// strayText complains about a byte that no token begins with. Templates are the usual reason.
func (l *lexer) strayText(f *frame, rest string) {
	pos := f.pos()
	n := len(firstRune(rest))
	what := strconv.Quote(rest[:n])
	if marker := templateMarker(rest); marker != "" {
		l.failAt(pos, marker+" is a placeholder of a template", "fill the template in first, or use a #!define and --define NAME=VALUE")
		n = len(marker)
	} else {
		l.failAt(pos, "unexpected character "+what, "")
	}
	f.advance(n)
	l.push(f, token{kind: tokenBad, pos: pos})
}

func firstRune(text string) string {
	for i := range text {
		if i > 0 {
			return text[:i]
		}
	}
	return text
}

// templateMarker returns a placeholder such as @IP@ or ?IP? at the start of text.
func templateMarker(text string) string {
	if n := wordEnd(text, 1); n > 1 && n < len(text) && text[n] == text[0] {
		return text[:n+1]
	}
	return ""
}
