// detect.go: finds out in which dialect a script is written.

package syntax

import (
	"fmt"
	"strings"
)

// DetectDialect tells in which dialect a script is written, and why in one line. A header such as #!KAMAILIO decides;
// else traits of the text do: what only Kamailio has, the kind of specifiers in xlog, the path of the modules, numbered
// routes. A script without any trait is Kamailio.
func DetectDialect(text string) (Dialect, string) {
	t := traits{text: text, line: 1}
	t.scan()
	return t.decide()
}

// trait is something seen in a script; line 0 means not seen.
type trait struct {
	what string
	line int
}

func (t trait) seen() bool { return t.line > 0 }

func (t trait) String() string { return fmt.Sprintf("%s on line %d", t.what, t.line) }

// traits reads a script loosely: it knows comments, strings and words, and forgives the rest.
type traits struct {
	text string
	off  int
	line int

	call     string // the last word before a (
	word     string // the last word
	braces   int
	loops    []int // depth of braces at each open switch or while
	pendLoop bool

	header      trait
	kamailio    trait // what only Kamailio has
	percent     trait // %rm in xlog
	dollar      trait // $ variables, in code or strings
	colour      trait // $Cbg in a string
	serName     trait // $f.name, @select
	modulePath  trait // mpath with the name of a server
	pathDialect Dialect
	numbered    trait // route[1]
	modern      trait // exit, return, switch, while
	strayBreak  trait // break outside of switch and while
}

func (t *traits) decide() (Dialect, string) {
	switch {
	case t.header.seen():
		return t.headerDialect()
	case t.kamailio.seen():
		return Kamailio, t.kamailio.String()
	case t.percent.seen() && !t.dollar.seen():
		return SER, t.percent.String() + ", and no $ variables"
	case t.serName.seen():
		return SER, t.serName.String()
	case t.colour.seen():
		return OpenSER, t.colour.String()
	case t.modulePath.seen():
		return t.pathDialect, t.modulePath.String()
	case t.dollar.seen() && t.numbered.seen():
		return OpenSER, fmt.Sprintf("numbered routes (line %d) and $ variables (line %d)", t.numbered.line, t.dollar.line)
	case t.dollar.seen():
		return Kamailio, t.dollar.String()
	case t.strayBreak.seen() && !t.modern.seen():
		return SER, t.strayBreak.String() + " ends a route"
	}
	return Kamailio, "no sign of an older dialect"
}

func (t *traits) headerDialect() (Dialect, string) {
	reason := "header " + t.header.String()
	switch t.header.what {
	case "#!SER":
		return SER, reason
	case "#!OPENSER":
		// Kamailio takes this header for its own.
		if t.kamailio.seen() {
			return Kamailio, reason + ", but " + t.kamailio.String()
		}
		return OpenSER, reason
	}
	return Kamailio, reason
}

func (t *traits) note(to *trait, format string, args ...any) {
	if !to.seen() {
		*to = trait{fmt.Sprintf(format, args...), t.line}
	}
}

func (t *traits) scan() {
	for t.off < len(t.text) {
		rest := t.text[t.off:]
		switch c := rest[0]; {
		case c == '\n':
			t.skip(1)
		case strings.HasPrefix(rest, "#!") || strings.HasPrefix(rest, "//!") || strings.HasPrefix(rest, "!!"):
			t.directive(rest)
		case c == '#' || strings.HasPrefix(rest, "//"):
			t.skip(lineLength(rest))
		case strings.HasPrefix(rest, "/*"):
			t.skip(commentLength(rest))
		case c == '"' || c == '\'':
			n := stringLength(rest)
			t.str(rest[1:max(1, n-1)])
			t.skip(n)
		case c == '$':
			t.variable(rest)
			t.skip(1 + wordEnd(rest[1:], 0))
		case c == '@' && len(rest) > 1 && isLetter(rest[1]):
			t.note(&t.serName, "the select %s", rest[:selectEnd(rest)])
			t.skip(1)
		case isLetter(c):
			n := wordEnd(rest, 0)
			t.wordTrait(rest[:n], rest[n:])
			t.skip(n)
		default:
			t.punct(c)
			t.skip(1)
		}
	}
}

func (t *traits) skip(n int) {
	t.line += strings.Count(t.text[t.off:t.off+n], "\n")
	t.off += n
}

func lineLength(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

func commentLength(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

func stringLength(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] == '\\' && text[0] == '"' {
			i++
			continue
		}
		if text[i] == text[0] {
			return i + 1
		}
	}
	return len(text)
}

