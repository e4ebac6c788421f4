// Save: the eight steps of RFC 3261 section 10.3, in their order.
package registrar

import (
	"slices"
	"time"

	"viaduct/location"
	"viaduct/sip"
	"viaduct/wire"
)

// Save processes one REGISTER request that came over flow. It is processed
// wholly or, when the status of the result is not 200, not at all.
func (r *Registrar) Save(m *sip.Message, flow wire.Flow, now time.Time, o SaveOptions) Result {
	if m.Method != "REGISTER" {
		return Result{Status: 405, Fields: "Allow: REGISTER\r\n"}
	}

	// Step 1, whether the domain in the Request-URI is ours: the script has asked.

	// Step 2: the extensions that the client requires.
	if refused := r.checkRequire(m); refused != nil {
		return *refused
	}

	// Steps 3 and 4, who the client is and what it may: the script has asked.

	// Step 5: the address-of-record.
	aor, refused := r.addressOfRecord(m, o.AOR)
	if refused != nil {
		return *refused
	}
	request, refused := r.readRequest(m)
	if refused != nil {
		return *refused
	}
	request.flow, request.now, request.options = locationFlow(flow), now, o

	// Step 6: without Contact go to the last step; "*" must stand alone, with Expires: 0.
	if !m.Has(sip.FieldContact) {
		return r.accept(r.table.Find(aor), &request, Unchanged)
	}
	var space [4]contact
	contacts, removesAll, refused := r.readContacts(m, space[:0])
	if refused != nil {
		return *refused
	}

	for {
		current := r.table.Find(aor)
		next, changed, refused := current, Unchanged, (*Result)(nil)
		if removesAll {
			// Step 6, second half.
			next, changed, refused = removeAll(current, &request)
		} else {
			// Step 7.
			next, changed, refused = r.update(current, aor, &request, contacts)
		}
		if refused != nil {
			return *refused
		}
		// The end of step 7: all changes are made visible at once, or none.
		swapped, err := r.commit(aor, current, next)
		if err != nil {
			return Result{Status: 500}
		}
		if swapped {
			// Step 8.
			return r.accept(next, &request, changed)
		}
		// Another registration came between: look at the bindings again.
	}
}

// commit has nothing to do when the record stays as it is.
func (r *Registrar) commit(aor string, current, next *location.Record) (swapped bool, err error) {
	if next == current {
		return true, nil
	}
	return r.table.Swap(aor, current, next)
}

// removeAll is step 6 for "*". Of the next record nil is left.
func removeAll(current *location.Record, request *request) (next *location.Record, changed Change, refused *Result) {
	if current.Current(request.now) == 0 {
		return current, Unchanged, nil
	}
	for i := range current.Bindings {
		if b := &current.Bindings[i]; b.IsCurrent(request.now) && request.isOutOfOrder(b) {
			return nil, Unchanged, refuse(500, outOfOrder)
		}
	}
	return nil, Removed, nil
}

// update is step 7. It gives the record that shall take the place of current:
// nil when all bindings are gone, current itself when nothing changes.
func (r *Registrar) update(current *location.Record, aor string, request *request, contacts []contact) (next *location.Record, changed Change, refused *Result) {
	var space [4]tentative
	bindings := appendCurrent(space[:0], current, request.now)
	before := len(bindings)

	for i := range contacts {
		c := &contacts[i]
		at := findContact(bindings, c.uri)
		switch {
		case at < 0 && c.expires == 0:
		case at < 0:
			bindings = append(bindings, tentative{asked: true})
			request.fill(&bindings[len(bindings)-1].Binding, c)
			changed.note(Inserted)
		case !bindings[at].asked && request.isRetransmission(&bindings[at].Binding, r.config.CSeqDelay):
			bindings[at].asked = true
		case !bindings[at].asked && request.isOutOfOrder(&bindings[at].Binding):
			return nil, Unchanged, refuse(500, outOfOrder)
		case c.expires == 0:
			bindings = slices.Delete(bindings, at, at+1)
			changed.note(Removed)
		default:
			bindings[at].asked = true
			request.fill(&bindings[at].Binding, c)
			changed.note(Updated)
		}
	}
	if request.options.Replaces {
		all := len(bindings)
		bindings = slices.DeleteFunc(bindings, func(b tentative) bool { return !b.asked })
		if len(bindings) < all {
			changed.note(Removed)
		}
	}
	if len(bindings) > before && len(bindings) > r.mostContacts() {
		return nil, Unchanged, r.tooManyContacts()
	}
	if changed == Unchanged {
		return current, Unchanged, nil
	}
	return newRecord(current, aor, bindings), changed, nil
}

// Section 10.3 has a failed update answered with 500; Kamailio takes 400.
const outOfOrder = "CSeq Out of Order"

// isOutOfOrder: of requests with the same Call-ID only one with a higher CSeq
// may change a binding.
func (request *request) isOutOfOrder(b *location.Binding) bool {
	return b.CallID == request.callID && request.cseq <= b.CSeq
}

// isRetransmission takes a request with the very CSeq of a young binding for
// the same one again: without a transaction (stateless replies) every
// retransmission comes here, and its answer must be the first one's.
func (request *request) isRetransmission(b *location.Binding, delay uint32) bool {
	return b.CallID == request.callID && request.cseq == b.CSeq &&
		request.now.Sub(b.Updated) < time.Duration(delay)*time.Second
}
