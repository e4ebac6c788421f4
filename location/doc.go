// Package location is the location service of RFC 3261 section 10: it maps an
// address-of-record to its bindings.
//
// All bindings of one address-of-record are one Record, which is never changed
// once it is in the table. A reader therefore needs no copy and sees either
// all of a registration or nothing of it. A writer makes the next record and
// swaps it in; when another writer was faster, the swap fails and the writer
// looks again:
//
//	for {
//		old := table.Find(aor)
//		next := ... // from old
//		if swapped, err := table.Swap(aor, old, next); swapped || err != nil {
//			break
//		}
//	}
//
// So the table holds no lock while others compute, and a registration is
// atomic, as section 10.3 asks.
//
// The package has no clock: who calls hands the time in. Bindings that have
// expired stay until a writer leaves them out or Sweep finds them; readers
// pass over them.
package location
