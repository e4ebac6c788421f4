// Parts of a URI that a variable holds.
package siputils

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func editFunctions() []script.Function {
	return []script.Function{
		{Name: "set_uri_user", MinArgs: 2, MaxArgs: 2, Bind: bindSetPart(setUser)},
		{Name: "set_uri_host", MinArgs: 2, MaxArgs: 2, Bind: bindSetPart(setHost)},
	}
}

// bindSetPart binds set_uri_…(variable, value).
func bindSetPart(set func(u *sip.URI, value string) bool) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		target, err := module.Target(args, 0)
		if err != nil {
			return nil, err
		}
		value := module.Text(args[1])
		return func(c *script.Context) int {
			u, err := sip.ParseURI(target.Eval(c).AsString())
			if err != nil || !u.IsSIP() || !set(&u, value(c)) {
				return -1
			}
			return module.Bool(target.Assign(c, script.StringValue(u.String())) == nil)
		}, nil
	}
}

// setUser sets the user part; an empty one takes it away with its password.
func setUser(u *sip.URI, user string) bool {
	u.User, u.HasUser = user, user != ""
	if user == "" {
		u.Password = ""
	}
	return true
}

func setHost(u *sip.URI, host string) bool {
	u.Host = host
	return host != ""
}