// directive notes a header or a preprocessor line. An unknown one is a comment.
func (t *traits) directive(rest string) {
	start := 2
	if rest[0] == '/' {
		start = 3
	}
	word := rest[start:wordEnd(rest, start)]
	line := strings.TrimSpace(rest[start:lineLength(rest)])
	switch word {
	case "KAMAILIO", "OPENSER", "SER", "MAXCOMPAT", "ALL":
		if line == word && rest[0] != '!' {
			t.note(&t.header, "#!%s", word)
		}
	case "define", "def", "trydefine", "trydef", "redefine", "redef", "undefine", "undef", "tryundefine", "tryundef",
		"ifdef", "ifndef", "ifexp", "defexp", "defexps", "defenv", "defenvs", "trydefenv", "trydefenvs",
		"subst", "substdef", "substdefs", "include_file", "import_file":
		t.note(&t.kamailio, "#!%s", word)
	}
	if rest[0] == '!' {
		t.skip(2)
		return
	}
	t.skip(lineLength(rest))
}

// str notes what a string tells.
func (t *traits) str(text string) {
	if strings.HasPrefix(t.call, "xlog") || t.call == "xdbg" {
		for rest := text; ; {
			n := strings.IndexByte(rest, '%')
			if n < 0 {
				break
			}
			rest = rest[n:]
			if length, value := serSpecifier(rest); value != nil {
				t.note(&t.percent, "%s in %s", rest[:length], t.call)
			}
			rest = rest[1:]
		}
	}
	for rest := text; ; {
		n := strings.IndexByte(rest, '$')
		if n < 0 {
			break
		}
		rest = rest[n:]
		if colourEnd(rest) > 0 {
			t.note(&t.colour, "the colour %s", rest[:4])
		}
		t.variable(rest)
		rest = rest[1:]
	}
	if t.word == "mpath" || t.word == "loadpath" || t.word == "loadmodule" {
		t.path(text)
	}
}

// path notes the server whose modules a path names, and modules that only Kamailio has.
func (t *traits) path(text string) {
	for _, d := range []Dialect{OpenSER, SER, Kamailio} {
		if strings.Contains(text, "/"+d.String()+"/") && !t.modulePath.seen() {
			t.note(&t.modulePath, "the module path %q", text)
			t.pathDialect = d
		}
	}
	if t.word != "loadmodule" {
		return
	}
	module := strings.TrimSuffix(text[strings.LastIndexByte(text, '/')+1:], ".so")
	switch module {
	case "pv", "kex", "corex", "tmx", "siputils", "jsonrpcs", "textopsx", "cfgutils", "htable", "xhttp", "ctl", "cfg_rpc", "counters":
		t.note(&t.kamailio, "the module %s", module)
	}
}

// variable notes what $ begins.
func (t *traits) variable(rest string) {
	if len(rest) < 2 || !isLetter(rest[1]) && rest[1] != '(' {
		return
	}
	n := serAVPEnd(rest)
	if n > 0 && strings.IndexByte(rest[:n], '.') >= 0 && t.inCode(rest) {
		t.note(&t.serName, "the attribute %s", rest[:n])
		return
	}
	name := rest[1:wordEnd(rest, 1)]
	switch name {
	case "xavp", "sht", "sel", "def", "shv", "dlg_var", "xavu", "xavi":
		if strings.HasPrefix(rest[1+len(name):], "(") {
			t.note(&t.kamailio, "the variable $%s(...)", name)
		}
	}
	t.note(&t.dollar, "$ variables")
}

// inCode tells whether the text at hand is not inside a string: there "$fu.x" is a variable with text behind it.
func (t *traits) inCode(rest string) bool { return len(rest) == len(t.text)-t.off }

func (t *traits) wordTrait(word, after string) {
	t.word = word
	after = strings.TrimLeft(after, " \t\r\n")
	if strings.HasPrefix(after, "(") {
		t.call = word
	}
	switch word {
	case "request_route", "reply_route", "event_route", "include_file", "import_file":
		if word != "reply_route" || !strings.HasPrefix(after, "[") { // SER 0.8 had reply_route[1]
			t.note(&t.kamailio, "%s", word)
		}
	case "route", "onreply_route", "failure_route", "branch_route":
		name := ""
		if strings.HasPrefix(after, "[") {
			name = strings.TrimLeft(after[1:], " \t\"'")
		}
		switch {
		case name == "":
		case isDigit(name[0]):
			t.note(&t.numbered, "numbered routes")
		case isLetter(name[0]):
			t.note(&t.kamailio, "the named %s[%s]", word, name[:wordEnd(name, 0)])
		}
	case "switch", "while":
		t.note(&t.modern, "%s", word)
		t.pendLoop = true
	case "exit", "return":
		t.note(&t.modern, "%s", word)
	case "break":
		if len(t.loops) == 0 && t.braces > 0 {
			t.note(&t.strayBreak, "break outside of switch and while")
		}
	}
}

func (t *traits) punct(c byte) {
	switch c {
	case '{':
		t.braces++
		if t.pendLoop {
			t.loops = append(t.loops, t.braces)
			t.pendLoop = false
		}
	case '}':
		if n := len(t.loops); n > 0 && t.loops[n-1] == t.braces {
			t.loops = t.loops[:n-1]
		}
		t.braces--
	case ')', ';':
		if c == ';' {
			t.pendLoop = false
		}
		t.call = ""
	}
}
