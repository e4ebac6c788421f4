// replace: one text in the place of another, found by a regular expression or
// to the letter.
package textops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func replaceFunctions() []script.Function {
	return []script.Function{
		{Name: "replace", MinArgs: 2, MaxArgs: 2, Bind: bindReplace(header, 1, searchFlags)},
		{Name: "replace_all", MinArgs: 2, MaxArgs: 2, Bind: bindReplace(header, -1, searchFlags)},
		{Name: "replace_hdrs", MinArgs: 2, MaxArgs: 2, Bind: bindReplace(fieldsOnly, 1, searchFlags)},
		{Name: "replace_body", MinArgs: 2, MaxArgs: 2, Bind: bindReplace(body, 1, searchFlags)},
		{Name: "replace_body_all", MinArgs: 2, MaxArgs: 2, Bind: bindReplace(body, -1, searchFlags)},
		{Name: "replace_body_atonce", MinArgs: 2, MaxArgs: 2, Bind: bindReplace(body, -1, script.FoldCase)},
		{Name: "replace_str", MinArgs: 3, MaxArgs: 3, Bind: bindReplaceText(header)},
		{Name: "replace_hdrs_str", MinArgs: 3, MaxArgs: 3, Bind: bindReplaceText(fieldsOnly)},
		{Name: "replace_body_str", MinArgs: 3, MaxArgs: 3, Bind: bindReplaceText(body)},
	}
}

// bindReplace binds replace…(re, text). count is how many matches at most, -1
// for all. The text is taken to the letter: no variables, no groups.
func bindReplace(where region, count int, flags script.PatternFlags) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		expression, err := fixedPattern(args, 0, flags)
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
			replaced := -1
			for _, found := range e.FindAllStringIndex(c.Message.Text[start:end], count) {
				if found[0] == found[1] {
					continue // nothing was found there that could be replaced
				}
				c.Edits.Replace(start+found[0], start+found[1], text(c))
				replaced = 1
			}
			return replaced
		}, nil
	}
}

// bindReplaceText binds replace…_str(text, other, mode): f replaces the first,
// a all; true also when there is none.
func bindReplaceText(where region) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		mode, err := module.Fixed(args, 2)
		if err != nil {
			return nil, err
		}
		if mode != "a" && mode != "f" {
			return nil, &script.ArgError{Index: 2, Msg: "unknown mode " + mode, Hint: "f replaces the first, a all"}
		}
		text, other := module.Text(args[0]), module.Text(args[1])
		return func(c *script.Context) int {
			old := text(c)
			if old == "" {
				return -1
			}
			at, end := where(c.Message)
			for {
				found := strings.Index(c.Message.Text[at:end], old)
				if found < 0 {
					return 1
				}
				at += found
				c.Edits.Replace(at, at+len(old), other(c))
				if at += len(old); mode == "f" {
					return 1
				}
			}
		}, nil
	}
}
