// Registrar, and what it answers.
package registrar

import "viaduct/location"

// Table is the location service that a registrar writes to. location.Table is
// one; another may also keep the records on a disk.
type Table interface {
	// Find gives the record of an address-of-record, or nil.
	Find(aor string) *location.Record
	// Swap puts next in the place of old unless another writer was faster,
	// and tells whether it did. With an error nothing has changed.
	Swap(aor string, old, next *location.Record) (swapped bool, err error)
}

// Registrar may be used by any number of goroutines.
type Registrar struct {
	config Config
	table  Table
}

// New makes a registrar that keeps its bindings in table.
func New(config Config, table Table) *Registrar { return &Registrar{config, table} }

// SaveOptions are what the script says about one REGISTER.
type SaveOptions struct {
	AOR      string // URI that takes the place of the one in To; "" takes To
	Flags    uint32 // branch flags, kept with the bindings
	Replaces bool   // the contacts take the place of all others (flag 4 of save)
}

// Result is what to answer to a REGISTER, and what it did.
type Result struct {
	Status  int
	Reason  string // "" takes the usual phrase of the status
	Fields  string // header fields for the response, each with its line end
	Changed Change
}

// Change is what a REGISTER did. Of several, the first in this order is told.
type Change uint8

const (
	Unchanged Change = iota // it asked for the bindings, or failed, or was a retransmission
	Inserted
	Updated
	Removed
)

// String gives the name in small letters.
func (c Change) String() string {
	return [...]string{"unchanged", "inserted", "updated", "removed"}[c]
}

// note remembers the change that comes first in the order.
func (c *Change) note(other Change) {
	if *c == Unchanged || other < *c {
		*c = other
	}
}

// refuse makes the answer of a request that changes nothing.
func refuse(status int, reason string) *Result { return &Result{Status: status, Reason: reason} }
