// Source: ds_is_from_list, ds_is_active and ds_list_exists ask who is in the
// sets.
package dispatcher

import (
	"net/netip"

	"viaduct/module"
	"viaduct/resolve"
	"viaduct/script"
	"viaduct/sip"
	"viaduct/wire"
)

func (w *words) sourceFunctions() []script.Function {
	exists := script.Function{Name: "ds_list_exists", MinArgs: 1, MaxArgs: 1, Bind: w.bindExists}
	return []script.Function{
		{Name: "ds_is_from_list", MaxArgs: 3, Bind: w.bindFromList},
		{Name: "ds_is_active", MinArgs: 1, MaxArgs: 2, Bind: w.bindActive},
		exists,
		module.Named("ds_list_exist", exists),
	}
}

// bindExists binds ds_list_exists(set).
func (w *words) bindExists(args []script.Arg) (script.Action, error) {
	id, err := module.Number(args, 0)
	return func(c *script.Context) int {
		n, ok := id(c)
		if !ok {
			return -2
		}
		return module.Bool(w.sets.Load().byID[n] != nil)
	}, err
}

// bindActive binds ds_is_active(set[, uri]).
func (w *words) bindActive(args []script.Arg) (script.Action, error) {
	id, err := module.Number(args, 0)
	uri := module.TextOf(func(*script.Context) string { return "" })
	if len(args) > 1 {
		uri = module.Text(args[1])
	}
	return func(c *script.Context) int {
		n, ok := id(c)
		s := w.sets.Load().byID[n]
		if !ok || s == nil {
			return -1
		}
		wanted := uri(c)
		for _, d := range s.destinations {
			if d.now().isUsable() && (wanted == "" || wanted == d.uri) {
				return 1
			}
		}
		return -1
	}, err
}

// Bits of the mode of ds_is_from_list.
const (
	anyPort = 1 << iota
	anyTransport
	activeAlone
)

// everySet asks all sets.
const everySet = -1

// bindFromList binds ds_is_from_list([set[, mode[, uri]]]). Without a mode the
// transport does not matter.
func (w *words) bindFromList(args []script.Arg) (script.Action, error) {
	fixed := func(n int) module.NumberOf { return func(*script.Context) (int, bool) { return n, true } }
	numbers := [2]module.NumberOf{fixed(everySet), fixed(anyTransport)}
	for i := range min(len(args), 2) {
		var err error
		if numbers[i], err = module.Number(args, i); err != nil {
			return nil, err
		}
	}
	uri := module.TextOf(func(*script.Context) string { return "" })
	if len(args) > 2 {
		uri = module.Text(args[2])
	}
	return func(c *script.Context) int {
		id, ok := numbers[0](c)
		mode, ok2 := numbers[1](c)
		if !ok || !ok2 {
			return -1
		}
		text := uri(c)
		if text == "" {
			return w.fromList(c, id, mode, peer{c.Flow.Remote.Addr().Unmap(), c.Flow.Remote.Port(), c.Flow.Transport})
		}
		for _, one := range w.peersOf(c, text) {
			if w.fromList(c, id, mode, one) > 0 {
				return 1
			}
		}
		return -1
	}, nil
}

// peer is who is asked about.
type peer struct {
	address   netip.Addr
	port      uint16
	transport wire.Transport
}

// peersOf gives the addresses that a URI leads to.
func (w *words) peersOf(c *script.Context, text string) []peer {
	uri, err := sip.ParseURI(text)
	if err != nil || !uri.IsSIP() {
		return nil
	}
	var peers []peer
	for _, address := range w.addressesOf(text, c.Wait) {
		peers = append(peers, peer{address, uint16(uri.Port), transportOf(&uri)})
	}
	return peers
}

// addressesOf finds the addresses of a URI's host; wait, which may be nil, is
// told before a name must be asked for.
func (w *words) addressesOf(uri string, wait script.Waiter) (found []netip.Addr) {
	var tell func()
	if wait != nil {
		tell = wait.HandOver
	}
	hops, err := w.Proxy.Resolver.AppendHops(nil, resolve.Query{URI: uri}, tell)
	if err != nil {
		return nil
	}
	for _, hop := range hops {
		found = append(found, hop.Remote.Addr())
	}
	return found
}

// fromList looks for a peer in a set, or in all, and gives set and attributes of
// the first destination that fits to who wants them.
func (w *words) fromList(c *script.Context, id, mode int, p peer) int {
	all := w.sets.Load()
	if id != everySet {
		s := all.byID[id]
		if s == nil {
			return -1
		}
		return module.Bool(w.tell(c, s.match(mode, p), false))
	}
	for _, id := range all.ids {
		if w.tell(c, all.byID[id].match(mode, p), true) {
			return 1
		}
	}
	return -1
}

// match gives the first destination that fits, or nil. One without a port fits
// any.
func (s *set) match(mode int, p peer) *destination {
	for _, d := range s.destinations {
		switch {
		case mode&activeAlone != 0 && !d.now().isUsable():
		case mode&anyPort == 0 && d.parsed.Port != 0 && d.parsed.Port != int(p.port):
		case mode&anyTransport == 0 && d.transport != p.transport:
		case d.isAt(p.address):
			return d
		}
	}
	return nil
}

// tell sets setid_pvname, when the set was looked for, and attrs_pvname.
func (w *words) tell(c *script.Context, d *destination, withSet bool) bool {
	if d == nil {
		return false
	}
	if w.setID != nil && withSet {
		w.setID.Assign(c, script.IntValue(int64(d.set)))
	}
	if w.attrs != nil && d.text != "" {
		w.attrs.Assign(c, script.StringValue(d.text))
	}
	return true
}
