// Package transaction is the floor of SIP transactions (RFC 3261 section 17,
// RFC 6026): the four state machines, their timers and the tables in which a
// message finds its transaction.
//
// The Layer stands between the transport and the transaction user:
//
//	transport → Layer.Receive → known? absorb, confirm, pass the response up
//	                          → new?   Handler.Request
//
// The user makes a Server for a request it wants to answer once and a Client
// for each branch it sends. Both live inside the user's own records, so that
// a relayed call costs one allocation; they must not be copied once started.
//
// A machine is a pure step(event) → effects; the effects are carried out after
// the transaction's lock is released, so no lock is held over a call upward.
// All timers sit on one wheel: no goroutine and no channel per transaction.
package transaction
