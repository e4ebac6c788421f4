// Package dialog is the script module of dialogs: calls that are followed from
// their INVITE to their BYE (RFC 3261 section 12), counted, limited in length
// and ended from here.
//
//	dialog.go    one dialog and how far it is
//	table.go     all of them, by number and by Call-ID; profiles
//	module.go    words, parameters
//	manage.go    dlg_manage: a dialog begins, or a request within one is known
//	observe.go   what replies and requests make of a dialog
//	end.go       BYE from us, and time that has run out
//	profile.go   words of profiles
//	attribute.go words of one dialog
//	variables.go $dlg, $dlg_var, $dlg_ctx, $DLG_…
//
// The table belongs to the server, so that calls go on when the script is read
// again.
package dialog

import (
	"net/netip"
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
	uri, tag string   // of From or To
	contact  string   // remote target
	routes   []string // from us to it, the next hop first
	cseq     uint32   // of its last request, 0 before the first
	local    wire.Flow
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
	flags          uint32
	variables      map[string]string
	profiles       []membership
	timeoutRoute   string
	timeoutBye     bool
	noReset        bool // requests do not renew the lifetime
	noACK          bool // its end was brought near as no ACK came
}

// State gives how far the dialog is.
func (d *Dialog) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// advance goes on to a later state; it gives false when the dialog is there or
// further already.
func (d *Dialog) advance(to State) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state >= to {
		return false
	}
	d.state = to
	return true
}

// isOf tells whether the dialog is that of a message within it, and whether
// the callee sent that. An early dialog has no callee's tag yet: any fits.
func (d *Dialog) isOf(callID, fromTag, toTag string) (ok, upstream bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.callID != callID {
		return false, false
	}
	fits := func(tag string) bool { return tag == d.callee.tag || d.callee.tag == "" && d.state < Answered }
	switch {
	case fromTag == d.caller.tag && fits(toTag):
		return true, false
	case toTag == d.caller.tag && fits(fromTag):
		return true, true
	}
	return false, false
}

// addresses of a message, as a leg keeps them.
func uriOf(value string) string {
	if address, err := sip.ParseNameAddr(value); err == nil {
		return address.URI
	}
	return ""
}

func socketOf(flow wire.Flow) string {
	if flow.Local == (netip.AddrPort{}) {
		return ""
	}
	return flow.Transport.String() + ":" + flow.Local.String()
}
