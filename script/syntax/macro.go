// macro.go: names that stand for other text.

package syntax

import (
	"fmt"
	"strings"
)

// macro is what a #!define made of a name.
type macro struct {
	value      string
	pos        Pos  // of its #!define; nowhere for one of the command line
	fromOption bool // given on the command line, which wins over the script
}

// macroName reads the name after a directive.
func (l *lexer) macroName(f *frame, pos Pos, directive string) (string, bool) {
	blanks := f.off
	f.skipBlanks()
	rest := f.rest()
	n := wordEnd(rest, 0)
	if blanks == f.off || n == 0 || isDigit(rest[0]) {
		l.failAt(pos, "#!"+directive+" wants a name", "")
		return "", false
	}
	if n < len(rest) && rest[n] == '-' {
		l.failAt(f.pos(), fmt.Sprintf("#!%s %s-: a name has no '-' in it", directive, rest[:n]), "use '_'")
		return "", false
	}
	f.advance(n)
	return rest[:n], true
}

// define obeys #!define NAME text and its variants.
func (l *lexer) define(f *frame, pos Pos, word string) {
	name, ok := l.macroName(f, pos, word)
	value := strings.TrimSpace(f.logicalLine())
	if !ok {
		return
	}
	if word == "defexp" || word == "defexps" {
		result, err := evaluate(value, l.macros)
		if err != nil {
			l.failAt(pos, "#!"+word+" "+name+": "+err.Error(), "")
		}
		value = result.text()
		if word == "defexps" {
			value = Quote(value)
		}
	}
	switch word {
	case "trydefine", "trydef":
		if _, defined := l.macros[name]; !defined {
			l.macros[name] = macro{value: value, pos: pos}
		}
	case "redefine", "redef":
		if !l.macros[name].fromOption {
			l.macros[name] = macro{value: value, pos: pos}
		}
	default:
		l.setMacro(pos, name, value)
	}
}

// setMacro defines a name that must be new. One given on the command line keeps that value.
func (l *lexer) setMacro(pos Pos, name, value string) {
	old, defined := l.macros[name]
	switch {
	case old.fromOption:
	case defined:
		l.failAt(pos, fmt.Sprintf("%s is defined already, as %q", name, old.value), "#!redefine changes a macro, #!trydefine leaves an old one alone")
	default:
		l.macros[name] = macro{value: value, pos: pos}
	}
}

func (l *lexer) undefine(f *frame, pos Pos, word string) {
	name, ok := l.macroName(f, pos, word)
	f.toLineEnd()
	if ok {
		delete(l.macros, name)
	}
}

// defineFromEnv obeys #!defenv NAME=VARIABLE and #!defenv VARIABLE.
func (l *lexer) defineFromEnv(f *frame, pos Pos, word string) {
	name := strings.TrimSpace(f.toLineEnd())
	variable := name
	if n := strings.IndexByte(name, '='); n >= 0 {
		name, variable = name[:n], name[n+1:]
	}
	if !isName(name) || variable == "" {
		l.failAt(pos, "#!"+word+" wants VARIABLE or NAME=VARIABLE", "")
		return
	}
	value, set := "", false
	if l.options.Env != nil {
		value, set = l.options.Env(variable)
	}
	if !set {
		if !strings.HasPrefix(word, "try") {
			l.failAt(pos, "the environment has no variable "+variable, "#!trydefenv takes a variable only if it is set")
		}
		return
	}
	if strings.HasSuffix(word, "s") {
		value = Quote(value)
	}
	l.setMacro(pos, name, value)
}

// defineFromOption takes NAME or NAME=VALUE of Options.Defines.
func (l *lexer) defineFromOption(define string) {
	name, value, _ := strings.Cut(define, "=")
	if !isName(name) {
		l.failAt(Pos{}, fmt.Sprintf("define %q: want NAME or NAME=VALUE", define), "")
		return
	}
	l.macros[name] = macro{value: value, fromOption: true}
}

func isName(text string) bool {
	return text != "" && isLetter(text[0]) && wordEnd(text, 0) == len(text)
}

// expand puts the value of a macro in place of its name.
func (l *lexer) expand(f *frame, name string, m macro) {
	at := f.pos()
	f.advance(len(name))
	end := f.endPos()
	l.expansions++
	depth := 0
	for _, open := range l.frames {
		if open.macro == "" {
			continue
		}
		depth++
		if open.macro == name {
			l.failAt(at, fmt.Sprintf("the macro %s stands for itself: %q", name, shorten(m.value)), "--define "+name+"=... gives it another value")
			l.stop()
			return
		}
	}
	if depth > maxMacroDepth || l.expansions > maxExpansions {
		l.failAt(at, "the macro "+name+" makes the script too long", "")
		l.stop()
		return
	}
	l.frames = append(l.frames, &frame{file: f.file, text: m.value, line: 1, macro: name, at: at, end: end})
}
