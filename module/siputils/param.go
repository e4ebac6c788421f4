// Parameters of the Request-URI.
package siputils

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func paramFunctions() []script.Function {
	all := []script.Function{
		{Name: "uri_param", MinArgs: 1, MaxArgs: 2, Bind: bindParam},
		module.OfText("uri_param_any", func(c *script.Context, name string) int {
			_, there := paramOf(c.URI, name)
			return module.Bool(there)
		}),
		module.OfText("uri_param_rm", func(c *script.Context, name string) int {
			changed, ok := withoutParam(c.URI, name)
			if ok {
				c.URI = changed
			}
			return module.Bool(ok)
		}),
		module.OfText("add_uri_param", addParam),
		{Name: "get_uri_param", MinArgs: 2, MaxArgs: 2, Bind: bindGetParam},
		{Name: "is_gruu", MaxArgs: 1, Bind: bindGRUU},
	}
	for i := range all {
		all[i].Routes = requests()
	}
	return all
}

func paramOf(uri, name string) (value string, there bool) {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return "", false
	}
	return u.Param(name)
}

// bindParam binds uri_param(name): it is there without a value; and
// uri_param(name, value): it is there with that value.
func bindParam(args []script.Arg) (script.Action, error) {
	name, value := module.Text(args[0]), func(*script.Context) string { return "" }
	if len(args) == 2 {
		value = module.Text(args[1])
	}
	return func(c *script.Context) int {
		present, there := paramOf(c.URI, name(c))
		return module.Bool(there && strings.EqualFold(present, value(c)))
	}, nil
}

// addParam puts "name=value" behind the other parameters.
func addParam(c *script.Context, param string) int {
	if param == "" {
		return 1
	}
	head, params, tail, ok := cutURI(c.URI)
	if !ok {
		return -1
	}
	c.URI = head + params + ";" + strings.TrimPrefix(param, ";") + tail
	return 1
}

// bindGetParam binds get_uri_param(name, variable).
func bindGetParam(args []script.Arg) (script.Action, error) {
	name := module.Text(args[0])
	target, err := module.Target(args, 1)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		value, there := paramOf(c.URI, name(c))
		return module.Bool(there && target.Assign(c, script.StringValue(value)) == nil)
	}, nil
}

// bindGRUU binds is_gruu([uri]): 1 public, 2 temporary (RFC 5627).
func bindGRUU(args []script.Arg) (script.Action, error) {
	uri := func(c *script.Context) string { return c.URI }
	if len(args) > 0 {
		uri = module.Text(args[0])
	}
	return func(c *script.Context) int {
		value, there := paramOf(uri(c), "gr")
		switch {
		case !there:
			return -1
		case value == "":
			return 2
		}
		return 1
	}, nil
}

// cutURI cuts a URI before and behind its parameters.
func cutURI(uri string) (head, params, tail string, ok bool) {
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() && !u.Is("tel") {
		return "", "", "", false
	}
	end := len(uri)
	if u.IsSIP() {
		// A question mark in the user part comes before an @; the host has none.
		host := strings.LastIndexByte(uri, '@') + 1
		if question := strings.IndexByte(uri[host:], '?'); question >= 0 {
			end = host + question
		}
	}
	start := end - len(u.Params)
	return uri[:start], uri[start:end], uri[end:], true
}

// withoutParam takes a parameter out of a URI, which need not have it; ok is
// false when the URI is none.
func withoutParam(uri, name string) (changed string, ok bool) {
	head, params, tail, ok := cutURI(uri)
	if !ok {
		return "", false
	}
	kept := ""
	for one := range strings.SplitSeq(params, ";") {
		key, _, _ := strings.Cut(one, "=")
		if one != "" && !strings.EqualFold(key, name) {
			kept += ";" + one
		}
	}
	return head + kept + tail, true
}
