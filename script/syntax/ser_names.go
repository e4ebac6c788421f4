// ser_names.go: SER's own names: attributes ($f.name) and selects (@to.tag).

package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// parseSerAVP parses $class.name[index], measured by serAVPEnd. The first byte may be % instead of $.
func parseSerAVP(text string, pos Pos) (*SerAVP, error) {
	a := &SerAVP{Pos: pos}
	name := text[1:]
	if strings.HasSuffix(name, "]") {
		open := strings.IndexByte(name, '[')
		brackets := name[open+1 : len(name)-1]
		name = name[:open]
		switch n, err := strconv.Atoi(brackets); {
		case brackets == "" || brackets == "*":
			a.Index = &Index{All: true}
		case err == nil:
			a.Index = &Index{N: n}
		default:
			return nil, &Error{Pos: pos, Msg: fmt.Sprintf("the index [%s] of %s: want a number", brackets, text)}
		}
	}
	if class, rest, ok := strings.Cut(name, "."); ok {
		a.Class, name = class, rest
	}
	a.Name = name
	return a, nil
}

// parseSelect parses @name.name[1].name["key"], measured by selectEnd.
func parseSelect(text string, pos Pos) (*Select, error) {
	s := &Select{Pos: pos}
	for rest := text[1:]; ; {
		n := wordEnd(rest, 0)
		if n == 0 {
			return nil, &Error{Pos: pos, Msg: "the select " + text + " lacks a name"}
		}
		step := SelectStep{Name: rest[:n]}
		rest = rest[n:]
		if strings.HasPrefix(rest, "[") {
			end := strings.IndexByte(rest, ']')
			if !step.setIndex(rest[1:end]) {
				return nil, &Error{Pos: pos, Msg: fmt.Sprintf("the index %s of %s: want a number or a string", rest[:end+1], text)}
			}
			rest = rest[end+1:]
		}
		s.Steps = append(s.Steps, step)
		if rest == "" {
			return s, nil
		}
		rest = strings.TrimPrefix(rest, ".")
	}
}

func (s *SelectStep) setIndex(text string) bool {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		s.Key, s.HasKey = text[1:len(text)-1], true
		return true
	}
	n, err := strconv.Atoi(text)
	s.Index, s.HasIndex = n, err == nil
	return err == nil
}
