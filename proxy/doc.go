// Package proxy relays requests (RFC 3261 section 16): the target set, a
// branch for each target, and the response context that chooses what goes
// back.
//
//	relay.go     a request becomes a response context and its branches  §16.2–16.6
//	hops.go      where a request may go, and from which listener        §16.6.7
//	forward.go   the one place that rewrites a request                  §16.6
//	failover.go  a branch goes to its next hop when one fails           RFC 3263 §4.3
//	loop.go      what has been here before                              §16.3
//	response.go  what becomes of each response                          §16.7
//	best.go      which of several final responses goes back             §16.7.6–7
//	cancel.go    CANCEL, from upstream and of our own                   §16.10, 16.8
//	stateless.go requests and responses without state                   §16.11
//	originate.go requests of our own                                    §8.1
//
// What the operator decides, the routes of a script, comes in through Hooks.
package proxy
