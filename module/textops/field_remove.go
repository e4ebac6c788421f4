// Fields taken out of a message.
package textops

import (
	"regexp"
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// notThere is what remove_hf_idx gives when there is no such field: true.
const notThere = 2

func removeFunctions() []script.Function {
	return []script.Function{
		{Name: "remove_hf", MinArgs: 1, MaxArgs: 1, Bind: bindRemove},
		{Name: "remove_hf_pv", MinArgs: 1, MaxArgs: 1, Bind: bindRemove},
		{Name: "remove_hf_re", MinArgs: 1, MaxArgs: 1, Bind: bindRemovePattern(fixedPattern)},
		{Name: "remove_hf_re_pv", MinArgs: 1, MaxArgs: 1, Bind: bindRemovePattern(pattern)},
		{Name: "remove_hf_exp", MinArgs: 2, MaxArgs: 2, Bind: bindRemovePattern(fixedPattern)},
		{Name: "remove_hf_exp_pv", MinArgs: 2, MaxArgs: 2, Bind: bindRemovePattern(pattern)},
		{Name: "remove_hf_idx", MinArgs: 2, MaxArgs: 2, Bind: bindRemoveIndex},
		{Name: "remove_hf_match", MinArgs: 3, MaxArgs: 3, Bind: bindRemoveMatch},
	}
}

// removeWhere takes the fields out for which which is true.
func removeWhere(c *script.Context, which func(f *sip.Field) bool) int {
	removed := -1
	for i := range c.Message.Fields {
		if f := &c.Message.Fields[i]; which(f) {
			c.Edits.RemoveField(f)
			removed = 1
		}
	}
	return removed
}

// bindRemove binds remove_hf(name).
func bindRemove(args []script.Arg) (script.Action, error) {
	name, err := fieldNameOf(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n := name(c)
		if n.kind != sip.FieldOther && !c.Message.Has(n.kind) {
			return -1
		}
		return removeWhere(c, func(f *sip.Field) bool { return n.is(c.Message, f) })
	}, nil
}

// bindRemovePattern binds remove_hf_re(names) and remove_hf_exp(names, but).
func bindRemovePattern(read func([]script.Arg, int, script.PatternFlags) (patternOf, error)) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		names, err := read(args, 0, script.FoldCase|script.Lines)
		if err != nil {
			return nil, err
		}
		but := func(*script.Context) *regexp.Regexp { return nil }
		if len(args) == 2 {
			if but, err = read(args, 1, script.FoldCase|script.Lines); err != nil {
				return nil, err
			}
		}
		return func(c *script.Context) int {
			expression, skip := names(c), but(c)
			if expression == nil || skip == nil && len(args) == 2 {
				return -1
			}
			return removeWhere(c, func(f *sip.Field) bool {
				name := c.Message.Name(f)
				return expression.MatchString(name) && (skip == nil || !skip.MatchString(name))
			})
		}, nil
	}
}

// bindRemoveIndex binds remove_hf_idx(name, index): 0 is the first, -1 the last.
func bindRemoveIndex(args []script.Arg) (script.Action, error) {
	name, err := fieldNameOf(args, 0)
	if err != nil {
		return nil, err
	}
	index, err := module.Number(args, 1)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n := name(c)
		at, ok := index(c)
		if !ok {
			return -1
		}
		fields := fieldsOf(c.Message, n)
		if at < 0 {
			at += len(fields)
		}
		if at < 0 || at >= len(fields) {
			return notThere
		}
		c.Edits.RemoveField(fields[at])
		return 1
	}, nil
}

// fieldsOf gives the fields of a name in order.
func fieldsOf(m *sip.Message, name fieldName) (fields []*sip.Field) {
	for i := range m.Fields {
		if f := &m.Fields[i]; name.is(m, f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// bindRemoveMatch binds remove_hf_match(name, operator, value): the fields
// whose value is equal, not equal, includes it, or fits a pattern.
func bindRemoveMatch(args []script.Arg) (script.Action, error) {
	name, err := fieldNameOf(args, 0)
	if err != nil {
		return nil, err
	}
	operator, err := module.Fixed(args, 1)
	if err != nil {
		return nil, err
	}
	fits, err := bindFits(operator, args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		n, test := name(c), fits(c)
		if removeWhere(c, func(f *sip.Field) bool { return n.is(c.Message, f) && test(c.Message.Value(f)) }) < 0 {
			return noMatch
		}
		return 1
	}, nil
}

// bindFits gives the test that an operator makes with the last argument.
func bindFits(operator string, args []script.Arg) (func(*script.Context) func(string) bool, error) {
	text := module.Text(args[2])
	switch strings.ToLower(operator) {
	case "eq":
		return func(c *script.Context) func(string) bool {
			want := text(c)
			return func(value string) bool { return value == want }
		}, nil
	case "ne":
		return func(c *script.Context) func(string) bool {
			want := text(c)
			return func(value string) bool { return value != want }
		}, nil
	case "in":
		return func(c *script.Context) func(string) bool {
			want := text(c)
			return func(value string) bool { return strings.Contains(value, want) }
		}, nil
	case "re":
		expression, err := pattern(args, 2, script.FoldCase|script.Lines)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) func(string) bool {
			if e := expression(c); e != nil {
				return e.MatchString
			}
			return func(string) bool { return false }
		}, nil
	}
	return nil, &script.ArgError{Index: 1, Msg: "unknown operator " + operator, Hint: "one of eq ne in re"}
}
