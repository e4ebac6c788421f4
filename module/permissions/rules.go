// Rules: a line each, "from [EXCEPT from] : uri [EXCEPT uri]", where both are
// lists of regular expressions with commas between them, or ALL.
package permissions

import (
	"errors"
	"fmt"
	"strings"

	"viaduct/script"
)

// rules are those of one file.
type rules []rule

// rule fits a pair of URIs when each side fits and is not excepted.
type rule struct{ from, uri side }

type side struct{ fits, except []func(string) bool }

// fits tells whether a rule fits the pair.
func (all rules) fits(from, uri string) bool {
	for i := range all {
		if all[i].from.has(from) && all[i].uri.has(uri) {
			return true
		}
	}
	return false
}

func (s *side) has(text string) bool { return anyOf(s.fits, text) && !anyOf(s.except, text) }

func anyOf(patterns []func(string) bool, text string) bool {
	for _, fits := range patterns {
		if fits(text) {
			return true
		}
	}
	return false
}

// parseRules reads the text of a file. Empty lines, and what stands behind #,
// do not count. An error names the line.
func parseRules(path, text string) (all rules, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		scanner := &ruleScanner{rest: line}
		if scanner.next(); scanner.kind == endOfRule && scanner.err == nil {
			continue
		}
		one, err := scanner.rule()
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// ruleScanner cuts a line into words.
type ruleScanner struct {
	rest string
	kind ruleWord
	text string // of an expression
	err  error
}

type ruleWord uint8

const (
	endOfRule ruleWord = iota
	expression
	except
	comma
	colon
)

var (
	errQuote   = errors.New(`" has no end`)
	errColon   = errors.New(`expected ":" between two lists: from : uri`)
	errPattern = errors.New("expected an expression in quotes, or ALL")
	errBehind  = errors.New("expected a comma or the end of the line")
)

// next reads the word that comes.
func (s *ruleScanner) next() {
	s.rest = strings.TrimLeft(s.rest, " \t\r\n")
	if s.rest == "" || s.rest[0] == '#' {
		s.kind = endOfRule
		return
	}
	switch s.rest[0] {
	case ',':
		s.kind, s.rest = comma, s.rest[1:]
	case ':':
		s.kind, s.rest = colon, s.rest[1:]
	case '"':
		s.quoted()
	default:
		end := strings.IndexAny(s.rest, " \t\r\n,:#\"")
		if end < 0 {
			end = len(s.rest)
		}
		s.kind, s.text, s.rest = expression, s.rest[:end], s.rest[end:]
		if strings.EqualFold(s.text, "EXCEPT") {
			s.kind = except
		} else if strings.EqualFold(s.text, "ALL") {
			s.text = ""
		}
	}
}

// quoted reads an expression in quotes; it is taken as it stands there.
func (s *ruleScanner) quoted() {
	s.kind = expression
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			if s.text, s.rest = s.rest[1:i], s.rest[i+1:]; s.text == "" {
				s.err = errPattern // it would fit everything
			}
			return
		}
	}
	s.kind, s.rest, s.err = endOfRule, "", errQuote
}

// rule reads a whole line, whose first word was read.
func (s *ruleScanner) rule() (r rule, err error) {
	if r.from, err = s.side(); err != nil {
		return r, err
	}
	if s.kind != colon {
		return r, errColon
	}
	s.next()
	if r.uri, err = s.side(); err == nil && s.kind != endOfRule {
		err = errBehind
	}
	return r, err
}

func (s *ruleScanner) side() (one side, err error) {
	if one.fits, err = s.list(); err != nil || s.kind != except {
		return one, err
	}
	s.next()
	one.except, err = s.list()
	return one, err
}

// list reads expressions with commas between them.
func (s *ruleScanner) list() (patterns []func(string) bool, err error) {
	for {
		if s.err != nil {
			return nil, s.err
		}
		if s.kind != expression {
			return nil, errPattern
		}
		fits, err := script.CompilePattern(s.text)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, fits)
		if s.next(); s.kind != comma {
			return patterns, s.err
		}
		s.next()
	}
}
