// Lookup: from an address-of-record to the contacts that a request goes to.
package registrar

import (
	"slices"
	"time"

	"viaduct/location"
	"viaduct/sip"
	"viaduct/wire"
)

// Target is a contact that a request may be sent to.
type Target struct {
	URI      string    // for the Request-URI
	Received wire.Flow // the way its REGISTER came
	Path     []string  // route set to it, first hop first: "<sip:edge.test;lr>" (RFC 3327)
	Q        int16     // preference in thousandths, or location.NoQ
	Flags    uint32    // branch flags
	Instance string    // of the device, when it told (RFC 5626)
}

// LookupResult has the numbers that the script's lookup() returns.
type LookupResult int

const (
	Found              LookupResult = 1
	NotFound           LookupResult = -1 // no current binding
	MethodNotSupported LookupResult = -2 // bindings, but none takes the method
	BadURI             LookupResult = -3 // the URI names no user of a SIP domain
)

// Lookup gives the contacts of the address-of-record in uri that take the
// method, the best first: by q, contacts without one last as with Kamailio;
// among equals by age.
func (r *Registrar) Lookup(uri, method string, now time.Time) ([]Target, LookupResult) {
	aor, ok := r.parseAOR(uri)
	if !ok {
		return nil, BadURI
	}
	record := r.table.Find(aor)
	count := record.Current(now)
	if count == 0 {
		return nil, NotFound
	}
	var space [8]*location.Binding
	best := space[:0]
	for i := range record.Bindings {
		b := &record.Bindings[i]
		if b.IsCurrent(now) && (!r.config.MethodFiltering || b.Methods.Has(method)) {
			best = r.insert(best, b)
		}
	}
	if len(best) == 0 {
		return nil, MethodNotSupported
	}
	if !r.config.AppendBranches {
		best = best[:1]
	}
	targets := make([]Target, len(best))
	for i, b := range best {
		targets[i] = Target{URI: b.Contact, Received: wireFlow(b.Received), Path: routeSet(b.Path), Q: b.Q, Flags: b.Flags, Instance: b.Instance()}
	}
	return targets, Found
}

// insert puts a binding behind those that are better or as good.
func (r *Registrar) insert(best []*location.Binding, b *location.Binding) []*location.Binding {
	at := len(best)
	best = append(best, b)
	for ; at > 0 && r.isBetter(b, best[at-1]); at-- {
		best[at] = best[at-1]
	}
	best[at] = b
	return best
}

// isBetter leaves bindings as they are in the record, oldest first, unless q
// or, when asked for, the time of the last REGISTER puts one before the other.
func (r *Registrar) isBetter(a, b *location.Binding) bool {
	if a.Q != b.Q {
		return a.Q > b.Q
	}
	return r.config.DescTimeOrder && a.Updated.After(b.Updated)
}

func routeSet(path string) []string {
	if path == "" {
		return nil
	}
	var hops []string
	for hop := range sip.SplitList(path) {
		hops = append(hops, hop)
	}
	return hops
}

// Registered tells whether an address-of-record has a current binding.
func (r *Registrar) Registered(uri string, now time.Time) bool {
	aor, ok := r.parseAOR(uri)
	return ok && r.table.Find(aor).Current(now) > 0
}

// Find gives the record of an address-of-record, or nil. Some of its bindings
// may have expired.
func (r *Registrar) Find(uri string) *location.Record {
	aor, ok := r.parseAOR(uri)
	if !ok {
		return nil
	}
	return r.table.Find(aor)
}

// Unregister removes the binding of one contact URI, or all bindings of the
// address-of-record when contact is "", and gives the number of those that
// were current. The error is that of the table.
func (r *Registrar) Unregister(uri, contact string, now time.Time) (removed int, err error) {
	aor, ok := r.parseAOR(uri)
	if !ok {
		return 0, nil
	}
	for swapped := false; !swapped && err == nil; {
		current := r.table.Find(aor)
		if removed = current.Current(now); removed == 0 {
			return 0, nil
		}
		var next *location.Record
		if contact != "" {
			if next = withoutContact(current, contact, now); next == current {
				return 0, nil
			}
			removed -= next.Current(now)
		}
		swapped, err = r.table.Swap(aor, current, next)
	}
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// withoutContact gives the record itself when the contact is not in it.
func withoutContact(current *location.Record, uri string, now time.Time) *location.Record {
	bindings := appendCurrent(nil, current, now)
	at := findContact(bindings, uri)
	if at < 0 {
		return current
	}
	return newRecord(current, current.AOR, slices.Delete(bindings, at, at+1))
}
