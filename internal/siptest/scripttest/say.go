package scripttest

import "viaduct/script"

// Said is a module with one word, say("a text with $variables"): what the
// script says is kept.
type Said struct{ Lines []string }

// Module gives the module "say".
func (s *Said) Module() *script.Module {
	return &script.Module{Name: "say", Functions: []script.Function{{
		Name: "say", MinArgs: 1, MaxArgs: 1,
		Bind: func(args []script.Arg) (script.Action, error) {
			return func(c *script.Context) int {
				s.Lines = append(s.Lines, string(script.AppendArg(nil, c, args[0])))
				return 1
			}, nil
		},
	}}}
}
