// allow_routing, allow_register and allow_uri: pairs of URIs against rules. A
// request passes when each of its pairs fits the allow file, or else none fits
// the deny file.
package permissions

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

func (p *permissions) routingFunctions() []script.Function {
	return []script.Function{
		{Name: "allow_routing", MaxArgs: 2, Bind: p.bindFiles(p.targets)},
		{Name: "allow_register", MinArgs: 1, MaxArgs: 2, Bind: p.bindFiles(contacts)},
		{Name: "allow_uri", MinArgs: 2, MaxArgs: 2, Bind: p.bindURI},
	}
}

// list is a pair of files.
type list struct{ allow, deny rules }

// pairs gives the URIs of a request that are asked about; false when one of
// them is unsound.
type pairs func(c *script.Context) (from string, uris []string, ok bool)

// bindFiles binds a function of no file, of a name without suffix, or of two
// files.
func (p *permissions) bindFiles(of pairs) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		files, err := p.list(args)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			if len(files.allow) == 0 && len(files.deny) == 0 {
				return 1
			}
			from, uris, ok := of(c)
			return module.Bool(ok && files.pass(from, uris))
		}, nil
	}
}

// list reads the files that arguments name.
func (p *permissions) list(args []script.Arg) (l list, err error) {
	names := []string{p.allowFile, p.denyFile}
	for i := range args {
		if names[i], err = module.Fixed(args, i); err != nil {
			return l, err
		}
	}
	if len(args) == 1 {
		names = []string{names[0] + p.allowSuffix, names[0] + p.denySuffix}
	}
	if l.allow, err = p.rules(names[0]); err != nil {
		return l, err
	}
	l.deny, err = p.rules(names[1])
	return l, err
}

func (l *list) pass(from string, uris []string) bool {
	return l.allow.fitAll(from, uris) || !l.deny.fitAny(from, uris)
}

func (all rules) fitAll(from string, uris []string) bool {
	for _, uri := range uris {
		if !all.fits(from, uri) {
			return false
		}
	}
	return true
}

func (all rules) fitAny(from string, uris []string) bool {
	for _, uri := range uris {
		if all.fits(from, uri) {
			return true
		}
	}
	return false
}

// targets are the URIs that a request would be relayed to.
func (p *permissions) targets(c *script.Context) (from string, uris []string, ok bool) {
	if from, ok = uriOf(c.Message.Get(sip.FieldFrom)); !ok {
		return "", nil, false
	}
	all := []string{c.URI}
	if p.allBranches {
		for i := range c.Branches {
			all = append(all, c.Branches[i].URI)
		}
	}
	uris, ok = plainAll(all)
	return from, uris, ok
}

// contacts are those that a REGISTER would bind, to the URI in To.
func contacts(c *script.Context) (to string, uris []string, ok bool) {
	if to, ok = uriOf(c.Message.Get(sip.FieldTo)); !ok {
		return "", nil, false
	}
	var all []string
	for v := range c.Message.Values(sip.FieldContact) {
		if v.Text == "*" {
			continue
		}
		uri, ok := uriOf(v.Text)
		if !ok {
			return "", nil, false
		}
		all = append(all, uri)
	}
	uris, ok = plainAll(all)
	return to, uris, ok
}

// bindURI binds allow_uri(name, uri).
func (p *permissions) bindURI(args []script.Arg) (script.Action, error) {
	files, err := p.list(args[:1])
	if err != nil {
		return nil, err
	}
	uri := module.Text(args[1])
	return func(c *script.Context) int {
		asked := uri(c)
		from, ok := uriOf(c.Message.Get(sip.FieldFrom))
		return module.Bool(ok && asked != "" && files.pass(from, []string{asked}))
	}, nil
}

func uriOf(value string) (string, bool) {
	address, err := sip.ParseNameAddr(value)
	return address.URI, err == nil
}

// plainAll leaves of each URI what rules look at: "sip:user@host", also for
// sips; of other schemes what stands before the parameters.
func plainAll(uris []string) ([]string, bool) {
	for i, text := range uris {
		uri, err := sip.ParseURI(text)
		switch {
		case err != nil:
			return nil, false
		case !uri.IsSIP():
			uri.Params, uri.Headers = "", ""
			uris[i] = uri.String()
		case uri.User == "":
			uris[i] = "sip:" + uri.Host
		default:
			uris[i] = "sip:" + uri.User + "@" + uri.Host
		}
	}
	return uris, true
}
