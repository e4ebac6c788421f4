// Package siptest serves the tests of the floors above: a network in memory
// for scenarios in fake time, phones that follow a test's words, and the
// replayer of the paper's messages.
//
//	synctest.Test(t, func(t *testing.T) {
//		network := siptest.NewNetwork(t)
//		below := network.Attach(nil, wire.UDP, serverAddress)
//		below.Handle(transaction.New(below, server, transaction.DefaultTiming))
//		alice := network.Phone("alice", aliceAddress, serverAddress)
//		alice.Register(3600)
//		alice.Expect("200 REGISTER")
//		compare(t, "register.ladder", network.Ladder())
//	})
package siptest
