// Texts and lists of texts.
package textops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func compareFunctions() []script.Function {
	return []script.Function{
		module.OfTexts("cmp_str", func(_ *script.Context, a, b string) int { return verdict(a == b, len(a) == len(b)) }),
		module.OfTexts("cmp_istr", func(_ *script.Context, a, b string) int { return verdict(strings.EqualFold(a, b), false) }),
		module.OfTexts("starts_with", func(_ *script.Context, a, b string) int {
			return verdict(strings.HasPrefix(a, b), len(a) < len(b))
		}),
		module.OfTexts("ends_with", func(_ *script.Context, a, b string) int {
			return verdict(strings.HasSuffix(a, b), len(a) < len(b))
		}),
		module.OfTexts("str_find", func(_ *script.Context, a, b string) int { return place(strings.Index(a, b)) }),
		module.OfTexts("str_ifind", func(_ *script.Context, a, b string) int {
			return place(strings.Index(strings.ToLower(a), strings.ToLower(b)))
		}),
		{Name: "in_list", MinArgs: 3, MaxArgs: 3, Bind: bindInList(func(subject, item string) bool { return subject == item })},
		{Name: "in_list_prefix", MinArgs: 3, MaxArgs: 3, Bind: bindInList(strings.HasPrefix)},
	}
}

// verdict is the result of a comparison. Kamailio has two ways to say no: -1 where the function's own idea of length
// says enough, else -2.
func verdict(yes, byLength bool) int {
	switch {
	case yes:
		return 1
	case byLength:
		return -1
	}
	return noMatch
}

// place is the result for something found at an index: counted from 1, so that
// it is true; -1 when it was not found.
func place(index int) int {
	if index < 0 {
		return -1
	}
	return index + 1
}

// bindInList binds in_list(subject, list, separator): an item of the list, the
// space around it taken off, fits the subject.
func bindInList(fits func(subject, item string) bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		separator, err := module.Fixed(args, 2)
		if err != nil {
			return nil, err
		}
		if len(separator) != 1 {
			return nil, &script.ArgError{Index: 2, Msg: "the separator must be one character"}
		}
		subject, list := module.Text(args[0]), module.Text(args[1])
		return func(c *script.Context) int {
			wanted := subject(c)
			if wanted == "" {
				return -1
			}
			for item := range strings.SplitSeq(list(c), separator) {
				if item = strings.TrimSpace(item); item != "" && fits(wanted, item) {
					return 1
				}
			}
			return -1
		}, nil
	}
}
