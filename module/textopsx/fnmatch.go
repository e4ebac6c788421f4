// fnmatch: patterns of the shell.
package textopsx

import (
	"strings"

	"viaduct/internal/fnmatch"
	"viaduct/module"
	"viaduct/script"
)

func matchFunctions() []script.Function {
	return []script.Function{{Name: "fnmatch", MinArgs: 2, MaxArgs: 3, Bind: bindMatch}}
}

// bindMatch binds fnmatch(text, pattern [, flags]); flag i ignores case.
func bindMatch(args []script.Arg) (script.Action, error) {
	text, pattern := module.Text(args[0]), module.Text(args[1])
	fold := false
	if len(args) == 3 {
		flags, err := module.Fixed(args, 2)
		if err != nil {
			return nil, err
		}
		if fold = flags == "i"; !fold && flags != "" {
			return nil, &script.ArgError{Index: 2, Msg: "unknown flag " + flags, Hint: "i ignores case"}
		}
	}
	return func(c *script.Context) int {
		value, shape := text(c), pattern(c)
		if fold {
			value, shape = strings.ToLower(value), strings.ToLower(shape)
		}
		return module.Bool(fnmatch.Match(value, shape))
	}, nil
}
