// Package dialog is the script module of dialogs: calls that are followed from
// their INVITE to their BYE (RFC 3261 section 12), counted, limited in length
// and ended from here.
//
//	dialog.go    one dialog and how far it is
//	table.go     all of them, by number and by Call-ID; what is counted
//	wheel.go     when each must be looked at
//	members.go   who belongs to which profile
//	module.go    words, parameters
//	manage.go    dlg_manage and its kin: which dialog a message belongs to
//	observe.go   what the answers to an INVITE make of its dialog
//	within.go    what requests within a dialog make of it
//	end.go       the end: BYE, and time that has run out
//	own.go       requests of ours to the parties: BYE, OPTIONS
//	profile.go   words of profiles
//	attribute.go words of one dialog
//	variables.go $dlg, $dlg_var, $DLG_…
//	context.go   $dlg_ctx
//
// The table belongs to the server, so that calls go on when the script is read
// again. Locks: a dialog's before the table's, and neither over a call upward.
package dialog

import (
	"sync"
	"time"

	"viaduct/sip"
	"viaduct/wire"
)

// State is how far a dialog is, with Kamailio's numbers.
type State int

const (
	Unconfirmed State = 1 + iota // INVITE went on
	Early                        // it rings
	Answered                     // 2xx, and no ACK yet
	Confirmed                    // ACK
	Ended                        // BYE, refused, or its time is over
)

// leg is one side of a dialog as the other side reaches it.
type leg struct {
	uri, tag string    // of From or To
	contact  string    // remote target
	routes   []string  // from us to it, the next hop first
	cseq     uint32    // of its last request, 0 before the first
	local    wire.Flow // listener of ours that it speaks to
	silent   int       // keep-alives in a row that it has not answered
}

// wishes are what a script wants of a dialog; it may want them before there is
// one.
type wishes struct {
	flags        uint32
	variables    map[string]string
	timeoutRoute string
	timeoutBye   bool  // BYE to both when its time is over
	noReset      bool  // requests do not renew the lifetime
	ping         sides // who gets keep-alives
}

// Dialog is one call.
type Dialog struct {
	entry, id uint32 // its number
	callID    string
	dialled   string // Request-URI of the INVITE as it came

	mu             sync.Mutex
	state          State
	caller, callee leg
	started        time.Time // of the 2xx; zero before
	lifetime       time.Duration
	deadline       time.Time // of its present wait
	nextPing       time.Time // zero: none
	noACK          bool      // its end was brought near as no ACK came
	profiles       []membership
	wishes

	// Of the table's wheel, under its lock.
	slot       int // 0: not on it
	wakeAt     int64
	prev, next *Dialog
}

// State gives how far the dialog is.
func (d *Dialog) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// isOf tells whether the dialog is that of a message within it, and whether
// the callee sent that. An early dialog has no callee's tag yet: any fits.
func (d *Dialog) isOf(fromTag, toTag string) (ok, upstream bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fits := func(tag string) bool { return tag == d.callee.tag || d.callee.tag == "" && d.state < Answered }
	switch {
	case fromTag == d.caller.tag && fits(toTag):
		return true, false
	case toTag == d.caller.tag && fits(fromTag):
		return true, true
	}
	return false, false
}

// side gives the leg that sends, or the one that receives; the lock is held.
func (d *Dialog) side(upstream bool) *leg {
	if upstream {
		return &d.callee
	}
	return &d.caller
}

// uriOf gives the URI of an address, "" when there is none.
func uriOf(value string) string {
	if address, err := sip.ParseNameAddr(value); err == nil {
		return address.URI
	}
	return ""
}
