// avp_subst: substitutions in texts, as sed writes them.
package avpops

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/script/syntax"
)

// substitution is "$avp(from)/$avp(to)/flags": with g all texts of the first
// are looked at, with d they go. Without a second the text is changed in place.
type substitution struct {
	from, to *script.AVPRef
	flags    flags
}

func parseSubstitution(args []script.Arg) (s substitution, err error) {
	text, err := written(args, 0)
	if err != nil {
		return s, err
	}
	letters := ""
	if s.from, s.to, letters, err = twoAVPs(text); err != nil {
		return s, err
	}
	if s.flags, err = parseFlags(letters, "gd"); err == nil && s.to == nil {
		s.to, s.flags.remove = s.from, true
	}
	return s, err
}

// bindSubst binds avp_subst(avps, "/expression/replacement/flags"). Variables
// of the replacement are worked out for each message.
func bindSubst(args []script.Arg) (script.Action, error) {
	s, err := parseSubstitution(args)
	if err != nil {
		return nil, err
	}
	text, err := written(args, 1)
	if err != nil {
		return nil, err
	}
	parsed, err := script.ParseSubst(text)
	if err != nil {
		return nil, &script.ArgError{Index: 1, Msg: err.Error()}
	}
	replace, err := parsed.Bind(syntax.Kamailio)
	if err != nil {
		return nil, &script.ArgError{Index: 1, Msg: err.Error()}
	}
	return func(c *script.Context) int { return s.run(c, replace) }, nil
}

// bindSubstText binds avp_subst_pv: the second argument is worked out before it
// is read as a substitution.
func bindSubstText(args []script.Arg) (script.Action, error) {
	s, err := parseSubstitution(args)
	if err != nil {
		return nil, err
	}
	text := module.Text(args[1])
	return func(c *script.Context) int {
		parsed, err := script.ParseSubst(text(c))
		if err != nil {
			return -1
		}
		replace, err := parsed.Bind(c.Program.Dialect())
		if err != nil {
			return -1
		}
		return s.run(c, replace)
	}, nil
}

// run changes the texts; false when none of them fits.
func (s *substitution) run(c *script.Context, replace func(*script.Context, string) (string, int)) int {
	var results []script.Value
	values := (&source{avps: s.from}).values(c, s.flags.all)
	for _, v := range values {
		if v.Kind != script.String {
			continue
		}
		if text, count := replace(c, v.Text); count > 0 {
			results = append(results, script.StringValue(text))
		}
	}
	if results == nil {
		return -1
	}
	if s.flags.remove {
		remove(c, s.from, s.flags.all)
	}
	for _, one := range results {
		s.to.Add(c, one)
	}
	return 1
}
