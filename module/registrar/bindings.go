// registered() and unregister(): questions about an address-of-record, and the
// end of its bindings.
package registrar

import (
	"viaduct/module"
	"viaduct/script"
	"viaduct/sip"
)

// Return codes of unregister.
const (
	unregistered       = 1
	unregisterBadURI   = -1
	unregisterFailed   = -2
	unregisterNotFound = -3
)

// bindRegistered binds registered(table[, uri]): the Request-URI of a request,
// To of a reply, or the URI given has a contact.
func (w *words) bindRegistered(args []script.Arg) (script.Action, error) {
	r, err := w.table(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		aor := c.URI
		switch {
		case len(args) > 1:
			aor = uri(c, args, 1)
		case !c.Message.IsRequest():
			to, err := sip.ParseNameAddr(c.Message.Get(sip.FieldTo))
			if err != nil {
				return -1
			}
			aor = to.URI
		}
		return module.Bool(r.Registered(aor, w.server.Now()))
	}, nil
}

// bindUnregister binds unregister(table, uri[, ruid]). A ruid, as $ulc(…=>ruid)
// gives it, names one contact; here it is the contact's URI.
func (w *words) bindUnregister(args []script.Arg) (script.Action, error) {
	r, err := w.table(args)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		aor := uri(c, args, 1)
		if u, err := sip.ParseURI(aor); err != nil || !u.IsSIP() || u.User == "" {
			return unregisterBadURI
		}
		removed, err := r.Unregister(aor, uri(c, args, 2), w.server.Now())
		switch {
		case err != nil:
			return unregisterFailed
		case removed == 0:
			return unregisterNotFound
		}
		return unregistered
	}, nil
}
