// tel URIs as sip URIs (RFC 3261 section 19.1.6).
package siputils

import (
	"strings"

	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

const (
	converted = 1
	notNeeded = 2 // it is no tel URI
)

func telFunctions() []script.Function {
	return []script.Function{
		{Name: "tel2sip", MinArgs: 3, MaxArgs: 3, Bind: bindTel},
		{Name: "tel2sip2", MinArgs: 3, MaxArgs: 3, Bind: bindTel},
		// OpenSER: the Request-URI, with the host of From.
		module.In(module.Plain("tel2sip", convertRequestURI), requests()),
	}
}

// bindTel binds tel2sip(uri, host, result).
func bindTel(args []script.Arg) (script.Action, error) {
	uri, host := module.Text(args[0]), module.Text(args[1])
	result, err := module.Target(args, 2)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		text, code := telToSIP(uri(c), host(c))
		if code == converted && result.Assign(c, script.StringValue(text)) != nil {
			return -1
		}
		return code
	}, nil
}

func convertRequestURI(c *script.Context) int {
	from, err := sip.ParseNameAddr(c.Message.Get(sip.FieldFrom))
	if err != nil {
		return -1
	}
	caller, err := sip.ParseURI(from.URI)
	if err != nil {
		return -1
	}
	text, code := telToSIP(c.URI, caller.HostPort())
	if code == converted {
		c.URI = text
	}
	return code
}

// telToSIP takes the visual separators out of the number and puts the
// parameters, in lower case, into the user part.
func telToSIP(uri, host string) (text string, code int) {
	u, err := sip.ParseURI(uri)
	switch {
	case len(uri) < 4 || !strings.EqualFold(uri[:4], "tel:"):
		return "", notNeeded
	case err != nil || host == "":
		return "", -1
	}
	number := strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(u.User)
	return "sip:" + number + strings.ToLower(u.Params) + "@" + host + ";user=phone", converted
}
