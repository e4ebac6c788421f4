// Package conformance plays the torture messages of RFC 4475 and the IPv6 messages of RFC 5118 against viaduct over real
// loopback sockets, beside Debian's Kamailio, and judges what comes of each by what the RFC asks.
//
// Each message is sent as its bytes stand in testdata, twice: to the built-in script, a registrar and proxy, with the
// domains of the messages as its names and the users that they address registered; and to a script that relays whatever
// sanity_check lets through (testdata/relay.cfg), where every valid message must come out as it went in.
//
// expectations_test.go holds what is accepted. A message that viaduct does not treat so is listed, with the reason, in
// testdata/known_failures.txt, and the test fails when it starts to pass. `make conformance` plays Kamailio as well and
// writes docs/conformance.md; without it the column of viaduct there is still held to what viaduct does.
package conformance
