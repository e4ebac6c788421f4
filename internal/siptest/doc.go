// Package siptest serves the tests of the floors above: a network in memory
// for scenarios in fake time, phones that follow a test's words, and the
// replayer of the paper's messages.
//
//	synctest.Test(t, func(t *testing.T) {
//		network := siptest.NewNetwork(t)
//		server := network.Attach(handler, wire.UDP, serverAddress)
//		alice := network.Phone("alice", aliceAddress, serverAddress)
//		alice.Send(siptest.Register)
//		alice.Expect("200 REGISTER")
//		t.Log(string(ladder.New(network.Packets(), network.Names()).AppendText(nil, ladder.TextOptions{})))
//	})
package siptest
