// transform_regex.go: {re.subst,/expression/replacement/flags}.

package script

import (
	"fmt"
	"regexp"
	"strings"

	"viaduct/script/syntax"
)

func regexTransformers() map[string]transformer {
	return map[string]transformer{"subst": {1, 1, bindRegexSubst}}
}

func bindRegexSubst(b *transformBinding) (step, error) {
	s, err := ParseSubst(b.node.Raw)
	if err != nil {
		return nil, err
	}
	replace, err := b.compiler.substitution(s)
	return func(c *Context, v Value) Value {
		if v.Kind == Null {
			return v
		}
		text, _ := replace(c, v.AsString())
		return StringValue(text)
	}, err
}

// Subst is a substitution as sed writes it: /expression/replacement/flags,
// with any character in the place of the slash.
type Subst struct {
	Expression  *regexp.Regexp
	Replacement string // \0 to \9 are the whole match and its groups; pseudo-variables may stand in it
	All         bool   // g: every match, not the first alone
}

// ParseSubst reads a substitution. Flags: i ignores case, g replaces all, s
// and n choose whether . matches a line end.
func ParseSubst(text string) (*Subst, error) {
	if len(text) < 3 {
		return nil, fmt.Errorf("%q is no substitution: want /expression/replacement/flags", text)
	}
	parts := splitUnescaped(text[1:], text[0])
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is no substitution: want %[2]cexpression%[2]creplacement%[2]cflags", text, text[0])
	}
	s := &Subst{Replacement: parts[1]}
	flags := Lines
	for _, flag := range parts[2] {
		switch flag {
		case 'i':
			flags |= FoldCase
		case 'g':
			s.All = true
		case 's':
			flags &^= Lines
		case 'n':
			flags |= Lines
		default:
			return nil, fmt.Errorf("%q: unknown flag %c, want i, g, s or n", text, flag)
		}
	}
	expression, err := CompileRegexp(parts[0], flags)
	s.Expression = expression
	return s, err
}

// splitUnescaped cuts at each mark that no backslash precedes; a mark with one
// loses it.
func splitUnescaped(text string, mark byte) (parts []string) {
	var part []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == mark:
			part = append(part, mark)
			i++
		case text[i] == '\\' && i+1 < len(text):
			part = append(part, text[i], text[i+1])
			i++
		case text[i] == mark:
			parts = append(parts, string(part))
			part = nil
		default:
			part = append(part, text[i])
		}
	}
	return append(parts, string(part))
}

// Bind compiles the replacement, with the built-in pseudo-variables in it. The
// function gives the changed text and how many matches it replaced.
func (s *Subst) Bind(d syntax.Dialect) (func(c *Context, text string) (string, int), error) {
	c := newCompiler(&syntax.File{Dialect: d}, Options{})
	c.slots = nil
	replace, err := c.substitution(s)
	if err == nil && len(c.errors) > 0 {
		err = c.errors
	}
	return replace, err
}

// substitution cuts the replacement at its groups and compiles what is between.
func (c *compiler) substitution(s *Subst) (func(*Context, string) (string, int), error) {
	type piece struct {
		text  func(*Context) string
		group int
	}
	var pieces []piece
	literal := func(text string) error {
		if text == "" {
			return nil
		}
		parts, err := syntax.ParseFormat(text, syntax.Kamailio)
		if err != nil {
			return err
		}
		bound, err := c.bindFormat(parts)
		pieces = append(pieces, piece{text: bound})
		return err
	}
	start := 0
	text := s.Replacement
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if next := text[i+1]; '0' <= next && next <= '9' {
			if err := literal(unescapeC(text[start:i])); err != nil {
				return nil, err
			}
			if int(next-'0') > s.Expression.NumSubexp() {
				return nil, fmt.Errorf(`the replacement names \%c, but the expression has %d groups`, next, s.Expression.NumSubexp())
			}
			pieces = append(pieces, piece{group: int(next - '0')})
			start = i + 2
		}
		i++
	}
	if err := literal(unescapeC(text[start:])); err != nil {
		return nil, err
	}
	limit := 1
	if s.All {
		limit = -1
	}
	return func(c *Context, text string) (string, int) {
		matches := s.Expression.FindAllStringSubmatchIndex(text, limit)
		if matches == nil {
			return text, 0
		}
		var out strings.Builder
		at := 0
		for _, m := range matches {
			if out.Len() > maxText {
				return "", 0
			}
			out.WriteString(text[at:m[0]])
			for _, p := range pieces {
				if p.text != nil {
					out.WriteString(p.text(c))
				} else if m[2*p.group] >= 0 {
					out.WriteString(text[m[2*p.group]:m[2*p.group+1]])
				}
			}
			at = m[1]
		}
		out.WriteString(text[at:])
		return out.String(), len(matches)
	}, nil
}
