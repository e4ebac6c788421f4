// Substitutions: "/re/replacement/flags" as sed writes them. In the
// replacement \0 is the match, \1 to \9 its groups, \u the Request-URI, and
// pseudo-variables are worked out. Flags: i ignores case, g replaces all
// matches, s lets . match line ends and ^ and $ only the ends of the text.
package textops

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"viaduct/script"
	"viaduct/script/syntax"
)

type substitution struct {
	expression *regexp.Regexp
	pieces     []piece
	global     bool
}

// piece is a part of a replacement: one of a group of the match, a text with
// variables, or plain text.
type piece struct {
	group  int // -1: none
	uri    bool
	format script.Format
	text   string
}

// substitutionOf reads argument i, which must be written out.
func substitutionOf(args []script.Arg, i int) (*substitution, error) {
	text, ok := written(args[i])
	if !ok {
		return nil, &script.ArgError{Index: i, Msg: "a substitution must be written out", Hint: `as "/re/replacement/"`}
	}
	s, err := parseSubstitution(text)
	if err != nil {
		return nil, &script.ArgError{Index: i, Msg: err.Error(), Hint: `write "/re/replacement/flags", with flags of i, g and s`}
	}
	return s, nil
}

var errNoSubstitution = errors.New("expected three times the same delimiter: /re/replacement/flags")

func parseSubstitution(text string) (*substitution, error) {
	if text == "" || text[0] == '\\' {
		return nil, errNoSubstitution
	}
	delimiter := text[0]
	expression, rest, ok := cutUnescaped(text[1:], delimiter)
	if !ok {
		return nil, errNoSubstitution
	}
	replacement, letters, ok := cutUnescaped(rest, delimiter)
	if !ok {
		return nil, errNoSubstitution
	}
	s := new(substitution)
	flags := script.Lines
	for _, letter := range strings.TrimSpace(letters) {
		switch letter {
		case 'i':
			flags |= script.FoldCase
		case 'g':
			s.global = true
		case 's':
			flags &^= script.Lines
		default:
			return nil, fmt.Errorf("unknown flag %q", letter)
		}
	}
	var err error
	if s.expression, err = script.CompileRegexp(expression, flags); err != nil {
		return nil, err
	}
	return s, s.parseReplacement(replacement, delimiter)
}

// cutUnescaped cuts text at the first delimiter without a backslash before it.
func cutUnescaped(text string, delimiter byte) (before, after string, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case delimiter:
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

// parseReplacement cuts the replacement at its escapes.
func (s *substitution) parseReplacement(text string, delimiter byte) error {
	plain := ""
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			plain += text[i : i+1]
			continue
		}
		i++
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			if int(c-'0') > s.expression.NumSubexp() {
				return fmt.Errorf(`the expression has no group \%c`, c)
			}
			if err := s.addText(plain); err != nil {
				return err
			}
			s.pieces = append(s.pieces, piece{group: int(c - '0')})
			plain = ""
		case c == 'u':
			if err := s.addText(plain); err != nil {
				return err
			}
			s.pieces = append(s.pieces, piece{group: -1, uri: true})
			plain = ""
		case c == 'n':
			plain += "\n"
		case c == 'r':
			plain += "\r"
		case c == 't':
			plain += "\t"
		case c == '\\' || c == delimiter:
			plain += string(c)
		default:
			return fmt.Errorf(`unknown escape \%c in the replacement`, c)
		}
	}
	return s.addText(plain)
}

// addText adds text, cut at its variables.
func (s *substitution) addText(text string) error {
	if strings.IndexByte(text, '$') < 0 {
		if text != "" {
			s.pieces = append(s.pieces, piece{group: -1, text: text})
		}
		return nil
	}
	parts, err := syntax.ParseFormat(text, syntax.Kamailio)
	if err != nil {
		return err
	}
	for _, part := range parts {
		p := piece{group: -1, text: part.Text}
		if variable, ok := part.Value.(*syntax.PV); ok {
			if p.format, err = script.CompileFormat(variable.Text, syntax.Kamailio); err != nil {
				return err
			}
		}
		s.pieces = append(s.pieces, p)
	}
	return nil
}

// change is one replacement: text in the place of what stood there.
type change struct {
	start, end int
	text       string
}

// changes gives what the substitution does to a text. A match of nothing ends
// it: there is nothing to replace.
func (s *substitution) changes(c *script.Context, text string) (all []change) {
	count := 1
	if s.global {
		count = -1
	}
	for _, found := range s.expression.FindAllStringSubmatchIndex(text, count) {
		if found[0] == found[1] {
			return all
		}
		all = append(all, change{found[0], found[1], string(s.append(nil, c, text, found))})
	}
	return all
}

// append writes the replacement of one match.
func (s *substitution) append(dst []byte, c *script.Context, text string, found []int) []byte {
	for i := range s.pieces {
		switch p := &s.pieces[i]; {
		case p.group >= 0:
			if start, end := found[2*p.group], found[2*p.group+1]; start >= 0 {
				dst = append(dst, text[start:end]...)
			}
		case p.uri:
			dst = append(dst, c.URI...)
		case p.format != nil:
			if value := p.format(c, nil); string(value) != nothing {
				dst = append(dst, value...)
			}
		default:
			dst = append(dst, p.text...)
		}
	}
	return dst
}

// nothing is how a format writes a variable without value; here it counts as
// no text.
var nothing = script.Value{}.String()

// apply gives the text after the substitution and whether it changed.
func (s *substitution) apply(c *script.Context, text string) (string, bool) {
	all := s.changes(c, text)
	if all == nil {
		return text, false
	}
	var b strings.Builder
	at := 0
	for _, one := range all {
		b.WriteString(text[at:one.start])
		b.WriteString(one.text)
		at = one.end
	}
	b.WriteString(text[at:])
	return b.String(), true
}
