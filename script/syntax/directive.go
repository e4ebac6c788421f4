// directive.go: the preprocessor's lines: #!define, #!ifdef, include_file and their kin. "!!" may stand for "#!".

package syntax

import (
	"fmt"
	"path"
	"strings"
)

// condition is an #!ifdef that waits for its #!endif.
type condition struct {
	pos       Pos
	directive string // "#!ifdef NAME"
	holds     bool
	inElse    bool
}

// skipping tells whether the text at hand belongs to a condition that does not hold.
func (l *lexer) skipping() bool {
	for _, c := range l.conditions {
		if !c.holds {
			return true
		}
	}
	return false
}

// skipFalse drops text up to the next directive that may end a false condition. Nothing else in it is looked at: it
// need not be script. As in Kamailio even a directive in a comment counts.
func (l *lexer) skipFalse(f *frame) {
	l.glued = false
	for !f.done() {
		rest := f.rest()
		n := strings.IndexAny(rest, "#!")
		if n < 0 {
			f.advance(len(rest))
			return
		}
		f.advance(n)
		if word := directiveWord(f.rest()); isConditionWord(word) {
			l.directive(f)
			return
		}
		f.advance(1)
	}
}

func isConditionWord(word string) bool {
	switch word {
	case "ifdef", "ifndef", "ifexp", "else", "endif":
		return true
	}
	return false
}

// directiveWord returns the word after #! or !! at the start of text.
func directiveWord(text string) string {
	if !strings.HasPrefix(text, "#!") && !strings.HasPrefix(text, "!!") {
		return ""
	}
	return text[2:wordEnd(text, 2)]
}

// directive obeys the directive at hand. It reports false, with nothing read, when there is none: an unknown #!word is
// a comment, and !! may be two negations.
func (l *lexer) directive(f *frame) bool {
	word := directiveWord(f.rest())
	pos := f.pos()
	obey := func(do func(f *frame, pos Pos, word string)) bool {
		l.glued = false
		f.advance(2 + len(word))
		do(f, pos, word)
		return true
	}
	switch word {
	case "ifdef", "ifndef":
		return obey(l.ifdef)
	case "ifexp":
		return obey(l.ifexp)
	case "else":
		return obey(l.elseDirective)
	case "endif":
		return obey(l.endif)
	case "define", "def", "trydefine", "trydef", "redefine", "redef", "defexp", "defexps":
		return obey(l.define)
	case "undefine", "undef", "tryundefine", "tryundef":
		return obey(l.undefine)
	case "defenv", "defenvs", "trydefenv", "trydefenvs":
		return obey(l.defineFromEnv)
	case "subst", "substdef", "substdefs":
		return obey(l.addSubstitution)
	case "include_file", "import_file":
		l.include(f, pos, word, 2+len(word))
		return true
	}
	return false
}

func (l *lexer) ifdef(f *frame, pos Pos, word string) {
	name, ok := l.macroName(f, pos, word)
	f.toLineEnd()
	if !ok {
		return
	}
	_, defined := l.macros[name]
	l.pushCondition(condition{pos: pos, directive: "#!" + word + " " + name, holds: defined == (word == "ifdef")})
}

func (l *lexer) pushCondition(c condition) {
	if len(l.conditions) >= maxConditions {
		l.failAt(c.pos, fmt.Sprintf("more than %d conditions inside each other", maxConditions), "")
		l.stop()
		return
	}
	l.conditions = append(l.conditions, c)
}

func (l *lexer) ifexp(f *frame, pos Pos, word string) {
	expression := strings.TrimSpace(f.toLineEnd())
	c := condition{pos: pos, directive: "#!ifexp " + expression}
	if !l.skipping() { // inside dropped text the expression need not make sense
		value, err := evaluate(expression, l.macros)
		if err != nil {
			l.failAt(pos, "#!ifexp: "+err.Error(), "")
		}
		c.holds = value.truth()
	}
	l.pushCondition(c)
}

func (l *lexer) elseDirective(f *frame, pos Pos, _ string) {
	f.toLineEnd()
	if len(l.conditions) == 0 {
		l.failAt(pos, "#!else without #!ifdef", "")
		return
	}
	c := &l.conditions[len(l.conditions)-1]
	if c.inElse {
		l.failAt(pos, fmt.Sprintf("second #!else of the %s at %s", c.directive, c.pos), "")
		return
	}
	c.inElse = true
	c.holds = !c.holds
}

func (l *lexer) endif(f *frame, pos Pos, _ string) {
	f.toLineEnd()
	if len(l.conditions) == 0 {
		l.failAt(pos, "#!endif without #!ifdef", "")
		return
	}
	l.conditions = l.conditions[:len(l.conditions)-1]
}

// include reads include_file "name" or import_file "name"; n is the length of the word. An import that is not there is
// no fault.
func (l *lexer) include(f *frame, pos Pos, word string, n int) {
	l.glued = false
	f.advance(n)
	f.skipBlanks()
	if f.done() || f.text[f.off] != '"' {
		l.failAt(f.pos(), word+` wants a file name in double quotes`, "")
		f.toLineEnd()
		return
	}
	var b strings.Builder
	if !l.quotedPart(f, &b) {
		return
	}
	name := l.substitute(b.String(), pos)
	depth := 0
	for _, open := range l.frames {
		if open.macro == "" {
			depth++
		}
	}
	l.includes++
	if depth > maxIncludeDepth || l.includes > maxIncludes {
		l.failAt(pos, fmt.Sprintf("%s %q: files include each other more than %d deep", word, name, maxIncludeDepth), "does a file include itself?")
		l.stop()
		return
	}
	l.load(f, pos, word, name)
}

// load finds an included file: under its own name, then beside the file that includes it.
func (l *lexer) load(f *frame, pos Pos, word, name string) {
	candidates := []string{name}
	if dir := path.Dir(f.file); !path.IsAbs(name) && dir != "." {
		candidates = []string{path.Join(dir, name), name}
	}
	var firstErr error
	for _, c := range candidates {
		if l.options.Load == nil || name == "" {
			break
		}
		text, err := l.options.Load(c)
		if err == nil {
			l.pushFile(c, text)
			return
		}
		if firstErr == nil {
			firstErr = err
		}
	}
	if word == "import_file" {
		return
	}
	msg := fmt.Sprintf("cannot include %q", name)
	if firstErr != nil {
		msg += ": " + firstErr.Error()
	}
	l.failAt(pos, msg, "import_file takes a file only if it is there")
}
