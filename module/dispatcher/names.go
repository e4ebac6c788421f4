// Names: the addresses of destinations that have names, for ds_is_from_list.
// Requests find their way anew, as all others do.
package dispatcher

import "viaduct/script"

// resolveNames looks up all names of the list, on a goroutine of its own. An
// address that was found stays until another one is.
func (w *words) resolveNames() {
	var named []*destination
	w.sets.Load().each(func(_ *set, d *destination) {
		if !d.address.IsValid() && d.line.flags&unresolved == 0 {
			named = append(named, d)
		}
	})
	if len(named) == 0 || w.Proxy == nil {
		return
	}
	go func() {
		for _, d := range named {
			if found := w.addressesOf(d.uri, nil); len(found) > 0 {
				d.addresses.Store(&found)
			} else {
				w.log(script.LevelWarning, "no address of %s was found", d)
			}
		}
	}()
}
