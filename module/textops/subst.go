// subst and its kin: substitutions in the message and in the Request-URI.
package textops

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func substFunctions() []script.Function {
	return []script.Function{
		{Name: "subst", MinArgs: 1, MaxArgs: 1, Bind: bindSubst(header)},
		{Name: "subst_body", MinArgs: 1, MaxArgs: 1, Bind: bindSubst(body)},
		{Name: "subst_hf", MinArgs: 3, MaxArgs: 3, Bind: bindSubstField},
		{Name: "subst_uri", MinArgs: 1, MaxArgs: 1, Bind: bindSubstURI(substURI)},
		{Name: "subst_user", MinArgs: 1, MaxArgs: 1, Bind: bindSubstURI(substUser)},
	}
}

// bindSubst binds subst and subst_body.
func bindSubst(where region) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		s, err := substitutionOf(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			start, end := where(c.Message)
			return module.Bool(s.edit(c, start, end))
		}, nil
	}
}

// edit makes the changes of a piece of the message edits.
func (s *substitution) edit(c *script.Context, start, end int) bool {
	all := s.changes(c, c.Message.Text[start:end])
	for _, one := range all {
		c.Edits.Replace(start+one.start, start+one.end, one.text)
	}
	return all != nil
}

// bindSubstField binds subst_hf(name, expression, flags).
func bindSubstField(args []script.Arg) (script.Action, error) {
	name, err := fieldNameOf(args, 0)
	if err != nil {
		return nil, err
	}
	s, err := substitutionOf(args, 1)
	if err != nil {
		return nil, err
	}
	flags, err := whichOf(args, 2)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		result := -1
		for _, f := range flags.pick(c.Message, name(c)) {
			if s.edit(c, int(f.Value), int(f.ValueEnd)) {
				result = 1
			}
		}
		return result
	}, nil
}

func bindSubstURI(run func(c *script.Context, s *substitution) bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		s, err := substitutionOf(args, 0)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int { return module.Bool(run(c, s)) }, nil
	}
}

func substURI(c *script.Context, s *substitution) (changed bool) {
	c.URI, changed = s.apply(c, c.URI)
	return changed
}

// substUser changes the user part alone; a URI without one is not changed.
func substUser(c *script.Context, s *substitution) bool {
	u, err := sip.ParseURI(c.URI)
	if err != nil || u.User == "" {
		return false
	}
	user, changed := s.apply(c, u.User)
	if !changed {
		return false
	}
	start := len(u.Scheme) + 1
	c.URI = c.URI[:start] + user + c.URI[start+len(u.User):]
	return true
}
