// search: regular expressions over the message as it came, case ignored, ^
// and $ at each line.
package textops

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func searchFunctions() []script.Function {
	return []script.Function{
		{Name: "search", MinArgs: 1, MaxArgs: 1, Bind: bindSearch(whole)},
		{Name: "search_body", MinArgs: 1, MaxArgs: 1, Bind: bindSearch(body)},
		{Name: "search_append", MinArgs: 2, MaxArgs: 2, Bind: bindSearchAppend(header)},
		{Name: "search_append_body", MinArgs: 2, MaxArgs: 2, Bind: bindSearchAppend(body)},
		{Name: "search_str", MinArgs: 2, MaxArgs: 2, Bind: bindSearchText},
		{Name: "regex_substring", MinArgs: 5, MaxArgs: 5, Bind: bindSubstring},
	}
}

// region is a piece of a message.
type region func(m *sip.Message) (start, end int)

// whole is all of it, the start line included.
func whole(m *sip.Message) (start, end int) { return 0, m.BodyStart() + len(m.Body) }

// header is what follows the start line, the body included: what textops may
// change.
func header(m *sip.Message) (start, end int) {
	return int(m.Fields[0].Start), m.BodyStart() + len(m.Body)
}

// fieldsOnly is the header without the body.
func fieldsOnly(m *sip.Message) (start, end int) { return int(m.Fields[0].Start), m.HeadEnd }

func body(m *sip.Message) (start, end int) { return m.BodyStart(), m.BodyStart() + len(m.Body) }

const searchFlags = script.FoldCase | script.Lines

// bindSearch binds search(re) and search_body(re).
func bindSearch(where region) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		expression, err := fixedPattern(args, 0, searchFlags)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			start, end := where(c.Message)
			e := expression(c)
			return module.Bool(e != nil && start < end && e.MatchString(c.Message.Text[start:end]))
		}, nil
	}
}

// bindSearchAppend binds search_append(re, text): text goes behind the first
// match.
func bindSearchAppend(where region) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		expression, err := fixedPattern(args, 0, searchFlags)
		if err != nil {
			return nil, err
		}
		text := writtenText(args[1])
		return func(c *script.Context) int {
			start, end := where(c.Message)
			e := expression(c)
			if e == nil {
				return -1
			}
			found := e.FindStringIndex(c.Message.Text[start:end])
			if found == nil {
				return -1
			}
			c.Edits.Insert(start+found[1], text(c))
			return 1
		}, nil
	}
}

// bindSearchText binds search_str(text, re); both may hold variables.
func bindSearchText(args []script.Arg) (script.Action, error) {
	text := module.Text(args[0])
	expression, err := pattern(args, 1, searchFlags)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		e := expression(c)
		if e == nil {
			return unsound
		}
		return module.Bool(e.MatchString(text(c)))
	}, nil
}

// Kamailio's -1 and -2 are not the same everywhere.
const (
	noMatch = -2 // of regex_substring and of most that compare texts
	unsound = -2 // of search_str: the expression
)

// bindSubstring binds regex_substring(text, re, index, count, variable): what
// group index of the first match holds, 0 being all of it, of the first count
// groups.
func bindSubstring(args []script.Arg) (script.Action, error) {
	text := module.Text(args[0])
	expression, err := pattern(args, 1, 0)
	if err != nil {
		return nil, err
	}
	index, err := module.Number(args, 2)
	if err != nil {
		return nil, err
	}
	count, err := module.Number(args, 3)
	if err != nil {
		return nil, err
	}
	target, err := module.Target(args, 4)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		e := expression(c)
		n, ok := index(c)
		groups, counted := count(c)
		if e == nil || !ok || !counted || n < 0 || n >= groups || n > e.NumSubexp() {
			return -1
		}
		found := e.FindStringSubmatch(text(c))
		if found == nil {
			return noMatch
		}
		return module.Bool(target.Assign(c, script.StringValue(found[n])) == nil)
	}, nil
}
