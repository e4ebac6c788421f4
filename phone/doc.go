// Package phone is a SIP user agent with a mouth and ears (RFC 3261 sections 8
// and 10 to 15): it registers, calls, rings, answers, holds, transfers and
// hangs up. People use it at a shell, tests call servers with it, experiments
// play the phones of their stories with it.
//
// A Stack is what phones stand on: sockets, or a network in memory, and one
// layer of transactions. Any number of phones share it:
//
//	stack, local, err := phone.Listen(wire.UDP, netip.MustParseAddrPort("127.0.0.1:0"), phone.Options{})
//	alice, err := phone.New(stack, phone.Config{User: "alice", Server: "127.0.0.1:5060", Events: heard})
//	err = alice.Register(ctx)
//	call, err := alice.Dial(ctx, "bob")
//
// A request that arrives belongs to the phone whose user its Request-URI names,
// among those at the address to which it came. So a thousand phones may share
// one socket, which costs one reading goroutine in all; and phones that must
// have an address each, as in a story with two of them, get it by
// Config.Local on a network with several listeners. An idle phone costs memory
// and, when it is registered, one timer, but no goroutine.
//
// What happens to a phone is told to Config.Events, one event after the other,
// on the goroutine that noticed it: usually the one that reads the socket, so
// the function must not wait. It may call any method that does not wait either:
// all but Register and Unregister.
//
// # Locks
//
// Each phone has one lock, which guards the phone and its calls. Under it go
// messages down (to transactions and transport, which never call back from
// there); up, to Config.Events, go events only when it is free. Order:
// Phone.mu, then Stack.mu, then those of the floors below.
package phone
