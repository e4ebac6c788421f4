// Package store keeps what passes a server: each message, each call, the
// bindings of phones; bounded, and never in the way.
//
//	recorder, err := store.Record("viaduct.db", store.Options{})
//	config.Tap = recorder       // takes each message, and never waits
//	...
//	recorder.Close()
//
//	reader, err := store.Read("viaduct.db") // in any process, while the server writes
//	calls, err := reader.Calls(store.Filter{User: "308"})
//	packets, err := reader.Packets(&calls[0])
//
// One SQLite file holds calls and bindings. Messages lie in files beside it,
// each for some time, in the folder PATH.messages; keeping less means to remove
// whole files. A row there holds the messages that a call had within a second,
// compressed together: for most calls that is one row for all of them.
//
// One goroutine writes. The tap puts packets into a bounded queue; when the
// disk is slower than the network, packets are not recorded, and the call to
// which they belong says how many.
package store
