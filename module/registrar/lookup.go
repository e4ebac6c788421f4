// lookup(): the contacts of an address-of-record become the targets of a
// request (RFC 3261 section 16.5).
package registrar

import (
	"strings"

	"viaduct/registrar"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

// place says where the contacts found go.
type place int

const (
	toRequestURI place = iota // the best becomes the Request-URI, the others branches
	toBranches                // all become branches
)

// finder looks up contacts in one table.
type finder struct {
	words    *words
	open     *registrar.Registrar // gives all contacts
	filtered *registrar.Registrar // gives those that take the method, where the script asks for that
}

func (w *words) finder(args []script.Arg) (*finder, error) {
	filtered, err := w.table(args)
	if err != nil {
		return nil, err
	}
	name, _ := args[0].Constant()
	config := *w.config
	config.MethodFiltering = false
	return &finder{w, registrar.New(config, w.server.Table(name.AsString())), filtered}, nil
}

// bindLookup binds lookup(table[, uri]) and lookup_to_dset(table[, uri]).
func (w *words) bindLookup(to place) func([]script.Arg) (script.Action, error) {
	return func(args []script.Arg) (script.Action, error) {
		f, err := w.finder(args)
		if err != nil {
			return nil, err
		}
		return func(c *script.Context) int {
			aor := c.URI
			if len(args) > 1 {
				aor = uri(c, args, 1)
			}
			targets, code := f.find(c, aor)
			if code != found {
				return code
			}
			if to == toRequestURI {
				f.setTarget(c, targets)
				targets = targets[1:]
			}
			for i := range targets {
				f.addBranch(c, &targets[i])
			}
			return found
		}, nil
	}
}

// bindLookupBranches binds lookup_branches(table): the Request-URI and each
// branch that is nothing but a URI is looked up.
func (w *words) bindLookupBranches(args []script.Arg) (script.Action, error) {
	f, err := w.finder(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		before := c.Branches
		c.Branches = nil
		targets, code := f.find(c, c.URI)
		if code == found {
			f.setTarget(c, targets)
			for i := range targets[1:] {
				f.addBranch(c, &targets[1:][i])
			}
		}
		for _, b := range before {
			if b.Destination != "" || b.Path != "" || b.Flags != 0 || b.Flow != (wire.Flow{}) {
				c.Branches = append(c.Branches, b)
				continue
			}
			targets, code := f.find(c, b.URI)
			if code != found {
				c.Branches = append(c.Branches, b)
			}
			for i := range targets {
				f.addBranch(c, &targets[i])
			}
		}
		return code
	}, nil
}

// Return codes of lookup.
const (
	found              = 1
	notFound           = -1
	methodNotSupported = -2
)

// find leaves out contacts that do not take the method only outside dialogs:
// within one the contact has been chosen.
func (f *finder) find(c *script.Context, aor string) (targets []registrar.Target, code int) {
	r := f.open
	if c.Message.ToTag() == "" {
		r = f.filtered
	}
	targets, result := r.Lookup(aor, c.Message.Method, f.words.server.Now())
	switch result {
	case registrar.Found:
		return targets, found
	case registrar.MethodNotSupported:
		return nil, methodNotSupported
	}
	return nil, notFound // nobody, or a URI that is nobody's
}

// setTarget makes the best contact the main target. The request leaves from
// where the contacts registered, as a client behind a NAT or in another
// network expects.
func (f *finder) setTarget(c *script.Context, targets []registrar.Target) {
	t := &targets[0]
	c.URI, c.Destination = t.URI, ""
	c.Path, c.TargetFlow = path(t), f.flow(t)
	c.BranchFlags, c.Binding = t.Flags, binding(t)
	way := wire.Flow{Transport: t.Received.Transport, Local: t.Received.Local}
	for i := range targets {
		if other := &targets[i].Received; other.Transport != way.Transport || other.Local != way.Local {
			way = wire.Flow{} // of several addresses the proxy chooses for each
		}
	}
	c.SendSocket = way
}

// addBranch makes a contact one more target, as long as there are not as many
// as max_branches allows: an INVITE must not become a flood.
func (f *finder) addBranch(c *script.Context, t *registrar.Target) {
	if most := c.Program.Globals().MaxBranches; most > 0 && len(c.Branches)+1 >= most {
		return
	}
	if c.Branches == nil {
		c.Branches = make([]script.Branch, 0, 4)
	}
	c.Branches = append(c.Branches, script.Branch{URI: t.URI, Path: path(t), Flow: f.flow(t), Q: int(t.Q), Flags: t.Flags, Binding: binding(t)})
}

// binding names the registration of a target; a contact is its own ID, as in
// $ulc(…=>ruid).
func binding(t *registrar.Target) script.Binding {
	return script.Binding{ID: t.URI, Instance: t.Instance}
}

func path(t *registrar.Target) string {
	if len(t.Path) == 0 {
		return ""
	}
	return strings.Join(t.Path, ", ")
}

// flow gives the connection over which a contact registered, where that leads
// to the contact: the same host, the same transport, and it is still open.
// Else a new connection to the contact's own port is right.
func (f *finder) flow(t *registrar.Target) wire.Flow {
	way := t.Received
	isOpen := f.words.server.IsOpen
	if len(t.Path) > 0 || way.Connection == 0 || isOpen == nil {
		return wire.Flow{}
	}
	uri, err := sip.ParseURI(t.URI)
	if err != nil {
		return wire.Flow{}
	}
	if name, ok := uri.Param("transport"); ok && wire.ParseTransport(name) != way.Transport {
		return wire.Flow{}
	}
	host, err := sip.ParseHost(uri.Host)
	if err != nil || host != way.Remote.Addr().Unmap() || !isOpen(way.Connection) {
		return wire.Flow{}
	}
	return way
}
