// Package rfc3665 plays the call flows of RFC 3665 section 3, SIP to SIP through
// proxies, with servers of ours in the places of the RFC's.
//
// testdata/3.N.txt holds the messages of a section as the RFC prints them,
// testdata/scripts what our servers run. The user agents send the RFC's
// messages at the RFC's addresses, over the network in memory and in fake time.
// Every arrow must be one of the RFC's, and every message that a proxy sends is
// held to the RFC's field by field. What differs stands with its reason in
// testdata/known.txt; a difference that is gone fails the test as a new one
// does. docs/rfc3665.md shows the ladders; -update writes it anew.
package rfc3665
