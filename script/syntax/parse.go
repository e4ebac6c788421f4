// parse.go: the door of the package, and what all parts of the parser share: looking at tokens, faults, recovery.

package syntax

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Bounds that keep the recursion of the parser, the printer and the compiler shallow.
const (
	maxNesting   = 500  // blocks, parentheses, prefixes inside each other
	maxOperators = 2000 // infix operators of one expression
	maxFaults    = 20   // reported at most
)

// Loader returns the text of a file that ParseFile, include_file or import_file names. An error means "not there".
type Loader func(name string) (string, error)

// Options is what Parse needs to know beside the text.
type Options struct {
	Dialect Dialect                     // Auto: DetectDialect decides
	Defines []string                    // NAME or NAME=VALUE, as #!define before the first line; they win over the script's
	Load    Loader                      // nil: nothing can be included
	Env     func(string) (string, bool) // for #!defenv; nil: no variable is set
}

// ParseFile loads and parses a script.
func ParseFile(name string, o Options) (*File, error) {
	if o.Load == nil {
		return nil, errors.New("syntax: ParseFile needs Options.Load")
	}
	text, err := o.Load(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text, o)
}

// Parse parses a script; name is what positions show. On faults it returns an ErrorList, and the File as far as it was
// understood.
func Parse(name, text string, o Options) (*File, error) {
	dialect, reason := o.Dialect, "given as an option"
	if dialect == Auto {
		dialect, reason = DetectDialect(text)
	}
	l := tokenize(name, text, dialect, o)
	p := &parser{dialect: dialect, tokens: l.tokens, texts: l.texts, macros: l.macros, faults: l.faults}
	p.file = &File{Name: name, Dialect: dialect, Reason: reason}
	p.script()
	return p.file, p.errors()
}

// parser turns tokens into a File. A method that reads something reports false or nil after a fault, which is
// recorded; whoever can go on skips to a safe place.
type parser struct {
	dialect Dialect
	tokens  []token
	at      int
	texts   map[string]string
	macros  map[string]macro
	faults  []fault
	file    *File

	nesting     int
	operators   int
	breakTarget BreakTarget
	route       *Route  // being read, nil outside
	braces      []token // open, outermost first
	unclosed    bool    // the route at hand lacks a }, which is reported
}

// errors returns the faults of lexer and parser in the order of the script, nil when there are none.
func (p *parser) errors() error {
	if len(p.faults) == 0 {
		return nil
	}
	sort.SliceStable(p.faults, func(i, j int) bool { return p.faults[i].after < p.faults[j].after })
	var list ErrorList
	for _, f := range p.faults {
		if len(list) < maxFaults {
			list = append(list, f.err)
		}
	}
	return list
}

func (p *parser) tok() token { return p.tokens[p.at] }

// peek returns the token n places on.
func (p *parser) peek(n int) token {
	if p.at+n >= len(p.tokens) {
		return p.tokens[len(p.tokens)-1]
	}
	return p.tokens[p.at+n]
}

// next reads a token. The last one stays.
func (p *parser) next() token {
	t := p.tok()
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *parser) ended() bool { return p.at == len(p.tokens)-1 }

func (t token) is(punct string) bool { return t.kind == tokenPunct && t.text == punct }

func (t token) isWord(word string) bool { return t.kind == tokenWord && t.text == word }

// accept reads a given operator or bracket when it is next.
func (p *parser) accept(punct string) bool {
	if !p.tok().is(punct) {
		return false
	}
	p.next()
	return true
}

// expect reads a given operator or bracket; where says in a fault what it belongs to.
func (p *parser) expect(punct, where string) bool {
	if p.accept(punct) {
		return true
	}
	p.unexpected("expected " + punct + " " + where)
	return false
}

// fail records a fault at a token. Without a hint of its own it explains a macro or a placeholder.
func (p *parser) fail(t token, msg, hint string) {
	if hint == "" {
		hint = p.hintFor(t)
	}
	p.failAt(t.pos, msg, hint)
}

func (p *parser) hintFor(t token) string {
	switch {
	case t.macro != "":
		m := p.macros[t.macro]
		hint := fmt.Sprintf("%s stands for %q", t.macro, shorten(m.value))
		if m.pos.IsValid() {
			hint += " (" + m.pos.String() + ")"
		}
		if looksUnfilled(m.value) {
			hint += "; --define " + t.macro + "=... gives it another value"
		}
		return hint
	case t.kind == tokenWord && isPlaceholder(t.text):
		return "give " + t.text + " a value: --define " + t.text + "=... or #!define " + t.text + " ..."
	}
	return ""
}

// failAt records a fault. After tokenBad, which the lexer has complained about, it stays silent.
func (p *parser) failAt(pos Pos, msg, hint string) {
	if p.tok().kind == tokenBad {
		return
	}
	e := &Error{Pos: pos, Msg: msg, Hint: hint, SourceLine: sourceLine(p.texts[pos.File], pos.Line)}
	p.faults = append(p.faults, fault{p.at, e})
}

// unexpected records that the token at hand does not go on with what was begun. When it is the first of a line, the
// place is the end of the line before.
func (p *parser) unexpected(want string) {
	t := p.tok()
	if t.first && p.at > 0 && t.kind != tokenEnd {
		last := p.tokens[p.at-1]
		p.failAt(last.end, want+", found the end of the line", p.hintFor(last))
		return
	}
	p.unfit(want)
}

// unfit records that nothing begins with the token at hand.
func (p *parser) unfit(want string) {
	p.fail(p.tok(), want+", found "+p.tok().describe(), "")
}

// record adopts an *Error of the parsers of variables, which know no source line.
func (p *parser) record(err error) {
	var e *Error
	if errors.As(err, &e) {
		p.failAt(e.Pos, e.Msg, e.Hint)
	}
}

// tooMany reports that the script is at its end for the parser's purposes: it stops a flood of faults.
func (p *parser) tooMany() bool { return len(p.faults) >= maxFaults }

// enter counts one level of nesting; leave takes it back. Too deep a script is given up.
func (p *parser) enter() bool {
	p.nesting++
	if p.nesting <= maxNesting {
		return true
	}
	p.fail(p.tok(), "nested too deeply: more than "+strconv.Itoa(maxNesting)+" levels", "")
	p.giveUp()
	return false
}

func (p *parser) leave() { p.nesting-- }

// giveUp drops all that follows, silently.
func (p *parser) giveUp() {
	p.at = len(p.tokens) - 1
	p.tokens[p.at].kind = tokenBad
}

// isPlaceholder tells names that public scripts leave to be filled in: MY_IP_ADDR, DBURL.
func isPlaceholder(word string) bool {
	if len(word) < 3 || !isLetter(word[0]) || strings.ToUpper(word) != word {
		return false
	}
	_, proto := protoWord(word)
	return !proto && !strings.HasPrefix(word, "LOG_") && !strings.HasPrefix(word, "IPTOS_")
}

// looksUnfilled tells whether the value of a macro waits for a better one: nothing, <ip>, XXXX.
func looksUnfilled(value string) bool {
	value = strings.TrimLeft(value, "[\"'")
	return value == "" || strings.ContainsAny(value, "<>{}@?") || isPlaceholder(value[:wordEnd(value, 0)])
}
