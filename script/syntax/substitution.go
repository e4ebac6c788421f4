// substitution.go: #!subst, #!substdef and #!substdefs: rules over the text of strings.

package syntax

import (
	"fmt"
	"regexp"
	regexpsyntax "regexp/syntax"
	"strings"
)

// substitution is "/pattern/replacement/flags".
type substitution struct {
	pattern     *regexp.Regexp
	replacement []replacementPart
	all         bool
}

// replacementPart is literal text, or what a group of the pattern matched.
type replacementPart struct {
	text  string
	group int // -1: text
}

// addSubstitution obeys #!subst "/pattern/replacement/flags". substdef and substdefs define the pattern as a macro too,
// the latter as a string.
func (l *lexer) addSubstitution(f *frame, pos Pos, word string) {
	f.skipBlanks()
	if f.done() || f.text[f.off] != '"' && f.text[f.off] != '\'' {
		l.failAt(pos, "#!"+word+` wants "/pattern/replacement/flags"`, "")
		f.toLineEnd()
		return
	}
	rule, ok := l.stringText(f)
	if !ok {
		return
	}
	pattern, replacement, flags, err := splitRule(rule)
	if err != nil {
		l.failAt(pos, "#!"+word+": "+err.Error(), "")
		return
	}
	if replacement, err = l.expandValues(replacement); err != nil {
		l.failAt(pos, "#!"+word+": "+err.Error(), "")
		return
	}
	if word != "subst" {
		if !isName(pattern) {
			l.failAt(pos, fmt.Sprintf("#!%s wants a name between the first separators, found %q", word, pattern), "")
			return
		}
		if old := l.macros[pattern]; old.fromOption {
			replacement = unquote(old.value)
		}
		value := replacement
		if word == "substdefs" {
			value = Quote(replacement)
		}
		l.setMacro(pos, pattern, value)
	}
	s, err := newSubstitution(pattern, replacement, flags)
	if err != nil {
		l.failAt(pos, "#!"+word+": "+err.Error(), "")
		return
	}
	l.substitutions = append(l.substitutions, s)
}

// expandValues puts values in place of $def(MACRO) and $env(VARIABLE), which are known before any message is.
func (l *lexer) expandValues(text string) (string, error) {
	parts, err := ParseFormat(text, Kamailio)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, part := range parts {
		v, ok := part.Value.(*PV)
		switch {
		case !ok:
			b.WriteString(part.Text)
		case v.Name == "def" && v.Inner != nil && len(v.Transformations) == 0:
			b.WriteString(unquote(l.macros[v.Inner.Text].value))
		case v.Name == "env" && v.Inner != nil && len(v.Transformations) == 0:
			if l.options.Env != nil {
				value, _ := l.options.Env(v.Inner.Text)
				b.WriteString(value)
			}
		default:
			return "", fmt.Errorf("%s has no value before a message is there: only $def(...) and $env(...) have", v.Text)
		}
	}
	return b.String(), nil
}

// unquote takes the quotes off the value of a macro that is a string.
func unquote(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}

// splitRule cuts a rule at its separator, which is its first character.
func splitRule(rule string) (pattern, replacement, flags string, err error) {
	if len(rule) < 4 || rule[0] == '\\' {
		return "", "", "", fmt.Errorf("want /pattern/replacement/flags, found %q", rule)
	}
	separator := rule[0]
	var parts []string
	start := 1
	for i := 1; i < len(rule) && len(parts) < 2; i++ {
		if rule[i] == separator && rule[i-1] != '\\' {
			parts = append(parts, rule[start:i])
			start = i + 1
		}
	}
	if len(parts) < 2 || parts[0] == "" {
		return "", "", "", fmt.Errorf("want a pattern and a replacement, each closed by %q", string(separator))
	}
	return parts[0], parts[1], rule[start:], nil
}

func newSubstitution(pattern, replacement, flags string) (substitution, error) {
	s := substitution{replacement: parseReplacement(replacement)}
	mode := regexpsyntax.POSIX
	for _, flag := range flags {
		switch flag {
		case 'g':
			s.all = true
		case 'i':
			mode |= regexpsyntax.FoldCase
		case 's':
			mode |= regexpsyntax.DotNL
		default:
			return s, fmt.Errorf("unknown flag %q: want g, i or s", flag)
		}
	}
	parsed, err := regexpsyntax.Parse(pattern, mode)
	if err != nil {
		return s, err
	}
	s.pattern, err = regexp.Compile(parsed.String())
	if err != nil {
		return s, err
	}
	s.pattern.Longest() // as POSIX wants
	for _, part := range s.replacement {
		if part.group > s.pattern.NumSubexp() {
			return s, fmt.Errorf("the pattern has no group %d", part.group)
		}
	}
	return s, nil
}

func parseReplacement(text string) []replacementPart {
	var parts []replacementPart
	var literal strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			literal.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; {
		case isDigit(c):
			parts = append(parts, replacementPart{literal.String(), -1}, replacementPart{"", int(c - '0')})
			literal.Reset()
		case c == 'n':
			literal.WriteByte('\n')
		case c == 'r':
			literal.WriteByte('\r')
		case c == 't':
			literal.WriteByte('\t')
		default:
			literal.WriteByte(c)
		}
	}
	return append(parts, replacementPart{literal.String(), -1})
}

func (s substitution) apply(text string) string {
	count := 1
	if s.all {
		count = -1
	}
	matches := s.pattern.FindAllStringSubmatchIndex(text, count)
	if matches == nil {
		return text
	}
	var b strings.Builder
	end := 0
	for _, m := range matches {
		b.WriteString(text[end:m[0]])
		for _, part := range s.replacement {
			switch {
			case part.group < 0:
				b.WriteString(part.text)
			case m[2*part.group] >= 0:
				b.WriteString(text[m[2*part.group]:m[2*part.group+1]])
			}
		}
		end = m[1]
		if b.Len() > maxStringBytes {
			break // substitute reports it
		}
	}
	b.WriteString(text[end:])
	return b.String()
}
