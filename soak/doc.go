// Package soak keeps a real `viaduct serve` busy for long, and with what nobody should send. The process is built with
// the race detector and ends at the first race; when a test is over it must end by itself on SIGTERM, with success.
//
// TestMutations sends INVITEs that are broken in every way that the grammar of their header fields allows, over UDP and
// TCP, each followed by a ping that must be answered in time. TestSoak makes calls through a link that loses, doubles,
// delays and reorders datagrams, and wants every call to end as RFC 3261 says.
//
// `go test` plays a small part of both; `make mutations` and `make soak` play the whole. docs/soak.md says how to repeat
// what was measured.
package soak
