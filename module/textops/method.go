// is_method: the method of a request, or of the request that a reply answers.
package textops

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
)

func methodFunctions() []script.Function {
	return []script.Function{{Name: "is_method", MinArgs: 1, MaxArgs: 1, Bind: bindMethod}}
}

// bindMethod binds is_method("INVITE|BYE"), without regard to case.
func bindMethod(args []script.Arg) (script.Action, error) {
	v, ok := args[0].Constant()
	if !ok {
		list := module.Text(args[0])
		return func(c *script.Context) int {
			for one := range strings.SplitSeq(list(c), "|") {
				if strings.EqualFold(one, c.Message.Method) {
					return 1
				}
			}
			return -1
		}, nil
	}
	if strings.TrimSpace(v.AsString()) == "" {
		return nil, &script.ArgError{Index: 0, Msg: "a method is needed", Hint: `as "INVITE" or "INVITE|BYE"`}
	}
	methods := strings.Split(v.AsString(), "|")
	for i, one := range methods {
		methods[i] = strings.ToUpper(strings.TrimSpace(one))
	}
	return func(c *script.Context) int {
		method := c.Message.Method
		for _, one := range methods {
			if one == method {
				return 1
			}
		}
		for _, one := range methods {
			if len(one) == len(method) && strings.EqualFold(one, method) {
				return 1
			}
		}
		return -1
	}, nil
}
