// Which fields are there, and what they hold.
package textops

import (
	"slices"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func askFunctions() []script.Function {
	return []script.Function{
		{Name: "is_present_hf", MinArgs: 1, MaxArgs: 1, Bind: bindPresent},
		{Name: "is_present_hf_pv", MinArgs: 1, MaxArgs: 1, Bind: bindPresent},
		{Name: "is_present_hf_re", MinArgs: 1, MaxArgs: 1, Bind: bindPresentPattern(fixedPattern)},
		{Name: "is_present_hf_re_pv", MinArgs: 1, MaxArgs: 1, Bind: bindPresentPattern(pattern)},
		{Name: "search_hf", MinArgs: 3, MaxArgs: 3, Bind: bindSearchField},
		{Name: "is_privacy", MinArgs: 1, MaxArgs: 1, Bind: bindIsPrivacy},
	}
}

// bindPresent binds is_present_hf(name).
func bindPresent(args []script.Arg) (script.Action, error) {
	name, err := fieldNameOf(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n := name(c)
		if n.kind != sip.FieldOther {
			return module.Bool(c.Message.Has(n.kind))
		}
		for i := range c.Message.Fields {
			if n.is(c.Message, &c.Message.Fields[i]) {
				return 1
			}
		}
		return -1
	}, nil
}

// bindPresentPattern binds is_present_hf_re(names).
func bindPresentPattern(read func([]script.Arg, int, script.PatternFlags) (patternOf, error)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		names, err := read(args, 0, script.FoldCase|script.Lines)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			expression := names(c)
			for i := range c.Message.Fields {
				if expression != nil && expression.MatchString(c.Message.Name(&c.Message.Fields[i])) {
					return 1
				}
			}
			return -1
		}, nil
	}
}

// which says to which fields of a name a word applies.
type which byte

const (
	allFields  which = 'a'
	firstField which = 'f'
	lastField  which = 'l'
)

// whichOf reads the flags argument i of search_hf and subst_hf.
func whichOf(args []script.Arg, i int) (which, error) {
	flags, err := module.Fixed(args, i)
	if err != nil {
		return 0, err
	}
	switch flags {
	case "a", "f", "l":
		return which(flags[0]), nil
	}
	return 0, &script.ArgError{Index: i, Msg: "unknown flag " + flags, Hint: "a is all fields, f the first, l the last"}
}

// pick gives the fields of a name that a word applies to.
func (w which) pick(m *sip.Message, name fieldName) []*sip.Field {
	fields := fieldsOf(m, name)
	switch {
	case len(fields) < 2:
	case w == firstField:
		return fields[:1]
	case w == lastField:
		return fields[len(fields)-1:]
	}
	return fields
}

// bindSearchField binds search_hf(name, re, flags).
func bindSearchField(args []script.Arg) (script.Action, error) {
	name, err := fieldNameOf(args, 0)
	if err != nil {
		return nil, err
	}
	expression, err := fixedPattern(args, 1, script.FoldCase|script.Lines)
	if err != nil {
		return nil, err
	}
	flags, err := whichOf(args, 2)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		e := expression(c)
		for _, f := range flags.pick(c.Message, name(c)) {
			if e != nil && e.MatchString(c.Message.Value(f)) {
				return 1
			}
		}
		return -1
	}, nil
}

// privacies are the kinds of RFC 3323 section 4.2, RFC 3325 section 9.3 and RFC 7044 section 10.1.
var privacies = []string{"header", "session", "user", "none", "critical", "id", "history"}

// bindIsPrivacy binds is_privacy(kind).
func bindIsPrivacy(args []script.Arg) (script.Action, error) {
	kind, err := module.Fixed(args, 0)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(privacies, strings.ToLower(kind)) {
		return nil, &script.ArgError{Index: 0, Msg: "there is no such kind of privacy", Hint: "one of " + strings.Join(privacies, ", ")}
	}
	return func(c *script.Context) int { return isPrivacy(c, kind) }, nil
}

// isPrivacy tells whether Privacy asks for a kind of privacy (RFC 3323).
func isPrivacy(c *script.Context, kind string) int {
	for i := range c.Message.Fields {
		f := &c.Message.Fields[i]
		if f.Kind != sip.FieldPrivacy {
			continue
		}
		for one := range strings.FieldsFuncSeq(c.Message.Value(f), func(r rune) bool { return strings.ContainsRune(";, \t", r) }) {
			if strings.EqualFold(one, kind) {
				return 1
			}
		}
	}
	return -1
}
