// Package resolve finds the next hops of a URI (RFC 3263): transport, address
// and port, in the order in which to try them.
//
//	resolve.go   a URI becomes hops: at once, or by a plan
//	plan.go      all that a place leads to
//	services.go  NAPTR, else our preference among transports     §4.1
//	servers.go   SRV, else the name itself                       §4.2
//	order.go     priority and weight of SRV records              RFC 2782
//	addresses.go A and AAAA records, in both families            RFC 7984
//	cache.go     what was found, its age, and who looks for it   RFC 8767
//	answer.go    what a reply of a name server says              RFC 2308
//	exchange.go  asking name servers                             RFC 1035, 6891
//	system.go    /etc/hosts and /etc/resolv.conf, read again when they change
//
// A URI with an address leads to its hop without a lock. A name that was
// looked for before costs one look into a map. Only a name that must be asked
// for costs time, and who asks is told before, so that a reader can hand over.
//
// Two caches stand behind each other. The upper one holds plans, all that a
// URI's host, port and transport lead to; a plan holds as long as the first of
// its records to end. The lower one holds the answers to single questions, so
// that plans share them.
package resolve
