// Places: "Name[index].param" says which value of which field is meant, or
// which parameter of it.
package textopsx

import (
	"errors"
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// place is one such text, read when the script is compiled.
type place struct {
	name  string
	kind  sip.FieldKind
	index int // from 1; below 0 from the end; 0: none written
	all   bool
	param string // "" for the value itself
}

var errPlace = errors.New(`expected Name, Name[index] or Name[index].param; the index is a number from 1, from the end below 0, or *`)

func placeOf(args []script.Arg, i int) (place, error) {
	text, err := module.Fixed(args, i)
	if err != nil {
		return place{}, err
	}
	p, err := parsePlace(text)
	if err != nil {
		return p, &script.ArgError{Index: i, Msg: err.Error()}
	}
	return p, nil
}

func parsePlace(text string) (p place, err error) {
	end := strings.IndexAny(text, "[.")
	if end < 0 {
		end = len(text)
	}
	p.name, text = strings.TrimSpace(text[:end]), text[end:]
	if p.kind = sip.KindOf(p.name); !sip.IsToken(p.name) {
		return p, errPlace
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		index, rest, ok := strings.Cut(inner, "]")
		if !ok {
			return p, errPlace
		}
		if p.all = index == "*"; !p.all {
			if p.index, err = strconv.Atoi(index); err != nil || p.index == 0 {
				return p, errPlace
			}
		}
		text = rest
	}
	if param, ok := strings.CutPrefix(text, "."); ok {
		p.param, text = param, ""
		if !sip.IsToken(param) {
			return p, errPlace
		}
	}
	if text != "" {
		return p, errPlace
	}
	return p, nil
}

// is tells whether a field bears the name.
func (p *place) is(m *sip.Message, f *sip.Field) bool {
	if p.kind != sip.FieldOther {
		return f.Kind == p.kind
	}
	return f.Kind == sip.FieldOther && strings.EqualFold(m.Name(f), p.name)
}

// pick chooses from n things by the index: a range of them, empty for none.
func (p *place) pick(n int) (from, to int) {
	switch index := p.index; {
	case p.all:
		return 0, n
	case index == 0:
		return 0, min(1, n)
	case index > 0 && index <= n:
		return index - 1, index
	case index < 0 && -index <= n:
		return n + index, n + index + 1
	}
	return 0, 0
}
