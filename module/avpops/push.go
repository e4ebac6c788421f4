// avp_pushto: a value goes into the request.
package avpops

import (
	"fmt"

	"viaduct/module"
	"viaduct/script"
)

// destinations are what a value may be pushed to, and the variable that does it.
var destinations = map[string]string{
	"$ru": "$ru", "$ru/username": "$rU", "$ru/domain": "$rd", "$du": "$du", "$br": "$br",
}

// bindPush binds avp_pushto("$ru/username", "$avp(a)/g"): with g all values are
// pushed one behind the other, the newest first.
func bindPush(args []script.Arg) (script.Action, error) {
	text, err := written(args, 0)
	if err != nil {
		return nil, err
	}
	variable, ok := destinations[text]
	if !ok {
		return nil, &script.ArgError{Msg: fmt.Sprintf("cannot push to %q", text), Hint: "one of $ru, $ru/username, $ru/domain, $du and $br"}
	}
	target, err := script.CompileVariable(variable)
	if err != nil {
		return nil, err
	}
	if text, err = written(args, 1); err != nil {
		return nil, err
	}
	variables, letters, err := cutVariables(text)
	if err != nil {
		return nil, err
	}
	f, err := parseFlags(letters, "g")
	if err != nil {
		return nil, err
	}
	from, err := compileSource(variables[0])
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		values := from.values(c, f.all)
		for _, v := range values {
			if target.Assign(c, script.StringValue(v.AsString())) != nil {
				return -1
			}
		}
		return module.Bool(len(values) > 0)
	}, nil
}
