// Context: one message on its way through the routes of a script.

package script

import (
	"viaduct/script/syntax"
	"viaduct/sip"
	"viaduct/wire"
)

// Context is what a script sees and changes. The message itself is never
// changed: the script's edits and targets are applied when it is relayed.
// A request's context lives as long as the transaction that relays it, and
// is used again by its branch and failure routes; a reply has one of its own
// that shares AVPs, Flags and Transaction with the request's.
type Context struct {
	Program *Program
	Message *sip.Message // a request, or in a reply route the reply
	Flow    wire.Flow    // how the message reached us
	Kind    syntax.RouteKind
	Status  int // in a failure route, the status that won; else 0

	Edits       sip.Edits // changes of header and body
	URI         string    // $ru: Request-URI as it stands now
	Destination string    // $du: next hop that outranks Route and URI; "" when not set
	Path        string    // Route value for the main target, "" for none (RFC 3327)
	TargetFlow  wire.Flow // registered connection of the main target; zero: URI tells
	Binding     Binding   // of the main target; zero when it is none of a registration
	SendSocket  wire.Flow // $fs: zero unless the script forces one
	Branches    []Branch  // targets beside URI, as append_branch and lookup add them
	BranchIndex int       // in a branch route, number of the branch

	ForceRport     bool   // answer to the source port (RFC 3581)
	AddLocalRport  bool   // put rport into our own Via
	Flags          uint32 // setflag, isflagset
	BranchFlags    uint32 // setbflag on the main branch
	MaxForwards    int    // value to send on when the script has dealt with it; 0: not yet
	NoConnectReply bool   // set_reply_no_connect
	NoConnect      bool   // set_forward_no_connect
	CloseReply     bool   // set_reply_close: end the connection once the reply is sent
	Close          bool   // set_forward_close
	AdvertisedHost string // set_advertised_address: for Via and Record-Route; "" for none
	AdvertisedPort int    // set_advertised_port; 0 for none

	AVPs *AVPs // of the transaction; made on first use by the engine
	// Sending is what an onsend_route looks at: the message about to leave;
	// nil elsewhere.
	Sending *Sending

	// Host is the server's side of the message: what the modules share of it.
	Host any
	// Wait, when not nil, must be called before anything that may block: it
	// lets another goroutine read on.
	Wait Waiter

	At         syntax.Pos // statement that runs now: the decision's place
	ReturnCode int        // $rc

	run run // state of the engine
}

// Sending is a message on its way out.
type Sending struct {
	Flow   wire.Flow // Local and Remote are filled in
	Length int       // bytes
	Text   string    // the message as it will leave
}

// Waiter hands the socket over so that the caller may block.
type Waiter interface{ HandOver() }

// Branch is one more target of a request (RFC 3261 section 16.5).
type Branch struct {
	URI         string
	Destination string // "" when URI tells the next hop
	Path        string // Route value to add, "" for none
	Flow        wire.Flow
	Q           int // 0 to 1000; -1 when not given
	Flags       uint32
	Binding     Binding
}

// Binding tells from which registration a target came.
type Binding struct {
	ID       string // ruid
	Instance string // of the device (RFC 5626), "" when it did not tell
}
