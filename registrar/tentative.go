// Bindings while a request is in process: nobody else sees them yet.
package registrar

import (
	"time"

	"viaduct/location"
	"viaduct/sip"
)

// tentative is a binding as it will be when the request succeeds.
type tentative struct {
	location.Binding
	old   *location.Binding // as it stands in the table; nil when it is new
	asked bool              // the request names it
}

// appendCurrent adds the current bindings of a record, which may be nil.
func appendCurrent(bindings []tentative, record *location.Record, now time.Time) []tentative {
	if record == nil {
		return bindings
	}
	for i := range record.Bindings {
		if b := &record.Bindings[i]; b.IsCurrent(now) {
			bindings = append(bindings, tentative{Binding: *b, old: b})
		}
	}
	return bindings
}

// findContact compares by the rules of section 19.1.4 and gives -1 when the
// contact is not bound.
func findContact(bindings []tentative, uri string) int {
	for i := range bindings {
		if bindings[i].Contact == uri { // written as before, which is the rule
			return i
		}
	}
	if len(bindings) == 0 {
		return -1
	}
	wanted, err := sip.ParseURI(uri)
	if err != nil {
		return -1
	}
	for i := range bindings {
		bound, err := sip.ParseURI(bindings[i].Contact)
		if err == nil && bound.Equal(&wanted) {
			return i
		}
	}
	return -1
}

// fill writes what the request says about a contact into its binding.
func (request *request) fill(b *location.Binding, c *contact) {
	*b = location.Binding{
		Contact:   c.uri,
		Params:    c.params,
		CallID:    request.callID,
		UserAgent: request.userAgent,
		Path:      request.path,
		Expires:   request.now.Add(time.Duration(c.expires) * time.Second),
		Updated:   request.now,
		Received:  request.flow,
		CSeq:      request.cseq,
		Flags:     request.options.Flags,
		Methods:   c.methods,
		Q:         c.q,
	}
}

// newRecord makes the record that shall take the place of current; nil when
// no binding is left.
func newRecord(current *location.Record, aor string, bindings []tentative) *location.Record {
	if len(bindings) == 0 {
		return nil
	}
	next := current.Next(aor, len(bindings))
	for i := range bindings {
		b := &bindings[i]
		if b.asked {
			b.Own(b.old)
		}
		next.Bindings[i] = b.Binding
	}
	return next
}
